//! Weights multiplied by the scale of requantisation: sums of products with them need only shifts to become outputs.
//!
//! Each weight times `scale * 2^exponent` is rounded to an integer of 30 or 45 bits, of which a kernel multiplies
//! [`LEVEL_BITS`] at a time, the lowest first, with a shift in between. What rounding the weights can do to a sum of products with
//! bytes is part of the proof that the outputs are exact.

use super::code::Constants;
use super::requantise::{COARSE, Staircase, split};

/// Lanes that are computed together.
pub(super) const LANES: usize = 8;
/// Bits of a weight that are multiplied at a time.
pub(super) const LEVEL_BITS: u32 = 15;
/// The output is the upper byte of a lane.
const BYTE: u32 = 8;
/// Exponents that are tried, from the most precise on.
const EXPONENTS: usize = 8;
/// Fraction bits with which the compiler knows products of weights and scale.
const FRACTION: u32 = 16;

/// A channel's staircase and its weights.
pub(super) type Weighted = (Staircase, Vec<i8>);

/// The factors of a lane: exact for all inputs.
#[derive(Clone, Debug, Default)]
struct Lane {
    /// Weights times scale, for each tap; none where the output is constant.
    weights: Vec<i64>,
    rounding: i128,
}

/// Lanes that share their shifts.
#[derive(Clone, Debug)]
pub(super) struct ScaledWeights {
    lanes: Vec<Lane>,
    levels: usize,
    /// The shift after the last level.
    pub(super) last_shift: i32,
}

impl ScaledWeights {
    /// The most precise exact factors with so many levels.
    pub(super) fn new(lanes: &[&Weighted], levels: usize) -> Option<Self> {
        let bits = LEVEL_BITS * levels as u32;
        let product = |(staircase, weights): &&Weighted| {
            let largest = weights.iter().map(|weight| weight.unsigned_abs()).max();
            match staircase.constant {
                Some(_) => f64::MIN_POSITIVE,
                None => staircase.scale * f64::from(largest.unwrap_or_default()),
            }
        };
        let largest = lanes.iter().map(product).fold(f64::MIN_POSITIVE, f64::max);
        let least = bits - LEVEL_BITS + BYTE;
        let most = f64::from(bits) - largest.log2();
        let most = most.floor().clamp(0.0, f64::from(bits) + 12.0) as u32;
        (least..=most).rev().take(EXPONENTS).find_map(|exponent| {
            let lanes = lanes.iter().map(|lane| Lane::new(lane, exponent, bits));
            Some(Self {
                lanes: lanes.collect::<Option<_>>()?,
                levels,
                last_shift: (exponent - least) as i32,
            })
        })
    }

    /// Appends the constants of eight lanes, of which lane `n` is the channel `lane(n)`: the start of the rounding constant; for
    /// each level its bits of the weights in the order of `taps(level)` and, between the first and the last level, of the rounding
    /// constant; the two pieces of its rest.
    pub(super) fn pack(
        &self,
        constants: &mut Constants,
        lane: impl Fn(usize) -> usize,
        taps: impl Fn(usize) -> Vec<usize>,
    ) -> i32 {
        let lanes: Vec<&Lane> = (0..LANES).map(|n| &self.lanes[lane(n)]).collect();
        let mut rounding: Vec<i128> = lanes.iter().map(|lane| lane.rounding).collect();
        let mut next_rounding = |constants: &mut Constants| {
            let pieces = rounding.iter_mut().map(|rounding| {
                let (low, high) = split(*rounding);
                *rounding = high;
                low as i16
            });
            constants.halves(pieces.collect::<Vec<_>>())
        };
        let start = next_rounding(constants);
        for level in 0..self.levels {
            for tap in taps(level) {
                constants.halves(lanes.iter().map(|lane| {
                    let weight = lane.weights.get(tap).copied().unwrap_or_default();
                    let weight = weight >> (LEVEL_BITS * level as u32);
                    // The last level has the sign.
                    (if level + 1 < self.levels {
                        weight & 0x7fff
                    } else {
                        weight
                    }) as i16
                }));
            }
            if 0 < level && level + 1 < self.levels {
                next_rounding(constants);
            }
        }
        let rest: Vec<(i128, i128)> = rounding.iter().map(|rounding| split(*rounding)).collect();
        constants.halves(rest.iter().map(|(_, high)| -*high as i16));
        constants.halves(rest.iter().map(|(low, _)| *low as i16));
        start
    }
}

/// What the pieces of a rounding constant's rest are multiplied by.
pub(super) fn rounding_factors(constants: &mut Constants) -> i32 {
    let start = constants.halves([COARSE; LANES]);
    constants.halves([1; LANES]);
    start
}

impl Lane {
    /// Exact factors for `2^exponent`, of up to `bits` bits.
    fn new((staircase, weights): &(Staircase, Vec<i8>), exponent: u32, bits: u32) -> Option<Self> {
        let limit =
            |rounding: i128| (rounding.abs() < 1 << (bits + LEVEL_BITS - 1)).then_some(rounding);
        if let Some(output) = staircase.constant {
            let half = 1 << (exponent - 1);
            return Some(Self {
                weights: Vec::new(),
                rounding: limit((i128::from(output) << exponent) + half)?,
            });
        }
        let power = f64::from(exponent + FRACTION);
        let scale = (staircase.scale * power.exp2()).round() as i128;
        let exact = weights.iter().map(|weight| i128::from(*weight) * scale);
        let rounded: Vec<i128> = exact
            .clone()
            .map(|product| (product + (1 << (FRACTION - 1))) >> FRACTION)
            .collect();
        if rounded.iter().any(|weight| weight.abs() >= 1 << bits) {
            return None;
        }
        // An input is at most 128 away from 0.
        let error: i128 = exact
            .zip(&rounded)
            .map(|(product, weight)| 128 * (product - (weight << FRACTION)).abs())
            .sum();
        let error = (error >> FRACTION) + 2;
        let x = |sum: i64| (i128::from(sum) * scale) >> FRACTION;
        let (low, high) = staircase.rounding(exponent, x)?;
        if low + error > high - error {
            return None;
        }
        Some(Self {
            weights: rounded.into_iter().map(|weight| weight as i64).collect(),
            rounding: limit((low.max(-(1 << 60)) + high.min(1 << 60)) / 2)?,
        })
    }
}

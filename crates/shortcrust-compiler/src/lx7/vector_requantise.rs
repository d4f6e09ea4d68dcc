//! Outputs of eight 32-bit sums at a time.
//!
//! A sum, shifted left and rounded, is split into 16-bit halves, `sum * 2^shift = high * 2^16 + low`. Then
//! `X = high * a + low * b` with `a` close to `b * 2^16`: `low * b` and the lower 15 bits of `a` go into QACC first; what is left of
//! them after a shift by 15 is joined by the upper bits of `a`. The last shift leaves the output in the upper byte of a 16-bit lane,
//! where saturation to 16 bits saturates the byte. [`super::requantise`] proves that `a`, `b` and the rounding constant are exact.
//!
//! All eight lanes share the last shift. Where their scales are too far apart for that, a block is computed in several passes, each
//! of which leaves 0 in the lanes of the others.

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::ops::Range;

use lx7::asm::{A, Q};
use shortcrust_kernels::shape::Activation;

use super::code::{CONSTANTS, Code, Constants};
use super::registers::Registers;
use super::requantise::{COARSE, Channel, Rounding, Staircase, passes};

/// Bits that the first shift drops.
const FIRST_SHIFT: u32 = 15;
/// The output is the upper byte of a lane.
const BYTE: u32 = 8;
/// The largest left shift of sums.
const MOST_LEFT: u32 = 15;
/// The largest final exponent, with which every output's rounding constant has its 45 bits.
const MOST_EXPONENT: f64 = 36.0;
/// Final exponents that are tried, from the most precise on.
const EXPONENTS: usize = 8;
/// Factors that are tried on either side of the closest one.
const NEIGHBOURS: i32 = 12;
/// Lanes that are computed together.
const LANES: usize = 8;
/// Bytes of the constants of one pass over a block: six vectors, then the last shift.
const BLOCK: i32 = 7 * 16;

const LAST: A = A(7);
const STREAM: A = A(10);
const COUNTER: A = A(11);
const FIRST: A = A(12);
const ONE: A = A(15);

/// The factors of a lane.
#[derive(Clone, Copy, Debug, Default)]
struct Lane {
    a: i32,
    b: i16,
    rounding: Rounding,
}

/// What sums are multiplied by, exactly: the passes over every eight lanes, as many for all of them.
pub(super) struct Factors {
    left: u32,
    blocks: Vec<Vec<Pass>>,
    activation: Activation,
}

impl Factors {
    /// For sums of `lanes` (a multiple of 16) lanes, of which lane `n` is the channel `n % channels`. `None` where some channel has
    /// no exact constants.
    pub(super) fn new(channels: &[Channel], lanes: usize) -> Option<Self> {
        let staircases: Vec<Staircase> = channels
            .iter()
            .map(Channel::staircase)
            .collect::<Option<_>>()?;
        let reach = channels
            .iter()
            .map(|channel| channel.range.1.max(-channel.range.0))
            .max()?;
        let left = (0..=MOST_LEFT)
            .rev()
            .find(|left| (reach << left) + (1 << 15) < 1 << 31)?;
        let mut periods: HashMap<usize, Vec<Pass>> = HashMap::new();
        let mut blocks = Vec::new();
        for first in (0..lanes).step_by(LANES) {
            let first = first % staircases.len();
            if let Entry::Vacant(new) = periods.entry(first) {
                let lanes = (0..LANES).map(|lane| &staircases[(first + lane) % staircases.len()]);
                let lanes: Vec<&Staircase> = lanes.collect();
                new.insert(passes(&lanes, |chosen| Pass::new(&lanes, chosen, left))?);
            }
            blocks.push(periods[&first].clone());
        }
        let passes = blocks.iter().map(Vec::len).max()?;
        for block in &mut blocks {
            block.resize_with(passes, Pass::default);
        }
        Some(Self {
            left,
            blocks,
            activation: channels.first()?.activation,
        })
    }

    /// Appends the constants of some lanes, from one multiple of 16 to another. All of as many lanes have their constants at the
    /// same distances.
    pub(super) fn pack(&self, lanes: Range<usize>, constants: &mut Constants) -> VectorRequantiser {
        let blocks = &self.blocks[lanes.start / LANES..lanes.end / LANES];
        let starts: Vec<i32> = blocks
            .iter()
            .flatten()
            .map(|pass| pass.pack(constants))
            .collect();
        let Activation { min, max } = self.activation;
        let bounds = ((min, max) != (-128, 127)).then(|| {
            let offset = constants.bytes([min as u8; 16]);
            constants.bytes([max as u8; 16]);
            offset
        });
        let flip = constants.halves([COARSE; LANES]);
        constants.halves([1; LANES]);
        VectorRequantiser {
            left: self.left,
            passes: blocks.first().map_or(0, Vec::len),
            vectors: lanes.len() / 16,
            constants: starts.first().copied().unwrap_or(0),
            flip,
            bounds,
        }
    }
}

/// Requantises sums to bytes.
pub(super) struct VectorRequantiser {
    left: u32,
    /// Passes over each block.
    passes: usize,
    /// Vectors of 16 outputs.
    vectors: usize,
    constants: i32,
    flip: i32,
    /// The activation's bounds, where they are inside a byte's.
    bounds: Option<i32>,
}

impl VectorRequantiser {
    /// What sums start with, so that their halves are rounded.
    pub(super) fn start(&self) -> i32 {
        1 << (15 - self.left)
    }

    /// Sets SAR, which must stay until the last call of [`Self::emit`].
    pub(super) fn prepare(&self, code: &mut Code) {
        code.op("ssai", (self.left as i32,));
    }

    /// What [`Self::emit`] overwrites, its pointers apart.
    pub(super) const OVERWRITTEN: Registers = Registers::of(&[LAST, STREAM, COUNTER, FIRST, ONE])
        .and(Registers::VECTORS)
        .and(Registers::QACC)
        .and(Registers::LOOP);

    /// Requantises the sums at `sums` to bytes at `output`, a multiple of 16; both pointers move on. Overwrites
    /// [`Self::OVERWRITTEN`].
    pub(super) fn emit(&self, code: &mut Code, sums: A, output: A) {
        let contract = Self::OVERWRITTEN.and(Registers::of(&[sums, output]));
        code.overwriting(contract, |code| self.outputs(code, sums, output));
    }

    fn outputs(&self, code: &mut Code, sums: A, output: A) {
        let (stream, one) = (STREAM, ONE);
        // Flips the sign of a half, and is what the upper part of the rounding constant is multiplied by; ones follow it.
        code.offset(one, CONSTANTS, self.flip);
        code.op("ee.vld.128.ip", (Q(7), one, 16));
        code.offset(stream, CONSTANTS, self.constants);
        code.set(FIRST, FIRST_SHIFT as i32);
        let held = Registers::of(&[FIRST, one]).and(Registers::vectors(&[Q(7)]));
        code.repeat_fast(COUNTER, self.vectors, |code| {
            code.keeping(held, |code| self.vector(code, sums, output));
        });
    }

    /// The outputs of sixteen sums.
    fn vector(&self, code: &mut Code, sums: A, output: A) {
        let (last, stream, first, one) = (LAST, STREAM, FIRST, ONE);
        for y in [Q(4), Q(5)] {
            code.op("l32i", (last, stream, BLOCK - 16));
            code.op("ee.vld.128.ip", (Q(0), sums, 16));
            code.op("ee.vld.128.ip", (Q(1), sums, 16));
            code.op("ee.vsl.32", (Q(0), Q(0)));
            code.op("ee.vsl.32", (Q(1), Q(1)));
            for pass in 0..self.passes {
                if pass > 0 {
                    code.op("l32i", (last, stream, BLOCK - 16));
                }
                code.op("ee.ldqa.s16.128.ip", (stream, 16));
                code.op("ee.vld.128.ip", (Q(2), stream, 16));
                if pass == 0 {
                    code.op("ee.vunzip.16", (Q(0), Q(1)));
                }
                code.op("ee.vld.128.ip", (Q(3), stream, 16));
                if pass == 0 {
                    code.op("ee.xorq", (Q(0), Q(0), Q(7)));
                }
                code.op("ee.vmulas.s16.qacc.ld.ip", (Q(2), stream, 16, Q(0), Q(2)));
                code.op("ee.vmulas.s16.qacc.ld.ip", (Q(3), stream, 16, Q(1), Q(3)));
                // The first shift's vector is of no use; the load fills the wait for the sums where a register is free for it.
                let result = if pass == 0 { y } else { Q(6) };
                let (load, shift) = (
                    |code: &mut Code| code.op("ee.vld.128.ip", (Q(6), stream, 32)),
                    |code: &mut Code, unused: Q| {
                        code.op("ee.srcmb.s16.qacc", (unused, first, 0));
                    },
                );
                if pass == 0 {
                    load(code);
                    shift(code, Q(5));
                } else {
                    shift(code, Q(6));
                    load(code);
                }
                code.op("ee.vmulas.s16.qacc", (Q(1), Q(2)));
                code.op("ee.vmulas.s16.qacc", (Q(3), Q(7)));
                code.op("ee.vld.128.ip", (Q(3), one, 0));
                code.op("nop.n", ());
                code.op("ee.vmulas.s16.qacc", (Q(6), Q(3)));
                code.op("ee.srcmb.s16.qacc", (result, last, 0));
                if pass > 0 {
                    code.op("ee.orq", (y, y, result));
                }
            }
        }
        code.op("ee.vunzip.8", (Q(4), Q(5)));
        if let Some(bounds) = self.bounds {
            code.offset(last, CONSTANTS, bounds);
            code.op("ee.vld.128.ip", (Q(0), last, 16));
            code.op("ee.vld.128.ip", (Q(1), last, 16));
            code.op("ee.vmax.s8", (Q(5), Q(5), Q(0)));
            code.op("ee.vmin.s8", (Q(5), Q(5), Q(1)));
        }
        code.op("ee.vst.128.ip", (Q(5), output, 16));
    }
}

/// One pass over a block.
#[derive(Clone, Debug, Default)]
struct Pass {
    lanes: [Lane; LANES],
    last_shift: u32,
}

impl Pass {
    /// The most precise exact factors for some of eight lanes.
    fn new(staircases: &[&Staircase], lanes: &[usize], left: u32) -> Option<Self> {
        let largest = lanes
            .iter()
            .map(|lane| staircases[*lane])
            .filter(|staircase| staircase.constant.is_none())
            .map(|staircase| staircase.scale)
            .fold(f64::MIN_POSITIVE, f64::max);
        let least = FIRST_SHIFT + BYTE;
        let most = (14.0 + f64::from(left) - largest.log2()).floor();
        let most = most.clamp(0.0, MOST_EXPONENT) as u32;
        (least..=most).rev().take(EXPONENTS).find_map(|exponent| {
            let mut pass = Self {
                last_shift: exponent - least,
                ..Self::default()
            };
            for lane in lanes {
                pass.lanes[*lane] = Lane::new(staircases[*lane], left, exponent)?;
            }
            Some(pass)
        })
    }

    /// Appends the constants, and says where they start.
    fn pack(&self, constants: &mut Constants) -> i32 {
        let mut add = |value: fn(&Lane) -> i32| {
            constants.halves(self.lanes.iter().map(|lane| value(lane) as i16))
        };
        let start = add(|lane| lane.rounding.start.into());
        add(|lane| lane.b.into());
        add(|lane| lane.a & 0x7fff);
        add(|lane| lane.a >> 15);
        add(|lane| lane.rounding.high.into());
        add(|lane| lane.rounding.low.into());
        constants.words([self.last_shift as i32]);
        start
    }
}

impl Lane {
    /// Exact factors of a channel for `2^exponent`.
    fn new(staircase: &Staircase, left: u32, exponent: u32) -> Option<Self> {
        if let Some(output) = staircase.constant {
            return Some(Lane {
                rounding: Rounding::of_constant(output, exponent)?,
                ..Lane::default()
            });
        }
        let power = f64::from(exponent as i32 - left as i32 + 16);
        let closest = (staircase.scale * power.exp2()).round() as i64;
        let try_factors = |a: i64, b: i64| {
            // Where the upper half goes up by one, the lower half falls by less than 2^16: `X` must rise all the same.
            if a >= 1 << 30 || a < b * ((1 << 16) - (1 << left)) {
                return None;
            }
            let x = |sum: i64| {
                let scaled = sum << left;
                let high = (scaled + (1 << 15)) >> 16;
                let low = scaled - (high << 16);
                i128::from(high * a + low * b)
            };
            let rounding = Rounding::between(staircase.rounding(exponent, x)?)?;
            Some(Lane {
                a: a as i32,
                b: i16::try_from(b).ok()?,
                rounding,
            })
        };
        (0..=NEIGHBOURS)
            .flat_map(|distance| [-distance, distance])
            .find_map(|distance| {
                let a = closest + i64::from(distance);
                let b = (a + (1 << 15)) >> 16;
                [b, b - 1, b + 1]
                    .into_iter()
                    .find_map(|b| try_factors(a, b))
            })
    }
}

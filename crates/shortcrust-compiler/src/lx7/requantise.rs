//! Requantisation with 16-bit constants: which ones give exactly the reference's output for every accumulator in range.
//!
//! The reference rounds twice; still its output is a staircase that only ever rises with the accumulator. A kernel computes
//! `(X + R) >> S`, saturated to a byte, where `X` is close to `accumulator * scale * 2^S`. Both are the same for every accumulator
//! if they are the same on either side of every step of the staircase: each step bounds `R` from below and from above, and any
//! `R` within all bounds proves the kernel exact.

use shortcrust_kernels::requantise::multiply_by_quantized_multiplier;
use shortcrust_kernels::shape::Activation;

/// How an output channel is requantised, and which accumulators it can meet.
#[derive(Clone, Copy, Debug)]
pub(super) struct Channel {
    /// The smallest and the largest sum of products, bias not included.
    pub(super) range: (i64, i64),
    /// The bias, with the input's zero point accounted for.
    pub(super) bias: i32,
    /// The reference's multiplier, 0 or above.
    pub(super) multiplier: i32,
    /// The reference's shift.
    pub(super) shift: i32,
    pub(super) zero_point: i32,
    pub(super) activation: Activation,
}

/// A bound of the staircase: at this sum of products the output is at least, or is below, this value.
#[derive(Clone, Copy, Debug)]
enum Bound {
    AtLeast(i64, i64),
    Below(i64, i64),
}

/// The channel's steps.
pub(super) struct Staircase {
    bounds: Vec<Bound>,
    /// The output, where it is the same for every sum.
    pub(super) constant: Option<i64>,
    /// The scale by which sums become outputs.
    pub(super) scale: f64,
}

impl Channel {
    /// What a channel of sums of weighted inputs can meet; how it is requantised is left open.
    pub(super) fn of_weights(weights: &[i8], bias: i32, input_zero_point: i32) -> Self {
        let (mut low, mut high, mut total) = (0i64, 0i64, 0i64);
        for weight in weights {
            let weight = i64::from(*weight);
            total += weight;
            low += (weight * 127).min(weight * -128);
            high += (weight * 127).max(weight * -128);
        }
        Channel {
            range: (low, high),
            bias: bias.wrapping_sub((total * i64::from(input_zero_point)) as i32),
            multiplier: 0,
            shift: 0,
            zero_point: 0,
            activation: Activation {
                min: -128,
                max: 127,
            },
        }
    }

    /// The reference's output.
    fn output(&self, sum: i64) -> i64 {
        let sum = (sum + i64::from(self.bias)) as i32;
        let value = multiply_by_quantized_multiplier(sum, self.multiplier, self.shift)
            .wrapping_add(self.zero_point);
        i64::from(value.clamp(self.activation.min, self.activation.max))
    }

    /// The steps; `None` where the reference overflows within the range, or falls.
    pub(super) fn staircase(&self) -> Option<Staircase> {
        let (low, high) = self.range;
        let left = self.shift.max(0);
        for end in [low, high] {
            let sum = end + i64::from(self.bias);
            let shifted = i128::from(sum) << left;
            if self.multiplier < 0 || i32::try_from(shifted).is_err() {
                return None;
            }
            let value = multiply_by_quantized_multiplier(sum as i32, self.multiplier, self.shift);
            value.checked_add(self.zero_point)?;
        }
        let scale = f64::from(self.multiplier) * f64::from(self.shift - 31).exp2();
        let (first, last) = (self.output(low), self.output(high));
        let mut bounds = Vec::new();
        if first > i64::from(self.activation.min) {
            bounds.push(Bound::AtLeast(low, first));
        }
        if last < i64::from(self.activation.max) {
            bounds.push(Bound::Below(high, last + 1));
        }
        for value in first + 1..=last {
            let distance = value as f64 - 0.5 - f64::from(self.zero_point);
            let guess = distance / scale - f64::from(self.bias);
            let mut sum = (guess.ceil() as i64).clamp(low + 1, high);
            while sum > low + 1 && self.output(sum - 1) >= value {
                sum -= 1;
            }
            while self.output(sum) < value {
                sum += 1;
            }
            bounds.push(Bound::AtLeast(sum, value));
            bounds.push(Bound::Below(sum - 1, value));
        }
        Some(Staircase {
            constant: (first == last).then_some(first),
            bounds,
            scale,
        })
    }
}

impl Staircase {
    /// The smallest and the largest `R` for which `(x(sum) + R) >> exponent` is the reference's output for every sum. `x` rises.
    pub(super) fn rounding(&self, exponent: u32, x: impl Fn(i64) -> i128) -> Option<(i128, i128)> {
        let (mut low, mut high) = (-(1i128 << 70), 1i128 << 70);
        for bound in &self.bounds {
            match *bound {
                Bound::AtLeast(sum, value) => {
                    low = low.max((i128::from(value) << exponent) - x(sum))
                }
                Bound::Below(sum, value) => {
                    high = high.min((i128::from(value) << exponent) - x(sum) - 1)
                }
            }
        }
        (low <= high).then_some((low, high))
    }
}

/// The fewest passes that are exact for some lanes: each takes the lanes whose numbers it is given.
///
/// Lanes of similar scales share a pass, as they share its shifts.
pub(super) fn passes<P>(
    lanes: &[&Staircase],
    pass: impl Fn(&[usize]) -> Option<P>,
) -> Option<Vec<P>> {
    let mut order: Vec<usize> = (0..lanes.len()).collect();
    order.sort_by(|a, b| lanes[*b].scale.total_cmp(&lanes[*a].scale));
    (1..=lanes.len()).find_map(|count| {
        order
            .chunks(lanes.len().div_ceil(count))
            .map(&pass)
            .collect()
    })
}

/// What the uppermost piece of a rounding constant is multiplied by.
pub(super) const COARSE: i16 = i16::MIN;

/// A rounding constant in 16-bit pieces: `R = start + 2^15 * (low + high * COARSE)`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Rounding {
    pub(super) start: i16,
    pub(super) low: i16,
    pub(super) high: i16,
}

/// Rounding constants stay below this.
const LIMIT: i128 = 1 << 44;

impl Rounding {
    /// For a constant output with `exponent` fraction bits.
    pub(super) fn of_constant(output: i64, exponent: u32) -> Option<Self> {
        let low = i128::from(output) << exponent;
        Self::between((low, low + (1 << exponent) - 1))
    }

    /// Pieces of the number in the middle between `low` and `high`.
    pub(super) fn between((low, high): (i128, i128)) -> Option<Self> {
        let (low, high) = (low.max(-LIMIT), high.min(LIMIT));
        if low > high {
            return None;
        }
        let middle = (low + high) >> 1;
        let (start, rest) = split(middle);
        let (low, high) = split(rest);
        Some(Self {
            start: start as i16,
            low: low as i16,
            high: i16::try_from(-high).ok()?,
        })
    }
}

/// `value = low + 2^15 * high` with `low` from -2^14 to 2^14 - 1.
pub(super) fn split(value: i128) -> (i128, i128) {
    let low = ((value + (1 << 14)) & 0x7fff) - (1 << 14);
    (low, (value - low) >> 15)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn channel(bias: i32, scale: f64) -> Channel {
        let exponent = scale.log2().ceil() as i32;
        Channel {
            range: (-120_000, 110_000),
            bias,
            multiplier: ((scale * f64::from(31 - exponent).exp2()) as i64).min(i64::from(i32::MAX))
                as i32,
            shift: exponent,
            zero_point: 3,
            activation: Activation {
                min: -128,
                max: 127,
            },
        }
    }

    #[test]
    fn steps_are_where_the_reference_steps() {
        let channel = channel(1234, 0.0031);
        let staircase = channel.staircase().expect("no overflow");
        for bound in &staircase.bounds {
            match *bound {
                Bound::AtLeast(sum, value) => assert!(channel.output(sum) >= value),
                Bound::Below(sum, value) => assert!(channel.output(sum) < value),
            }
        }
        assert!(staircase.bounds.len() > 300);
    }

    #[test]
    fn a_rounding_constant_proves_exactness() {
        let channel = Channel {
            zero_point: -128,
            ..channel(-777, 0.0047)
        };
        let staircase = channel.staircase().expect("no overflow");
        let m = (staircase.scale * 32f64.exp2()).round() as i128;
        let bounds = staircase.rounding(32, |sum| i128::from(sum) * m);
        let rounding = Rounding::between(bounds.expect("precise enough")).expect("representable");
        let coarse = i128::from(rounding.high) * i128::from(COARSE);
        let r = i128::from(rounding.start) + ((i128::from(rounding.low) + coarse) << 15);
        for sum in channel.range.0..=channel.range.1 {
            let value = ((i128::from(sum) * m + r) >> 32).clamp(-128, 127);
            assert_eq!(value, i128::from(channel.output(sum)), "{sum}");
        }
    }

    #[test]
    fn an_overflow_is_seen() {
        let mut channel = channel(i32::MAX - 5, 0.5);
        assert!(channel.staircase().is_none());
        channel.bias = 0;
        channel.shift = 20;
        assert!(channel.staircase().is_none());
    }
}

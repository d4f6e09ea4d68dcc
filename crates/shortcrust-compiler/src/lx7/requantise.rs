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
    /// Whether the output is the same for every sum.
    pub(super) is_flat: bool,
    /// The scale by which sums become outputs.
    pub(super) scale: f64,
}

impl Channel {
    /// The reference's output.
    fn output(&self, sum: i64) -> i64 {
        let sum = (sum + i64::from(self.bias)) as i32;
        let value = multiply_by_quantized_multiplier(sum, self.multiplier, self.shift)
            .saturating_add(self.zero_point);
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
            is_flat: first == last,
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

/// A rounding constant in 16-bit pieces: `R = start + 2^15 * factors.0 * factors.1`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Rounding {
    pub(super) start: i16,
    pub(super) factors: (i16, i16),
}

impl Rounding {
    /// Pieces of a number between `low` and `high`.
    pub(super) fn between((low, high): (i128, i128)) -> Option<Self> {
        let low = low.max(-(1 << 50));
        let high = high.min(1 << 50);
        let middle = low + (high - low) / 2;
        let least = (middle.unsigned_abs() >> 15) / 32767 + 1;
        if low > high || least > 32767 {
            return None;
        }
        (least..=32767.min(least + 4000)).find_map(|second| {
            let unit = (second as i128) << 15;
            let first = (middle + (unit >> 1)).div_euclid(unit);
            let rest = (middle - first * unit).clamp(-32768, 32767);
            let value = first * unit + rest;
            let fits = (low..=high).contains(&value) && i16::try_from(first).is_ok();
            fits.then_some(Rounding {
                start: rest as i16,
                factors: (first as i16, second as i16),
            })
        })
    }
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
        let channel = channel(-777, 0.0047);
        let staircase = channel.staircase().expect("no overflow");
        let m = (staircase.scale * 26f64.exp2()).round() as i128;
        let bounds = staircase.rounding(26, |sum| i128::from(sum) * m);
        let rounding = Rounding::between(bounds.expect("precise enough")).expect("representable");
        let (first, second) = rounding.factors;
        let r = i128::from(rounding.start) + (i128::from(first) * i128::from(second) << 15);
        for sum in channel.range.0..=channel.range.1 {
            let value = ((i128::from(sum) * m + r) >> 26).clamp(-128, 127);
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

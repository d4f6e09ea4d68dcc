//! HARD_SWISH: `x * relu6(x + 3) / 6`.

use crate::requantise::rounding_divide_by_pot;

/// The constants of HARD_SWISH (`HardSwishParams` of TensorFlow Lite's `reference/hard_swish.h`).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct HardSwish {
    /// The input's zero point.
    pub input_zero_point: i32,
    /// The output's zero point.
    pub output_zero_point: i32,
    /// The 16-bit multiplier of the output.
    pub output_multiplier: i16,
    /// Its exponent, 0 or below.
    pub output_exponent: i32,
    /// The 16-bit multiplier of the clamped factor.
    pub reluish_multiplier: i16,
    /// Its exponent.
    pub reluish_exponent: i32,
}

impl HardSwish {
    /// The output for an input.
    pub fn apply(&self, input: i8) -> i8 {
        // Seven more bits, as far as 16 bits allow.
        let fine = (i32::from(input).wrapping_sub(self.input_zero_point) << 7) as i16;
        let scaled = rounding_doubling_high_mul(fine, self.output_multiplier);
        let mut factor = fine;
        if self.reluish_exponent > 0 {
            factor = saturating_left_shift(factor, self.reluish_exponent - 1);
        }
        factor = rounding_doubling_high_mul(factor, self.reluish_multiplier);
        if self.reluish_exponent > 0 {
            factor = saturating_left_shift(factor, 1);
        }
        if self.reluish_exponent < 0 {
            factor = rounding_divide_by_pot(i32::from(factor), self.reluish_exponent.wrapping_neg())
                as i16;
        }
        // From -1..1 to 0..1.
        let factor = ((i32::from(factor) + (1 << 15)) >> 1) as i16;
        let result = rounding_divide_by_pot(
            i32::from(doubling_high_mul(factor, scaled)),
            self.output_exponent.wrapping_neg(),
        );
        result.wrapping_add(self.output_zero_point).clamp(-128, 127) as i8
    }
}

/// `a * b / 2^15`, rounded, saturating.
const fn rounding_doubling_high_mul(a: i16, b: i16) -> i16 {
    if a == i16::MIN && b == i16::MIN {
        return i16::MAX;
    }
    let product = a as i32 * b as i32;
    let nudge = if product >= 0 { 1 << 14 } else { 1 - (1 << 14) };
    ((product + nudge) / (1 << 15)) as i16
}

/// `a * b / 2^15` towards zero, saturating.
const fn doubling_high_mul(a: i16, b: i16) -> i16 {
    if a == i16::MIN && b == i16::MIN {
        return i16::MAX;
    }
    (a as i32 * b as i32 / (1 << 15)) as i16
}

const fn saturating_left_shift(value: i16, bits: i32) -> i16 {
    let shifted = (value as i64) << if bits < 32 { bits } else { 32 };
    if shifted > i16::MAX as i64 {
        i16::MAX
    } else if shifted < i16::MIN as i64 {
        i16::MIN
    } else {
        shifted as i16
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_scale_of_a_thirty_second() {
        // Input and output at scale 1/32: the output's multiplier is 1/128, the factor's (1/4096) / (3/32768) = 8/3.
        let kernel = HardSwish {
            input_zero_point: 0,
            output_zero_point: 0,
            output_multiplier: 1 << 14,
            output_exponent: -6,
            reluish_multiplier: 21845,
            reluish_exponent: 2,
        };
        for input in i8::MIN..=i8::MAX {
            let x = f64::from(input) / 32.0;
            let expected = x * (x + 3.0).clamp(0.0, 6.0) / 6.0 * 32.0;
            let output = f64::from(kernel.apply(input));
            assert!(
                (output - expected).abs() <= 1.0,
                "{input}: {output} for {expected}"
            );
        }
    }
}

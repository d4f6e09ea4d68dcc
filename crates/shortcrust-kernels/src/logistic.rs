//! LOGISTIC: `1 / (1 + exp(-x))`.

use crate::fixed_point;
use crate::requantise::{multiply_by_quantized_multiplier, rounding_divide_by_pot};

/// The constants of LOGISTIC (`integer_ops/logistic.h` of TensorFlow Lite). The output has scale 1/256 and zero point -128.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Logistic {
    /// The input's zero point.
    pub input_zero_point: i32,
    /// From this distance to the zero point on, the output is an end of its range.
    pub input_range_radius: i32,
    /// The multiplier that brings the input to 4 integer bits.
    pub input_multiplier: i32,
    /// The multiplier's shift.
    pub input_left_shift: i32,
}

impl Logistic {
    /// The output for an input.
    pub fn apply(&self, input: i8) -> i8 {
        let input = i32::from(input).wrapping_sub(self.input_zero_point);
        if input <= self.input_range_radius.wrapping_neg() {
            return i8::MIN;
        }
        if input >= self.input_range_radius {
            return i8::MAX;
        }
        let argument =
            multiply_by_quantized_multiplier(input, self.input_multiplier, self.input_left_shift);
        let result = rounding_divide_by_pot(fixed_point::logistic(argument, 4), 31 - 8);
        result.wrapping_sub(128).clamp(-128, 127) as i8
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_scale_of_a_sixteenth() {
        // Scale 1/16: a multiplier of 2^(27 - 4) = 2^30 / 2^31 * 2^24.
        let kernel = Logistic {
            input_zero_point: 3,
            input_range_radius: 120,
            input_multiplier: 1 << 30,
            input_left_shift: 24,
        };
        for input in i8::MIN..=i8::MAX {
            let real = 1.0 / (1.0 + (-(f64::from(input) - 3.0) / 16.0).exp());
            let expected = (real * 256.0).round() - 128.0;
            let output = f64::from(kernel.apply(input));
            assert!(
                (output - expected.min(127.0)).abs() <= 1.0,
                "{input}: {output} for {expected}"
            );
        }
        assert_eq!(kernel.apply(3), 0);
    }
}

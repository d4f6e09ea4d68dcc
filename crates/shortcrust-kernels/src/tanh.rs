//! TANH: the hyperbolic tangent.

use crate::fixed_point;
use crate::requantise::{multiply_by_quantized_multiplier, rounding_divide_by_pot};

/// The constants of TANH (`integer_ops/tanh.h` of TensorFlow Lite). The output has scale 1/128 and zero point 0.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Tanh {
    /// The input's zero point.
    pub input_zero_point: i32,
    /// From this distance to the zero point on, the output is an end of its range.
    pub input_range_radius: i32,
    /// The multiplier that brings the input to 4 integer bits.
    pub input_multiplier: i32,
    /// The multiplier's shift.
    pub input_left_shift: i32,
}

impl Tanh {
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
        rounding_divide_by_pot(fixed_point::tanh(argument, 4), 31 - 7).clamp(-128, 127) as i8
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_scale_of_a_thirty_second() {
        let kernel = Tanh {
            input_zero_point: -7,
            input_range_radius: 240,
            input_multiplier: 1 << 30,
            input_left_shift: 23,
        };
        for input in i8::MIN..=i8::MAX {
            let expected = (((f64::from(input) + 7.0) / 32.0).tanh() * 128.0).round();
            let output = f64::from(kernel.apply(input));
            assert!(
                (output - expected.min(127.0)).abs() <= 1.0,
                "{input}: {output} for {expected}"
            );
        }
        assert_eq!(kernel.apply(-7), 0);
    }
}

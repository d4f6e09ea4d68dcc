//! LEAKY_RELU: `x` above 0, `alpha * x` below.

use crate::requantise::multiply_by_quantized_multiplier;

/// The constants of LEAKY_RELU (`QuantizeLeakyRelu` of TensorFlow Lite's `reference/leaky_relu.h`).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LeakyRelu {
    /// The input's zero point.
    pub input_zero_point: i32,
    /// The output's zero point.
    pub output_zero_point: i32,
    /// The multiplier of values from 0 on.
    pub identity_multiplier: i32,
    /// Its shift.
    pub identity_shift: i32,
    /// The multiplier of values below 0; negative for a negative slope.
    pub alpha_multiplier: i32,
    /// Its shift.
    pub alpha_shift: i32,
}

impl LeakyRelu {
    /// The output for an input.
    pub fn apply(&self, input: i8) -> i8 {
        let input = i32::from(input).wrapping_sub(self.input_zero_point);
        let (multiplier, shift) = match input {
            0.. => (self.identity_multiplier, self.identity_shift),
            _ => (self.alpha_multiplier, self.alpha_shift),
        };
        multiply_by_quantized_multiplier(input, multiplier, shift)
            .wrapping_add(self.output_zero_point)
            .clamp(-128, 127) as i8
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_slope_of_a_quarter() {
        let kernel = LeakyRelu {
            input_zero_point: 10,
            output_zero_point: -20,
            identity_multiplier: 1 << 30,
            identity_shift: 1,
            alpha_multiplier: 1 << 30,
            alpha_shift: -1,
        };
        assert_eq!(
            [10, 14, 6, -128, 127].map(|input| kernel.apply(input)),
            [-20, -16, -21, -55, 97]
        );
    }

    #[test]
    fn a_negative_slope_turns_round() {
        let kernel = LeakyRelu {
            input_zero_point: 0,
            output_zero_point: 5,
            identity_multiplier: 1 << 30,
            identity_shift: 1,
            alpha_multiplier: -(1 << 30),
            alpha_shift: 0,
        };
        assert_eq!(
            [0, 8, -8, -7, -128].map(|input| kernel.apply(input)),
            [5, 13, 9, 9, 69]
        );
    }
}

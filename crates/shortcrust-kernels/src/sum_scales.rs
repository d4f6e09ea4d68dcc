//! What ADD and SUB have in common: both inputs come to a finer common scale before they meet.

use crate::requantise::{multiply_by_quantized_multiplier, requantise};
use crate::shape::Activation;

/// The constants of ADD and SUB (`AddParams`/`ArithmeticParams` of TensorFlow Lite).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SumScales {
    /// Bits by which both inputs are shifted up before they are scaled.
    pub left_shift: i32,
    /// The left input's zero point.
    pub left_zero_point: i32,
    /// The left input's multiplier.
    pub left_multiplier: i32,
    /// The shift of the left input's multiplier.
    pub left_multiplier_shift: i32,
    /// The right input's zero point.
    pub right_zero_point: i32,
    /// The right input's multiplier.
    pub right_multiplier: i32,
    /// The shift of the right input's multiplier.
    pub right_multiplier_shift: i32,
    /// The output's zero point.
    pub output_zero_point: i32,
    /// The output's multiplier.
    pub output_multiplier: i32,
    /// The shift of the output's multiplier.
    pub output_multiplier_shift: i32,
    /// The range of the output.
    pub activation: Activation,
}

impl SumScales {
    /// The left input on the common scale.
    #[inline]
    pub fn left(&self, value: i8) -> i32 {
        let shifted = i32::from(value)
            .wrapping_sub(self.left_zero_point)
            .wrapping_shl(self.left_shift as u32);
        multiply_by_quantized_multiplier(shifted, self.left_multiplier, self.left_multiplier_shift)
    }

    /// The right input on the common scale.
    #[inline]
    pub fn right(&self, value: i8) -> i32 {
        let shifted = i32::from(value)
            .wrapping_sub(self.right_zero_point)
            .wrapping_shl(self.left_shift as u32);
        multiply_by_quantized_multiplier(
            shifted,
            self.right_multiplier,
            self.right_multiplier_shift,
        )
    }

    /// From the common scale to the output's.
    #[inline]
    pub(crate) fn output(&self, sum: i32) -> i8 {
        requantise(
            sum,
            self.output_multiplier,
            self.output_multiplier_shift,
            self.output_zero_point,
            self.activation,
        )
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;

    /// Both inputs and the output at scale 1 and zero point 0: twice the scale is the common maximum.
    pub(crate) const UNIT: SumScales = SumScales {
        left_shift: 20,
        left_zero_point: 0,
        left_multiplier: 1 << 30,
        left_multiplier_shift: 0,
        right_zero_point: 0,
        right_multiplier: 1 << 30,
        right_multiplier_shift: 0,
        output_zero_point: 0,
        output_multiplier: 1 << 30,
        output_multiplier_shift: -18,
        activation: Activation {
            min: -128,
            max: 127,
        },
    };

    #[test]
    fn a_value_comes_back_from_the_common_scale() {
        for value in i8::MIN..=i8::MAX {
            assert_eq!(UNIT.output(UNIT.left(value)), value);
            assert_eq!(UNIT.output(UNIT.right(value)), value);
        }
    }
}

//! MUL with broadcasting.

use crate::elementwise::{zip, zip_in_place};
use crate::requantise::requantise;
use crate::shape::{Activation, Broadcast};

/// MUL (`MulElementwise` of TensorFlow Lite's `integer_ops/mul.h`).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Mul {
    /// How the inputs spread over the output.
    pub broadcast: Broadcast,
    /// The left input's zero point.
    pub left_zero_point: i32,
    /// The right input's zero point.
    pub right_zero_point: i32,
    /// The output's zero point.
    pub output_zero_point: i32,
    /// The multiplier of the product.
    pub multiplier: i32,
    /// The multiplier's shift.
    pub shift: i32,
    /// The range of the output.
    pub activation: Activation,
}

impl Mul {
    /// Writes every product to `output`.
    #[inline]
    pub fn run(&self, left: &[i8], right: &[i8], output: &mut [i8]) {
        zip(&self.broadcast, left, right, output, |left, right| {
            self.element(left, right)
        });
    }

    /// Writes every product over the left input, which has the output's shape.
    #[inline]
    pub fn run_in_place(&self, left: &mut [i8], right: &[i8]) {
        zip_in_place(&self.broadcast, left, right, |left, right| {
            self.element(left, right)
        });
    }

    #[inline]
    fn element(&self, left: i8, right: i8) -> i8 {
        let left = i32::from(left).wrapping_sub(self.left_zero_point);
        let right = i32::from(right).wrapping_sub(self.right_zero_point);
        requantise(
            left.wrapping_mul(right),
            self.multiplier,
            self.shift,
            self.output_zero_point,
            self.activation,
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn zero_points_and_range() {
        let row = [0, 0, 0, 0, 0, 1];
        let kernel = Mul {
            broadcast: Broadcast {
                shape: [1, 1, 1, 1, 1, 3],
                left: row,
                right: row,
            },
            left_zero_point: 1,
            right_zero_point: -2,
            output_zero_point: 10,
            multiplier: 1 << 30,
            shift: 0,
            activation: Activation { min: 0, max: 100 },
        };
        let mut output = [0; 3];
        // 2 * 5 / 2 + 10; 20 * 10 / 2 + 10 clamped; -10 * 4 / 2 + 10 clamped.
        kernel.run(&[3, 21, -9], &[3, 8, 2], &mut output);
        assert_eq!(output, [15, 100, 0]);
    }
}

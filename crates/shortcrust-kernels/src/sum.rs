//! SUM along any axes.

use crate::reduction::sums;
use crate::requantise::requantise;
use crate::shape::{Activation, RANK};

/// The constants of SUM (`QuantizedMeanOrSum` of TensorFlow Lite's `reference/reduce.h`).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Sum {
    /// The input's shape, with leading ones.
    pub shape: [usize; RANK],
    /// The axes that are reduced.
    pub reduced: [bool; RANK],
    /// The input's zero point times the number of elements behind one output.
    pub zero_points: i32,
    /// The output's zero point.
    pub output_zero_point: i32,
    /// The ratio of the scales.
    pub multiplier: i32,
    /// The multiplier's shift.
    pub shift: i32,
}

impl Sum {
    /// The output has the input's shape without the reduced axes, or with ones there.
    #[inline]
    pub fn run(&self, input: &[i8], output: &mut [i8]) {
        let range = Activation {
            min: -128,
            max: 127,
        };
        sums(&self.shape, &self.reduced, input, output, |sum| {
            let sum = sum.wrapping_sub(self.zero_points);
            requantise(
                sum,
                self.multiplier,
                self.shift,
                self.output_zero_point,
                range,
            )
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_whole_sum() {
        let kernel = Sum {
            shape: [1, 1, 1, 1, 2, 4],
            reduced: [false, false, false, false, false, true],
            zero_points: 4,
            output_zero_point: 10,
            multiplier: 1 << 30,
            shift: 1,
        };
        let mut output = [0; 2];
        kernel.run(&[1, 2, 3, 10, -7, 0, 1, 2], &mut output);
        assert_eq!(output, [22, 2]);
    }
}

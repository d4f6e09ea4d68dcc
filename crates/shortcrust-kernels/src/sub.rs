//! SUB with broadcasting.

use crate::elementwise::{zip, zip_in_place};
use crate::shape::Broadcast;
use crate::sum_scales::SumScales;

/// SUB (`SubElementwise` of TensorFlow Lite).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Sub {
    /// How the inputs spread over the output.
    pub broadcast: Broadcast,
    /// The inputs' and the output's scales.
    pub scales: SumScales,
}

impl Sub {
    /// Writes every result to `output`.
    #[inline]
    pub fn run(&self, left: &[i8], right: &[i8], output: &mut [i8]) {
        zip(&self.broadcast, left, right, output, |left, right| {
            self.element(left, right)
        });
    }

    /// Writes every result over the left input, which has the output's shape.
    #[inline]
    pub fn run_in_place(&self, left: &mut [i8], right: &[i8]) {
        zip_in_place(&self.broadcast, left, right, |left, right| {
            self.element(left, right)
        });
    }

    #[inline]
    fn element(&self, left: i8, right: i8) -> i8 {
        self.scales.output(
            self.scales
                .left(left)
                .wrapping_sub(self.scales.right(right)),
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sum_scales::tests::UNIT;

    #[test]
    fn results_saturate() {
        let row = [0, 0, 0, 0, 0, 1];
        let broadcast = Broadcast {
            shape: [1, 1, 1, 1, 1, 4],
            left: row,
            right: row,
        };
        let kernel = Sub {
            broadcast,
            scales: UNIT,
        };
        let mut output = [0; 4];
        kernel.run(&[1, 100, -100, -128], &[2, -100, 100, -128], &mut output);
        assert_eq!(output, [-1, 127, -128, 0]);
        let mut left = [1, 100, -100, -128];
        kernel.run_in_place(&mut left, &[2, -100, 100, -128]);
        assert_eq!(left, output);
    }
}

//! SOFTMAX along the innermost axis.

use crate::fixed_point::{exp_on_negative_values, multiply_by_pot, one_over_one_plus};
use crate::requantise::{rounding_divide_by_pot, saturating_rounding_doubling_high_mul};

/// Integer bits of the scaled differences.
const DIFFERENCE_BITS: i32 = 5;
/// Integer bits of the sum of exponentials: up to 4096 of them.
const SUM_BITS: i32 = 12;

/// The constants of SOFTMAX (TensorFlow Lite's `reference/softmax.h`). The output has scale 1/256 and zero point -128.
///
/// Where the exponentials of a row add up to 512 times the largest or more, no share reaches half of the output's step, and every
/// output is -128. The reference has no answer there: it would shift by more than 31, which it asserts against.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Softmax {
    /// How many rows.
    pub rows: usize,
    /// The size of a row.
    pub depth: usize,
    /// The multiplier of `beta * scale` for differences with 5 integer bits.
    pub input_multiplier: i32,
    /// The multiplier's shift, 0 or above.
    pub input_left_shift: i32,
    /// Differences to the row's maximum below this give 0.
    pub diff_min: i32,
}

impl Softmax {
    /// `input` and `output` are `[rows, depth]`.
    #[inline]
    pub fn run(&self, input: &[i8], output: &mut [i8]) {
        debug_assert_eq!(input.len(), self.rows * self.depth);
        debug_assert_eq!(output.len(), input.len());
        let depth = self.depth.max(1);
        for (input, output) in input
            .chunks_exact(depth)
            .zip(output.chunks_exact_mut(depth))
        {
            self.row(input, output);
        }
    }

    fn row(&self, input: &[i8], output: &mut [i8]) {
        let largest = input.iter().copied().max().unwrap_or(i8::MIN);
        let mut sum = 0i32;
        for &value in input {
            if let Some(exponential) = self.exponential(value, largest) {
                sum = sum.wrapping_add(multiply_by_pot(exponential, -SUM_BITS));
            }
        }
        let (scale, bits_over_unit) = reciprocal(sum);
        let exponent = bits_over_unit.wrapping_add(31 - 8);
        if exponent > 31 {
            return output.fill(i8::MIN);
        }
        for (output, &value) in output.iter_mut().zip(input) {
            *output = match self.exponential(value, largest) {
                Some(exponential) => {
                    let product = saturating_rounding_doubling_high_mul(scale, exponential);
                    rounding_divide_by_pot(product, exponent)
                        .wrapping_sub(128)
                        .clamp(-128, 127) as i8
                }
                None => i8::MIN,
            };
        }
    }

    /// `exp(beta * scale * difference)` without integer bits, 0 where it is too small to count; `difference` is a value less its
    /// row's largest.
    pub fn exponential_of(&self, difference: i32) -> i32 {
        self.counted(difference).unwrap_or(0)
    }

    #[inline]
    fn exponential(&self, value: i8, largest: i8) -> Option<i32> {
        self.counted(i32::from(value).wrapping_sub(i32::from(largest)))
    }

    /// The exponential of a difference; `None` where it is too small to count.
    #[inline]
    fn counted(&self, difference: i32) -> Option<i32> {
        if difference < self.diff_min {
            return None;
        }
        let shifted = difference.wrapping_shl(self.input_left_shift as u32);
        let scaled = saturating_rounding_doubling_high_mul(shifted, self.input_multiplier);
        Some(exp_on_negative_values(scaled, DIFFERENCE_BITS))
    }
}

/// The reciprocal of a sum: a number without integer bits, and how many bits the sum is above one (`GetReciprocal`).
#[inline]
fn reciprocal(sum: i32) -> (i32, i32) {
    let headroom = sum.leading_zeros();
    let fraction = (sum as u32).wrapping_shl(headroom).wrapping_sub(1 << 31) as i32;
    (
        one_over_one_plus(fraction),
        SUM_BITS.wrapping_sub_unsigned(headroom),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Input scale 1/16, beta 1: a multiplier of 2^(26 - 4).
    const SIXTEENTH: Softmax = Softmax {
        rows: 1,
        depth: 4,
        input_multiplier: 1 << 30,
        input_left_shift: 23,
        diff_min: -495,
    };

    #[test]
    fn equal_values_share_equally() {
        let mut output = [0; 4];
        SIXTEENTH.run(&[5; 4], &mut output);
        assert_eq!(output, [-64; 4]);
    }

    #[test]
    fn probabilities_are_close_to_the_real_ones() {
        let input = [0, 16, -16, 40];
        let mut output = [0; 4];
        SIXTEENTH.run(&input, &mut output);
        let exponentials = input.map(|value| (f64::from(value) / 16.0).exp());
        let sum: f64 = exponentials.iter().sum();
        for (exponential, output) in exponentials.into_iter().zip(output) {
            assert!((exponential / sum * 256.0 - 128.0 - f64::from(output)).abs() <= 1.0);
        }
    }

    #[test]
    fn shares_below_half_a_step_vanish() {
        for (depth, share) in [(511, -127), (512, -128), (4096, -128)] {
            let mut output = [0; 4096];
            let output = &mut output[..depth];
            Softmax { depth, ..SIXTEENTH }.run(&[7; 4096][..depth], output);
            assert!(output.iter().all(|&value| value == share));
        }
    }

    #[test]
    fn rows_are_apart() {
        let mut output = [0; 8];
        Softmax {
            rows: 2,
            ..SIXTEENTH
        }
        .run(&[127, -128, -128, -128, 0, 0, 0, 0], &mut output);
        assert_eq!(output, [127, -128, -128, -128, -64, -64, -64, -64]);
    }
}

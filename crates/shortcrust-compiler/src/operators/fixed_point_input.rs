//! An input as a fixed-point number, for LOGISTIC, TANH and SOFTMAX.

use super::Lowering;
use super::scaling::multiplier;
use crate::error::Result;
use crate::graph::TensorId;

/// Integer bits of the argument of LOGISTIC and TANH.
pub(super) const ARGUMENT_BITS: i32 = 4;

/// The constants that bring an input to a fixed-point number.
pub(super) struct FixedPointInput {
    pub(super) zero_point: i32,
    pub(super) multiplier: i32,
    pub(super) left_shift: i32,
    /// Inputs this far from the zero point no longer fit.
    pub(super) radius: i32,
}

/// The input of LOGISTIC or TANH (`CalculateArithmeticOpDataLogistic` of TFLite Micro's `logistic_common.cc`).
pub(super) fn argument(lowering: &Lowering, input: TensorId) -> Result<FixedPointInput> {
    let (scale, zero_point) = lowering.tensor(input).per_tensor()?;
    let factor = f64::from(scale) * f64::from(1 << (31 - ARGUMENT_BITS));
    let (multiplier, left_shift) = multiplier(lowering, factor)?;
    Ok(FixedPointInput {
        zero_point,
        multiplier,
        left_shift,
        radius: radius(ARGUMENT_BITS, left_shift),
    })
}

/// The largest input that keeps to `integer_bits` (`CalculateInputRadius` of TensorFlow Lite's `quantization_util.cc`).
pub(super) fn radius(integer_bits: i32, left_shift: i32) -> i32 {
    let largest = f64::from((1 << integer_bits) - 1) * f64::from(1 << (31 - integer_bits));
    (largest / 2f64.powi(left_shift)).floor() as i32
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_radius_halves_with_each_bit_of_shift() {
        assert_eq!(radius(4, 24), 120);
        assert_eq!(radius(4, 23), 240);
        assert_eq!(radius(5, 23), 248);
    }
}

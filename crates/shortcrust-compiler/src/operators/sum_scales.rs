//! The scales of ADD and SUB.

use shortcrust_kernels::shape::Activation;
use shortcrust_kernels::sum_scales::SumScales;

use super::Lowering;
use super::broadcast::Binary;
use super::scaling::multiplier_below_one;
use crate::error::Result;

/// Bits that the inputs gain before they meet.
const LEFT_SHIFT: i32 = 20;

/// Both inputs come to twice the larger scale, less 20 bits (`CalculateOpDataAdd` of TFLite Micro's `add_common.cc`).
pub(super) fn sum_scales(
    lowering: &Lowering,
    binary: &Binary,
    activation: Activation,
) -> Result<SumScales> {
    let (left_scale, left_zero_point) = lowering.tensor(binary.left).per_tensor()?;
    let (right_scale, right_zero_point) = lowering.tensor(binary.right).per_tensor()?;
    let (output_scale, output_zero_point) = lowering.tensor(binary.output).per_tensor()?;
    let common = 2.0 * f64::from(left_scale.max(right_scale));
    let (left_multiplier, left_multiplier_shift) =
        multiplier_below_one(lowering, f64::from(left_scale) / common)?;
    let (right_multiplier, right_multiplier_shift) =
        multiplier_below_one(lowering, f64::from(right_scale) / common)?;
    let factor = common / (f64::from(1 << LEFT_SHIFT) * f64::from(output_scale));
    let (output_multiplier, output_multiplier_shift) = multiplier_below_one(lowering, factor)?;
    Ok(SumScales {
        left_shift: LEFT_SHIFT,
        left_zero_point,
        left_multiplier,
        left_multiplier_shift,
        right_zero_point,
        right_multiplier,
        right_multiplier_shift,
        output_zero_point,
        output_multiplier,
        output_multiplier_shift,
        activation,
    })
}

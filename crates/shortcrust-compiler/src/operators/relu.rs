//! RELU and RELU6 through a table.

use shortcrust_kernels::rescale::Rescale;
use shortcrust_kernels::shape::Activation;

use super::Lowering;
use super::lookup_table::{int8_operands, look_up};
use super::scaling::multiplier;
use crate::error::Result;

/// RELU: rescaled, and not below the output's zero (`CalculateReluOpData` of TFLite Micro's `activations_common.cc`).
pub fn lower(lowering: &mut Lowering) -> Result<()> {
    let (input, output) = int8_operands(lowering)?;
    let (input_scale, input_zero_point) = lowering.tensor(input).per_tensor()?;
    let (output_scale, output_zero_point) = lowering.tensor(output).per_tensor()?;
    let (multiplier, shift) =
        multiplier(lowering, f64::from(input_scale) / f64::from(output_scale))?;
    let activation = Activation {
        min: output_zero_point,
        max: 127,
    };
    let rule = Rescale {
        input_zero_point,
        output_zero_point,
        multiplier,
        shift,
        activation,
    };
    look_up(lowering, input, output, |value| {
        rule.apply(i32::from(value))
    });
    Ok(())
}

/// RELU6: clamped from 0 to 6 at the input's scale, which TFLite Micro takes to be the output's.
pub fn lower_relu6(lowering: &mut Lowering) -> Result<()> {
    let (input, output) = int8_operands(lowering)?;
    let (scale, zero_point) = lowering.tensor(input).per_tensor()?;
    let six = ((6.0 / scale).round() as i32)
        .saturating_add(zero_point)
        .min(127) as i8;
    look_up(lowering, input, output, |value| {
        value.max(zero_point as i8).min(six)
    });
    Ok(())
}

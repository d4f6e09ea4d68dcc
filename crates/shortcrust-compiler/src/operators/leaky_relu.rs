//! LEAKY_RELU through a table.

use shortcrust_kernels::leaky_relu::LeakyRelu;

use super::Lowering;
use super::lookup_table::{int8_operands, look_up};
use super::scaling::multiplier;
use crate::error::Result;
use crate::tflite::LeakyReluOptions;

/// One look-up. The ratios are float32 before they are widened (TFLite Micro's `leaky_relu_common.cc`).
pub fn lower(lowering: &mut Lowering) -> Result<()> {
    let options: LeakyReluOptions = lowering.options()?;
    let (input, output) = int8_operands(lowering)?;
    let (input_scale, input_zero_point) = lowering.tensor(input).per_tensor()?;
    let (output_scale, output_zero_point) = lowering.tensor(output).per_tensor()?;
    let (identity_multiplier, identity_shift) =
        multiplier(lowering, f64::from(input_scale / output_scale))?;
    let (alpha_multiplier, alpha_shift) = multiplier(
        lowering,
        f64::from(input_scale * options.alpha / output_scale),
    )?;
    let rule = LeakyRelu {
        input_zero_point,
        output_zero_point,
        identity_multiplier,
        identity_shift,
        alpha_multiplier,
        alpha_shift,
    };
    look_up(lowering, input, output, |value| rule.apply(value));
    Ok(())
}

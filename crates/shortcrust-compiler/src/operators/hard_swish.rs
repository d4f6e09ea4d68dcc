//! HARD_SWISH through a table.

use shortcrust_kernels::hard_swish::HardSwish;

use super::Lowering;
use super::lookup_table::{int8_operands, look_up};
use super::scaling::multiplier;
use crate::error::{ErrorKind, Result};

/// One look-up, prepared in float32 as in TFLite Micro's `hard_swish_common.cc`.
pub fn lower(lowering: &mut Lowering) -> Result<()> {
    let (input, output) = int8_operands(lowering)?;
    let (input_scale, input_zero_point) = lowering.tensor(input).per_tensor()?;
    let (output_scale, output_zero_point) = lowering.tensor(output).per_tensor()?;
    let fine_scale = input_scale * (1.0 / 128.0);
    // The clamped factor runs from -1 to 1 in 16 bits, and 3 is its 1.
    let factor_scale = 3.0f32 / 32768.0;
    let (output_multiplier, output_exponent) =
        multiplier(lowering, f64::from(fine_scale / output_scale))?;
    let (reluish_multiplier, reluish_exponent) =
        multiplier(lowering, f64::from(fine_scale / factor_scale))?;
    if output_exponent > 0 {
        return Err(lowering.tensor(output).blame(lowering.error(
            ErrorKind::Quantisation,
            format!("its scale {output_scale:e} is less than 1/128 of the input's {input_scale:e}"),
            "convert the model again with a representative dataset that covers the real range of this output",
        )));
    }
    let rule = HardSwish {
        input_zero_point,
        output_zero_point,
        output_multiplier: upper_half(output_multiplier),
        output_exponent,
        reluish_multiplier: upper_half(reluish_multiplier),
        reluish_exponent,
    };
    look_up(lowering, input, output, |value| rule.apply(value));
    Ok(())
}

/// A 31-bit multiplier in 15 bits, rounded (`DownScaleInt32ToInt16Multiplier`).
fn upper_half(multiplier: i32) -> i16 {
    ((i64::from(multiplier) + (1 << 15)) >> 16).min(i64::from(i16::MAX)) as i16
}

//! LOGISTIC through a table.

use shortcrust_kernels::logistic::Logistic;

use super::Lowering;
use super::fixed_point_input::argument;
use super::lookup_table::{int8_operands, look_up};
use super::quantisation::expect_zero_point;
use crate::error::Result;

/// One look-up. The kernel writes with the zero point -128; TFLite Micro does not look at the scale.
pub fn lower(lowering: &mut Lowering) -> Result<()> {
    let (input, output) = int8_operands(lowering)?;
    expect_zero_point(lowering, output, -128)?;
    let argument = argument(lowering, input)?;
    let rule = Logistic {
        input_zero_point: argument.zero_point,
        input_range_radius: argument.radius,
        input_multiplier: argument.multiplier,
        input_left_shift: argument.left_shift,
    };
    look_up(lowering, input, output, |value| rule.apply(value));
    Ok(())
}

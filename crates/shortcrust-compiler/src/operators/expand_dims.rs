//! EXPAND_DIMS: a new axis of size 1.

use super::{Lowering, reshape};
use crate::error::{ErrorKind, Result};

/// The output is the input with an axis of size 1 where the constant says; a negative one counts from the end.
pub fn lower(lowering: &mut Lowering) -> Result<()> {
    let (input, axis_input, output) = (lowering.input(0)?, lowering.input(1)?, lowering.output(0)?);
    let mut expanded = lowering.tensor(input).shape.clone();
    let rank = expanded.len();
    let axes = lowering.tensor(axis_input).i32s()?;
    let axis = match axes[..] {
        [axis] if axis < 0 => axis.saturating_add_unsigned(rank as u32 + 1),
        [axis] => axis,
        _ => -1,
    };
    let axis = usize::try_from(axis).ok().filter(|&axis| axis <= rank);
    let axis = axis.ok_or_else(|| {
        lowering.tensor(axis_input).blame(lowering.error(
            ErrorKind::Shape,
            format!(
                "the new axis {axes:?} should be one number from {} to {rank}",
                -(rank as i64) - 1
            ),
            "convert the model again",
        ))
    })?;
    expanded.insert(axis, 1);
    lowering.expect_shape(output, &expanded)?;
    reshape::lower(lowering)
}

//! ARG_MAX: where the largest value of an axis is.

use shortcrust_kernels::arg_max::ArgMax;

use super::Lowering;
use super::walk::axis;
use crate::error::{ErrorKind, Result};
use crate::graph::Element;

/// The axis is a constant. The output is int32, as TFLite Micro has it.
pub fn lower(lowering: &mut Lowering) -> Result<()> {
    let (input, axis_input, output) = (lowering.input(0)?, lowering.input(1)?, lowering.output(0)?);
    lowering.expect_element(input, Element::Int8)?;
    lowering.expect_element(output, Element::Int32)?;
    let shape = lowering.tensor(input).shape.clone();
    let chosen = match lowering.tensor(axis_input).i32s()?[..] {
        [chosen] => chosen,
        _ => {
            return Err(lowering.tensor(axis_input).blame(lowering.error(
                ErrorKind::Shape,
                "the axis should be one number",
                "convert the model again",
            )));
        }
    };
    let axis = axis(lowering, chosen, shape.len())?;
    let kernel = ArgMax {
        outer: shape[..axis].iter().product(),
        axis_length: shape[axis],
        inner: shape[axis + 1..].iter().product(),
    };
    if lowering.tensor(output).len() != kernel.outer * kernel.inner || kernel.axis_length == 0 {
        return Err(lowering.tensor(output).blame(lowering.error(
            ErrorKind::Shape,
            format!(
                "it should have one index for each of {} rows of axis {axis}",
                kernel.outer * kernel.inner
            ),
            "convert the model again",
        )));
    }
    let operand = lowering.operand(input);
    lowering.step(kernel, vec![operand], output);
    Ok(())
}

//! GATHER: slices of an axis, chosen by index.

use shortcrust_kernels::gather::Gather;

use super::Lowering;
use super::walk::{axis, expect_same_element};
use crate::error::{ErrorKind, Result};
use crate::graph::Element;
use crate::tflite::GatherOptions;

/// Constant indices are checked here.
pub fn lower(lowering: &mut Lowering) -> Result<()> {
    let options: GatherOptions = lowering.options()?;
    let (input, indices, output) = (lowering.input(0)?, lowering.input(1)?, lowering.output(0)?);
    expect_same_element(lowering, input, output)?;
    lowering.expect_element(indices, Element::Int32)?;
    let shape = lowering.tensor(input).shape.clone();
    let indices_shape = lowering.tensor(indices).shape.clone();
    let axis = axis(lowering, options.axis, shape.len())?;
    let batch = if options.batch_dims < 0 {
        options
            .batch_dims
            .saturating_add_unsigned(indices_shape.len() as u32)
    } else {
        options.batch_dims
    };
    let batch = usize::try_from(batch)
        .ok()
        .filter(|&batch| batch <= axis && batch <= indices_shape.len() && shape[..batch] == indices_shape[..batch])
        .ok_or_else(|| {
            lowering.error(
                ErrorKind::Shape,
                format!("it has {} batch axes for an input {shape:?}, indices {indices_shape:?} and axis {axis}", options.batch_dims),
                "convert the model again",
            )
        })?;
    lowering.expect_shape(
        output,
        &[&shape[..axis], &indices_shape[batch..], &shape[axis + 1..]].concat(),
    )?;
    if lowering.tensor(indices).data.is_some() {
        let outside = |index: &i32| usize::try_from(*index).is_ok_and(|index| index < shape[axis]);
        if let Some(index) = lowering
            .tensor(indices)
            .i32s()?
            .into_iter()
            .find(|index| !outside(index))
        {
            return Err(lowering.tensor(indices).blame(lowering.error(
                ErrorKind::Shape,
                format!(
                    "its index {index} is outside of an axis of size {}",
                    shape[axis]
                ),
                "correct the index in the network",
            )));
        }
    }
    let kernel = Gather {
        batches: shape[..batch].iter().product(),
        outer: shape[batch..axis].iter().product(),
        axis_length: shape[axis],
        inner: shape[axis + 1..].iter().product::<usize>() * lowering.tensor(input).element.bytes(),
        indices: indices_shape[batch..].iter().product(),
    };
    let operands = vec![lowering.operand(input), lowering.operand(indices)];
    lowering.step(kernel, operands, output);
    Ok(())
}

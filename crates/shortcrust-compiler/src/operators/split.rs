//! SPLIT and UNPACK: equal parts of an axis, each a tensor of its own.

use super::Lowering;
use super::walk::{Walk, axis, expect_same_element, read_part, strides};
use crate::error::{ErrorKind, Result};
use crate::graph::TensorId;
use crate::tflite::{SplitOptions, UnpackOptions};

/// SPLIT: the parts keep the axis.
pub fn lower(lowering: &mut Lowering) -> Result<()> {
    let options: SplitOptions = lowering.options()?;
    let (axis_input, input) = (lowering.input(0)?, lowering.input(1)?);
    let chosen = lowering
        .tensor(axis_input)
        .i32s()?
        .first()
        .copied()
        .unwrap_or_default();
    let axis = axis(lowering, chosen, lowering.tensor(input).shape.len())?;
    parts(lowering, input, axis, options.num_splits, true)
}

/// UNPACK: the parts lose the axis.
pub fn lower_unpack(lowering: &mut Lowering) -> Result<()> {
    let options: UnpackOptions = lowering.options()?;
    let input = lowering.input(0)?;
    let axis = axis(lowering, options.axis, lowering.tensor(input).shape.len())?;
    let count = lowering.tensor(input).shape[axis];
    if usize::try_from(options.num) != Ok(count) {
        return Err(lowering.error(
            ErrorKind::Shape,
            format!(
                "it unpacks {} parts of an axis of size {count}",
                options.num
            ),
            "convert the model again",
        ));
    }
    parts(lowering, input, axis, options.num, false)
}

fn parts(
    lowering: &mut Lowering,
    input: TensorId,
    axis: usize,
    count: i32,
    keeps_axis: bool,
) -> Result<()> {
    let shape = lowering.tensor(input).shape.clone();
    let outputs = lowering.node().outputs.clone();
    let size = match usize::try_from(count) {
        Ok(count) if count > 0 && count == outputs.len() && shape[axis].is_multiple_of(count) => {
            shape[axis] / count
        }
        _ => {
            return Err(lowering.tensor(input).blame(lowering.error(
                ErrorKind::Shape,
                format!(
                    "its axis {axis} cannot be split into {count} equal parts for {} outputs",
                    outputs.len()
                ),
                "convert the model again",
            )));
        }
    };
    let mut part = shape.clone();
    part[axis] = size;
    let input_strides = strides(&shape);
    let mut expected = part.clone();
    if !keeps_axis {
        expected.remove(axis);
    }
    for (index, output) in outputs.into_iter().enumerate() {
        expect_same_element(lowering, input, output)?;
        lowering.expect_shape(output, &expected)?;
        let offset = index * size * input_strides[axis];
        let walk = Walk::gather(
            &part,
            offset,
            input_strides
                .iter()
                .map(|&stride| stride as isize)
                .collect(),
        );
        read_part(lowering, input, output, &walk)?;
    }
    Ok(())
}

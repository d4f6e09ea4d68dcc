//! SLICE: a box out of a tensor.

use super::Lowering;
use super::walk::{Walk, expect_same_element, read_part, strides};
use crate::error::{ErrorKind, Result};

/// Begins and sizes are constants; a size of -1 reaches to the end.
pub fn lower(lowering: &mut Lowering) -> Result<()> {
    let (input, output) = (lowering.input(0)?, lowering.output(0)?);
    let (begins, sizes) = (lowering.input(1)?, lowering.input(2)?);
    expect_same_element(lowering, input, output)?;
    let shape = lowering.tensor(input).shape.clone();
    let begins = lowering.tensor(begins).i32s()?;
    let sizes = lowering.tensor(sizes).i32s()?;
    let outside = || {
        lowering.tensor(input).blame(lowering.error(
            ErrorKind::Shape,
            format!("the slice from {begins:?} of sizes {sizes:?} does not lie inside"),
            "convert the model again",
        ))
    };
    if begins.len() != shape.len() || sizes.len() != shape.len() {
        return Err(outside());
    }
    let strides = strides(&shape);
    let (mut part, mut offset) = (Vec::new(), 0);
    for axis in 0..shape.len() {
        let begin = usize::try_from(begins[axis])
            .ok()
            .filter(|&begin| begin <= shape[axis])
            .ok_or_else(outside)?;
        let rest = shape[axis] - begin;
        let size = match sizes[axis] {
            -1 => rest,
            size => usize::try_from(size)
                .ok()
                .filter(|&size| size <= rest)
                .ok_or_else(outside)?,
        };
        part.push(size);
        offset += begin * strides[axis];
    }
    lowering.expect_shape(output, &part)?;
    let walk = Walk::gather(
        &part,
        offset,
        strides.iter().map(|&stride| stride as isize).collect(),
    );
    read_part(lowering, input, output, &walk)
}

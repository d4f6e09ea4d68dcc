//! TRANSPOSE: axes in another order.

use super::Lowering;
use super::walk::{Walk, axis, expect_same_element, read_part, strides};
use crate::error::{ErrorKind, Result};

/// The order is a constant: output axis `n` is input axis `order[n]`.
pub fn lower(lowering: &mut Lowering) -> Result<()> {
    let (input, output) = (lowering.input(0)?, lowering.output(0)?);
    expect_same_element(lowering, input, output)?;
    let shape = lowering.tensor(input).shape.clone();
    let order_input = lowering.input(1)?;
    lowering.expect_shape(order_input, &[shape.len()])?;
    let order: Vec<usize> = lowering
        .tensor(order_input)
        .i32s()?
        .into_iter()
        .map(|chosen| axis(lowering, chosen, shape.len()))
        .collect::<Result<_>>()?;
    let mut seen = order.clone();
    seen.sort_unstable();
    if !seen.into_iter().eq(0..shape.len()) {
        return Err(lowering.tensor(input).blame(lowering.error(
            ErrorKind::Shape,
            format!("{order:?} is not an order of its {} axes", shape.len()),
            "convert the model again",
        )));
    }
    let input_strides = strides(&shape);
    let transposed: Vec<usize> = order.iter().map(|&axis| shape[axis]).collect();
    lowering.expect_shape(output, &transposed)?;
    let walk = Walk::gather(
        &transposed,
        0,
        order
            .iter()
            .map(|&axis| input_strides[axis] as isize)
            .collect(),
    );
    read_part(lowering, input, output, &walk)
}

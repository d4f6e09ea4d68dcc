//! Functions of one 8-bit value: a table of 256 entries, made here.

use shortcrust_kernels::lookup_table::LookupTable;

use super::Lowering;
use crate::error::Result;
use crate::graph::{Element, TensorId};

/// The int8 input and output of a unary operator, of one shape.
pub(super) fn int8_operands(lowering: &Lowering) -> Result<(TensorId, TensorId)> {
    let (input, output) = (lowering.input(0)?, lowering.output(0)?);
    lowering.expect_element(input, Element::Int8)?;
    lowering.expect_element(output, Element::Int8)?;
    lowering.expect_shape(output, &lowering.tensor(input).shape)?;
    Ok((input, output))
}

/// Adds the look-up of a function; one that changes nothing costs nothing.
pub(super) fn look_up(
    lowering: &mut Lowering,
    input: TensorId,
    output: TensorId,
    f: impl Fn(i8) -> i8,
) {
    let table: Vec<i8> = (0..=u8::MAX).map(|bits| f(bits as i8)).collect();
    if table
        .iter()
        .zip(0..=u8::MAX)
        .all(|(&entry, bits)| entry == bits as i8)
    {
        lowering.same_storage(input, output);
        return;
    }
    let operands = vec![lowering.operand(input), lowering.constant(&table)];
    lowering.step(LookupTable, operands, output);
}

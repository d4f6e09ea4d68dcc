//! (helper B replaces this example: RELU and RELU6 through a lookup table.)
use super::Lowering;
use crate::error::Result;
use crate::graph::Element;

/// Adds the table look-up.
pub fn lower(lowering: &mut Lowering) -> Result<()> {
    let (input, output) = (lowering.input(0)?, lowering.output(0)?);
    lowering.expect_element(input, Element::Int8)?;
    lowering.expect_element(output, Element::Int8)?;
    let shape = lowering.tensor(input).shape.clone();
    lowering.expect_shape(output, &shape)?;
    let (_scale, zero_point) = lowering.tensor(input).per_tensor()?;
    let table: Vec<i8> = (0..=255u8).map(|index| (index as i8).max(zero_point as i8)).collect();
    let operands = vec![lowering.operand(input), lowering.constant(&table)];
    lowering.step(shortcrust_kernels::lookup_table::LookupTable {}, operands, output);
    Ok(())
}

//! DEQUANTIZE: from int8 to float32.

use shortcrust_kernels::dequantize::Dequantize;

use super::Lowering;
use crate::error::Result;
use crate::graph::Element;

/// One kernel call.
pub fn lower(lowering: &mut Lowering) -> Result<()> {
    let (input, output) = (lowering.input(0)?, lowering.output(0)?);
    lowering.expect_element(input, Element::Int8)?;
    lowering.expect_element(output, Element::Float32)?;
    lowering.expect_shape(output, &lowering.tensor(input).shape)?;
    let (scale, zero_point) = lowering.tensor(input).per_tensor()?;
    let operand = lowering.operand(input);
    lowering.step(
        Dequantize {
            scale: f64::from(scale),
            zero_point,
        },
        vec![operand],
        output,
    );
    Ok(())
}

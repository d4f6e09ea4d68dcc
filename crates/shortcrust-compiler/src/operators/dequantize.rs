//! DEQUANTIZE: from int8, uint8 or int16 to float32.

use shortcrust_kernels::dequantize::Dequantize;

use super::Lowering;
use super::quantize::{convert, integer};
use crate::error::Result;
use crate::graph::Element;

/// One kernel call.
pub fn lower(lowering: &mut Lowering) -> Result<()> {
    let (input, output) = (lowering.input(0)?, lowering.output(0)?);
    lowering.expect_element(output, Element::Float32)?;
    lowering.expect_shape(output, &lowering.tensor(input).shape)?;
    let kernel = match lowering.tensor(input).element {
        from @ (Element::Int8 | Element::UInt8 | Element::Int16) => {
            let (scale, zero_point) = lowering.tensor(input).per_tensor()?;
            integer(from).map(|input| Dequantize {
                scale: f64::from(scale),
                zero_point,
                input,
            })
        }
        _ => None,
    };
    convert(lowering, input, output, kernel)
}

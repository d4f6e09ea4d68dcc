//! PAD and PADV2: a frame of one value, of any type. Frames around convolutions are folded into them before.

use shortcrust_kernels::fill::Fill;

use super::Lowering;
use super::quantisation::expect_same_quantisation;
use super::walk::{Walk, copy, expect_same_element, strides};
use crate::error::{ErrorKind, Result};
use crate::graph::{Element, TensorId};

/// Fills the output with the value, then copies the input into the middle. PAD's value is the zero point of 8-bit tensors, and 0.
pub fn lower(lowering: &mut Lowering) -> Result<()> {
    let (input, output) = (lowering.input(0)?, lowering.output(0)?);
    expect_same_element(lowering, input, output)?;
    if let Some(value) = lowering.optional_input(2) {
        expect_same_quantisation(lowering, value, output, 0.0)?;
    }
    let shape = lowering.tensor(input).shape.clone();
    let amounts_input = lowering.input(1)?;
    let amounts = lowering.tensor(amounts_input).i32s()?;
    let amounts: Vec<usize> = amounts
        .into_iter()
        .filter_map(|amount| usize::try_from(amount).ok())
        .collect();
    if amounts.len() != 2 * shape.len() {
        return Err(lowering.tensor(amounts_input).blame(lowering.error(
            ErrorKind::Shape,
            format!(
                "it should hold two amounts, none negative, for each of {} axes",
                shape.len()
            ),
            "convert the model again",
        )));
    }
    let padded: Vec<usize> = shape
        .iter()
        .zip(amounts.chunks_exact(2))
        .map(|(size, amount)| size + amount[0] + amount[1])
        .collect();
    lowering.expect_shape(output, &padded)?;
    if padded == shape {
        lowering.same_storage(input, output);
        return Ok(());
    }
    fill(lowering, output)?;
    let output_strides = strides(&padded);
    let walk = Walk {
        output_offset: amounts
            .iter()
            .step_by(2)
            .zip(&output_strides)
            .map(|(before, stride)| before * stride)
            .sum(),
        output_strides,
        ..Walk::gather(
            &shape,
            0,
            strides(&shape)
                .into_iter()
                .map(|stride| stride as isize)
                .collect(),
        )
    };
    let whole = lowering.whole(output);
    copy(lowering, input, &walk, whole)
}

/// Fills the output with the padding's value.
fn fill(lowering: &mut Lowering, output: TensorId) -> Result<()> {
    let tensor = lowering.tensor(output);
    let (element, elements) = (tensor.element, tensor.len());
    let Some(value) = lowering.optional_input(2) else {
        let value = match element {
            Element::Int8 | Element::UInt8 => tensor.per_tensor()?.1 as i8,
            _ => 0,
        };
        lowering.step(Fill { value }, Vec::new(), output);
        return Ok(());
    };
    expect_same_element(lowering, value, output)?;
    match lowering.tensor(value).data.as_deref() {
        Some([byte]) => {
            let value = *byte as i8;
            lowering.step(Fill { value }, Vec::new(), output);
            Ok(())
        }
        Some(bytes) if bytes.len() == element.bytes() => {
            let walk = Walk::gather(&[elements], 0, vec![0]);
            let whole = lowering.whole(output);
            copy(lowering, value, &walk, whole)
        }
        _ => Err(lowering.tensor(value).blame(lowering.error(
            ErrorKind::Shape,
            "the padding's value should be a constant of one number",
            "convert the model again",
        ))),
    }
}

//! QUANTIZE: from float32, or from integers of one type and scale to integers of another.

use shortcrust_kernels::integer::Integer;
use shortcrust_kernels::quantize::Quantize;
use shortcrust_kernels::rescale::Rescale;
use shortcrust_kernels::rescale_integers::RescaleIntegers;
use shortcrust_kernels::shape::Activation;

use super::Lowering;
use super::lookup_table::look_up;
use super::scaling::multiplier;
use crate::error::{ErrorKind, Result};
use crate::graph::{Element, TensorId};
use crate::kernel::Kernel;

/// What the kernels call a type of integers; `None` for a type that is none or that they do not convert.
pub(super) fn integer(element: Element) -> Option<Integer> {
    match element {
        Element::Int8 => Some(Integer::INT8),
        Element::UInt8 => Some(Integer::UINT8),
        Element::Int16 => Some(Integer::INT16),
        Element::Int32 => Some(Integer::INT32),
        Element::Int64 | Element::Float32 | Element::Bool | Element::Other(_) => None,
    }
}

/// A kernel call; a look-up, or nothing at all, between 8-bit scales. The pairs of types are those of TFLite Micro's
/// `quantize_common.cc`.
pub fn lower(lowering: &mut Lowering) -> Result<()> {
    let (input, output) = (lowering.input(0)?, lowering.output(0)?);
    lowering.expect_shape(output, &lowering.tensor(input).shape)?;
    let (scale, zero_point) = lowering.tensor(output).per_tensor()?;
    let (from, to) = (
        lowering.tensor(input).element,
        lowering.tensor(output).element,
    );
    match (from, to) {
        (Element::Float32, Element::Int8 | Element::Int16) => {
            let kernel = integer(to).map(|output| Quantize {
                scale: f64::from(scale),
                zero_point,
                output,
            });
            convert(lowering, input, output, kernel)
        }
        (Element::Int8, Element::Int8) => rescale(lowering, input, output, |bits| bits, 0),
        // The same table over other bits: 128 lies between the two types.
        (Element::UInt8, Element::Int8) => {
            rescale(lowering, input, output, |bits| bits ^ -128, -128)
        }
        (Element::Int8, Element::UInt8) => rescale(lowering, input, output, |bits| bits, -128),
        (Element::Int8, Element::Int16 | Element::Int32)
        | (Element::Int16, Element::Int8 | Element::Int16 | Element::Int32)
        | (Element::Int32, Element::Int8 | Element::Int16) => {
            let (input_scale, input_zero_point) = lowering.tensor(input).per_tensor()?;
            let (multiplier, shift) =
                multiplier(lowering, f64::from(input_scale) / f64::from(scale))?;
            let types = integer(from).zip(integer(to));
            let kernel = types.map(|(input, output)| RescaleIntegers {
                input,
                output,
                input_zero_point,
                output_zero_point: zero_point,
                multiplier,
                shift,
            });
            convert(lowering, input, output, kernel)
        }
        _ => convert(lowering, input, output, None::<Quantize>),
    }
}

/// Adds the kernel that converts one tensor into another, if there is one.
pub(super) fn convert(
    lowering: &mut Lowering,
    input: TensorId,
    output: TensorId,
    kernel: Option<impl Into<Kernel>>,
) -> Result<()> {
    let Some(kernel) = kernel else {
        let (from, to) = (lowering.tensor(input), lowering.tensor(output));
        return Err(lowering.error(
            ErrorKind::Unsupported,
            format!(
                "it converts {} to {}",
                from.element.name(),
                to.element.name()
            ),
            "convert the model with int8, uint8 or float32 inputs and outputs",
        ));
    };
    let operand = lowering.operand(input);
    lowering.step(kernel, vec![operand], output);
    Ok(())
}

/// The table of a change of scale (`Requantize` of TensorFlow Lite's `reference/requantize.h`).
///
/// Values are taken as signed ones: `signed` makes them so, and `offset` is what a zero point of the unsigned side loses by it.
fn rescale(
    lowering: &mut Lowering,
    input: TensorId,
    output: TensorId,
    signed: impl Fn(i8) -> i8,
    offset: i32,
) -> Result<()> {
    let (input_scale, mut input_zero_point) = lowering.tensor(input).per_tensor()?;
    let (output_scale, mut output_zero_point) = lowering.tensor(output).per_tensor()?;
    if lowering.tensor(input).element == Element::UInt8 {
        input_zero_point += offset;
    }
    let unsigned_output = lowering.tensor(output).element == Element::UInt8;
    if unsigned_output {
        output_zero_point += offset;
    }
    let (multiplier, shift) =
        multiplier(lowering, f64::from(input_scale) / f64::from(output_scale))?;
    let activation = Activation {
        min: -128,
        max: 127,
    };
    let rule = Rescale {
        input_zero_point,
        output_zero_point,
        multiplier,
        shift,
        activation,
    };
    look_up(lowering, input, output, |bits| {
        let value = rule.apply(i32::from(signed(bits)));
        if unsigned_output { value ^ -128 } else { value }
    });
    Ok(())
}

//! A tensor's type, shape and quantisation.

use super::flatbuffer::{Vector, items};
use super::schema::{QuantizationParameters, Tensor as RawTensor};
use crate::error::{Error, ErrorKind, Result};
use crate::graph::{Element, Quantisation, Tensor};

/// No tensor may be larger: twice the memory that the chip can address.
const LARGEST_TENSOR_BYTES: usize = 64 << 20;

/// No tensor may have more axes: the masks of STRIDED_SLICE have a bit for each.
const MOST_AXES: usize = 32;

const CONVERT_AGAIN: &str = "convert the model again with a current TensorFlow Lite converter";

/// The names of the schema's element types, in the order of their codes.
const ELEMENT_TYPES: [&str; 19] = [
    "float32",
    "float16",
    "int32",
    "uint8",
    "int64",
    "string",
    "bool",
    "int16",
    "complex64",
    "int8",
    "float64",
    "complex128",
    "uint64",
    "resource",
    "variant",
    "uint32",
    "uint16",
    "int4",
    "bfloat16",
];

/// Everything about a tensor but its contents.
pub(super) fn header(raw: &RawTensor, name: &str) -> Result<Tensor> {
    let axes = raw.shape().map_or(0, Vector::len);
    if axes > MOST_AXES {
        return Err(Error::new(
            ErrorKind::Unsupported,
            format!("it has {axes} axes, at most {MOST_AXES} are supported"),
            "merge axes in the network: TensorFlow Lite's operators compute on six at most",
        )
        .at_tensor(name, &[]));
    }
    let sizes: Vec<i32> = items(raw.shape()).collect();
    let shape: Vec<usize> = sizes
        .iter()
        .map(|&size| usize::try_from(size).unwrap_or_default())
        .collect();
    let blame = |error: Error| error.at_tensor(name, &shape);
    if let Some(negative) = sizes.iter().find(|&&size| size < 0) {
        return Err(blame(Error::new(
            ErrorKind::Shape,
            format!("its shape {sizes:?} has the size {negative}"),
            "convert the model with fixed shapes: give the input a batch size and every other size",
        )));
    }
    let element = element(raw.element_type());
    let bytes = shape
        .iter()
        .try_fold(element.bytes(), |bytes, &size| bytes.checked_mul(size));
    if bytes.is_none_or(|bytes| bytes > LARGEST_TENSOR_BYTES) {
        return Err(blame(Error::new(
            ErrorKind::Shape,
            format!(
                "it is larger than {} MiB, more than the chip can address",
                LARGEST_TENSOR_BYTES >> 20
            ),
            "make the network smaller",
        )));
    }
    if raw.is_variable() || raw.sparsity().is_some() {
        let (what, remedy) = match raw.is_variable() {
            true => (
                "it is a variable that keeps its value between runs",
                "feed the state in and out as inputs and outputs",
            ),
            false => (
                "it is stored sparsely",
                "convert the model without sparsity",
            ),
        };
        return Err(blame(Error::new(
            ErrorKind::Unsupported,
            format!("{what}, which is not supported"),
            remedy,
        )));
    }
    let quantisation = match raw.quantization() {
        Some(parameters) => quantisation(parameters, &shape, element).map_err(blame)?,
        None => None,
    };
    Ok(Tensor {
        name: name.to_owned(),
        shape,
        element,
        quantisation,
        data: None,
    })
}

/// A tensor whose header has a fault: what is left of it.
pub(super) fn without_shape(raw: &RawTensor, name: String) -> Tensor {
    Tensor {
        name,
        shape: Vec::new(),
        element: element(raw.element_type()),
        quantisation: None,
        data: None,
    }
}

fn element(code: i8) -> Element {
    let name = usize::try_from(code)
        .ok()
        .and_then(|code| ELEMENT_TYPES.get(code).copied());
    match name {
        Some("int8") => Element::Int8,
        Some("uint8") => Element::UInt8,
        Some("int16") => Element::Int16,
        Some("int32") => Element::Int32,
        Some("int64") => Element::Int64,
        Some("float32") => Element::Float32,
        Some("bool") => Element::Bool,
        Some(name) => Element::Other(name),
        None => Element::Other("a type of a later schema"),
    }
}

/// The scales and zero points; `None` where the file has none.
fn quantisation(
    parameters: QuantizationParameters,
    shape: &[usize],
    element: Element,
) -> Result<Option<Quantisation>> {
    let refuse = |problem: String| Err(Error::new(ErrorKind::Quantisation, problem, CONVERT_AGAIN));
    let scales: Vec<f32> = items(parameters.scale()).collect();
    let is_quantised = matches!(
        element,
        Element::Int8 | Element::UInt8 | Element::Int16 | Element::Int32
    );
    if scales.is_empty() || !is_quantised {
        return Ok(None);
    }
    if let Some(scale) = scales
        .iter()
        .find(|scale| !scale.is_finite() || **scale < 0.0)
    {
        return refuse(format!("its scale {scale} is not a positive number"));
    }
    let mut zero_points: Vec<i64> = items(parameters.zero_point()).collect();
    // One zero point is that of every scale (`InitializeTfLiteTensorFromFlatbuffer` of TFLite Micro's `micro_allocator.cc`).
    match zero_points[..] {
        [] => zero_points = vec![0; scales.len()],
        [zero_point] => zero_points = vec![zero_point; scales.len()],
        _ => {}
    }
    if zero_points.len() != scales.len() {
        return refuse(format!(
            "it has {} scales and {} zero points",
            scales.len(),
            zero_points.len()
        ));
    }
    let range = match element {
        Element::Int8 => -128..=127,
        Element::UInt8 => 0..=255,
        Element::Int16 => i64::from(i16::MIN)..=i64::from(i16::MAX),
        _ => i64::from(i32::MIN)..=i64::from(i32::MAX),
    };
    if let Some(zero_point) = zero_points
        .iter()
        .find(|zero_point| !range.contains(zero_point))
    {
        return refuse(format!(
            "its zero point {zero_point} is outside of {}",
            element.name()
        ));
    }
    // Nobody asks for the axis of a bias, which old converters state as they like.
    let axis = match shape.len() {
        1 => 0,
        _ => usize::try_from(parameters.quantized_dimension()).unwrap_or(usize::MAX),
    };
    let fits = element == Element::Int32 || shape.get(axis) == Some(&scales.len());
    if scales.len() > 1 && !fits {
        return refuse(format!(
            "it has {} scales along axis {}, where its shape has another size",
            scales.len(),
            parameters.quantized_dimension()
        ));
    }
    let zero_points = zero_points
        .into_iter()
        .map(|zero_point| zero_point as i32)
        .collect();
    Ok(Some(Quantisation {
        axis: if scales.len() > 1 { axis } else { 0 },
        scales,
        zero_points,
    }))
}

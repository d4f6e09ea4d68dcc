//! The network as the file states it: tensors, and operators in execution order.

use std::collections::HashMap;

use crate::error::{Error, ErrorKind, Result};
use crate::tflite::Options;

/// The number of a tensor in its graph.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct TensorId(pub usize);

/// What a tensor's elements are.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Element {
    /// 8-bit signed integers: what quantised networks compute on.
    Int8,
    /// 8-bit unsigned integers: inputs and outputs behind QUANTIZE and DEQUANTIZE.
    UInt8,
    /// 16-bit signed integers: inputs and outputs behind QUANTIZE and DEQUANTIZE.
    Int16,
    /// 32-bit signed integers: biases, shapes, indices.
    Int32,
    /// 64-bit signed integers: shapes and indices of some converters; constants only.
    Int64,
    /// 32-bit floats: inputs and outputs behind QUANTIZE and DEQUANTIZE.
    Float32,
    /// Booleans: constants only.
    Bool,
    /// A type that no operator takes, by its name; contents are not kept.
    Other(&'static str),
}

impl Element {
    /// Bytes of one element.
    pub fn bytes(self) -> usize {
        match self {
            Element::Int8 | Element::UInt8 | Element::Bool | Element::Other(_) => 1,
            Element::Int16 => 2,
            Element::Int32 | Element::Float32 => 4,
            Element::Int64 => 8,
        }
    }

    /// TensorFlow's name, for messages.
    pub fn name(self) -> &'static str {
        match self {
            Element::Int8 => "int8",
            Element::UInt8 => "uint8",
            Element::Int16 => "int16",
            Element::Int32 => "int32",
            Element::Int64 => "int64",
            Element::Float32 => "float32",
            Element::Bool => "bool",
            Element::Other(name) => name,
        }
    }

    /// The name of the Rust type, for generated code.
    pub fn rust_name(self) -> &'static str {
        match self {
            Element::Int8 => "i8",
            Element::UInt8 | Element::Other(_) => "u8",
            Element::Int16 => "i16",
            Element::Int32 => "i32",
            Element::Int64 => "i64",
            Element::Float32 => "f32",
            Element::Bool => "bool",
        }
    }
}

/// `real = scale * (value - zero_point)`, per tensor or along one axis.
#[derive(Clone, Debug, PartialEq)]
pub struct Quantisation {
    /// One scale, or one for each index of `axis`.
    pub scales: Vec<f32>,
    /// As many zero points as scales.
    pub zero_points: Vec<i32>,
    /// The axis that several scales belong to.
    pub axis: usize,
}

/// A tensor: an activation, or a constant when it has data.
#[derive(Clone, Debug, PartialEq)]
pub struct Tensor {
    /// The name in the file.
    pub name: String,
    /// Sizes, outermost first; empty for a scalar.
    pub shape: Vec<usize>,
    /// What the elements are.
    pub element: Element,
    /// Scales and zero points, where the file has them.
    pub quantisation: Option<Quantisation>,
    /// Little-endian contents, row-major, of a constant.
    pub data: Option<Vec<u8>>,
}

impl Tensor {
    /// The number of elements. The reader has checked that it does not overflow.
    pub fn len(&self) -> usize {
        self.shape.iter().product()
    }

    /// Whether the tensor has no element.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The size of the contents in bytes.
    pub fn bytes(&self) -> usize {
        self.len() * self.element.bytes()
    }

    /// Names this tensor in an error.
    pub fn blame(&self, error: Error) -> Error {
        error.at_tensor(&self.name, &self.shape)
    }

    /// The scale and zero point of a tensor that is quantised as a whole.
    pub fn per_tensor(&self) -> Result<(f32, i32)> {
        match &self.quantisation {
            Some(q) if q.scales.len() == 1 => Ok((q.scales[0], q.zero_points[0])),
            Some(_) => Err(self.blame(Error::new(
                ErrorKind::Quantisation,
                "it has a scale per channel where one scale for the whole tensor is needed",
                "convert the model again with per-tensor activations",
            ))),
            None => Err(self.blame(Error::new(
                ErrorKind::Quantisation,
                "it has no scale and zero point",
                "convert the model with full int8 quantisation (a representative dataset, TFLITE_BUILTINS_INT8)",
            ))),
        }
    }

    /// The contents of an int8 constant.
    pub fn i8s(&self) -> Result<Vec<i8>> {
        let data = self.constant(&[Element::Int8])?;
        Ok(data.iter().map(|&b| b as i8).collect())
    }

    /// The contents of an int32 constant (int64 values are accepted where they fit).
    pub fn i32s(&self) -> Result<Vec<i32>> {
        let data = self.constant(&[Element::Int32, Element::Int64])?;
        match self.element {
            Element::Int64 => data
                .chunks_exact(8)
                .map(|b| i64::from_le_bytes(b.try_into().expect("eight bytes")))
                .map(|v| {
                    i32::try_from(v).map_err(|_| {
                        self.blame(Error::new(
                            ErrorKind::Unsupported,
                            format!("the constant {v} does not fit 32 bits"),
                            "convert the model with int32 indices",
                        ))
                    })
                })
                .collect(),
            _ => Ok(data
                .chunks_exact(4)
                .map(|b| i32::from_le_bytes(b.try_into().expect("four bytes")))
                .collect()),
        }
    }

    fn constant(&self, elements: &[Element]) -> Result<&[u8]> {
        match &self.data {
            Some(data) if elements.contains(&self.element) => Ok(data),
            Some(_) => Err(self.blame(Error::new(
                ErrorKind::Unsupported,
                format!(
                    "it holds {} where {} is expected",
                    self.element.name(),
                    elements[0].name()
                ),
                "convert the model again with a current converter",
            ))),
            None => Err(self.blame(Error::new(
                ErrorKind::Unsupported,
                "it must be a constant and is computed by the network",
                "make the shape or index a constant of the model",
            ))),
        }
    }
}

/// An operator with its operands.
#[derive(Clone, Debug, PartialEq)]
pub struct Node {
    /// The operator's number in the file.
    pub number: usize,
    /// The builtin operator's name, `CONV_2D`; `CUSTOM`, or `UNKNOWN` for a code of a later schema.
    pub kind: &'static str,
    /// Inputs in the kernel's order; an optional one may be absent.
    pub inputs: Vec<Option<TensorId>>,
    /// Outputs in the kernel's order.
    pub outputs: Vec<TensorId>,
    /// The operator's options table.
    pub options: Options,
    /// Rows and columns that a folded PAD adds to this convolution's own padding.
    pub folded_padding: Padding,
}

/// Rows and columns around an image, filled with its zero point.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Padding {
    /// Rows above.
    pub top: usize,
    /// Rows below.
    pub bottom: usize,
    /// Columns on the left.
    pub left: usize,
    /// Columns on the right.
    pub right: usize,
}

impl Node {
    /// Names this operator in an error.
    pub fn blame(&self, error: Error) -> Error {
        error.at_operator(self.number, self.kind)
    }
}

/// A network: one subgraph of a `.tflite` file.
#[derive(Clone, Debug, PartialEq)]
pub struct Graph {
    /// All tensors; [`TensorId`] counts them.
    pub tensors: Vec<Tensor>,
    /// The operators in execution order.
    pub nodes: Vec<Node>,
    /// The network's inputs.
    pub inputs: Vec<TensorId>,
    /// The network's outputs.
    pub outputs: Vec<TensorId>,
    /// What is wrong with tensors on their own. It matters where the network needs the tensor.
    pub faults: HashMap<TensorId, Error>,
}

impl Graph {
    /// The tensor of a number that belongs to this graph.
    pub fn tensor(&self, id: TensorId) -> &Tensor {
        &self.tensors[id.0]
    }
}

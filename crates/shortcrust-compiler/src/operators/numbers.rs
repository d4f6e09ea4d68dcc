//! What a network computes on, which is why operators are refused that int8 networks may have.

use crate::error::{Error, ErrorKind};
use crate::graph::{Element, Graph, Tensor, TensorId};

/// A network's kind of numbers, as the option of the converter that made it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Numbers {
    /// int8 from end to end, or nearly.
    Int8,
    /// uint8, of TensorFlow 1.
    UInt8,
    /// int16 activations and int8 weights.
    Int16,
    /// float32 activations and int8 weights.
    DynamicRange,
    /// float32 activations and float16 weights.
    Float16,
    /// float32 throughout.
    Float32,
}

const FULL_INT8: &str = "convert the model with full int8 quantisation: a representative dataset and TFLITE_BUILTINS_INT8";

impl Numbers {
    /// The kind of a graph: that of its activations.
    pub(super) fn of(graph: &Graph) -> Self {
        let tensors = |ids: Vec<TensorId>| -> Vec<&Tensor> {
            ids.into_iter().map(|id| graph.tensor(id)).collect()
        };
        let nodes = || graph.nodes.iter();
        let read = tensors(
            nodes()
                .flat_map(|node| &node.inputs)
                .flatten()
                .copied()
                .collect(),
        );
        let written = tensors(nodes().flat_map(|node| &node.outputs).copied().collect());
        let reads = |wanted: fn(&Tensor) -> bool| read.iter().any(|tensor| wanted(tensor));
        let writes = |element| written.iter().any(|tensor| tensor.element == element);
        if writes(Element::Int8)
            || reads(|tensor| tensor.element == Element::Int8 && tensor.data.is_none())
        {
            Numbers::Int8
        } else if writes(Element::Other("int16")) {
            Numbers::Int16
        } else if writes(Element::UInt8) {
            Numbers::UInt8
        } else if !writes(Element::Float32) {
            Numbers::Int8
        } else if reads(|tensor| tensor.element == Element::Other("float16")) {
            Numbers::Float16
        } else if reads(|tensor| tensor.element == Element::Int8) {
            Numbers::DynamicRange
        } else {
            Numbers::Float32
        }
    }

    /// The name of a kind that is not supported, and how to leave it.
    pub(super) fn refused(self) -> Option<(&'static str, &'static str)> {
        match self {
            Numbers::Int8 => None,
            Numbers::UInt8 => Some((
                "a uint8 model (as TensorFlow 1 quantised)",
                "convert the float model again with full int8 quantisation: a representative dataset and TFLITE_BUILTINS_INT8",
            )),
            Numbers::Int16 => Some((
                "an int16 model (int16 activations, int8 weights)",
                "convert the model with TFLITE_BUILTINS_INT8 in place of \
                 EXPERIMENTAL_TFLITE_BUILTINS_ACTIVATIONS_INT16_WEIGHTS_INT8",
            )),
            Numbers::DynamicRange => Some((
                "a dynamic-range model (int8 weights, float32 activations)",
                "its weights are quantised and its activations are not: give the converter a representative dataset, \
                 and TFLITE_BUILTINS_INT8",
            )),
            Numbers::Float16 => Some((
                "a float16 model (float16 weights, float32 activations)",
                "convert the model without float16 in supported_types, with full int8 quantisation: a representative dataset \
                 and TFLITE_BUILTINS_INT8",
            )),
            Numbers::Float32 => Some(("a float32 model", FULL_INT8)),
        }
    }
}

/// The refusal of a tensor for what its elements are; `expected` is what its operator takes, where that is known.
pub(super) fn refuse(graph: &Graph, id: TensorId, expected: Option<Element>) -> Error {
    let tensor = graph.tensor(id);
    let found = tensor.element.name();
    let (problem, remedy) = match (Numbers::of(graph).refused(), tensor.element, expected) {
        (Some((kind, remedy)), _, _) => (format!("this is {kind}, which is not supported"), remedy),
        (None, Element::Float32, Some(expected)) => (
            format!(
                "it holds float32, this operator is supported on {}",
                expected.name()
            ),
            "the rest of the network is quantised: quantise this operator too, with TFLITE_BUILTINS_INT8 as the only entry of \
             supported_ops, or leave it to the program behind the network",
        ),
        (None, Element::Int64, Some(Element::Int32)) => (
            "it holds int64, this operator is supported on int32".to_owned(),
            "choose int32 where the network is built, as in `tf.argmax(…, output_type=tf.int32)`",
        ),
        (None, Element::Int32 | Element::Int64, Some(expected)) => (
            format!(
                "it holds {found}, this operator is supported on {}",
                expected.name()
            ),
            "the network computes shapes or indices: fix the batch size and every other size in the converter, so that they \
             are constants",
        ),
        (None, _, Some(expected)) => (
            format!(
                "it holds {found}, this operator is supported on {}",
                expected.name()
            ),
            FULL_INT8,
        ),
        (None, _, None) => (
            format!("it holds {found}, which is not supported"),
            FULL_INT8,
        ),
    };
    tensor.blame(Error::new(ErrorKind::Unsupported, problem, remedy))
}

//! What a network computes on, which is why operators are refused that int8 networks may have.

use crate::error::{Error, ErrorKind};
use crate::graph::{Element, Graph, TensorId};

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

const INT8_ACTIVATIONS: &str = "convert the model with TFLITE_BUILTINS_INT8 in place of \
     EXPERIMENTAL_TFLITE_BUILTINS_ACTIVATIONS_INT16_WEIGHTS_INT8";

const FULL_INT8: &str = "convert the model with full int8 quantisation: a representative dataset and TFLITE_BUILTINS_INT8";

impl Numbers {
    /// The kind of a graph: that of its activations.
    pub(super) fn of(graph: &Graph) -> Self {
        let nodes = || graph.nodes.iter();
        let holds = |id: TensorId, name| graph.tensor(id).element.name() == name;
        let writes = |name| {
            let mut outputs = nodes().flat_map(|node| &node.outputs);
            outputs.any(|&id| holds(id, name))
        };
        let reads = |name, constant| {
            let mut inputs = nodes().flat_map(|node| &node.inputs).flatten();
            inputs.any(|&id| holds(id, name) && graph.tensor(id).data.is_some() == constant)
        };
        if writes("int8") || reads("int8", false) {
            Numbers::Int8
        } else if writes("int16") {
            Numbers::Int16
        } else if writes("uint8") {
            Numbers::UInt8
        } else if !writes("float32") {
            Numbers::Int8
        } else if reads("float16", false) {
            // Contents of a type that no operator takes are not kept.
            Numbers::Float16
        } else if reads("int8", true) {
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
                INT8_ACTIVATIONS,
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
    let (problem, remedy) = match (Numbers::of(graph).refused(), expected) {
        (Some((kind, remedy)), _) => (format!("this is {kind}, which is not supported"), remedy),
        (None, None) => (
            format!("it holds {found}, which is not supported"),
            remedy(found, None),
        ),
        (None, Some(expected)) => (
            format!(
                "it holds {found}, this operator is supported on {}",
                expected.name()
            ),
            remedy(found, Some(expected)),
        ),
    };
    tensor.blame(Error::new(ErrorKind::Unsupported, problem, remedy))
}

/// What helps against a tensor of another type than the rest of the network has.
fn remedy(found: &str, expected: Option<Element>) -> &'static str {
    match (found, expected) {
        ("float32", _) => {
            "the rest of the network is quantised: quantise this operator too, with TFLITE_BUILTINS_INT8 as the only entry of \
             supported_ops, or leave it to the program behind the network"
        }
        ("int64", Some(Element::Int32)) => {
            "choose int32 where the network is built, as in `tf.argmax(…, output_type=tf.int32)`"
        }
        ("int32" | "int64", _) => {
            "the network computes shapes or indices: fix the batch size and every other size in the converter, so that they \
             are constants"
        }
        ("int16", _) => INT8_ACTIVATIONS,
        ("int4", _) => "quantise the weights to 8 bits",
        ("string", _) => "leave text to the program, and give the network numbers",
        _ => FULL_INT8,
    }
}

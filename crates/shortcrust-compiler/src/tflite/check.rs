//! What a graph must be beyond its single tensors: in order, written once, and quantised.

use crate::error::{Error, ErrorKind, Result};
use crate::graph::{Element, Graph, Node};
use crate::operators;

/// Fails on the first operator that is out of order, or when the network computes on floats.
pub(super) fn check(graph: &Graph) -> Result<()> {
    order(graph)?;
    if let Some(node) = graph
        .nodes
        .iter()
        .find(|node| computes_on_floats(graph, node))
    {
        return Err(node.blame(floats(graph, node)));
    }
    Ok(())
}

/// Every tensor is written once, before it is read.
fn order(graph: &Graph) -> Result<()> {
    let mut known: Vec<bool> = graph
        .tensors
        .iter()
        .map(|tensor| tensor.data.is_some())
        .collect();
    for input in &graph.inputs {
        if std::mem::replace(&mut known[input.0], true) {
            return Err(graph.tensor(*input).blame(Error::new(
                ErrorKind::Format,
                "it is an input of the network twice, or an input and a constant",
                "convert the model again",
            )));
        }
    }
    for node in &graph.nodes {
        if let Some(input) = node.inputs.iter().flatten().find(|input| !known[input.0]) {
            return Err(node.blame(graph.tensor(*input).blame(Error::new(
                ErrorKind::Format,
                "it is read before any operator has written it",
                "the operators are out of order or form a cycle: convert the model again",
            ))));
        }
        for output in &node.outputs {
            if std::mem::replace(&mut known[output.0], true) {
                return Err(node.blame(graph.tensor(*output).blame(Error::new(
                    ErrorKind::Format,
                    "it is written although it has a value already",
                    "convert the model again",
                ))));
            }
        }
    }
    match graph.outputs.iter().find(|output| !known[output.0]) {
        None => Ok(()),
        Some(output) => Err(graph.tensor(*output).blame(Error::new(
            ErrorKind::Format,
            "it is an output of the network and no operator writes it",
            "convert the model again",
        ))),
    }
}

/// Whether an operator reads or writes float activations that neither converts nor only moves them.
fn computes_on_floats(graph: &Graph, node: &Node) -> bool {
    let float = |id| graph.tensor(id).element == Element::Float32;
    let first = node.inputs.first().copied().flatten();
    !matches!(node.kind, "QUANTIZE" | "DEQUANTIZE")
        && !operators::only_moves(node.kind)
        && (first.is_some_and(float) || node.outputs.iter().any(|&output| float(output)))
}

fn floats(graph: &Graph, node: &Node) -> Error {
    let int8_weights = graph
        .nodes
        .iter()
        .flat_map(|node| node.inputs.iter().skip(1).flatten())
        .any(|&id| graph.tensor(id).element == Element::Int8 && graph.tensor(id).data.is_some());
    let activations = graph.nodes.iter().flat_map(|node| &node.outputs);
    let int8_activations = activations
        .into_iter()
        .any(|&id| graph.tensor(id).element == Element::Int8);
    let problem = if int8_activations {
        "this operator computes on float32, only QUANTIZE and DEQUANTIZE may"
    } else if int8_weights {
        "this is a dynamic-range model (int8 weights, float32 activations), which is not supported"
    } else {
        "this is a float32 model, which is not supported"
    };
    let error = Error::new(
        ErrorKind::Unsupported,
        problem,
        "convert the model with full int8 quantisation: a representative dataset and TFLITE_BUILTINS_INT8",
    );
    match node.inputs.first().copied().flatten() {
        Some(input) => graph.tensor(input).blame(error),
        None => error,
    }
}

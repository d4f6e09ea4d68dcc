//! What a graph must be before its operators are looked at one by one: of supported operators, of sound tensors, in order.

use super::{counts, numbers, unsupported};
use crate::error::{Error, ErrorKind, Result};
use crate::graph::{Element, Graph, TensorId};

/// Checks a graph of which every operator counts.
///
/// # Errors
/// Names all operators that are not supported; else the first tensor that no operator can take, the first operator with too few or too
/// many operands, or the first tensor that is out of order.
pub fn check(graph: &Graph) -> Result<()> {
    unsupported::find(graph)?;
    tensors(graph)?;
    for node in &graph.nodes {
        counts::check(node).map_err(|error| node.blame(error))?;
    }
    order(graph)
}

/// Every tensor that the network needs is without fault, and of a type that operators take.
fn tensors(graph: &Graph) -> Result<()> {
    let check = |id: TensorId| match graph.faults.get(&id) {
        Some(fault) => Err(fault.clone()),
        None => match graph.tensor(id).element {
            Element::Other(_) => Err(numbers::refuse(graph, id, None)),
            _ => Ok(()),
        },
    };
    for node in &graph.nodes {
        for &id in node.inputs.iter().flatten().chain(&node.outputs) {
            check(id).map_err(|error| node.blame(error))?;
        }
    }
    for &id in graph.inputs.iter().chain(&graph.outputs) {
        check(id)?;
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

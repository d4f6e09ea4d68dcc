//! What a graph must be before its operators are looked at one by one: of supported operators, of sound tensors, in order.

use super::{MANY, Operator, numbers, unsupported};
use crate::error::{Error, ErrorKind, Result};
use crate::graph::{Element, Graph, Node, TensorId};

/// Checks a graph of which every operator counts.
///
/// # Errors
/// Names all operators that are not supported; else the first with too few or too many operands, the first tensor that no operator
/// can take, or the first that is out of order.
pub fn check(graph: &Graph) -> Result<()> {
    let operators = unsupported::find(graph)?;
    for (operator, node) in operators.into_iter().zip(&graph.nodes) {
        counts(operator, node).map_err(|error| node.blame(error))?;
    }
    tensors(graph)?;
    order(graph)
}

/// An operator has as many inputs and outputs as its kernel reads and writes.
fn counts(operator: &Operator, node: &Node) -> Result<()> {
    let rows = [
        ("inputs", &operator.inputs, node.inputs.len()),
        ("outputs", &operator.outputs, node.outputs.len()),
    ];
    for (what, allowed, found) in rows {
        if !allowed.contains(&found) {
            let (least, most) = allowed.clone().into_inner();
            let needed = match most {
                MANY => format!("at least {least}"),
                most if most == least => least.to_string(),
                most => format!("{least} to {most}"),
            };
            return Err(Error::new(
                ErrorKind::Format,
                format!("the number of its {what} is {found}, it should be {needed}"),
                "convert the model again",
            ));
        }
    }
    Ok(())
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

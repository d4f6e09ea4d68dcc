//! Removes operators whose results nobody reads.

use crate::graph::{Element, Graph, Node};

/// Keeps the operators that an output of the network depends on.
///
/// An operator without outputs writes state. It is kept where the network has state that counts.
pub fn remove(graph: &mut Graph) {
    let mut keep = needed(graph, |_| false);
    let resource = |node: &Node| {
        let mut operands = node.inputs.iter().flatten().chain(&node.outputs);
        operands.any(|&id| graph.tensor(id).element == Element::Other("resource"))
    };
    if graph
        .nodes
        .iter()
        .zip(&keep)
        .any(|(node, keep)| *keep && resource(node))
    {
        keep = needed(graph, |node| node.outputs.is_empty());
    }
    let mut keep = keep.into_iter();
    graph.nodes.retain(|_| keep.next().unwrap_or(true));
}

/// Which operators the network's outputs, or operators that are a purpose in themselves, depend on.
fn needed(graph: &Graph, purpose: impl Fn(&Node) -> bool) -> Vec<bool> {
    let mut needed = vec![false; graph.tensors.len()];
    for output in &graph.outputs {
        needed[output.0] = true;
    }
    let mut keep = vec![false; graph.nodes.len()];
    for (node, keep) in graph.nodes.iter().zip(&mut keep).rev() {
        *keep = purpose(node) || node.outputs.iter().any(|output| needed[output.0]);
        if *keep {
            for input in node.inputs.iter().flatten() {
                needed[input.0] = true;
            }
        }
    }
    keep
}

//! Removes operators whose results nobody reads.

use crate::graph::Graph;

/// Keeps the operators that an output of the network depends on.
pub fn remove(graph: &mut Graph) {
    let mut needed = vec![false; graph.tensors.len()];
    for output in &graph.outputs {
        needed[output.0] = true;
    }
    let mut keep = vec![false; graph.nodes.len()];
    for (node, keep) in graph.nodes.iter().zip(&mut keep).rev() {
        *keep = node.outputs.iter().any(|output| needed[output.0]);
        if *keep {
            for input in node.inputs.iter().flatten() {
                needed[input.0] = true;
            }
        }
    }
    let mut keep = keep.into_iter();
    graph.nodes.retain(|_| keep.next().unwrap_or(true));
}

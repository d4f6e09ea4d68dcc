//! Makes a graph that fails smaller, as long as it fails.

use shortcrust_compiler::graph::{Element, Graph, TensorId};

/// The smallest graph that leaving out outputs and operators leads to, and that still fails.
pub fn reduce(graph: &Graph, fails: impl Fn(&Graph) -> bool) -> Graph {
    let mut best = graph.clone();
    while let Some(smaller) = smaller(&best).into_iter().find(|graph| fails(graph)) {
        best = smaller;
    }
    best
}

/// Graphs with one thing less.
fn smaller(graph: &Graph) -> Vec<Graph> {
    let mut all = Vec::new();
    if graph.outputs.len() > 1 {
        for index in 0..graph.outputs.len() {
            let mut fewer = graph.clone();
            fewer.outputs = vec![graph.outputs[index]];
            all.push(fewer);
            let mut fewer = graph.clone();
            fewer.outputs.remove(index);
            all.push(fewer);
        }
    }
    // What an operator writes becomes an input; indices that one computed must stay in range.
    for index in 0..graph.nodes.len() {
        let mut fewer = graph.clone();
        let node = fewer.nodes.remove(index);
        if node
            .outputs
            .iter()
            .all(|&id| graph.tensor(id).element != Element::Int32)
        {
            fewer.inputs.extend(node.outputs);
            all.push(fewer);
        }
    }
    // What an operator reads becomes the network's output.
    if let Some(last) = graph.nodes.last() {
        for &input in last.inputs.iter().flatten() {
            if graph.tensor(input).data.is_none() && !graph.outputs.contains(&input) {
                let mut fewer = graph.clone();
                fewer.nodes.pop();
                fewer.outputs = vec![input];
                all.push(fewer);
            }
        }
    }
    let size = |graph: &Graph| graph.nodes.len() + graph.inputs.len() + graph.outputs.len();
    let all = all.into_iter().map(without_dead_ends);
    all.filter(|fewer| !fewer.nodes.is_empty() && size(fewer) < size(graph))
        .collect()
}

/// Without operators that no output needs, and without inputs that nobody reads.
fn without_dead_ends(mut graph: Graph) -> Graph {
    let mut needed: Vec<TensorId> = graph.outputs.clone();
    let nodes = std::mem::take(&mut graph.nodes);
    for node in nodes.into_iter().rev() {
        if node.outputs.iter().any(|output| needed.contains(output)) {
            needed.extend(node.inputs.iter().flatten());
            graph.nodes.insert(0, node);
        }
    }
    let first = graph.inputs.first().copied();
    graph.inputs.retain(|input| needed.contains(input));
    // A network has an input.
    if graph.inputs.is_empty() {
        graph.inputs.extend(first);
    }
    graph
}

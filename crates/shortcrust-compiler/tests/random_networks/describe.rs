//! A graph in a few lines, one an operator.

use shortcrust_compiler::graph::{Graph, TensorId};

/// The graph's ends, and its operators with what they read and write.
pub fn describe(graph: &Graph) -> String {
    let list = |ids: &[TensorId]| {
        let ids = ids.iter().map(|&id| tensor(graph, id));
        ids.collect::<Vec<_>>().join(", ")
    };
    let mut text = format!("  inputs {}\n", list(&graph.inputs));
    for node in &graph.nodes {
        let inputs: Vec<TensorId> = node.inputs.iter().copied().flatten().collect();
        let (inputs, outputs) = (list(&inputs), list(&node.outputs));
        let kind = node.kind;
        text += &format!("  {kind} {inputs} -> {outputs} {:?}\n", node.options);
    }
    text + &format!("  outputs {}\n", list(&graph.outputs))
}

/// A tensor: its number, type, shape and quantisation; `=` before a constant.
fn tensor(graph: &Graph, id: TensorId) -> String {
    let tensor = graph.tensor(id);
    let constant = if tensor.data.is_some() { "=" } else { "" };
    let quantisation = match &tensor.quantisation {
        Some(q) if q.scales.len() == 1 => format!(" {:.3e}@{}", q.scales[0], q.zero_points[0]),
        Some(q) => format!(" {} scales", q.scales.len()),
        None => String::new(),
    };
    let shape: Vec<String> = tensor.shape.iter().map(usize::to_string).collect();
    let element = tensor.element.rust_name();
    format!(
        "{constant}{}:{element}[{}]{quantisation}",
        id.0,
        shape.join(",")
    )
}

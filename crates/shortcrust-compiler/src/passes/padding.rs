//! Folds PAD and PADV2 into the convolutions that read them.

use crate::graph::{Graph, Node, Padding, TensorId};

/// Operators whose kernels skip taps outside of the image.
const CONVOLUTIONS: [&str; 2] = ["CONV_2D", "DEPTHWISE_CONV_2D"];

/// Removes each padding of rows and columns with the zero point whose readers are all convolutions.
pub fn fold(graph: &mut Graph) {
    let mut index = 0;
    while index < graph.nodes.len() {
        match foldable(graph, &graph.nodes[index]) {
            Some((input, output, padding)) => {
                graph.nodes.remove(index);
                for node in &mut graph.nodes {
                    if node.inputs.first() == Some(&Some(output)) {
                        node.inputs[0] = Some(input);
                        node.folded_padding = padding;
                    }
                }
            }
            None => index += 1,
        }
    }
}

/// The padding that a node adds, if it can be folded into every reader.
fn foldable(graph: &Graph, node: &Node) -> Option<(TensorId, TensorId, Padding)> {
    if !matches!(node.kind, "PAD" | "PADV2") {
        return None;
    }
    let [Some(input), Some(amounts), value @ ..] = node.inputs.as_slice() else {
        return None;
    };
    let output = *node.outputs.first()?;
    let (from, to) = (graph.tensor(*input), graph.tensor(output));
    let zero_point = to.per_tensor().ok()?.1;
    let fills_with_zero_point = match value.first().copied().flatten() {
        Some(value) => {
            let value = graph.tensor(value);
            value.i8s().ok()? == [zero_point as i8] && value.quantisation == to.quantisation
        }
        None => true,
    };
    let amounts = graph.tensor(*amounts).i32s().ok()?;
    let amounts: Vec<usize> = amounts
        .iter()
        .map(|&n| usize::try_from(n).ok())
        .collect::<Option<_>>()?;
    let [0, 0, top, bottom, left, right, 0, 0] = amounts[..] else {
        return None;
    };
    let fits = from.shape.len() == 4
        && to.shape
            == [
                from.shape[0],
                from.shape[1] + top + bottom,
                from.shape[2] + left + right,
                from.shape[3],
            ];
    let readers = || {
        graph
            .nodes
            .iter()
            .filter(|reader| reader.inputs.contains(&Some(output)))
    };
    let only_convolutions = readers().all(|reader| {
        CONVOLUTIONS.contains(&reader.kind)
            && reader.folded_padding == Padding::default()
            && reader.inputs[0] == Some(output)
            && !reader.inputs[1..].contains(&Some(output))
    });
    let foldable = fills_with_zero_point
        && fits
        && only_convolutions
        && readers().next().is_some()
        && !graph.outputs.contains(&output)
        && from.quantisation == to.quantisation
        && from.data.is_none();
    foldable.then_some((
        *input,
        output,
        Padding {
            top,
            bottom,
            left,
            right,
        },
    ))
}

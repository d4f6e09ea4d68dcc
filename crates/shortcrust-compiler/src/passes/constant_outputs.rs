//! Gives outputs of the network that are constants a place in the arena.

use crate::graph::{Graph, Node, Padding, Tensor, TensorId};
use crate::tflite::Options;

/// Puts an activation in the place of each, into which a RESHAPE copies the constant. The numbers of these operators start at
/// `number`.
pub fn copy(graph: &mut Graph, number: usize) {
    let first = graph.nodes.len();
    for position in 0..graph.outputs.len() {
        let constant = graph.outputs[position];
        if graph.tensor(constant).data.is_none() {
            continue;
        }
        let place = TensorId(graph.tensors.len());
        graph.tensors.push(Tensor {
            data: None,
            ..graph.tensor(constant).clone()
        });
        graph.nodes.push(Node {
            number: number + graph.nodes.len() - first,
            kind: "RESHAPE",
            inputs: vec![Some(constant)],
            outputs: vec![place],
            options: Options::None,
            folded_padding: Padding::default(),
        });
        for output in &mut graph.outputs {
            if *output == constant {
                *output = place;
            }
        }
    }
}

//! Runs operators whose inputs are all constants at compile time.

use crate::error::Result;
use crate::execute::Execution;
use crate::graph::{Graph, Node, Tensor, TensorId};
use crate::operators;
use crate::plan::Plan;

/// Turns the outputs of operators on constants into constants.
///
/// An operator that writes an output of the network stays: outputs live in the arena.
pub fn fold(graph: &mut Graph) -> Result<()> {
    let mut kept = Vec::with_capacity(graph.nodes.len());
    for node in std::mem::take(&mut graph.nodes) {
        let constant = node.inputs.iter().flatten().all(|&input| graph.tensor(input).data.is_some())
            && !node.outputs.iter().any(|output| graph.outputs.contains(output));
        if constant {
            evaluate(graph, node)?;
        } else {
            kept.push(node);
        }
    }
    graph.nodes = kept;
    Ok(())
}

/// Runs one operator on constants and stores its outputs as constants.
fn evaluate(graph: &mut Graph, node: Node) -> Result<()> {
    let mut tensors: Vec<Tensor> = Vec::new();
    let mut local = |id: TensorId| {
        tensors.push(graph.tensor(id).clone());
        TensorId(tensors.len() - 1)
    };
    let outputs = node.outputs.clone();
    let node = Node {
        inputs: node.inputs.iter().map(|input| input.map(&mut local)).collect(),
        outputs: node.outputs.iter().map(|&output| local(output)).collect(),
        ..node
    };
    let program = operators::lower(Graph {
        inputs: Vec::new(),
        outputs: node.outputs.clone(),
        nodes: vec![node],
        tensors,
    })?;
    let plan = Plan::new(&program);
    let mut execution = Execution::new(&program, &plan);
    execution.run();
    for (index, output) in outputs.into_iter().enumerate() {
        graph.tensors[output.0].data = Some(execution.output(index).to_vec());
    }
    Ok(())
}

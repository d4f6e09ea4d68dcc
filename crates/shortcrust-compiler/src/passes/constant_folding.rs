//! Runs operators whose inputs are all constants at compile time.

use crate::error::Result;
use crate::execute::Execution;
use crate::graph::{Graph, Node, Tensor, TensorId};
use crate::operators;
use crate::plan::Plan;

/// What folding one operator may take; a larger one runs on the chip, so that no file makes the compiler work for long.
const LARGEST_ARENA: usize = 64 << 10;
const MOST_MACS: u64 = 1 << 24;

/// Turns the outputs of operators on constants into constants.
///
/// An operator that writes an output of the network stays: outputs live in the arena.
pub fn fold(graph: &mut Graph) -> Result<()> {
    let mut kept = Vec::with_capacity(graph.nodes.len());
    for node in std::mem::take(&mut graph.nodes) {
        let constant = node
            .inputs
            .iter()
            .flatten()
            .all(|&input| graph.tensor(input).data.is_some())
            && !node
                .outputs
                .iter()
                .any(|output| graph.outputs.contains(output));
        if !(constant && evaluate(graph, &node)?) {
            kept.push(node);
        }
    }
    graph.nodes = kept;
    Ok(())
}

/// Runs one operator on constants and stores its outputs as constants; says whether it did.
fn evaluate(graph: &mut Graph, node: &Node) -> Result<bool> {
    let mut tensors: Vec<Tensor> = Vec::new();
    let mut local = |id: TensorId| {
        tensors.push(graph.tensor(id).clone());
        TensorId(tensors.len() - 1)
    };
    let local_node = Node {
        inputs: node
            .inputs
            .iter()
            .map(|input| input.map(&mut local))
            .collect(),
        outputs: node.outputs.iter().map(|&output| local(output)).collect(),
        ..node.clone()
    };
    // What is refused here is refused again, with the whole network in sight.
    let Ok(program) = operators::lower(Graph {
        inputs: Vec::new(),
        outputs: local_node.outputs.clone(),
        nodes: vec![local_node],
        tensors,
        faults: Default::default(),
    }) else {
        return Ok(false);
    };
    let plan = Plan::new(&program);
    if plan.arena_bytes > LARGEST_ARENA || program.total_macs() > MOST_MACS {
        return Ok(false);
    }
    let mut execution = Execution::new(&program, &plan);
    execution.run();
    for (index, output) in node.outputs.iter().enumerate() {
        graph.tensors[output.0].data = Some(execution.output(index).to_vec());
    }
    Ok(true)
}

//! Runs operators whose inputs are all constants at compile time.

use crate::execute::Execution;
use crate::graph::{Graph, Node, Tensor, TensorId};
use crate::kernel::Kernel;
use crate::operators;
use crate::plan::Plan;
use crate::program::Program;

/// Operators on constants may together read and write so many times the bytes of the file's constants, and some bytes more, so that
/// no file makes the compiler work for long. What is beyond runs on the chip.
const BYTES_PER_CONSTANT_BYTE: usize = 16;
const MORE_BYTES: usize = 4 << 20;

/// The multiply-accumulates, and the values that pooling compares or sums up, of all of them.
const MOST_WORK: u64 = 1 << 25;

/// What folding may still take.
struct Budget {
    bytes: usize,
    work: u64,
}

/// Turns the outputs of operators on constants, and outputs without elements, into constants.
pub fn fold(graph: &mut Graph) {
    let constants = graph
        .tensors
        .iter()
        .filter_map(|tensor| tensor.data.as_ref());
    let constant_bytes: usize = constants.map(Vec::len).sum();
    let mut budget = Budget {
        bytes: constant_bytes.saturating_mul(BYTES_PER_CONSTANT_BYTE) + MORE_BYTES,
        work: MOST_WORK,
    };
    let mut kept = Vec::with_capacity(graph.nodes.len());
    for node in std::mem::take(&mut graph.nodes) {
        if !evaluate(graph, &node, &mut budget) {
            kept.push(node);
        }
    }
    graph.nodes = kept;
}

/// Stores an operator's outputs as constants, if it can; says whether it did.
fn evaluate(graph: &mut Graph, node: &Node, budget: &mut Budget) -> bool {
    let is_empty = node.outputs.iter().all(|&id| graph.tensor(id).is_empty());
    let mut inputs = node.inputs.iter().flatten();
    if !(is_empty || inputs.all(|&input| graph.tensor(input).data.is_some())) {
        return false;
    }
    let tensors = node.inputs.iter().flatten().chain(&node.outputs);
    let bytes: usize = tensors.map(|&id| graph.tensor(id).bytes()).sum();
    let Some(bytes_left) = budget.bytes.checked_sub(bytes) else {
        return false;
    };
    // What is refused here is refused again, with the whole network in sight.
    let Ok(program) = operators::lower(alone(graph, node)) else {
        return false;
    };
    if is_empty {
        for output in &node.outputs {
            graph.tensors[output.0].data = Some(Vec::new());
        }
        return true;
    }
    let Some(work_left) = budget.work.checked_sub(work(&program)) else {
        return false;
    };
    *budget = Budget {
        bytes: bytes_left,
        work: work_left,
    };
    let plan = Plan::new(&program);
    let mut execution = Execution::new(&program, &plan);
    execution.run();
    for (index, output) in node.outputs.iter().enumerate() {
        graph.tensors[output.0].data = Some(execution.output(index).to_vec());
    }
    true
}

/// A graph of one operator and its tensors.
fn alone(graph: &Graph, node: &Node) -> Graph {
    let mut tensors: Vec<Tensor> = Vec::new();
    let mut local = |id: TensorId| {
        tensors.push(graph.tensor(id).clone());
        TensorId(tensors.len() - 1)
    };
    let node = Node {
        inputs: node
            .inputs
            .iter()
            .map(|input| input.map(&mut local))
            .collect(),
        outputs: node.outputs.iter().map(|&output| local(output)).collect(),
        ..node.clone()
    };
    Graph {
        inputs: Vec::new(),
        outputs: node.outputs.clone(),
        nodes: vec![node],
        tensors,
        faults: Default::default(),
    }
}

/// What a program computes beyond a few steps for each byte that it reads and writes.
fn work(program: &Program) -> u64 {
    let pooled = program.steps.iter().map(|step| {
        let window = match &step.kernel {
            Kernel::AveragePool2d(kernel) => kernel.window,
            Kernel::MaxPool2d(kernel) => kernel.window,
            _ => return 0,
        };
        let taps = (window.height as u64).saturating_mul(window.width as u64);
        taps.saturating_mul(step.output.bytes as u64)
    });
    pooled.fold(program.total_macs(), u64::saturating_add)
}

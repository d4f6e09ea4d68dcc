//! A network evaluated operator by operator: each is a program of its own in fresh memory, so that no pass, no view of another
//! operator's storage and no plan can have a part in the result.

use std::collections::HashMap;

use shortcrust_compiler::error::Result;
use shortcrust_compiler::execute::Execution;
use shortcrust_compiler::graph::{Graph, Node, Padding, TensorId};
use shortcrust_compiler::operators;
use shortcrust_compiler::plan::Plan;
use shortcrust_compiler::program::Program;

/// The operators of a graph, each alone.
pub struct Reference<'g> {
    graph: &'g Graph,
    operators: Vec<Alone<'g>>,
}

/// An operator as a network.
struct Alone<'g> {
    node: &'g Node,
    /// The activations it reads, each once.
    reads: Vec<TensorId>,
    program: Program,
    plan: Plan,
}

impl<'g> Reference<'g> {
    /// Lowers every operator that an output depends on.
    pub fn new(graph: &'g Graph) -> Result<Self> {
        let mut needed: Vec<TensorId> = graph.outputs.clone();
        let mut operators = Vec::new();
        for node in graph.nodes.iter().rev() {
            if node.outputs.iter().any(|output| needed.contains(output)) {
                needed.extend(node.inputs.iter().flatten());
                operators.push(Alone::new(graph, node)?);
            }
        }
        operators.reverse();
        Ok(Self { graph, operators })
    }

    /// The outputs that inputs give.
    pub fn run(&self, inputs: &[Vec<u8>]) -> Vec<Vec<u8>> {
        let mut values: HashMap<TensorId, Vec<u8>> = HashMap::new();
        for (&input, value) in self.graph.inputs.iter().zip(inputs) {
            values.insert(input, value.clone());
        }
        for operator in &self.operators {
            let mut execution = Execution::new(&operator.program, &operator.plan);
            for (index, read) in operator.reads.iter().enumerate() {
                execution.input_mut(index).copy_from_slice(&values[read]);
            }
            execution.run();
            for (index, &output) in operator.node.outputs.iter().enumerate() {
                values.insert(output, execution.output(index).to_vec());
            }
        }
        let value = |&output: &TensorId| match &self.graph.tensor(output).data {
            Some(data) => data.clone(),
            None => values[&output].clone(),
        };
        self.graph.outputs.iter().map(value).collect()
    }
}

impl<'g> Alone<'g> {
    fn new(graph: &Graph, node: &'g Node) -> Result<Self> {
        let mut ids: HashMap<TensorId, TensorId> = HashMap::new();
        let (mut tensors, mut reads, mut inputs) = (Vec::new(), Vec::new(), Vec::new());
        let mut local = |id: TensorId| {
            *ids.entry(id).or_insert_with(|| {
                tensors.push(graph.tensor(id).clone());
                TensorId(tensors.len() - 1)
            })
        };
        for &read in node.inputs.iter().flatten() {
            if graph.tensor(read).data.is_none() && !reads.contains(&read) {
                reads.push(read);
                inputs.push(local(read));
            }
        }
        let alone = Node {
            inputs: node.inputs.iter().map(|id| id.map(&mut local)).collect(),
            outputs: node.outputs.iter().copied().map(&mut local).collect(),
            folded_padding: Padding::default(),
            ..node.clone()
        };
        let outputs = alone.outputs.clone();
        let program = operators::lower(Graph {
            tensors,
            nodes: vec![alone],
            inputs,
            outputs,
            faults: Default::default(),
        })?;
        Ok(Self {
            node,
            reads,
            plan: Plan::new(&program),
            program,
        })
    }
}

//! Where networks run.

use clap::ValueEnum;
use serde::Serialize;
use shortcrust_compiler::execute::Execution;
use shortcrust_compiler::graph::TensorId;
use shortcrust_compiler::network::Network;

/// A processor that networks run on.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, ValueEnum)]
#[serde(rename_all = "lowercase")]
pub enum Processor {
    /// This computer, with the portable kernels
    #[default]
    Host,
}

impl Processor {
    /// The processor, as it is named in a sentence.
    pub fn description(self) -> &'static str {
        match self {
            Processor::Host => "this computer",
        }
    }
}

/// A network loaded on a processor.
pub enum Machine<'n> {
    /// On this computer.
    Host(&'n Network, Execution<'n>),
}

impl<'n> Machine<'n> {
    /// Loads a network.
    pub fn load(processor: Processor, network: &'n Network) -> Self {
        match processor {
            Processor::Host => {
                Machine::Host(network, Execution::new(&network.program, &network.plan))
            }
        }
    }

    /// Runs the network on the contents of its inputs; returns the contents of its outputs.
    pub fn run(&mut self, inputs: &[Vec<u8>]) -> Vec<Vec<u8>> {
        self.run_observed(inputs, |_, _, _| {})
    }

    /// Runs the network, and shows each operator (an index into the graph's nodes), each of its outputs and its contents as
    /// soon as they are complete.
    ///
    /// # Panics
    /// If the inputs do not have the sizes of the network's inputs.
    pub fn run_observed(
        &mut self,
        inputs: &[Vec<u8>],
        mut observe: impl FnMut(usize, TensorId, &[u8]),
    ) -> Vec<Vec<u8>> {
        match self {
            Machine::Host(network, execution) => {
                let graph = &network.program.graph;
                for (index, input) in inputs.iter().enumerate() {
                    execution.input_mut(index).copy_from_slice(input);
                }
                execution.run_observed(|node, execution| {
                    for &output in &graph.nodes[node].outputs {
                        observe(node, output, execution.tensor(output));
                    }
                });
                (0..graph.outputs.len())
                    .map(|index| execution.output(index).to_vec())
                    .collect()
            }
        }
    }
}

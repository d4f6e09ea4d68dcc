//! Where networks run.

use clap::ValueEnum;
use serde::Serialize;
use shortcrust_compiler::execute::Execution;
use shortcrust_compiler::graph::TensorId;
use shortcrust_compiler::lx7::simulation::Simulation;
use shortcrust_compiler::network::Network;

use crate::chip::{self, Weights};
use crate::failure::Result;

/// A processor that networks run on.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, ValueEnum)]
#[serde(rename_all = "lowercase")]
pub enum Processor {
    /// The simulated ESP32-S3, with machine code for its vector unit
    #[default]
    #[value(name = "esp32s3")]
    Esp32S3,
    /// This computer, with the portable kernels
    Host,
}

impl Processor {
    /// The processor, as it is named in a sentence.
    pub fn description(self) -> &'static str {
        match self {
            Processor::Esp32S3 => "the simulated ESP32-S3",
            Processor::Host => "this computer",
        }
    }
}

/// A network loaded on a processor.
pub struct Machine<'n> {
    network: &'n Network,
    engine: Engine<'n>,
}

enum Engine<'n> {
    Host(Box<Execution<'n>>),
    Esp32S3(Box<Simulation<'n>>, Weights),
}

impl<'n> Machine<'n> {
    /// Loads a network; on the chip its weights are in RAM where they fit, and else in flash.
    pub fn load(processor: Processor, network: &'n Network) -> Result<Self> {
        match processor {
            Processor::Host => Ok(Self {
                network,
                engine: Engine::Host(Box::new(Execution::new(&network.program, &network.plan))),
            }),
            Processor::Esp32S3 => Self::on_chip(network, None),
        }
    }

    /// Loads a network on the chip, with its weights where they are asked for.
    pub fn on_chip(network: &'n Network, weights: Option<Weights>) -> Result<Self> {
        let (simulation, weights) = chip::load(network, weights)?;
        let engine = Engine::Esp32S3(Box::new(simulation), weights);
        Ok(Self { network, engine })
    }

    /// Where the weights are; `None` on this computer.
    pub fn weights(&self) -> Option<Weights> {
        match self.engine {
            Engine::Host(_) => None,
            Engine::Esp32S3(_, weights) => Some(weights),
        }
    }

    /// Cycles of the last run's machine code; `None` on this computer.
    pub fn cycles(&self) -> Option<u64> {
        match &self.engine {
            Engine::Host(_) => None,
            Engine::Esp32S3(simulation, _) => {
                Some(simulation.costs().iter().map(|cost| cost.cycles).sum())
            }
        }
    }

    /// Runs the network on the contents of its inputs; returns the contents of its outputs.
    pub fn run(&mut self, inputs: &[Vec<u8>]) -> Result<Vec<Vec<u8>>> {
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
    ) -> Result<Vec<Vec<u8>>> {
        let graph = &self.network.program.graph;
        let outputs = 0..graph.outputs.len();
        Ok(match &mut self.engine {
            Engine::Host(execution) => {
                for (index, input) in inputs.iter().enumerate() {
                    execution.input_mut(index).copy_from_slice(input);
                }
                execution.run_observed(|node, execution| {
                    for &output in &graph.nodes[node].outputs {
                        observe(node, output, execution.tensor(output));
                    }
                });
                outputs
                    .map(|index| execution.output(index).to_vec())
                    .collect()
            }
            Engine::Esp32S3(simulation, _) => {
                for (index, input) in inputs.iter().enumerate() {
                    simulation.set_input(index, input);
                }
                simulation
                    .run_observed(|node, simulation| {
                        for &output in &graph.nodes[node].outputs {
                            observe(node, output, simulation.tensor(output));
                        }
                    })
                    .map_err(|error| chip::failure(self.network, None, &error))?;
                outputs
                    .map(|index| simulation.output(index).to_vec())
                    .collect()
            }
        })
    }
}

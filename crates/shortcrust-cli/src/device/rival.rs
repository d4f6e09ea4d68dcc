//! The model of what a board runs, and the simulated chip's answers beside the board's.

use std::path::{Path, PathBuf};

use serde::Serialize;
use shortcrust_compiler::graph::Tensor;
use shortcrust_compiler::network::Network;
use shortcrust_protocol::Measured;

use super::board::Board;
use crate::chip::{self, Weights};
use crate::commands::demonstrate;
use crate::difference::Difference;
use crate::failure::{Failure, Result};
use crate::machine::Machine;
use crate::{cores, page, tensor};

/// The model that a board runs, compiled for as many cores: the file that is named, or the bundled one if the board says so.
pub fn model(board: &Board, file: Option<&Path>) -> Result<Network> {
    let network = match file {
        Some(path) => Network::open(path)?,
        None if board.device.network == demonstrate::NAME => Network::compile(demonstrate::MODEL)?,
        None => {
            return Err(Failure::request(
                format!(
                    "{} runs `{}`, which is not bundled",
                    board.port, board.device.network
                ),
                "name the file that it was compiled from: --model FILE",
            ));
        }
    };
    let [input, output] = ends(&network)?;
    let sizes = |tensor: &Tensor| page::count(tensor.bytes() as u64);
    if (input.bytes(), output.bytes()) != (board.device.input, board.device.output) {
        return Err(Failure::request(
            format!(
                "{} runs `{}` with {} bytes of input and {} of output, the model has {} and {}",
                board.port,
                board.device.network,
                page::count(board.device.input as u64),
                page::count(board.device.output as u64),
                sizes(input),
                sizes(output),
            ),
            "name the file that the firmware was compiled from: --model FILE",
        ));
    }
    match board.device.cores {
        1 => Ok(network),
        _ => cores::on_two(network, file.unwrap_or(Path::new(demonstrate::NAME))),
    }
}

/// The one input and the one output of a network.
pub fn ends(network: &Network) -> Result<[&Tensor; 2]> {
    tensor::ends(&network.program.graph).map_err(|error| {
        Failure::request(
            format!("{error}, and boards serve one"),
            "run it on the simulated chip: shortcrust run",
        )
    })
}

/// Where a board has the weights.
pub fn weights(board: &Board) -> Weights {
    match board.device.weights_in_ram {
        true => Weights::Ram,
        false => Weights::Flash,
    }
}

/// What a board measured.
#[derive(Serialize)]
pub struct Measurement {
    /// Cycles of the run.
    pub cycles: u32,
    /// Its milliseconds.
    pub milliseconds: f64,
    /// The most stack that was ever in use.
    pub stack_used: u32,
    /// All of the stack.
    pub stack_total: u32,
}

impl From<Measured> for Measurement {
    fn from(measured: Measured) -> Self {
        Self {
            cycles: measured.cycles,
            milliseconds: measured.microseconds as f64 / 1000.0,
            stack_used: measured.stack_used,
            stack_total: measured.stack_total,
        }
    }
}

/// What the simulated chip says of the same input.
#[derive(Serialize)]
pub struct Prediction {
    /// Simulated cycles.
    pub cycles: u64,
    /// The same in milliseconds at 240 MHz.
    pub milliseconds: f64,
    /// How the board's output differs; absent where the bits are the same.
    pub difference: Option<Difference>,
}

/// The simulated chip.
pub struct Rival<'n> {
    network: &'n Network,
    machine: Machine<'n>,
}

impl<'n> Rival<'n> {
    /// Loads a network, its weights where the board has them.
    pub fn load(network: &'n Network, board: &Board) -> Result<Self> {
        Ok(Self {
            network,
            machine: Machine::on_chip(network, Some(weights(board)))?,
        })
    }

    /// Runs an input, and compares the output with a board's.
    pub fn judge(&mut self, input: &[u8], answered: &[u8]) -> Result<Prediction> {
        let outputs = self.machine.run(&[input.to_vec()])?;
        let cycles = self.machine.cycles().unwrap_or(0);
        let [_, output] = ends(self.network)?;
        Ok(Prediction {
            cycles,
            milliseconds: chip::milliseconds(cycles),
            difference: Difference::between(output, &outputs[0], answered),
        })
    }
}

/// The name of a file without its folders.
pub fn file_name(path: &Path) -> PathBuf {
    path.file_name()
        .map_or_else(|| path.to_owned(), PathBuf::from)
}

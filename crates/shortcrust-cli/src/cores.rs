//! How many cores a network is compiled for.

use std::path::Path;

use clap::Args;
use shortcrust_compiler::network::Network;

use crate::failure::Result;

/// The option of the commands that can compile for two cores.
#[derive(Args)]
pub struct Cores {
    /// Cores of the chip that share each large layer
    #[arg(long, value_name = "1|2", default_value_t = 1, value_parser = clap::value_parser!(u8).range(1..=2))]
    cores: u8,
}

impl Cores {
    /// Compiles a model for so many cores.
    pub fn open(&self, path: &Path) -> Result<Network> {
        let network = Network::open(path)?;
        match self.are_two() {
            true => on_two(network, path),
            false => Ok(network),
        }
    }

    /// Whether there are two.
    pub fn are_two(&self) -> bool {
        self.cores == 2
    }
}

/// A network for two cores; `path` is its file.
pub fn on_two(network: Network, path: &Path) -> Result<Network> {
    let halves = network.on_two_cores();
    Ok(halves.map_err(|error| error.in_file(path))?)
}

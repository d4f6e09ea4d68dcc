//! The simulated ESP32-S3: loading a network, and what does not run its machine code there.

use clap::ValueEnum;
use serde::{Deserialize, Serialize};
use shortcrust_compiler::lx7::simulation::{self, Simulation, SimulationError};
use shortcrust_compiler::network::Network;

use crate::failure::{Failure, Result};
use crate::page;

/// The chip's clock in hertz.
pub const CLOCK: u64 = 240_000_000;
/// What the vector unit of one core can do at most: one instruction a cycle, 16 multiply-accumulates each.
pub const MOST_MACS_A_CYCLE: f64 = 16.0;

/// Where the weights that kernels read are.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ValueEnum)]
#[serde(rename_all = "lowercase")]
pub enum Weights {
    /// Copied to internal memory at start
    Ram,
    /// Read from flash through the cache
    Flash,
}

impl Weights {
    /// The place, as it is named in a sentence.
    pub fn description(self) -> &'static str {
        match self {
            Weights::Ram => "RAM",
            Weights::Flash => "flash",
        }
    }
}

impl From<Weights> for simulation::Weights {
    fn from(weights: Weights) -> Self {
        match weights {
            Weights::Ram => simulation::Weights::Ram,
            Weights::Flash => simulation::Weights::Flash,
        }
    }
}

/// Loads a network on the chip. Where no place for the weights is asked for, that is RAM if they fit, and else flash.
pub fn load(network: &Network, asked: Option<Weights>) -> Result<(Simulation<'_>, Weights)> {
    let load = |weights: Weights| {
        Simulation::new(
            &network.program,
            &network.plan,
            &network.code,
            weights.into(),
        )
    };
    let wanted = asked.unwrap_or(Weights::Ram);
    match load(wanted) {
        Err(SimulationError::Memory { .. }) if asked.is_none() => {
            load(Weights::Flash).map(|simulation| (simulation, Weights::Flash))
        }
        result => result.map(|simulation| (simulation, wanted)),
    }
    .map_err(|error| failure(network, asked, &error))
}

/// What a simulation that failed means for the user.
pub fn failure(network: &Network, asked: Option<Weights>, error: &SimulationError) -> Failure {
    let report = "report this model: it is a bug in shortcrust; --on host runs it meanwhile";
    match error {
        SimulationError::Fault { step, fault } => {
            let program = &network.program;
            let node = program
                .steps
                .get(*step)
                .map(|step| &program.graph.nodes[step.node]);
            let operator = node.map_or_else(String::new, |node| {
                format!("operator {} {}: ", node.number, node.kind)
            });
            Failure::request(
                format!("{operator}its machine code failed on the simulated ESP32-S3: {fault}"),
                report,
            )
        }
        SimulationError::Unwritten { .. } => Failure::request(error.to_string(), report),
        SimulationError::Memory { .. } | SimulationError::Load(_) => Failure::request(
            format!("the network does not fit the ESP32-S3: {error}"),
            match asked {
                Some(Weights::Ram) => "leave the weights in flash: --weights flash",
                _ => "make the network's largest layers smaller; `run` and `verify` have --on host",
            },
        ),
    }
}

/// Milliseconds of a number of cycles.
pub fn milliseconds(cycles: u64) -> f64 {
    cycles as f64 * 1000.0 / CLOCK as f64
}

/// A number of cycles as a time: `8.74 ms`, or with one digit more below a millisecond.
pub fn time(cycles: u64) -> String {
    let milliseconds = milliseconds(cycles);
    let digits = if milliseconds < 1.0 { 3 } else { 2 };
    format!("{milliseconds:.digits$} ms")
}

/// What runs portable kernels, because there is no machine code for it.
#[derive(Clone, Copy, Debug, Default, Serialize)]
pub struct Portable {
    /// Layers that do some work.
    #[serde(skip)]
    pub layers: usize,
    /// Those of them that run portable kernels.
    pub portable_layers: usize,
    /// Multiply-accumulates of all layers.
    #[serde(skip)]
    pub macs: u64,
    /// Those of the portable layers.
    #[serde(skip)]
    pub portable_macs: u64,
    /// The same as a share of 1.
    pub portable_mac_share: f64,
}

impl Portable {
    /// The portable layers of a network.
    pub fn of(network: &Network) -> Self {
        let (program, calls) = (&network.program, &network.code.calls);
        let nodes = (0..program.graph.nodes.len()).filter_map(|node| {
            let mut steps = program
                .steps
                .iter()
                .zip(calls)
                .filter(|(step, _)| step.node == node);
            let (_, first) = steps.next()?;
            let portable = first.is_err() || steps.any(|(_, call)| call.is_err());
            Some(Self::layer(program.macs[node], portable))
        });
        nodes.sum()
    }

    fn layer(macs: u64, portable: bool) -> Self {
        Self {
            layers: 1,
            portable_layers: usize::from(portable),
            macs,
            portable_macs: if portable { macs } else { 0 },
            portable_mac_share: 0.0,
        }
    }

    /// How many layers run portable kernels, and with what share of the work.
    pub fn text(&self) -> String {
        if self.portable_layers == 0 {
            return "every layer ran machine code".to_owned();
        }
        format!(
            "{} of {} ran portable kernels, with {:.1} % of the MACs",
            page::count(self.portable_layers as u64),
            page::plural(self.layers, "layer", "layers"),
            100.0 * self.portable_mac_share
        )
    }
}

impl std::iter::Sum for Portable {
    fn sum<I: Iterator<Item = Self>>(parts: I) -> Self {
        let mut total = parts.fold(Self::default(), |total, part| Self {
            layers: total.layers + part.layers,
            portable_layers: total.portable_layers + part.portable_layers,
            macs: total.macs + part.macs,
            portable_macs: total.portable_macs + part.portable_macs,
            portable_mac_share: 0.0,
        });
        if total.macs > 0 {
            total.portable_mac_share = total.portable_macs as f64 / total.macs as f64;
        }
        total
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn network(name: &str) -> Network {
        let models = concat!(env!("CARGO_MANIFEST_DIR"), "/../../models");
        Network::open(
            &std::path::Path::new(models)
                .join(name)
                .with_extension("tflite"),
        )
        .unwrap()
    }

    #[test]
    fn weights_go_to_flash_where_they_do_not_fit_and_ram_is_not_asked_for() {
        let mut network = network("sine");
        assert_eq!(load(&network, None).unwrap().1, Weights::Ram);
        assert_eq!(
            load(&network, Some(Weights::Flash)).unwrap().1,
            Weights::Flash
        );
        network.code.constants.add_bytes(&[1; 600_000]);
        assert_eq!(load(&network, None).unwrap().1, Weights::Flash);
        let failure = load(&network, Some(Weights::Ram)).err().unwrap();
        assert!(failure.to_string().contains("does not fit"), "{failure}");
        assert!(
            failure.remedy().contains("--weights flash"),
            "{}",
            failure.remedy()
        );
    }

    #[test]
    fn an_arena_that_does_not_fit_is_explained() {
        let mut network = network("sine");
        network.plan.arena_bytes = 600_000;
        let failure = load(&network, None).err().unwrap();
        assert!(failure.to_string().contains("600000 bytes"), "{failure}");
        assert!(
            failure.remedy().contains("--on host"),
            "{}",
            failure.remedy()
        );
    }

    #[test]
    fn layers_without_machine_code_are_counted_with_their_work() {
        let mut network = network("speech");
        let (layers, macs) = (3, 336_000);
        let generated = std::mem::take(&mut network.code.calls);
        let portable = shortcrust_compiler::lx7::Portable::Outside("a test".into());
        network.code.calls = generated.iter().map(|_| Err(portable.clone())).collect();
        let portable = Portable::of(&network);
        assert_eq!(
            (portable.portable_layers, portable.portable_mac_share),
            (layers, 1.0)
        );
        network.code.calls[0] = generated[0].clone();
        let portable = Portable::of(&network);
        assert_eq!(
            (portable.layers, portable.portable_layers),
            (layers, layers - 1)
        );
        assert_eq!((portable.macs, portable.portable_macs), (macs, 16_000));
        let both: Portable = [portable, portable].into_iter().sum();
        assert_eq!(both.portable_mac_share, portable.portable_mac_share);
    }

    #[test]
    fn times_are_at_240_megahertz() {
        assert_eq!(time(2_400_000), "10.00 ms");
        assert_eq!(time(240), "0.001 ms");
    }
}

//! The simulated ESP32-S3: loading a network, and what does not run its machine code there.

use std::collections::BTreeMap;

use clap::ValueEnum;
use serde::{Deserialize, Serialize};
use shortcrust_compiler::budget;
use shortcrust_compiler::error::{Error, ErrorKind};
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
        Err(SimulationError::Memory(_)) if asked.is_none() => {
            load(Weights::Flash).map(|simulation| (simulation, Weights::Flash))
        }
        result => result.map(|simulation| (simulation, wanted)),
    }
    .map_err(|error| failure(network, asked, &error))
}

/// What a simulation that failed means for the user.
pub fn failure(network: &Network, asked: Option<Weights>, error: &SimulationError) -> Failure {
    let defect = |problem: String| {
        let remedy = "report this model: it is a bug in shortcrust; --on host runs it meanwhile";
        Error::new(ErrorKind::Defect, problem, remedy)
    };
    match error {
        SimulationError::Fault { step, fault } => {
            let problem = format!("its machine code failed on the simulated ESP32-S3: {fault}");
            let error = defect(problem);
            let program = &network.program;
            let step = program.steps.get(*step);
            match step.map(|step| &program.graph.nodes[step.node]) {
                Some(node) => node.blame(error).into(),
                None => error.into(),
            }
        }
        SimulationError::Unwritten { .. } => defect(error.to_string()).into(),
        SimulationError::Memory(demand) => budget::exceeded(
            network,
            format!("the network does not fit the ESP32-S3: {demand}"),
            match asked {
                Some(Weights::Ram) if demand.bytes() - demand.weights <= demand.available => {
                    "leave the weights in flash: --weights flash"
                }
                _ => "make the network's largest layers smaller; `run` and `verify` have --on host",
            },
        )
        .into(),
        SimulationError::Load(error) => Error::new(
            ErrorKind::Budget,
            format!("the network does not fit the ESP32-S3: {error}"),
            "make the network smaller; `run` and `verify` have --on host",
        )
        .into(),
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

/// What runs portable kernels, because there is no machine code for it. Only machine code is timed.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct Portable {
    /// Layers that do some work.
    #[serde(skip)]
    pub layers: usize,
    /// Those of them that run portable kernels.
    pub portable_layers: usize,
    /// How many of these are operators of which kind.
    #[serde(default)]
    pub portable_operators: BTreeMap<String, usize>,
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
        let program = &network.program;
        let nodes = program.graph.nodes.iter().enumerate();
        nodes
            .filter_map(|(index, node)| {
                let steps = program.steps.iter().enumerate();
                let mut steps = steps.filter(|(_, step)| step.node == index).peekable();
                steps.peek()?;
                let portable = steps.any(|(step, _)| network.code.calls[step].is_err());
                Some(Self::layer(node.kind, program.macs[index], portable))
            })
            .sum()
    }

    fn layer(kind: &str, macs: u64, portable: bool) -> Self {
        let operator = portable.then(|| (kind.to_owned(), 1));
        Self {
            layers: 1,
            portable_layers: usize::from(portable),
            portable_operators: operator.into_iter().collect(),
            macs,
            portable_macs: if portable { macs } else { 0 },
            portable_mac_share: 0.0,
        }
    }

    /// How many layers run portable kernels, and with what share of the work.
    pub fn text(&self) -> String {
        match (self.layers, self.portable_layers) {
            (0, _) => "no layer ran".to_owned(),
            (_, 0) => "every layer ran machine code".to_owned(),
            (layers, portable) => format!(
                "{} of {} ran portable kernels, with {:.1} % of the MACs",
                page::count(portable as u64),
                page::plural(layers, "layer", "layers"),
                100.0 * self.portable_mac_share
            ),
        }
    }

    /// What a time leaves out; `None` where it is complete.
    pub fn untimed(&self) -> Option<String> {
        let layers = page::plural(self.portable_layers, "portable layer", "portable layers");
        let is = match self.portable_layers {
            0 => return None,
            1 => "is",
            _ => "are",
        };
        let operators = self.operators();
        Some(format!(
            "without {layers} ({operators}), which {is} not timed"
        ))
    }

    /// The kinds of the portable operators, with their numbers where there are several.
    fn operators(&self) -> String {
        let kinds = self.portable_operators.iter();
        let kinds = kinds.map(|(kind, &number)| match number {
            1 => kind.clone(),
            _ => format!("{number} {kind}"),
        });
        kinds.collect::<Vec<_>>().join(", ")
    }
}

impl std::iter::Sum for Portable {
    fn sum<I: Iterator<Item = Self>>(parts: I) -> Self {
        let mut total = Self::default();
        for part in parts {
            total.layers += part.layers;
            total.portable_layers += part.portable_layers;
            for (kind, number) in part.portable_operators {
                *total.portable_operators.entry(kind).or_default() += number;
            }
            total.macs += part.macs;
            total.portable_macs += part.portable_macs;
        }
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
        let parts = format!("{} for the arena, ", network.plan.arena_bytes);
        for words in ["does not fit", &parts, " for weights), of which 393216"] {
            assert!(failure.to_string().contains(words), "{words}: {failure}");
        }
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
        let untimed = "without 2 portable layers (FULLY_CONNECTED, SOFTMAX), which are not timed";
        assert_eq!(portable.untimed().as_deref(), Some(untimed));
        let both: Portable = [portable.clone(), portable.clone()].into_iter().sum();
        assert_eq!(both.portable_mac_share, portable.portable_mac_share);
        let untimed =
            "without 4 portable layers (2 FULLY_CONNECTED, 2 SOFTMAX), which are not timed";
        assert_eq!(both.untimed().as_deref(), Some(untimed));
        assert_eq!(Portable::default().text(), "no layer ran");
    }

    #[test]
    fn times_are_at_240_megahertz() {
        assert_eq!(time(2_400_000), "10.00 ms");
        assert_eq!(time(240), "0.001 ms");
    }
}

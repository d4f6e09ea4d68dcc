//! What each layer of a network costs on the simulated ESP32-S3.

use std::collections::BTreeMap;
use std::path::Path;

use lx7::sim::{Stall, Stalls};
use serde::{Deserialize, Serialize};
use shortcrust_compiler::lx7::simulation::{Placement, StepCost};
use shortcrust_compiler::network::Network;
use shortcrust_compiler::program::Operand;

use crate::chip::{self, MOST_MACS_A_CYCLE, Portable, Weights};
use crate::failure::{Failure, Result};
use crate::files;

/// The largest profile that is read.
const LARGEST: u64 = 64 << 20;

/// A network's costs on the chip. Only machine code is timed; portable layers count 0 cycles.
#[derive(Serialize, Deserialize)]
pub struct Profile {
    /// Where the weights are.
    pub weights: Weights,
    /// Cores that share each large layer.
    #[serde(default = "one")]
    pub cores: u8,
    /// Cycles of one run.
    pub cycles: u64,
    /// The same in milliseconds at 240 MHz.
    pub milliseconds: f64,
    /// Multiply-accumulates of one run.
    pub macs: u64,
    /// How many layers run portable kernels.
    pub portable_layers: usize,
    /// The share of the multiply-accumulates that portable kernels do, of 1.
    pub portable_mac_share: f64,
    /// Machine code, shared code once.
    pub code_bytes: usize,
    /// What the machine code reads: packed weights and requantisation constants, equal ones once.
    pub weight_bytes: usize,
    /// What portable kernels read: their weights and tables, equal ones once.
    pub portable_weight_bytes: usize,
    /// The arena, the kernels' scratch memory included.
    pub arena_bytes: usize,
    /// The deepest stack of any layer.
    pub stack_bytes: u32,
    /// Cycles without an instruction, by cause.
    pub stalls: BTreeMap<String, u64>,
    /// The operators in execution order.
    pub layers: Vec<Layer>,
}

/// What an operator costs.
#[derive(Serialize, Deserialize)]
pub struct Layer {
    /// Its number in the file.
    pub number: usize,
    /// Its kind, `CONV_2D`.
    pub operator: String,
    /// The shape of its first output.
    pub output_shape: Vec<usize>,
    /// Whether some of it runs a portable kernel, which is not timed.
    pub portable: bool,
    /// Cycles of one run.
    pub cycles: u64,
    /// The same in milliseconds at 240 MHz.
    pub milliseconds: f64,
    /// Multiply-accumulates.
    pub macs: u64,
    /// Multiply-accumulates a cycle; absent where there are none or nothing is timed.
    pub macs_a_cycle: Option<f64>,
    /// The same as a share of the vector unit's limit, of 1.
    pub limit_share: Option<f64>,
    /// Cycles without an instruction, by cause.
    pub stalls: BTreeMap<String, u64>,
    /// Machine code, which other layers may share.
    pub code_bytes: usize,
    /// What the layer's kernels read, whichever they are.
    pub weight_bytes: usize,
    /// Stack of its machine code.
    pub stack_bytes: u32,
    /// How it computes, in words; empty for a layer that moves no byte.
    pub method: String,
}

impl Profile {
    /// Runs a network once on zeros: the time of the kernels hardly depends on values.
    pub fn measure(network: &Network, asked: Option<Weights>) -> Result<(Self, Placement)> {
        let (mut simulation, weights) = chip::load(network, asked)?;
        simulation
            .run()
            .map_err(|error| chip::failure(network, asked, &error))?;
        let costs = simulation.costs();
        let (program, code) = (&network.program, &network.code);
        let cores = program.cores() as u8;
        let layers: Vec<Layer> = (0..program.graph.nodes.len())
            .map(|node| Layer::new(network, node, costs, limit(cores)))
            .collect();
        let portable = Portable::of(network);
        let cycles = costs.iter().map(|cost| cost.cycles).sum();
        let profile = Self {
            weights,
            cores,
            cycles,
            milliseconds: chip::milliseconds(cycles),
            macs: program.total_macs(),
            portable_layers: portable.portable_layers,
            portable_mac_share: portable.portable_mac_share,
            code_bytes: code.code_bytes(),
            weight_bytes: code.constants.bytes().len(),
            portable_weight_bytes: portable_weight_bytes(network),
            arena_bytes: network.plan.arena_bytes,
            stack_bytes: costs.iter().map(|cost| cost.stack_bytes).max().unwrap_or(0),
            stalls: stalls(costs),
            layers,
        };
        Ok((profile, simulation.placement()))
    }

    /// Reads a profile that `--json` wrote.
    pub fn open(path: &Path) -> Result<Self> {
        let bytes = files::read_at_most(path, LARGEST)?;
        serde_json::from_slice(&bytes).map_err(|error| {
            Failure::file(
                path,
                format!("it is not a profile: {error}"),
                "make it with: shortcrust profile MODEL --json",
            )
        })
    }

    /// The multiply-accumulates a cycle that the cores can do together.
    pub fn limit(&self) -> f64 {
        limit(self.cores)
    }

    /// Multiply-accumulates a cycle of the layers that are timed.
    pub fn macs_a_cycle(&self) -> Option<f64> {
        let timed = self.layers.iter().filter(|layer| !layer.portable);
        ratio(timed.map(|layer| layer.macs).sum(), self.cycles)
    }
}

impl Layer {
    fn new(network: &Network, index: usize, costs: &[StepCost], limit: f64) -> Self {
        let (program, code) = (&network.program, &network.code);
        let node = &program.graph.nodes[index];
        let steps: Vec<usize> = (0..program.steps.len())
            .filter(|&step| program.steps[step].node == index)
            .collect();
        let costs: Vec<StepCost> = steps.iter().map(|&step| costs[step]).collect();
        let portable = steps.iter().any(|&step| code.calls[step].is_err());
        let cycles = costs.iter().map(|cost| cost.cycles).sum();
        let macs = program.macs[index];
        let macs_a_cycle = if portable { None } else { ratio(macs, cycles) };
        let mut functions: Vec<usize> = Vec::new();
        let mut methods: Vec<String> = Vec::new();
        let mut weight_bytes = 0;
        for &step in &steps {
            let method = match &code.calls[step] {
                Ok(call) => {
                    functions.push(call.function);
                    weight_bytes += call.constants.bytes;
                    call.method.to_owned()
                }
                Err(reason) => {
                    let operands = &program.steps[step].operands;
                    weight_bytes += operands.iter().filter_map(constant_bytes).sum::<usize>();
                    format!("portable kernel, not timed: {reason}")
                }
            };
            if !methods.contains(&method) {
                methods.push(method);
            }
        }
        functions.sort_unstable();
        functions.dedup();
        Self {
            number: node.number,
            operator: node.kind.to_owned(),
            output_shape: node.outputs.first().map_or_else(Vec::new, |&output| {
                program.graph.tensor(output).shape.clone()
            }),
            portable,
            cycles,
            milliseconds: chip::milliseconds(cycles),
            macs,
            macs_a_cycle,
            limit_share: macs_a_cycle.map(|macs| macs / limit),
            stalls: stalls(&costs),
            code_bytes: functions
                .iter()
                .map(|&function| code.functions[function].bytes.len())
                .sum(),
            weight_bytes,
            stack_bytes: costs.iter().map(|cost| cost.stack_bytes).max().unwrap_or(0),
            method: methods.join("; "),
        }
    }

    /// Whether it has steps: a layer without is another view of bytes that are there.
    pub fn works(&self) -> bool {
        !self.method.is_empty()
    }
}

/// Earlier versions of a profile do not say.
fn one() -> u8 {
    1
}

fn limit(cores: u8) -> f64 {
    MOST_MACS_A_CYCLE * f64::from(cores)
}

fn constant_bytes(operand: &Operand) -> Option<usize> {
    match operand {
        Operand::Constant(constant) => Some(constant.bytes),
        Operand::Tensor(_) => None,
    }
}

/// The constants of the steps without machine code, each once.
fn portable_weight_bytes(network: &Network) -> usize {
    let steps = network.program.steps.iter().zip(&network.code.calls);
    let mut constants: Vec<(usize, usize)> = steps
        .filter(|(_, call)| call.is_err())
        .flat_map(|(step, _)| &step.operands)
        .filter_map(|operand| match operand {
            Operand::Constant(constant) => Some((constant.offset, constant.bytes)),
            Operand::Tensor(_) => None,
        })
        .collect();
    constants.sort_unstable();
    constants.dedup();
    constants.iter().map(|(_, bytes)| bytes).sum()
}

fn stalls(costs: &[StepCost]) -> BTreeMap<String, u64> {
    let mut total = Stalls::default();
    for cost in costs {
        total
            .iter_mut()
            .zip(cost.stalls)
            .for_each(|(total, part)| *total += part);
    }
    Stall::ALL
        .iter()
        .zip(total)
        .map(|(cause, cycles)| (cause.name().replace(' ', "_"), cycles))
        .collect()
}

fn ratio(macs: u64, cycles: u64) -> Option<f64> {
    (macs > 0 && cycles > 0).then(|| macs as f64 / cycles as f64)
}

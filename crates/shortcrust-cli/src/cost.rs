//! What a network costs: memory, weights, arithmetic.

use serde::Serialize;
use shortcrust_compiler::network::Network;
use shortcrust_compiler::plan::{Allocation, Scratch};

use crate::page::{self, Page, STRONG, paint};

/// The totals of a network.
#[derive(Clone, Debug, Serialize)]
pub struct Cost {
    /// RAM for every activation, inputs and outputs included.
    pub arena_bytes: usize,
    /// What no plan of whole tensors can do without.
    pub lower_bound_bytes: usize,
    /// Weights, biases, requantisation constants and tables.
    pub weight_bytes: usize,
    /// Multiply-accumulates of one run.
    pub macs: u64,
    /// The operator that sets the lower bound; absent in a network that computes nothing.
    pub peak: Option<Peak>,
}

/// The operator during which most bytes are alive.
#[derive(Clone, Debug, Serialize)]
pub struct Peak {
    /// The operator's number in the file.
    pub operator_number: usize,
    /// Its kind, `CONV_2D`.
    pub operator: &'static str,
    /// What is alive there, in the order of the arena.
    pub alive: Vec<Storage>,
}

/// A tensor with storage of its own, or the scratch memory of a kernel.
#[derive(Clone, Debug, Serialize)]
pub struct Storage {
    /// The tensor's name.
    pub tensor: String,
    /// Its shape.
    pub shape: Vec<usize>,
    /// First byte in the arena.
    pub offset: usize,
    /// Bytes in the arena.
    pub bytes: usize,
    /// The first step during which it is alive.
    pub first_step: usize,
    /// The last one; the number of steps for an output of the network.
    pub last_step: usize,
}

impl Storage {
    /// Everything that is in the arena at some time.
    pub fn all(network: &Network) -> Vec<Self> {
        let tensors = network.plan.allocations.iter();
        let tensors = tensors.map(|allocation| Self::new(network, allocation));
        let steps = 0..network.program.steps.len();
        tensors
            .chain(steps.filter_map(|step| Self::scratch(network, step)))
            .collect()
    }

    /// Whether it is in use during a step.
    pub fn is_alive(&self, step: usize) -> bool {
        (self.first_step..=self.last_step).contains(&step)
    }

    /// The scratch memory of a step's machine code, if it needs any.
    fn scratch(network: &Network, step: usize) -> Option<Self> {
        let Scratch { offset, bytes } = network.plan.scratch[step];
        (bytes > 0).then(|| Self {
            tensor: "scratch memory of the kernel".to_owned(),
            shape: vec![bytes],
            offset,
            bytes,
            first_step: step,
            last_step: step,
        })
    }

    /// Describes a storage of a plan.
    fn new(network: &Network, allocation: &Allocation) -> Self {
        let tensor = network.program.graph.tensor(allocation.tensor);
        Self {
            tensor: tensor.name.clone(),
            shape: tensor.shape.clone(),
            offset: allocation.offset,
            bytes: allocation.bytes,
            first_step: allocation.lifetime.first,
            last_step: allocation.lifetime.last,
        }
    }
}

impl Cost {
    /// The totals of a compiled network.
    pub fn of(network: &Network) -> Self {
        let (program, plan) = (&network.program, &network.plan);
        let peak = program.steps.get(plan.peak_step).map(|step| {
            let node = &program.graph.nodes[step.node];
            let mut alive = Storage::all(network);
            alive.retain(|storage| storage.is_alive(plan.peak_step));
            alive.sort_by_key(|storage| storage.offset);
            Peak {
                operator_number: node.number,
                operator: node.kind,
                alive,
            }
        });
        Self {
            arena_bytes: plan.arena_bytes,
            lower_bound_bytes: plan.lower_bound_bytes,
            weight_bytes: program.constants.bytes().len(),
            macs: program.total_macs(),
            peak,
        }
    }

    /// How the arena compares with the lower bound.
    pub fn comparison(&self) -> String {
        match self.arena_bytes.saturating_sub(self.lower_bound_bytes) {
            0 => "equal to the lower bound".to_owned(),
            more => format!(
                "{} more than the lower bound of {} ({:.1} %)",
                page::count(more as u64),
                page::count(self.lower_bound_bytes as u64),
                100.0 * more as f64 / self.lower_bound_bytes as f64,
            ),
        }
    }

    /// The totals as lines of text.
    pub fn text(&self, page: &Page) -> String {
        let comparison = self.comparison();
        let mut lines = vec![
            line(
                "arena",
                self.arena_bytes as u64,
                &format!("bytes of RAM, inputs and outputs included; {comparison}"),
            ),
            line("weights", self.weight_bytes as u64, "bytes of flash"),
            line("work", self.macs, "multiply-accumulates a run"),
        ];
        if let Some(peak) = &self.peak {
            let alive = peak
                .alive
                .iter()
                .map(|storage| storage.bytes)
                .sum::<usize>();
            lines.push(line(
                "peak",
                alive as u64,
                &format!(
                    "bytes alive at operator {} {}",
                    peak.operator_number, peak.operator
                ),
            ));
            let widest = page.width.saturating_sub(44).clamp(16, 60);
            lines.extend(peak.alive.iter().map(|storage| {
                let name = page::name(&storage.tensor, widest);
                line(
                    "",
                    storage.bytes as u64,
                    &format!("  {}  {name}", page::shape(&storage.shape)),
                )
            }));
        }
        lines.join("\n")
    }
}

/// More about a total, on a line of its own.
pub fn more(rest: &str) -> String {
    format!("{:23}{rest}", "")
}

/// A total as a line of text.
pub fn line(label: &str, number: u64, rest: &str) -> String {
    let number = format!("{:>11}", page::count(number));
    let number = if label.is_empty() {
        number
    } else {
        paint(STRONG, number)
    };
    format!("  {label:<8}{number}  {rest}")
}

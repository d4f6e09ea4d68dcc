//! `shortcrust inspect`: a network's layers and totals.

use std::path::PathBuf;

use clap::Args;
use serde::Serialize;
use shortcrust_compiler::graph::Padding;
use shortcrust_compiler::network::Network;
use shortcrust_compiler::program::{Operand, Step};

use crate::chip::{self, Portable};
use crate::cost::{Cost, line, more};
use crate::failure::Result;
use crate::machine::Processor;
use crate::page::{self, FAINT, Page, STRONG, paint};
use crate::profile::Profile;
use crate::report::Report;
use crate::tensor::Summary;

const EXAMPLES: &str = "\
Examples:
  shortcrust inspect net.tflite
  shortcrust inspect net.tflite --on host
  shortcrust inspect net.tflite --json | jq '.layers[] | select(.macs > 500000) | .operator'

Layers are listed as compiled: operators that constant folding, dead-code removal or padding into a convolution \
made unnecessary are missing, and one that is free moves no byte.";

/// The network to look at.
#[derive(Args)]
#[command(after_help = EXAMPLES)]
pub struct Arguments {
    /// The .tflite file
    model: PathBuf,
    /// Whose cost is listed
    #[arg(long, value_enum, default_value_t)]
    on: Processor,
}

/// A network's inputs, outputs, layers and totals.
#[derive(Serialize)]
pub struct Inspection {
    model: PathBuf,
    inputs: Vec<Summary>,
    outputs: Vec<Summary>,
    on: Processor,
    #[serde(flatten)]
    cost: Cost,
    #[serde(flatten)]
    chip: Option<Chip>,
    layers: Vec<Layer>,
}

/// What a run costs on the simulated chip.
#[derive(Serialize)]
#[serde(untagged)]
enum Chip {
    /// It was simulated. The time is that of the layers with machine code.
    Profiled {
        cycles: u64,
        milliseconds: f64,
        code_bytes: usize,
        /// What the machine code reads instead of `weight_bytes`.
        packed_weight_bytes: usize,
        #[serde(flatten)]
        portable: Portable,
    },
    /// It cannot be.
    Unfit {
        /// Why.
        unfit: String,
        /// What to do about it.
        remedy: String,
    },
}

/// One operator.
#[derive(Serialize)]
struct Layer {
    /// Its number in the file.
    number: usize,
    operator: &'static str,
    /// The shape of its first output.
    output_shape: Vec<usize>,
    macs: u64,
    /// Simulated cycles; absent where they are not asked for, and where a portable kernel runs, which is not timed.
    #[serde(skip_serializing_if = "Option::is_none")]
    cycles: Option<u64>,
    /// Bytes of constants that it reads: weights, biases, requantisation constants, tables. Equal constants of several
    /// layers are stored once.
    weight_bytes: usize,
    outputs: Vec<Summary>,
    storage: Storage,
    /// Rows and columns of a PAD that this convolution took over: top, bottom, left, right.
    #[serde(skip_serializing_if = "Option::is_none")]
    folded_padding: Option<[usize; 4]>,
}

/// Where an operator's output goes.
#[derive(Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
enum Storage {
    /// To storage of its own.
    Own,
    /// Over its input.
    InPlace,
    /// Into its place in the output of a later operator.
    Shared,
    /// Nowhere: it is another view of the bytes that are there.
    Free,
}

impl Storage {
    fn text(self) -> &'static str {
        match self {
            Storage::Own => "",
            Storage::InPlace => "in place",
            Storage::Shared => "shared",
            Storage::Free => "free",
        }
    }
}

impl Arguments {
    /// Compiles the network and describes it.
    pub fn run(&self) -> Result<Inspection> {
        let network = Network::open(&self.model)?;
        let graph = &network.program.graph;
        let summaries = |ids: &[_]| {
            ids.iter()
                .map(|&id| Summary::from(graph.tensor(id)))
                .collect::<Vec<_>>()
        };
        let mut layers: Vec<Layer> = (0..graph.nodes.len())
            .map(|node| layer(&network, node))
            .collect();
        let chip = match self.on {
            Processor::Host => None,
            Processor::Esp32S3 => Some(match Profile::measure(&network, None) {
                Err(failure) => Chip::Unfit {
                    unfit: failure.to_string(),
                    remedy: failure.remedy().to_owned(),
                },
                Ok((profile, _)) => {
                    for (layer, measured) in layers.iter_mut().zip(&profile.layers) {
                        layer.cycles = (!measured.portable).then_some(measured.cycles);
                    }
                    Chip::Profiled {
                        cycles: profile.cycles,
                        milliseconds: profile.milliseconds,
                        code_bytes: profile.code_bytes,
                        packed_weight_bytes: profile.weight_bytes,
                        portable: Portable::of(&network),
                    }
                }
            }),
        };
        Ok(Inspection {
            model: self.model.clone(),
            on: self.on,
            inputs: summaries(&graph.inputs),
            outputs: summaries(&graph.outputs),
            cost: Cost::of(&network),
            chip,
            layers,
        })
    }
}

fn layer(network: &Network, index: usize) -> Layer {
    let program = &network.program;
    let node = &program.graph.nodes[index];
    let outputs: Vec<Summary> = node
        .outputs
        .iter()
        .map(|&id| program.graph.tensor(id).into())
        .collect();
    let steps: Vec<&Step> = program
        .steps
        .iter()
        .filter(|step| step.node == index)
        .collect();
    let weight_bytes = steps
        .iter()
        .flat_map(|step| &step.operands)
        .map(|operand| match operand {
            Operand::Constant(constant) => constant.bytes,
            Operand::Tensor(_) => 0,
        });
    let storage = if steps.is_empty() {
        Storage::Free
    } else if steps.iter().any(|step| step.in_place) {
        Storage::InPlace
    } else if node
        .outputs
        .iter()
        .any(|&output| program.root(output).0 != output)
    {
        Storage::Shared
    } else {
        Storage::Own
    };
    let Padding {
        top,
        bottom,
        left,
        right,
    } = node.folded_padding;
    Layer {
        number: node.number,
        operator: node.kind,
        output_shape: outputs
            .first()
            .map_or_else(Vec::new, |output| output.shape.clone()),
        macs: program.macs[index],
        cycles: None,
        weight_bytes: weight_bytes.sum(),
        outputs,
        storage,
        folded_padding: (node.folded_padding != Padding::default())
            .then_some([top, bottom, left, right]),
    }
}

impl Report for Inspection {
    fn text(&self, page: &Page) -> String {
        let mut header = vec!["#", "operator", "output", "MACs"];
        if self.on == Processor::Esp32S3 {
            header.push("cycles");
        }
        header.extend(["weights", "scale", "zero", ""]);
        let mut table = page.table(
            &header,
            &(3..header.len() - 1).chain([0]).collect::<Vec<_>>(),
        );
        for layer in &self.layers {
            let output = layer.outputs.first();
            let mut row = vec![
                layer.number.to_string(),
                layer.operator.to_owned(),
                shapes(&layer.outputs),
                or_nothing(layer.macs),
            ];
            if self.on == Processor::Esp32S3 {
                row.push(layer.cycles.map_or_else(String::new, or_nothing));
            }
            row.extend([
                or_nothing(layer.weight_bytes as u64),
                output
                    .and_then(|output| output.scale)
                    .map_or_else(String::new, |scale| format!("{scale:.5}")),
                output
                    .and_then(|output| output.zero_point)
                    .map_or_else(String::new, |zero| zero.to_string()),
                paint(FAINT, layer.notes()),
            ]);
            table.add_row(row);
        }
        let ends = [("input", &self.inputs), ("output", &self.outputs)];
        let ends = ends
            .into_iter()
            .flat_map(|(role, tensors)| tensors.iter().map(move |tensor| end(role, tensor, page)));
        format!(
            "{}\n\n{}\n\n{}\n\n{}",
            paint(STRONG, self.model.display()),
            ends.collect::<Vec<_>>().join("\n"),
            table.trim_fmt(),
            [self.cost.text(page)]
                .into_iter()
                .chain(self.chip.as_ref().map(Chip::text))
                .collect::<Vec<_>>()
                .join("\n")
        )
    }
}

impl Chip {
    fn text(&self) -> String {
        match self {
            Chip::Profiled {
                cycles,
                code_bytes,
                packed_weight_bytes,
                portable,
                ..
            } => {
                let time = format!(
                    "simulated cycles on the ESP32-S3, {}; {}",
                    chip::time(*cycles),
                    portable.text()
                );
                let packed = page::count(*packed_weight_bytes as u64);
                let code =
                    format!("bytes of machine code, which reads {packed} bytes of packed weights");
                let untimed = portable.untimed().map(|untimed| more(&untimed));
                [line("time", *cycles, &time)]
                    .into_iter()
                    .chain(untimed)
                    .chain([line("code", *code_bytes as u64, &code)])
                    .collect::<Vec<_>>()
                    .join("\n")
            }
            Chip::Unfit { unfit, remedy } => {
                format!("  {unfit}\n  {}", paint(FAINT, format!("help: {remedy}")))
            }
        }
    }
}

impl Layer {
    fn notes(&self) -> String {
        let padding = self.folded_padding.map(|_| "PAD folded in");
        let notes = [self.storage.text(), padding.unwrap_or_default()];
        notes
            .into_iter()
            .filter(|note| !note.is_empty())
            .collect::<Vec<_>>()
            .join(", ")
    }
}

/// The shape of the outputs; that of the first one where there are several.
fn shapes(outputs: &[Summary]) -> String {
    match outputs {
        [] => String::new(),
        [output] => page::shape(&output.shape),
        [output, others @ ..] => {
            format!("{} and {} more", page::shape(&output.shape), others.len())
        }
    }
}

fn or_nothing(number: u64) -> String {
    if number == 0 {
        String::new()
    } else {
        page::count(number)
    }
}

fn end(role: &str, tensor: &Summary, page: &Page) -> String {
    let quantisation = match (tensor.scale, tensor.zero_point) {
        (Some(scale), Some(zero_point)) => format!(", scale {scale}, zero point {zero_point}"),
        _ => String::new(),
    };
    let name = page::name(&tensor.tensor, page.width.saturating_sub(64).clamp(16, 60));
    format!(
        "  {role:<8}{} {}{quantisation}  {}",
        page::shape(&tensor.shape),
        tensor.element,
        paint(FAINT, name)
    )
}

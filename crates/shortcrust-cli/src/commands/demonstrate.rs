//! `shortcrust` without a command: the bundled network judges the bundled photographs.

use anstyle::Style;
use clap::Args;
use serde::Serialize;
use shortcrust_compiler::network::Network;

use crate::chip::{self, Portable, Weights};
use crate::cost::Cost;
use crate::failure::Result;
use crate::machine::{Machine, Processor};
use crate::page::{self, FAINT, GOOD, Page, STRONG, paint};
use crate::photograph;
use crate::report::Report;
use crate::values::Values;

/// The bundled network.
pub const MODEL: &[u8] = include_bytes!("../../../../models/person_detect.tflite");
/// What firmware calls it.
pub const NAME: &str = "person_detect";
const PHOTOGRAPHS: [(&str, &[u8]); 4] = [
    (
        "astronaut",
        include_bytes!("../../../../images/astronaut.png"),
    ),
    (
        "cameraman",
        include_bytes!("../../../../images/cameraman.png"),
    ),
    ("cat", include_bytes!("../../../../images/cat.png")),
    ("coffee", include_bytes!("../../../../images/coffee.png")),
];
/// The meaning of the network's outputs.
const LABELS: [&str; 2] = ["no person", "person"];

/// What can be said about the demonstration.
#[derive(Args, Default)]
pub struct Arguments {
    /// Where the network runs
    #[arg(long, value_enum, default_value_t)]
    on: Processor,
}

/// What the network sees, and what it costs.
#[derive(Serialize)]
pub struct Demonstration {
    model: &'static str,
    on: Processor,
    photographs: Vec<Judgement>,
    /// What the chip has no machine code for; absent on this computer.
    #[serde(flatten)]
    portable: Option<Portable>,
    /// Where the chip has the weights; absent on this computer.
    #[serde(skip_serializing_if = "Option::is_none")]
    weights: Option<Weights>,
    #[serde(flatten)]
    cost: Cost,
}

/// The network's answer to one photograph.
#[derive(Serialize)]
struct Judgement {
    photograph: &'static str,
    /// The int8 outputs, in the order of [`LABELS`].
    scores: Values,
    /// The same as real numbers.
    probabilities: Vec<f32>,
    verdict: &'static str,
    /// Simulated cycles of the chip's machine code; absent on this computer.
    #[serde(skip_serializing_if = "Option::is_none")]
    cycles: Option<u64>,
    /// The same at the chip's 240 MHz.
    #[serde(skip_serializing_if = "Option::is_none")]
    milliseconds: Option<f64>,
}

impl Arguments {
    /// Compiles the network and runs it on each photograph.
    pub fn run(&self) -> Result<Demonstration> {
        let network = Network::compile(MODEL)?;
        let graph = &network.program.graph;
        let output = graph.tensor(graph.outputs[0]);
        let mut machine = Machine::load(self.on, &network)?;
        let photographs = PHOTOGRAPHS
            .into_iter()
            .map(|(name, bytes)| {
                let pixels = photograph::from_memory(bytes, name, graph, graph.inputs[0])?;
                let scores = Values::decode(output.element, &machine.run(&[pixels])?[0]);
                let verdict = scores.largest().map_or("", |index| LABELS[index]);
                let probabilities = scores.reals(output.per_tensor().ok()).unwrap_or_default();
                Ok(Judgement {
                    photograph: name,
                    scores,
                    probabilities,
                    verdict,
                    cycles: machine.cycles(),
                    milliseconds: machine.cycles().map(chip::milliseconds),
                })
            })
            .collect::<Result<_>>()?;
        Ok(Demonstration {
            model: NAME,
            on: self.on,
            photographs,
            portable: machine.cycles().map(|_| Portable::of(&network)),
            weights: machine.weights(),
            cost: Cost::of(&network),
        })
    }
}

impl Report for Demonstration {
    fn text(&self, page: &Page) -> String {
        let mut header = vec!["photograph", LABELS[0], LABELS[1], "verdict", ""];
        if self.portable.is_some() {
            header.push("simulated time");
        }
        let mut table = page.table(&header, &[1, 2, 4, 5]);
        for judgement in &self.photographs {
            let sure = judgement.probabilities.iter().copied().fold(0.0, f32::max);
            let style = if judgement.verdict == LABELS[1] {
                GOOD
            } else {
                Style::new()
            };
            let mut row = vec![
                judgement.photograph.to_owned(),
                judgement.scores.text(0),
                judgement.scores.text(1),
                paint(style, judgement.verdict),
                paint(FAINT, format!("{:.0} %", 100.0 * sure)),
            ];
            row.extend(judgement.cycles.map(chip::time));
            table.add_row(row);
        }
        format!(
            "{} looks for persons in {}, as int8 on {}\n\n{}\n{}\n{}\n\n{}",
            paint(STRONG, self.model),
            page::plural(self.photographs.len(), "photograph", "photographs"),
            self.on.description(),
            table.trim_fmt(),
            self.timing(),
            self.cost.text(page),
            paint(
                FAINT,
                "Next: shortcrust inspect | plan | run | verify MODEL.tflite, or shortcrust --help"
            ),
        )
    }
}

impl Demonstration {
    /// What the times are, between two empty lines; an empty line where there are none.
    fn timing(&self) -> String {
        self.portable.as_ref().map_or_else(String::new, |portable| {
            let untimed = portable.untimed();
            let untimed = untimed.map_or_else(String::new, |untimed| format!("; {untimed}"));
            let place = self.weights.map_or("", Weights::description);
            let text = format!(
                "at 240 MHz, simulated, with the weights in {place}; {}{untimed}",
                portable.text()
            );
            format!("\n  {}\n", paint(FAINT, text))
        })
    }
}

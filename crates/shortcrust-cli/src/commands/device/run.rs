//! `shortcrust device run`: a board's answers beside the simulated chip's.

use std::path::PathBuf;

use clap::Args;
use serde::Serialize;

use crate::chip::{Portable, Weights};
use crate::device::board;
use crate::device::rival::{self, Measurement, Prediction, Rival, file_name};
use crate::failure::Result;
use crate::input::{self, Notes};
use crate::normalisation::Normalisation;
use crate::page::{self, BAD, FAINT, GOOD, Page, STRONG, paint};
use crate::report::Report;
use crate::values::Values;

const EXAMPLES: &str = "\
Examples:
  shortcrust device run photo.jpg
  shortcrust device run *.png --model net.tflite --port /dev/ttyACM0
  shortcrust device run features.npy --model net.tflite --json

The board runs the firmware's `serve` (cargo run --release --bin serve, in firmware/), or that of a project of `shortcrust new`.
Exit code 0 only if every output has the bits that the simulated chip predicts.";

/// What to send where.
#[derive(Args)]
#[command(after_help = EXAMPLES)]
pub struct Arguments {
    /// Pictures, .npy files or raw bytes
    #[arg(required = true, value_name = "FILE")]
    inputs: Vec<PathBuf>,
    /// The .tflite file that the firmware was compiled from; not needed for the bundled network
    #[arg(long, value_name = "FILE")]
    model: Option<PathBuf>,
    /// What a pixel of 0 to 255 stands for
    #[arg(long, value_enum, default_value_t)]
    normalise: Normalisation,
    #[command(flatten)]
    board: board::Arguments,
}

/// A board's answers.
#[derive(Serialize)]
pub struct DeviceRun {
    port: String,
    chip: String,
    network: String,
    arena_bytes: usize,
    weight_bytes: usize,
    weights: Weights,
    cores: u8,
    /// What the predicted times leave out.
    #[serde(flatten)]
    portable: Portable,
    #[serde(flatten)]
    notes: Notes,
    runs: Vec<Run>,
}

/// One answer.
#[derive(Serialize)]
struct Run {
    input: PathBuf,
    output: Values,
    measured: Measurement,
    predicted: Prediction,
}

impl Arguments {
    /// Sends every input.
    pub fn run(&self) -> Result<DeviceRun> {
        let mut board = self.board.connect()?;
        let network = rival::model(&board, self.model.as_deref())?;
        let [_, output] = rival::ends(&network)?;
        let mut rival = Rival::load(&network, &board)?;
        let (mut notes, mut runs) = (Notes::default(), Vec::new());
        for path in &self.inputs {
            let fed = input::read(path, &network.program.graph, 0, self.normalise)?;
            let contents = notes.note(fed);
            let (answer, measured) = board.run(&contents)?;
            runs.push(Run {
                input: path.clone(),
                output: Values::decode(output.element, &answer),
                measured: measured.into(),
                predicted: rival.judge(&contents, &answer)?,
            });
        }
        Ok(DeviceRun {
            weights: rival::weights(&board),
            cores: board.device.cores,
            port: board.port,
            chip: board.device.chip,
            network: board.device.network,
            arena_bytes: board.device.arena,
            weight_bytes: board.device.weights,
            portable: Portable::of(&network),
            notes,
            runs,
        })
    }
}

impl Report for DeviceRun {
    fn status(&self) -> u8 {
        let differs = |run: &Run| run.predicted.difference.is_some();
        u8::from(self.runs.iter().any(differs))
    }

    fn text(&self, page: &Page) -> String {
        let header = ["input", "answer", "bits", "measured", "simulated", "stack"];
        let mut table = page.table(&header, &[3, 4, 5]);
        for run in &self.runs {
            let largest = run.output.largest();
            let answer = largest.map_or_else(String::new, |index| {
                format!("[{index}] {}", run.output.text(index))
            });
            let bits = match run.predicted.difference {
                None => paint(GOOD, "as predicted"),
                Some(_) => paint(BAD, "differ"),
            };
            table.add_row([
                file_name(&run.input).display().to_string(),
                answer,
                bits,
                format!("{:.2} ms", run.measured.milliseconds),
                format!("{:.2} ms", run.predicted.milliseconds),
                page::count(run.measured.stack_used),
            ]);
        }
        let title = format!(
            "{} on the {} at {}",
            paint(STRONG, &self.network),
            self.chip,
            self.port
        );
        let mut parts = vec![title, table.trim_fmt()];
        parts.extend(self.notes.text());
        parts.extend(self.runs.iter().filter_map(|run| {
            let difference = run.predicted.difference.as_ref()?;
            Some(format!(
                "{} {}: {} of {} values differ, the first at {:?}: the board says {}, the simulated chip {}",
                paint(BAD, "✗"),
                run.input.display(),
                difference.differing,
                difference.values,
                difference.first_index,
                difference.actual,
                difference.expected
            ))
        }));
        let cores = match self.cores {
            1 => "one core",
            _ => "two cores",
        };
        let mut note = format!(
            "  simulated: {cores}, weights in {}",
            self.weights.description()
        );
        if let Some(untimed) = self.portable.untimed() {
            note.push_str(&format!(", {untimed}"));
        }
        if self.chip != "esp32s3" {
            note.push_str("; it is an ESP32-S3: compare its bits, not its time");
        }
        parts.push(paint(FAINT, note));
        parts.join("\n\n")
    }
}

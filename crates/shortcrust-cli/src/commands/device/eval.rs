//! `shortcrust device eval`: accuracy over a folder of labelled pictures.

use std::path::PathBuf;

use clap::{Args, ValueEnum};
use serde::Serialize;
use shortcrust_compiler::graph::Tensor;
use shortcrust_compiler::network::Network;

use crate::chip::Portable;
use crate::commands::demonstrate;
use crate::device::board::{self, Board};
use crate::device::labels::{self, Confusion};
use crate::device::rival::{self, Rival};
use crate::failure::{Failure, Result};
use crate::input::{self, Notes};
use crate::machine::{Machine, Processor};
use crate::normalisation::Normalisation;
use crate::page::{self, BAD, GOOD, Page, STRONG, paint};
use crate::report::Report;
use crate::values::Values;
use crate::{chip, progress};

const EXAMPLES: &str = "\
Examples:
  shortcrust device eval pictures/ --model net.tflite
  shortcrust device eval pictures/ --model net.tflite --labels labels.txt --json
  shortcrust device eval pictures/ --model net.tflite --on host

pictures/cat/1.png is a picture of a cat. Output 0 of the network stands for the first label, and so on: the labels are the lines \
of --labels, or the folders in alphabetical order.
Exit code 1 if an output of the board differs from what the simulated chip predicts.";

/// Where the networks run.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, ValueEnum)]
#[serde(rename_all = "lowercase")]
enum Place {
    /// The board, checked against the simulated ESP32-S3
    #[default]
    Device,
    /// The simulated ESP32-S3
    #[value(name = "esp32s3")]
    Esp32S3,
    /// This computer, with the portable kernels
    Host,
}

/// What to evaluate on what.
#[derive(Args)]
#[command(after_help = EXAMPLES)]
pub struct Arguments {
    /// A folder with a folder of pictures or .npy files for each label
    #[arg(value_name = "DIR")]
    folder: PathBuf,
    /// The .tflite file; not needed for the bundled network
    #[arg(long, value_name = "FILE")]
    model: Option<PathBuf>,
    /// The labels in the order of the network's outputs, one a line
    #[arg(long, value_name = "FILE")]
    labels: Option<PathBuf>,
    /// What a pixel of 0 to 255 stands for
    #[arg(long, value_enum, default_value_t)]
    normalise: Normalisation,
    /// Where the network runs
    #[arg(long, value_enum, default_value_t)]
    on: Place,
    /// Do not check the board against the simulated chip
    #[arg(long)]
    no_check: bool,
    #[command(flatten)]
    board: board::Arguments,
}

/// How often the network was right.
#[derive(Serialize)]
pub struct Evaluation {
    on: Place,
    examples: usize,
    right: usize,
    /// The share of 1 that is right.
    accuracy: f64,
    confusion: Confusion,
    /// Milliseconds a run: measured on a board, simulated on the simulated chip; absent on this computer.
    mean_milliseconds: Option<f64>,
    /// Files whose output on the board differs from what the simulated chip predicts; absent where that was not checked.
    differing: Option<Vec<PathBuf>>,
    /// What a simulated time leaves out; absent where none is simulated.
    #[serde(flatten)]
    portable: Option<Portable>,
    #[serde(flatten)]
    notes: Notes,
}

/// What answers.
enum Engine<'n> {
    Board(Box<Board>, Option<Rival<'n>>),
    Machine(Box<Machine<'n>>),
}

/// An answer.
struct Answer {
    output: Vec<u8>,
    milliseconds: Option<f64>,
    /// Whether the simulated chip says something else, where it was asked.
    differs: Option<bool>,
}

impl Arguments {
    /// Asks the network about every example.
    pub fn run(&self) -> Result<Evaluation> {
        let names = labels::labels(&self.folder, self.labels.as_deref())?;
        let examples = labels::examples(&self.folder, &names)?;
        let board = match self.on {
            Place::Device => Some(self.board.connect()?),
            _ => None,
        };
        let network = match &board {
            Some(board) => rival::model(board, self.model.as_deref())?,
            None => self.network()?,
        };
        let [_, output] = rival::ends(&network)?;
        check_labels(output, &names)?;
        let mut engine = match (board, self.on) {
            (Some(board), _) => {
                let rival = (!self.no_check)
                    .then(|| Rival::load(&network, &board))
                    .transpose()?;
                Engine::Board(Box::new(board), rival)
            }
            (None, Place::Host) => Engine::machine(Processor::Host, &network)?,
            (None, _) => Engine::machine(Processor::Esp32S3, &network)?,
        };
        let mut confusion = Confusion::new(names);
        let (mut milliseconds, mut differing) = (Vec::new(), None);
        let mut notes = Notes::default();
        let bar = progress::bar(examples.len());
        for example in &examples {
            bar.set_message(example.path.display().to_string());
            let fed = input::read(&example.path, &network.program.graph, 0, self.normalise)?;
            let contents = notes.note(fed);
            let answer = engine.answer(&contents)?;
            let scores = Values::decode(output.element, &answer.output);
            confusion.note(example.label, scores.largest().unwrap_or(0));
            milliseconds.extend(answer.milliseconds);
            if let Some(differs) = answer.differs {
                let files: &mut Vec<PathBuf> = differing.get_or_insert_default();
                files.extend(differs.then(|| example.path.clone()));
            }
            bar.inc(1);
        }
        bar.finish_and_clear();
        let (right, total) = (confusion.right(), confusion.total());
        let mean = milliseconds.iter().sum::<f64>() / milliseconds.len().max(1) as f64;
        Ok(Evaluation {
            on: self.on,
            examples: total,
            right,
            accuracy: right as f64 / total as f64,
            confusion,
            mean_milliseconds: (!milliseconds.is_empty()).then_some(mean),
            differing,
            portable: (self.on == Place::Esp32S3).then(|| Portable::of(&network)),
            notes,
        })
    }

    /// The network, where no board says which.
    fn network(&self) -> Result<Network> {
        Ok(match &self.model {
            Some(path) => Network::open(path)?,
            None => Network::compile(demonstrate::MODEL)?,
        })
    }
}

/// Fails unless there is a score for each label and a label for each score.
fn check_labels(output: &Tensor, labels: &[String]) -> Result<()> {
    if output.len() == labels.len() {
        return Ok(());
    }
    Err(Failure::request(
        format!(
            "the network's output `{}` has {}, and there are {}: {}",
            page::name(&output.name, 60),
            page::plural(output.len(), "score", "scores"),
            page::plural(labels.len(), "label", "labels"),
            labels.join(", ")
        ),
        "list a label for each score, in their order: --labels FILE",
    ))
}

impl<'n> Engine<'n> {
    fn machine(processor: Processor, network: &'n Network) -> Result<Self> {
        Ok(Engine::Machine(Box::new(Machine::load(
            processor, network,
        )?)))
    }

    fn answer(&mut self, input: &[u8]) -> Result<Answer> {
        match self {
            Engine::Board(board, rival) => {
                let (output, measured) = board.run(input)?;
                let prediction = rival
                    .as_mut()
                    .map(|rival| rival.judge(input, &output))
                    .transpose()?;
                Ok(Answer {
                    milliseconds: Some(measured.microseconds as f64 / 1000.0),
                    differs: prediction.map(|prediction| prediction.difference.is_some()),
                    output,
                })
            }
            Engine::Machine(machine) => Ok(Answer {
                output: machine.run(&[input.to_vec()])?.swap_remove(0),
                milliseconds: machine.cycles().map(chip::milliseconds),
                differs: None,
            }),
        }
    }
}

impl Report for Evaluation {
    fn status(&self) -> u8 {
        u8::from(
            self.differing
                .as_ref()
                .is_some_and(|files| !files.is_empty()),
        )
    }

    fn text(&self, page: &Page) -> String {
        let place = match self.on {
            Place::Device => "the board",
            Place::Esp32S3 => Processor::Esp32S3.description(),
            Place::Host => Processor::Host.description(),
        };
        let time = self.mean_milliseconds.map_or_else(String::new, |mean| {
            let kind = if self.on == Place::Device {
                "measured"
            } else {
                "simulated"
            };
            let untimed = self.portable.as_ref().and_then(Portable::untimed);
            let untimed = untimed.map_or_else(String::new, |untimed| format!(", {untimed}"));
            format!(", {mean:.2} ms a run, {kind}{untimed}")
        });
        let title = format!(
            "{} of {} right on {place}: {:.1} %{time}",
            paint(STRONG, page::count(self.right as u64)),
            page::count(self.examples as u64),
            100.0 * self.accuracy
        );
        let mut parts = vec![title, self.table(page)];
        parts.extend(self.notes.text());
        parts.extend(self.differing.as_ref().map(|files| match &files[..] {
            [] => format!("{} every output has the bits that the simulated chip predicts", paint(GOOD, "✓")),
            [first, ..] => format!(
                "{} {} of {} outputs differ from what the simulated chip predicts, the first for {}",
                paint(BAD, "✗"),
                files.len(),
                self.examples,
                first.display()
            ),
        }));
        parts.join("\n\n")
    }
}

impl Evaluation {
    /// What was taken for what.
    fn table(&self, page: &Page) -> String {
        let Confusion { labels, counts } = &self.confusion;
        let mut header = vec!["is", "right"];
        header.extend(labels.iter().map(String::as_str));
        let right: Vec<usize> = (1..header.len()).collect();
        let mut table = page.table(&header, &right);
        for (index, (label, said)) in labels.iter().zip(counts).enumerate() {
            let total: usize = said.iter().sum();
            let share = 100.0 * said[index] as f64 / total.max(1) as f64;
            let mut row = vec![label.clone(), format!("{share:.1} %")];
            row.extend(said.iter().map(|&count| page::count(count as u64)));
            table.add_row(row);
        }
        table.trim_fmt()
    }
}

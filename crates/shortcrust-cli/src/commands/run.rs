//! `shortcrust run`: a network's answer to files.

use std::path::{Path, PathBuf};

use clap::Args;
use serde::Serialize;
use shortcrust_compiler::graph::Tensor;
use shortcrust_compiler::network::Network;

use crate::chip::{self, Portable, Weights};
use crate::failure::{Failure, Result};
use crate::input::{Kind, Notes};
use crate::machine::{Machine, Processor};
use crate::normalisation::Normalisation;
use crate::page::{self, FAINT, Page, STRONG, paint};
use crate::report::Report;
use crate::tensor::Summary;
use crate::values::Values;
use crate::{files, input, npy, progress};

const EXAMPLES: &str = "\
Examples:
  shortcrust run person_detect.tflite --input photo.jpg
  shortcrust run person_detect.tflite --input *.png --json
  shortcrust run net.tflite --input features.npy --save-output scores.npy
  shortcrust run add.tflite --input left.bin right.bin
  shortcrust run net.tflite --input photo.jpg --on host

Inputs: .png, .jpg and .bmp are made grey or RGB, scaled to the input's size and normalised; .npy holds the input's type, or \
floats that its scale and zero point make integers; any other file holds exactly the input's bytes.
A network with several inputs takes as many files a run, in the order that `shortcrust inspect` lists them.";

/// Values that are listed one by one; a longer output is summarised.
const LISTED: usize = 16;

/// What to run on what.
#[derive(Args)]
#[command(after_help = EXAMPLES)]
pub struct Arguments {
    /// The .tflite file
    model: PathBuf,
    /// Pictures, .npy files or raw bytes: one file for each input of the network, several runs in a row
    #[arg(long, required = true, num_args = 1.., value_name = "FILE")]
    input: Vec<PathBuf>,
    /// What a pixel of 0 to 255 stands for
    #[arg(long, value_enum, default_value_t)]
    normalise: Normalisation,
    /// Where the network runs
    #[arg(long, value_enum, default_value_t)]
    on: Processor,
    /// Write what the network is fed as .npy, or as raw bytes under any other name, one file for each --input
    #[arg(long, num_args = 1.., value_name = "FILE")]
    save_input: Vec<PathBuf>,
    /// Write what the network answers as .npy, or as raw bytes under any other name, one file for each output of each run
    #[arg(long, num_args = 1.., value_name = "FILE")]
    save_output: Vec<PathBuf>,
}

/// The network's answers.
#[derive(Serialize)]
pub struct RunReport {
    model: PathBuf,
    on: Processor,
    /// Where the chip has the weights; absent on this computer.
    #[serde(skip_serializing_if = "Option::is_none")]
    weights: Option<Weights>,
    /// What has no machine code and is not timed; absent on this computer.
    #[serde(flatten)]
    portable: Option<Portable>,
    #[serde(flatten)]
    notes: Notes,
    runs: Vec<Run>,
}

/// One answer.
#[derive(Serialize)]
struct Run {
    inputs: Vec<PathBuf>,
    outputs: Vec<Output>,
    /// Simulated cycles of the chip's machine code; absent on this computer.
    #[serde(skip_serializing_if = "Option::is_none")]
    cycles: Option<u64>,
}

/// One output of the network.
#[derive(Serialize)]
struct Output {
    #[serde(flatten)]
    summary: Summary,
    values: Values,
    /// The values as real numbers, where the output has a scale.
    reals: Option<Vec<f32>>,
}

impl Arguments {
    /// Runs the network on the files, and writes files where some are wanted, after all runs succeeded.
    pub fn run(&self) -> Result<RunReport> {
        let network = Network::open(&self.model)?;
        let graph = &network.program.graph;
        let inputs: Vec<&Tensor> = graph.inputs.iter().map(|&id| graph.tensor(id)).collect();
        let outputs: Vec<&Tensor> = graph.outputs.iter().map(|&id| graph.tensor(id)).collect();
        self.check_counts(inputs.len(), outputs.len())?;
        let mut machine =
            Machine::load(self.on, &network).map_err(|failure| failure.in_file(&self.model))?;
        let mut notes = Notes::default();
        let mut fed = Vec::new();
        let mut answered = Vec::new();
        let mut runs = Vec::new();
        let bar = progress::bar(self.input.len());
        for paths in self.input.chunks(inputs.len().max(1)) {
            let contents = paths
                .iter()
                .enumerate()
                .map(|(input, path)| {
                    let fed = input::read(path, graph, input, self.normalise)?;
                    Ok(notes.note(fed))
                })
                .collect::<Result<Vec<_>>>()?;
            let results = machine.run(&contents);
            let results = results.map_err(|failure| failure.in_file(&self.model))?;
            let described = results
                .iter()
                .zip(&outputs)
                .map(|(bytes, tensor)| Output::new(tensor, bytes));
            runs.push(Run {
                inputs: paths.to_vec(),
                outputs: described.collect(),
                cycles: machine.cycles(),
            });
            fed.extend(contents);
            answered.extend(results);
            bar.inc(paths.len() as u64);
        }
        bar.finish_and_clear();
        save(&self.save_input, &fed, &inputs)?;
        save(&self.save_output, &answered, &outputs)?;
        Ok(RunReport {
            model: self.model.clone(),
            on: self.on,
            weights: machine.weights(),
            portable: machine.weights().map(|_| Portable::of(&network)),
            notes,
            runs,
        })
    }

    /// Fails unless every file has its counterpart in the network.
    fn check_counts(&self, inputs: usize, outputs: usize) -> Result<()> {
        let files = self.input.len();
        if !files.is_multiple_of(inputs.max(1)) {
            return Err(Failure::request(
                format!(
                    "the network has {inputs} inputs, and {} cannot be shared out evenly",
                    page::plural(files, "file", "files")
                ),
                "give --input one file for each input of the network, in the order of `shortcrust inspect`",
            ));
        }
        let runs = files / inputs.max(1);
        for (option, given, wanted) in [
            ("--save-input", self.save_input.len(), files),
            ("--save-output", self.save_output.len(), runs * outputs),
        ] {
            if given != 0 && given != wanted {
                return Err(Failure::request(
                    format!(
                        "{option} names {}, and there are {wanted} to write",
                        page::plural(given, "file", "files")
                    ),
                    format!("name {}", page::plural(wanted, "file", "files")),
                ));
            }
        }
        Ok(())
    }
}

/// Writes contents as `.npy`, or under another name as they are, the tensors in turn.
fn save(paths: &[PathBuf], contents: &[Vec<u8>], tensors: &[&Tensor]) -> Result<()> {
    for ((path, contents), tensor) in paths.iter().zip(contents).zip(tensors.iter().cycle()) {
        if Kind::of(path) != Kind::Array {
            files::write(path, contents)?;
            continue;
        }
        let file = npy::encode(tensor, contents).map_err(|error| {
            Failure::file(
                path,
                format!("it cannot be made: {error}"),
                "use --json, or another name than .npy",
            )
        })?;
        files::write(path, &file)?;
    }
    Ok(())
}

impl Output {
    fn new(tensor: &Tensor, contents: &[u8]) -> Self {
        let values = Values::decode(tensor.element, contents);
        let reals = values.reals(tensor.per_tensor().ok());
        Self {
            summary: tensor.into(),
            values,
            reals,
        }
    }

    fn text(&self, page: &Page) -> String {
        let name = page::name(
            &self.summary.tensor,
            page.width.saturating_sub(30).clamp(16, 70),
        );
        let title = format!(
            "    {name}  {} {}",
            page::shape(&self.summary.shape),
            self.summary.element
        );
        let largest = self.values.largest();
        let real = |index: usize| {
            self.reals
                .as_ref()
                .map_or_else(String::new, |reals| format!("{:.4}", reals[index]))
        };
        let line = |label: &str, index: usize, style| {
            paint(
                style,
                format!(
                    "      {label:<8}{:>8}  {:>10}",
                    self.values.text(index),
                    real(index)
                ),
            )
        };
        let mut lines = vec![paint(FAINT, title)];
        if self.values.len() <= LISTED {
            lines.extend((0..self.values.len()).map(|index| {
                let style = if largest == Some(index) {
                    STRONG
                } else {
                    anstyle::Style::new()
                };
                line(&format!("[{index}]"), index, style)
            }));
        } else if let Some(index) = largest {
            lines.push(line("largest", index, STRONG));
            lines.push(format!(
                "      at {index} of {}",
                page::plural(self.values.len(), "value", "values")
            ));
        }
        lines.join("\n")
    }
}

impl Report for RunReport {
    fn text(&self, page: &Page) -> String {
        let names = |paths: &[PathBuf]| {
            paths
                .iter()
                .map(|path| file_name(path))
                .collect::<Vec<_>>()
                .join(", ")
        };
        let runs = self.runs.iter().map(|run| {
            let outputs: Vec<String> = run.outputs.iter().map(|output| output.text(page)).collect();
            let time = run.cycles.map_or_else(String::new, |cycles| {
                format!("  {} simulated", chip::time(cycles))
            });
            format!(
                "  {}{}\n{}",
                paint(STRONG, names(&run.inputs)),
                paint(FAINT, time),
                outputs.join("\n")
            )
        });
        let hint = match self
            .runs
            .iter()
            .flat_map(|run| &run.outputs)
            .any(|output| output.values.len() > LISTED)
        {
            true => paint(
                FAINT,
                "\n\n  --json or --save-output FILE.npy gives every value",
            ),
            false => String::new(),
        };
        let title = paint(STRONG, file_name(&self.model));
        let place = match self.weights {
            Some(Weights::Flash) => ", weights in flash because they do not fit in RAM",
            _ => "",
        };
        let untimed = self.portable.as_ref().and_then(Portable::untimed);
        let untimed =
            untimed.map(|untimed| paint(FAINT, format!("  simulated times are {untimed}")));
        let notes: Vec<String> = self.notes.text().into_iter().chain(untimed).collect();
        let notes = match notes.is_empty() {
            true => String::new(),
            false => format!("\n\n{}", notes.join("\n")),
        };
        format!(
            "{title} on {}{place}{notes}\n\n{}{hint}",
            self.on.description(),
            runs.collect::<Vec<_>>().join("\n\n")
        )
    }
}

fn file_name(path: &Path) -> String {
    path.file_name()
        .unwrap_or(path.as_os_str())
        .to_string_lossy()
        .into_owned()
}

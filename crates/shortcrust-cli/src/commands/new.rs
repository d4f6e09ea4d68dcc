//! `shortcrust new`: a firmware project for a network.

use std::fs;
use std::path::{Path, PathBuf};

use clap::Args;
use esp_idf_part::{PartitionTable, Type};
use serde::Serialize;
use shortcrust_compiler::graph::Tensor;
use shortcrust_fit::chip::Chip;

use crate::failure::{Failure, Result};
use crate::input::Notes;
use crate::machine::{Machine, Processor};
use crate::normalisation::Normalisation;
use crate::page::{self, FAINT, GOOD, Page, STRONG, paint};
use crate::project::{self, File, Model, Name, PARTITIONS, Project, ram_for_networks, test_input};
use crate::report::Report;
use crate::{files, input, tensor};

const EXAMPLES: &str = "\
Examples:
  shortcrust new kitchen --model net.tflite
  shortcrust new kitchen --model net.tflite --input photo.jpg     the project's test shows the network this
  shortcrust new firmware/kitchen --model net.tflite --chip esp32c6

The project's program runs the network on a test input and says whether the chip answers what this computer answered. The network \
has one input and one output, of any type.";

/// The project to make.
#[derive(Args)]
#[command(after_help = EXAMPLES)]
pub struct Arguments {
    /// The project's folder, which must not exist; its last part is the package's name
    #[arg(value_name = "NAME")]
    folder: PathBuf,
    /// The .tflite file
    #[arg(long, value_name = "FILE.tflite")]
    model: PathBuf,
    /// The chip that the project is built for
    #[arg(
        long,
        default_value = "esp32s3",
        value_name = "esp32s3|esp32c6|esp32c3"
    )]
    chip: String,
    /// What the network is shown in the project's test: a picture, a .npy file or raw bytes; without this, a pattern
    #[arg(long, value_name = "FILE")]
    input: Option<PathBuf>,
    /// What a pixel of 0 to 255 of that picture stands for
    #[arg(long, value_enum, default_value_t)]
    normalise: Normalisation,
    /// The folder with shortcrust's sources, which the project depends on; without this, where this command was built
    #[arg(long, value_name = "FOLDER")]
    shortcrust: Option<PathBuf>,
}

/// What was made.
#[derive(Serialize)]
pub struct NewReport {
    folder: PathBuf,
    name: String,
    chip: &'static str,
    model: PathBuf,
    arena_bytes: usize,
    /// With the feature `dual-core`.
    arena_of_two_cores_bytes: usize,
    /// As the file has them.
    weight_bytes: usize,
    /// Whether the machine code has its own copy of them in internal RAM.
    weights_in_ram: bool,
    input_bytes: usize,
    output_bytes: usize,
    files: Vec<PathBuf>,
    /// Of the test's input.
    #[serde(flatten)]
    notes: Notes,
    /// What to type next.
    next: Vec<String>,
}

impl Arguments {
    /// Compiles the network, and writes the project whole or not at all.
    pub fn run(&self) -> Result<NewReport> {
        let chip: &'static Chip = self.chip.parse().map_err(|error| {
            Failure::request(format!("{error}"), "name one of them: --chip esp32c6")
        })?;
        let name = self.name()?;
        if self.folder.symlink_metadata().is_ok() {
            return Err(Failure::file(
                &self.folder,
                "it exists already",
                "choose another name, or remove it",
            ));
        }
        let shortcrust = self.shortcrust()?;
        let model = Model::open(&self.model)?;
        let [input, output] = self.ends(&model)?;
        self.check_memory(&model, chip)?;
        let mut notes = Notes::default();
        let graph = &model.network.program.graph;
        let contents = match &self.input {
            Some(path) => notes.note(input::read(path, graph, 0, self.normalise)?),
            None => test_input(input),
        };
        let mut machine = Machine::load(Processor::Host, &model.network)?;
        let mut answers = machine.run(std::slice::from_ref(&contents))?;
        let project = Project {
            name: &name,
            chip,
            shortcrust: &shortcrust,
            model: &model,
            input: contents,
            output: answers.swap_remove(0),
        };
        let files = project.files()?;
        write(&self.folder, &files)?;
        Ok(NewReport {
            folder: self.folder.clone(),
            name: name.to_string(),
            chip: chip.name,
            model: self.model.clone(),
            arena_bytes: model.network.plan.arena_bytes,
            arena_of_two_cores_bytes: model.halves.plan.arena_bytes,
            weight_bytes: model.network.program.constants.bytes().len(),
            weights_in_ram: model.weights_fit_ram(chip),
            input_bytes: input.bytes(),
            output_bytes: output.bytes(),
            files: files.into_iter().map(|file| file.path).collect(),
            notes,
            next: self.next(chip),
        })
    }

    /// The package's name: the last part of the folder's.
    fn name(&self) -> Result<Name> {
        let name = self
            .folder
            .file_name()
            .unwrap_or_default()
            .to_string_lossy();
        let dependencies = project::dependencies();
        Name::new(&name, dependencies.iter().map(String::as_str)).map_err(|error| {
            Failure::request(
                format!("`{name}` cannot be a package's name: {error}"),
                "choose another one, as `kitchen-camera`",
            )
        })
    }

    /// The folder of shortcrust's sources.
    fn shortcrust(&self) -> Result<PathBuf> {
        let built = Path::new(env!("CARGO_MANIFEST_DIR")).ancestors().nth(2);
        let folder = self
            .shortcrust
            .as_deref()
            .or(built)
            .unwrap_or(Path::new("."));
        let folder = std::path::absolute(folder).unwrap_or_else(|_| folder.to_owned());
        match folder.join("firmware/esp_flash/Cargo.toml").is_file() {
            true => Ok(folder),
            false => Err(Failure::file(
                &folder,
                "shortcrust's sources are not there: firmware/esp_flash is missing",
                "name the folder that holds them: --shortcrust FOLDER",
            )),
        }
    }

    /// The network's input and its output, if it has one of each.
    fn ends<'m>(&self, model: &'m Model) -> Result<[&'m Tensor; 2]> {
        tensor::ends(&model.network.program.graph).map_err(|error| {
            let end = error.end;
            Failure::file(
                &self.model,
                format!("{error}, and a project serves one"),
                format!(
                    "make a network with one {end}, or use #[shortcrust::model] in a firmware of your own, where each has \
                     its accessor (`{end}_0`, `{end}_1`...)"
                ),
            )
        })
    }

    /// Fails unless the arena fits the chip's RAM, and the weights its flash.
    fn check_memory(&self, model: &Model, chip: &Chip) -> Result<()> {
        let (arena, most) = (model.arena_bytes() as u64, ram_for_networks(chip));
        if arena > most {
            return Err(Failure::file(
                &self.model,
                format!(
                    "its arena takes {} bytes, and the {} has {} for it beside code, statics and stack",
                    page::count(arena),
                    chip.name,
                    page::count(most),
                ),
                "make the network's largest layers smaller (`shortcrust plan` shows which), or choose a chip with more RAM",
            ));
        }
        let weights = model.network.program.constants.bytes().len() as u64;
        let partition = program_partition();
        if weights > partition {
            return Err(Failure::file(
                &self.model,
                format!(
                    "its weights take {} bytes of flash, and the program's partition has {}",
                    page::count(weights),
                    page::count(partition)
                ),
                "make the network smaller",
            ));
        }
        Ok(())
    }

    /// What to type next.
    fn next(&self, chip: &Chip) -> Vec<String> {
        let enter = format!("cd {}", self.folder.display());
        let set_up = project::set_up(chip).iter().map(|line| (*line).to_owned());
        let run = "cargo run --release".to_owned();
        [enter].into_iter().chain(set_up).chain([run]).collect()
    }
}

/// The size of the partition that programs go to; 0 where there is none.
fn program_partition() -> u64 {
    let table = PartitionTable::try_from_str(PARTITIONS);
    let partitions = table.iter().flat_map(PartitionTable::partitions);
    let mut programs = partitions.filter(|partition| partition.ty() == Type::App);
    programs
        .next()
        .map_or(0, |partition| partition.size().into())
}

/// Writes files into a folder that is hidden until it is complete.
fn write(folder: &Path, files: &[File]) -> Result<()> {
    let write = || -> std::io::Result<()> {
        let hidden = tempfile::Builder::new()
            .prefix(".shortcrust-")
            .tempdir_in(files::folder_of(folder))?;
        let project = hidden.path().join("project");
        for File { path, contents } in files {
            let path = project.join(path);
            fs::create_dir_all(path.parent().unwrap_or(&project))?;
            fs::write(path, contents)?;
        }
        fs::rename(&project, folder)
    };
    write().map_err(|error| {
        Failure::file(
            folder,
            format!("the project cannot be written: {error}"),
            "check that the folder around it exists and can be written",
        )
    })
}

impl Report for NewReport {
    fn text(&self, page: &Page) -> String {
        let mut lines = vec![
            format!(
                "{} {} is a firmware project for the {}",
                paint(GOOD, "✓"),
                paint(STRONG, self.folder.display()),
                self.chip
            ),
            String::new(),
            format!(
                "  {} bytes of RAM for the arena, {} bytes of {} for the weights",
                page::count(self.arena_bytes as u64),
                page::count(self.weight_bytes as u64),
                if self.weights_in_ram { "RAM" } else { "flash" },
            ),
            format!("  {}", page::plural(self.files.len(), "file", "files")),
        ];
        lines.extend(self.files.iter().map(|file| {
            let name = page::name(&file.display().to_string(), page.width.saturating_sub(4));
            paint(FAINT, format!("    {name}"))
        }));
        lines.extend(self.notes.text().map(|notes| format!("\n{notes}")));
        lines.extend([String::new(), "Next:".to_owned()]);
        lines.extend(self.next.iter().map(|line| format!("  {line}")));
        lines.join("\n")
    }
}

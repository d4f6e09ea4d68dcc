//! A firmware project for a network: what the project's own firmware consists of, and a few templates.

mod manifest;
mod name;
mod sources;
mod test_input;

use std::path::{Path, PathBuf};

use shortcrust_compiler::network::Network;
use shortcrust_fit::chip::Chip;

use crate::failure::Result;
use crate::{cores, files};

pub use manifest::dependencies;
pub use name::Name;
pub use sources::{PARTITIONS, set_up};
pub use test_input::test_input;

/// A project that is to be written.
pub struct Project<'a> {
    /// What it is called.
    pub name: &'a Name,
    /// The chip that it is built for where nothing else is asked for.
    pub chip: &'static Chip,
    /// The folder of shortcrust's sources.
    pub shortcrust: &'a Path,
    /// The model's file.
    pub model: &'a Model,
    /// What the network is fed in the project's test.
    pub input: Vec<u8>,
    /// What it answers to that.
    pub output: Vec<u8>,
}

/// A network with its file.
pub struct Model {
    /// What a host is told: the file's name without its ending, with `_` for what is no letter, digit, `-` or `.` of ASCII.
    pub name: String,
    /// The file's contents.
    pub bytes: Vec<u8>,
    /// For one core.
    pub network: Network,
    /// For two cores.
    pub halves: Network,
}

/// The chip for whose vector unit networks become machine code; on the others the portable kernels read the weights where they are.
const VECTOR_CHIP: &str = "esp32s3";

/// Internal RAM that a network cannot have: code that must not wait for flash, the firmware's statics, and the stack.
const BESIDE_NETWORKS: u64 = 64 << 10;

/// Bytes of a chip's internal RAM that a network may take.
pub fn ram_for_networks(chip: &Chip) -> u64 {
    chip.shared_ram_bytes - BESIDE_NETWORKS
}

/// The longest name of a model: it must fit a frame of the protocol.
const LONGEST_NAME: usize = 64;

impl Model {
    /// Reads and compiles a `.tflite` file.
    ///
    /// # Errors
    /// What is wrong with the file, or not supported.
    pub fn open(path: &Path) -> Result<Self> {
        let network = Network::open(path)?;
        let halves = cores::on_two(network.clone(), path)?;
        let stem = path.file_stem().unwrap_or_default().to_string_lossy();
        let plain = |c: char| c.is_ascii_alphanumeric() || "-_.".contains(c);
        let name = stem.chars().map(|c| if plain(c) { c } else { '_' });
        Ok(Self {
            name: name.take(LONGEST_NAME).collect(),
            bytes: std::fs::read(path).map_err(|error| files::unreadable(path, &error))?,
            network,
            halves,
        })
    }

    /// The larger of the arenas for one core and for two, in bytes.
    pub fn arena_bytes(&self) -> usize {
        let [one, two] = [&self.network, &self.halves].map(|network| network.plan.arena_bytes);
        one.max(two)
    }

    /// Whether a chip has RAM for the weights of its machine code, too: there they cost no waiting for the cache.
    pub fn weights_fit_ram(&self, chip: &Chip) -> bool {
        let packed =
            [&self.network, &self.halves].map(|network| network.code.constants.bytes().len());
        let weights = packed[0].max(packed[1]);
        chip.name == VECTOR_CHIP && (self.arena_bytes() + weights) as u64 <= ram_for_networks(chip)
    }

    /// The name of the file in a project.
    pub fn file(&self) -> String {
        format!("{}.tflite", self.name)
    }
}

/// A file of a project.
pub struct File {
    /// Its place in the project's folder.
    pub path: PathBuf,
    /// Its contents.
    pub contents: Vec<u8>,
}

impl File {
    fn new(path: impl Into<PathBuf>, contents: impl Into<Vec<u8>>) -> Self {
        Self {
            path: path.into(),
            contents: contents.into(),
        }
    }
}

impl Project<'_> {
    /// Every file of the project.
    ///
    /// # Errors
    /// A template that cannot be filled in.
    pub fn files(&self) -> Result<Vec<File>> {
        let mut files = sources::files(self)?;
        files.extend(manifest::files(self)?);
        files.extend([
            File::new(
                Path::new("models").join(self.model.file()),
                self.model.bytes.clone(),
            ),
            File::new("test/input.raw", self.input.clone()),
            File::new("test/output.raw", self.output.clone()),
        ]);
        files.sort_by(|a, b| a.path.cmp(&b.path));
        Ok(files)
    }
}

//! The sources of a project: the firmware's own where they know no network, and templates.

use minijinja::syntax::SyntaxConfig;
use minijinja::value::Serde;
use minijinja::{Environment, UndefinedBehavior};
use serde::Serialize;
use shortcrust_compiler::graph::{Element, Tensor, TensorId};
use shortcrust_fit::chip::Chip;

use super::manifest::{chips_beside, is_stock, package_field};
use super::{File, Project};
use crate::failure::{Failure, Result};
use crate::page;

/// The firmware's files that are every project's, too. Its lock names the versions that the checks have seen; cargo removes from it
/// what a project does not need.
const SHARED: [(&str, &str); 7] = [
    (
        ".clippy.toml",
        include_str!("../../../../firmware/.clippy.toml"),
    ),
    (
        ".gitignore",
        include_str!("../../../../firmware/.gitignore"),
    ),
    (
        "Cargo.lock",
        include_str!("../../../../firmware/Cargo.lock"),
    ),
    ("build.rs", include_str!("../../../../firmware/build.rs")),
    ("partitions.csv", PARTITIONS),
    (
        "src/bin/serve.rs",
        include_str!("../../../../firmware/src/bin/serve.rs"),
    ),
    (
        "src/board.rs",
        include_str!("../../../../firmware/src/board.rs"),
    ),
];

/// The partition table.
pub const PARTITIONS: &str = include_str!("../../../../firmware/partitions.csv");

/// What is filled in.
const TEMPLATES: [(&str, &str); 5] = [
    ("README.md", include_str!("../../templates/README.md")),
    (
        "src/bin/analysis.rs",
        include_str!("../../templates/src/bin/analysis.rs"),
    ),
    ("src/lib.rs", include_str!("../../templates/src/lib.rs")),
    ("src/main.rs", include_str!("../../templates/src/main.rs")),
    (
        "src/networks.rs",
        include_str!("../../templates/src/networks.rs"),
    ),
];

/// The sources, and what belongs to them.
pub fn files(project: &Project) -> Result<Vec<File>> {
    let shared = SHARED.map(|(path, text)| Ok(File::new(path, text)));
    let rendered = TEMPLATES.map(|(path, text)| Ok(File::new(path, render(path, text, project)?)));
    shared.into_iter().chain(rendered).collect()
}

/// What must be installed for a chip, as lines for a shell.
pub fn set_up(chip: &Chip) -> &'static [&'static str] {
    match is_stock(chip) {
        true => &["cargo install espflash --locked  # once: the tool that flashes"],
        false => &[
            "cargo install espup espflash --locked && espup install  # once: Espressif's compiler, and the tool that flashes",
            ". ~/export-esp.sh             # Linux and macOS, in every new terminal",
        ],
    }
}

/// Fills in a template.
pub fn render(name: &str, template: &str, project: &Project) -> Result<String> {
    let mut environment = Environment::new();
    environment.set_undefined_behavior(UndefinedBehavior::Strict);
    let rendered = SyntaxConfig::builder()
        .trim_blocks(true)
        .lstrip_blocks(true)
        .keep_trailing_newline(true)
        .build()
        .and_then(|syntax| {
            environment.set_syntax(syntax);
            environment.render_named_str(name, template, Serde(Values::new(project)))
        });
    rendered.map_err(|error| {
        Failure::request(
            format!("the template of {name} cannot be filled in: {error:#}"),
            "report this as a defect",
        )
    })
}

/// What templates can name.
#[derive(Serialize)]
struct Values<'a> {
    name: &'a str,
    edition: String,
    rust_version: String,
    chip: &'a str,
    target: &'a str,
    /// The chips that the same compiler builds for.
    others: Vec<Other>,
    set_up: &'a [&'a str],
    /// The model's file, and what a host is told.
    model_file: String,
    network: &'a str,
    /// Arenas, in KB.
    ram: usize,
    ram_of_two_cores: usize,
    weights_in_ram: bool,
    macs: String,
    input: End,
    output: End,
    /// How the output's values become real numbers: `quantised`, `floats` or `none`.
    output_reals: &'static str,
}

/// A chip that a project can be built for, too.
#[derive(Serialize)]
struct Other {
    chip: &'static str,
    target: &'static str,
}

/// The network's input or output.
#[derive(Serialize)]
struct End {
    shape: String,
    element: &'static str,
    bytes: usize,
}

impl End {
    fn new(tensor: &Tensor) -> Self {
        Self {
            shape: page::shape(&tensor.shape),
            element: tensor.element.name(),
            bytes: tensor.bytes(),
        }
    }
}

impl<'a> Values<'a> {
    fn new(project: &'a Project) -> Self {
        let Project { chip, model, .. } = project;
        let program = &model.network.program;
        let tensor = |ids: &[TensorId]| program.graph.tensor(ids[0]);
        let output = tensor(&program.graph.outputs);
        let others = chips_beside(chip).map(|chip| Other {
            chip: chip.name,
            target: chip.target,
        });
        Self {
            name: project.name.as_str(),
            edition: package_field("edition"),
            rust_version: package_field("rust-version"),
            chip: chip.name,
            target: chip.target,
            others: others.collect(),
            set_up: set_up(chip),
            model_file: model.file(),
            network: &model.name,
            ram: kilobytes(model.network.plan.arena_bytes),
            ram_of_two_cores: kilobytes(model.halves.plan.arena_bytes),
            weights_in_ram: model.weights_fit_ram(chip),
            macs: page::count(program.total_macs()),
            input: End::new(tensor(&program.graph.inputs)),
            output: End::new(output),
            output_reals: reals(output),
        }
    }
}

/// How the output's values become real numbers.
fn reals(output: &Tensor) -> &'static str {
    match output.element {
        Element::Int8 if output.per_tensor().is_ok() => "quantised",
        Element::Float32 => "floats",
        _ => "none",
    }
}

/// Bytes as KB, rounded up.
fn kilobytes(bytes: usize) -> usize {
    bytes.div_ceil(1024)
}

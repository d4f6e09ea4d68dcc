//! The sources of a project: the firmware's own where they know no network, and templates.

use std::collections::BTreeMap;

use minijinja::syntax::SyntaxConfig;
use minijinja::{Environment, UndefinedBehavior, Value};
use shortcrust_compiler::graph::{Element, Tensor};
use shortcrust_fit::chip::Chip;

use super::manifest::{chips_beside, is_stock, package_field};
use super::{File, Project};
use crate::failure::{Failure, Result};
use crate::page;

/// The firmware's files that are every project's, too. Its lock names the versions that the checks have seen; cargo removes from it
/// what a project does not need.
const SHARED: [(&str, &str); 6] = [
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
            environment.render_named_str(name, template, Value::from_pairs(values(project)))
        });
    rendered.map_err(|error| {
        Failure::request(
            format!("the template of {name} cannot be filled in: {error:#}"),
            "report this as a defect",
        )
    })
}

fn values(project: &Project) -> BTreeMap<&'static str, Value> {
    let Project { chip, model, .. } = project;
    let program = &model.network.program;
    let tensor = |ids: &[_]| program.graph.tensor(ids[0]);
    let (input, output) = (
        tensor(&program.graph.inputs),
        tensor(&program.graph.outputs),
    );
    let others = chips_beside(chip)
        .map(|chip| Value::from_pairs([("chip", chip.name), ("target", chip.target)]));
    let text = |text: &str| Value::from(text);
    BTreeMap::from([
        ("name", text(project.name.as_str())),
        ("edition", Value::from(package_field("edition"))),
        ("rust_version", Value::from(package_field("rust-version"))),
        ("chip", text(chip.name)),
        ("target", text(chip.target)),
        ("others", others.collect()),
        (
            "set_up",
            set_up(chip).iter().copied().map(Value::from).collect(),
        ),
        ("model_file", Value::from(model.file())),
        ("network", text(&model.name)),
        (
            "ram",
            Value::from(kilobytes(model.network.plan.arena_bytes)),
        ),
        (
            "ram_of_two_cores",
            Value::from(kilobytes(model.halves.plan.arena_bytes)),
        ),
        ("weights_in_ram", Value::from(model.weights_fit_ram(chip))),
        ("macs", Value::from(page::count(program.total_macs()))),
        ("input_shape", Value::from(page::shape(&input.shape))),
        ("input_element", text(input.element.rust_name())),
        ("input_bytes", Value::from(input.bytes())),
        ("output_shape", Value::from(page::shape(&output.shape))),
        ("output_element", text(output.element.rust_name())),
        ("output_bytes", Value::from(output.bytes())),
        ("output_reals", text(reals(output))),
    ])
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

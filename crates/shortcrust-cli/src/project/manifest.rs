//! What cargo reads of a project: the firmware's own, for another package.

use shortcrust_fit::chip::{CHIPS, Chip};
use toml_edit::{Array, DocumentMut, value};

use super::{File, Project, sources};
use crate::failure::Result;

const MANIFEST: &str = include_str!("../../../../firmware/Cargo.toml");
const SETTINGS: &str = include_str!("../../../../firmware/.cargo/config.toml");
const TOOLCHAIN: &str = include_str!("../../../../firmware/rust-toolchain.toml");

/// The package, of which the firmware's manifest has another.
const PACKAGE: &str = include_str!("../../templates/Cargo.toml");

/// What of the firmware's manifest goes into the project's.
const SHARED: [&str; 4] = ["features", "dependencies", "target", "profile"];

/// Where the firmware prints if nothing else is asked for.
const PORT: &str = "jtag-serial";

/// For the firmware's own checks.
const CHECKS_ALONE: &str = "wrong";

/// The compiler of the RISC-V chips. Espressif's is for Xtensa.
const STOCK: &str = "stable";

/// Cargo.toml, cargo's settings, and the compiler.
pub fn files(project: &Project) -> Result<Vec<File>> {
    let settings = settings(project.chip);
    Ok(vec![
        File::new("Cargo.toml", manifest(project)?),
        File::new(".cargo/config.toml", settings),
        File::new("rust-toolchain.toml", toolchain(project.chip)),
    ])
}

/// The names of the crates that a project depends on.
pub fn dependencies() -> Vec<String> {
    let firmware = parse(MANIFEST);
    let targets = firmware["target"].as_table().into_iter().flatten();
    let of_targets = targets.filter_map(|(_, target)| target.get("dependencies"));
    [&firmware["dependencies"]]
        .into_iter()
        .chain(of_targets)
        .filter_map(|dependencies| dependencies.as_table())
        .flatten()
        .map(|(name, _)| name.to_owned())
        .collect()
}

/// The other chips that a chip's compiler builds for: Espressif's knows all, the stock compiler those with RISC-V.
pub fn chips_beside(chip: &Chip) -> impl Iterator<Item = &'static Chip> {
    let name = chip.name;
    CHIPS
        .iter()
        .filter(move |other| other.name != name && is_stock(other))
}

/// What the firmware's manifest says of a package.
pub fn package_field(name: &str) -> String {
    let firmware = parse(MANIFEST);
    let field = &firmware["workspace"]["package"][name];
    field.as_str().unwrap_or_default().to_owned()
}

fn manifest(project: &Project) -> Result<String> {
    let mut shared = parse(MANIFEST);
    shared.retain(|section, _| SHARED.contains(&section));
    shared["features"]["default"] = value(Array::from_iter([project.chip.name, PORT]));
    if let Some(features) = shared["features"].as_table_mut() {
        features.remove(CHECKS_ALONE);
    }
    let place = |folder: &str| value(project.shortcrust.join(folder).display().to_string());
    let dependencies = &mut shared["dependencies"];
    dependencies["shortcrust"]["path"] = place("crates/shortcrust");
    dependencies["esp_flash"]["path"] = place("firmware/esp_flash");
    // Without the bundled network and its photographs.
    dependencies["esp_flash"]["default-features"] = value(false);
    Ok(sources::render("Cargo.toml", PACKAGE, project)? + &shared.to_string())
}

fn settings(chip: &Chip) -> String {
    let mut settings = parse(SETTINGS);
    settings["build"]["target"] = value(chip.target);
    settings.to_string()
}

fn toolchain(chip: &Chip) -> String {
    let mut toolchain = parse(TOOLCHAIN);
    if is_stock(chip) {
        let targets = CHIPS.iter().filter(|chip| is_stock(chip));
        toolchain["toolchain"]["channel"] = value(STOCK);
        toolchain["toolchain"]["targets"] =
            value(Array::from_iter(targets.map(|chip| chip.target)));
    }
    toolchain.to_string()
}

/// Whether the stock compiler has the chip's target.
pub fn is_stock(chip: &Chip) -> bool {
    chip.target.starts_with("riscv32")
}

/// Reads a file of the firmware, as every test of the command does.
fn parse(text: &str) -> DocumentMut {
    text.parse().expect("the firmware's files are TOML")
}

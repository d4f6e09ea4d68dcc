//! Makes of each bundled photograph what the network takes: 96x96 grey pixels as int8, the pixel less 128.

use std::error::Error;
use std::path::{Path, PathBuf};
use std::{env, fs};

use shortcrust_pictures::Picture;

/// The side of the network's input in pixels.
const SIDE: usize = 96;

/// The photographs, and whether they show a person.
const PHOTOGRAPHS: [(&str, bool); 4] = [
    ("astronaut", true),
    ("cameraman", true),
    ("cat", false),
    ("coffee", false),
];

/// Writes the pictures, and a table of them.
pub fn write() -> Result<(), Box<dyn Error>> {
    let variable = |name| env::var_os(name).ok_or(format!("{name} is not set"));
    let out = PathBuf::from(variable("OUT_DIR")?);
    let pictures = Path::new(&variable("CARGO_MANIFEST_DIR")?).join("../../images");
    let mut table = String::from("[\n");
    for (name, person) in PHOTOGRAPHS {
        let path = pictures.join(format!("{name}.png"));
        println!("cargo::rerun-if-changed={}", path.display());
        let picture = image::open(&path).map_err(|error| format!("{}: {error}", path.display()))?;
        let scaled = Picture::grey(&picture).scaled(SIDE, SIDE);
        let pixels: Vec<u8> = scaled
            .values
            .iter()
            .map(|pixel| pixel.wrapping_sub(128))
            .collect();
        let raw = out.join(format!("{name}.raw"));
        fs::write(&raw, pixels)?;
        table += &format!(
            "    Photograph {{ name: {name:?}, person: {person}, pixels: include_bytes!({raw:?}) }},\n"
        );
    }
    fs::write(out.join("photographs.rs"), table + "]\n")?;
    Ok(())
}

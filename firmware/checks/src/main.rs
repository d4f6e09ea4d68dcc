//! `firmware-checks CHIP ELF PARTITIONS OUT`: writes a flash image, without a board and without a network.

use std::error::Error;
use std::path::Path;
use std::{env, fs};

use shortcrust_fit::image::{Flash, Image};

fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = env::args().skip(1).collect();
    let [chip, elf, partitions, out] = &arguments[..] else {
        return Err("usage: firmware-checks CHIP ELF PARTITIONS.CSV OUT".into());
    };
    let flash = Flash {
        partitions: Some(Path::new(partitions)),
        ..Flash::default()
    };
    let image = Image::make(chip.parse()?, &fs::read(elf)?, &flash)?;
    for segment in &image.segments {
        println!("{:#08x}  {} bytes", segment.address, segment.bytes.len());
    }
    fs::write(out, image.merged())?;
    Ok(())
}

//! Linked firmwares: files, and what is wrong with them.

use std::path::Path;

use shortcrust_fit::chip::Chip;
use shortcrust_fit::elf::{ElfError, Firmware};
use shortcrust_fit::image::{Flash, ImageError};
use shortcrust_fit::warnings;

use crate::failure::{Failure, Result};
use crate::files;

/// The largest ELF file that is read, debug information included.
const LARGEST: u64 = 1 << 30;

/// A file with a firmware.
pub fn read(path: &Path) -> Result<Vec<u8>> {
    files::read_at_most(path, LARGEST)
}

/// The firmware in a file's bytes; its chip is found out where none is named.
pub fn parse<'b>(
    path: &Path,
    bytes: &'b [u8],
    chip: Option<&'static Chip>,
) -> Result<Firmware<'b>> {
    Firmware::parse(bytes, chip)
        .map_err(|error| Failure::file(path, error.to_string(), remedy(&error)))
}

/// The failure to make a flash image: the table's, the command line's, or else the firmware's.
pub fn no_image(firmware: &Path, flash: &Flash, error: &ImageError) -> Failure {
    let (problem, remedy) = (error.to_string(), warnings::remedy(error));
    match (error, flash.partitions) {
        (ImageError::Partitions(_), Some(table)) => Failure::file(table, problem, remedy),
        (ImageError::FlashSize(_), _) => Failure::request(problem, remedy),
        _ => Failure::file(firmware, problem, remedy),
    }
}

fn remedy(error: &ElfError) -> &'static str {
    match error {
        ElfError::Unsound(_) => {
            "give the ELF file that cargo puts into target/TARGET/release/, not a .bin image of it"
        }
        ElfError::Processor(_) => {
            "build for xtensa-esp32s3-none-elf, or for the RISC-V target of a C6 or C3"
        }
        ElfError::OtherChip { .. } => "name the chip that it is built for, or leave out --chip",
        ElfError::Addresses => "name the chip: --chip esp32s3",
        ElfError::Empty => "give the linked program, not an object file",
    }
}

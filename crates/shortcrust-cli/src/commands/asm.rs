//! `shortcrust asm`: text to machine code.

use std::collections::BTreeMap;
use std::path::PathBuf;

use clap::Args;
use serde::Serialize;

use crate::failure::{Failure, Result};
use crate::files;
use crate::page::{self, FAINT, Page, STRONG, paint};
use crate::program::{self, DEFAULT_ADDRESS};
use crate::report::Report;

const EXAMPLES: &str = "\
Examples:
  shortcrust asm kernel.S                             addresses, bytes, text
  shortcrust asm kernel.S --output kernel.elf         an executable whose labels are symbols
  shortcrust asm kernel.S --at 0x40380000 --output kernel.bin

GNU syntax: instructions of the ESP32-S3's core with its vector unit, labels, local labels (1:, 1b, 1f), expressions, comments, \
.align, .balign, .p2align, .word, .short, .byte, .ascii, .asciz, .space, .set, .literal. Nothing is relaxed or rewritten.";

/// What to assemble.
#[derive(Args)]
#[command(after_help = EXAMPLES)]
pub struct Arguments {
    /// The text
    file: PathBuf,
    /// Address of the first byte
    #[arg(long, value_name = "ADDRESS", value_parser = program::number, default_value = DEFAULT_ADDRESS)]
    at: u32,
    /// Write the code: an ELF executable if the name ends in .elf, otherwise raw bytes
    #[arg(long, value_name = "FILE")]
    output: Option<PathBuf>,
}

/// Assembled text.
#[derive(Serialize)]
pub struct Assembly {
    file: PathBuf,
    address: u32,
    bytes: Vec<u8>,
    symbols: BTreeMap<String, u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    output: Option<PathBuf>,
    #[serde(skip)]
    listing: String,
}

impl Arguments {
    /// Assembles the text, and writes the code where that is wanted.
    pub fn run(&self) -> Result<Assembly> {
        let source = String::from_utf8(program::read(&self.file)?).map_err(|error| {
            Failure::file(
                &self.file,
                format!("it is no text: {error}"),
                "save it as UTF-8",
            )
        })?;
        let program = lx7::asm::assemble(&source, self.at).map_err(|error| {
            Failure::file(
                &self.file,
                error.to_string(),
                "correct the line; `shortcrust asm --help` lists what is understood",
            )
        })?;
        if let Some(path) = &self.output {
            if path.extension().is_some_and(|extension| extension == "elf") {
                files::write(path, &program.to_elf(self.at))?;
            } else {
                files::write(path, &program.bytes)?;
            }
        }
        Ok(Assembly {
            file: self.file.clone(),
            address: self.at,
            listing: program.listing(&source),
            bytes: program.bytes,
            symbols: program.symbols,
            output: self.output.clone(),
        })
    }
}

impl Report for Assembly {
    fn text(&self, _: &Page) -> String {
        let mut text = format!(
            "{}\n\n{}\n{} at {:#010x}",
            paint(STRONG, self.file.display()),
            self.listing,
            page::plural(self.bytes.len(), "byte", "bytes"),
            self.address,
        );
        if let Some(path) = &self.output {
            text += &paint(FAINT, format!("\n  code  {}", path.display()));
        }
        text
    }
}

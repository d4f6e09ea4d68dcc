//! `shortcrust disasm`: machine code to text.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;

use clap::Args;
use lx7::disasm::{self, Line};
use lx7::sim::Executable;
use serde::Serialize;

use crate::failure::Result;
use crate::page::{Page, STRONG, paint};
use crate::program::{self, DEFAULT_ADDRESS};
use crate::report::Report;

const EXAMPLES: &str = "\
Examples:
  shortcrust disasm program.elf
  shortcrust disasm kernel.bin --at 0x40380000
  shortcrust disasm program.elf --json | jq '.instructions[].text'

Each text assembles to the same bytes at the same address. What is no instruction appears as .byte; data between functions may \
look like instructions.";

/// What to disassemble.
#[derive(Args)]
#[command(after_help = EXAMPLES)]
pub struct Arguments {
    /// An ELF executable, or raw instructions
    file: PathBuf,
    /// Address of the first byte of raw instructions
    #[arg(long, value_name = "ADDRESS", value_parser = program::number, default_value = DEFAULT_ADDRESS)]
    at: u32,
}

/// A program's instructions.
#[derive(Serialize)]
pub struct Disassembly {
    file: PathBuf,
    instructions: Vec<Instruction>,
    symbols: BTreeMap<u32, String>,
    #[serde(skip)]
    lines: Vec<Line>,
}

/// One instruction.
#[derive(Serialize)]
struct Instruction {
    address: u32,
    bytes: Vec<u8>,
    text: String,
    /// Where a branch, call or loop leads, or a literal lies.
    target: Option<u32>,
}

impl Arguments {
    /// Disassembles all code of the program.
    pub fn run(&self) -> Result<Disassembly> {
        let bytes = program::read(&self.file)?;
        let mut symbols = BTreeMap::new();
        let mut lines = Vec::new();
        if program::is_elf(&bytes) {
            let executable = Executable::parse(&bytes)
                .map_err(|error| program::unloadable(&self.file, &error))?;
            symbols.extend(
                executable
                    .symbols
                    .iter()
                    .map(|(address, symbol)| (address, symbol.name.clone())),
            );
            for segment in executable.segments.iter().filter(|segment| segment.code) {
                disassemble(segment.bytes, segment.address, &symbols, &mut lines);
            }
        } else {
            lines = disasm::disassemble(&bytes, self.at);
        }
        let instructions = lines.iter().map(|line| Instruction {
            address: line.address,
            bytes: line.bytes.clone(),
            text: line.text.clone(),
            target: line.target,
        });
        Ok(Disassembly {
            file: self.file.clone(),
            instructions: instructions.collect(),
            symbols,
            lines,
        })
    }
}

/// Disassembles a segment anew from each symbol, so that data in front of a function does not hide its first instruction.
fn disassemble(bytes: &[u8], base: u32, symbols: &BTreeMap<u32, String>, lines: &mut Vec<Line>) {
    let inside = |address: &u32| {
        let offset = address.wrapping_sub(base) as usize;
        (offset < bytes.len()).then_some(offset)
    };
    let mut starts: BTreeSet<usize> = symbols.keys().filter_map(inside).collect();
    starts.extend([0, bytes.len()]);
    let starts: Vec<usize> = starts.into_iter().collect();
    for piece in starts.windows(2) {
        let address = base.wrapping_add(piece[0] as u32);
        lines.extend(disasm::disassemble(&bytes[piece[0]..piece[1]], address));
    }
}

impl Report for Disassembly {
    fn text(&self, _: &Page) -> String {
        format!(
            "{}\n\n{}",
            paint(STRONG, self.file.display()),
            disasm::listing(&self.lines, &self.symbols)
        )
    }
}

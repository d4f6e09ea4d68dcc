//! From bytes to text.

use crate::isa::{self, Base, Instance, Kind};
use std::collections::BTreeMap;
use std::fmt::Write;

/// One line of a disassembly.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Line {
    /// Address of the instruction.
    pub address: u32,
    /// Its bytes.
    pub bytes: Vec<u8>,
    /// Its text; `.byte` with the bytes where there is no instruction.
    pub text: String,
    /// Absolute target of a branch, call, loop or literal load.
    pub target: Option<u32>,
}

/// Text of an instruction at `pc`; targets are written `. + N`, so the text
/// assembles back to the same bytes at any address that keeps alignment.
pub fn text(instance: &Instance, pc: u32) -> String {
    let mut text = instance.instruction.mnemonic.clone();
    for (i, (operand, value)) in instance
        .instruction
        .operands
        .iter()
        .zip(instance.operands())
        .enumerate()
    {
        text.push_str(if i == 0 { " " } else { ", " });
        let _ = match operand.kind {
            Kind::Register { file, .. } => write!(text, "{}{value}", file.letter()),
            Kind::Immediate(_) => write!(text, "{value}"),
            Kind::Target { .. } => {
                let distance = (*value as u32).wrapping_sub(pc) as i32;
                let sign = if distance < 0 { '-' } else { '+' };
                write!(text, ". {sign} {}", distance.unsigned_abs())
            }
        };
    }
    text
}

/// Absolute target of an instruction, if it has one.
pub fn target(instance: &Instance) -> Option<u32> {
    let operands = instance
        .instruction
        .operands
        .iter()
        .zip(instance.operands());
    let mut targets = operands.filter(|(o, _)| matches!(o.kind, Kind::Target { .. }));
    targets.next().map(|(_, value)| *value as u32)
}

/// Whether an instruction's target is data next to the code, not code.
pub fn targets_data(instance: &Instance) -> bool {
    let mut operands = instance.instruction.operands.iter();
    operands.any(|o| {
        matches!(
            o.kind,
            Kind::Target {
                base: Base::Up4,
                ..
            }
        )
    })
}

/// Disassembles `bytes`, which start at address `base`. Bytes that are no
/// instruction become `.byte` lines.
pub fn disassemble(bytes: &[u8], base: u32) -> Vec<Line> {
    let mut lines = Vec::new();
    let mut offset = 0;
    while offset < bytes.len() {
        let address = base.wrapping_add(offset as u32);
        let line = match isa::decode(&bytes[offset..], address) {
            Some(instance) => Line {
                address,
                bytes: bytes[offset..offset + instance.length() as usize].to_vec(),
                text: text(&instance, address),
                target: target(&instance),
            },
            None => Line {
                address,
                bytes: vec![bytes[offset]],
                text: format!(".byte {:#04x}", bytes[offset]),
                target: None,
            },
        };
        offset += line.bytes.len();
        lines.push(line);
    }
    lines
}

/// A listing of `lines` with addresses, bytes, and the names in `symbols`
/// (address to name) as labels and behind targets.
pub fn listing(lines: &[Line], symbols: &BTreeMap<u32, String>) -> String {
    let mut listing = String::new();
    for line in lines {
        if let Some(name) = symbols.get(&line.address) {
            let _ = writeln!(listing, "{name}:");
        }
        let hex: String = line.bytes.iter().map(|b| format!("{b:02x}")).collect();
        let _ = write!(listing, "{:08x}  {hex:<8}  {}", line.address, line.text);
        if let Some(target) = line.target {
            let _ = match symbols.get(&target) {
                Some(name) => write!(listing, "  # {target:08x} {name}"),
                None => write!(listing, "  # {target:08x}"),
            };
        }
        listing.push('\n');
    }
    listing
}

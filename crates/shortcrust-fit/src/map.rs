//! The map of the chip's memory.

use serde::Serialize;

use crate::chip::Memory;
use crate::elf::{Firmware, Section, Symbol};

/// What a part of memory is used for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Use {
    /// Code in internal RAM (IRAM).
    RamCode,
    /// Statics in internal RAM (DRAM).
    RamData,
    /// What the statics leave for the main stack.
    Stack,
    /// Code in flash.
    FlashCode,
    /// Constants in flash.
    FlashData,
}

impl Use {
    /// Every use, in the order of a map.
    pub const ALL: [Self; 5] = [
        Self::RamCode,
        Self::RamData,
        Self::Stack,
        Self::FlashCode,
        Self::FlashData,
    ];

    /// The use, as it is named in a table.
    pub fn name(self) -> &'static str {
        match self {
            Self::RamCode => "RAM, code",
            Self::RamData => "RAM, data",
            Self::Stack => "RAM, stack",
            Self::FlashCode => "flash, code",
            Self::FlashData => "flash, data",
        }
    }

    fn of(memory: Memory, code: bool) -> Self {
        match (memory, code) {
            (Memory::Ram, true) => Self::RamCode,
            (Memory::Ram, false) => Self::RamData,
            (Memory::Flash, true) => Self::FlashCode,
            (Memory::Flash, false) => Self::FlashData,
        }
    }
}

/// A part of the chip's memory.
#[derive(Clone, Debug, Serialize)]
pub struct Region {
    /// What it is used for.
    pub name: Use,
    /// Its bytes; unknown for a stack that the linker script does not mark.
    pub bytes: Option<u64>,
    /// Its largest symbols, the largest first.
    pub largest: Vec<Symbol>,
}

/// The regions of a firmware, each with at most `top` symbols.
pub fn regions(firmware: &Firmware, top: usize) -> Vec<Region> {
    Use::ALL
        .into_iter()
        .map(|name| Region {
            name,
            bytes: match name {
                Use::Stack => stack_bytes(firmware),
                _ => Some(bytes(firmware, name)),
            },
            largest: largest(firmware, name, top),
        })
        .collect()
}

/// The bytes between the linker script's marks of the main stack.
pub fn stack_bytes(firmware: &Firmware) -> Option<u64> {
    let end = firmware.address("_stack_end")?;
    firmware.address("_stack_start")?.checked_sub(end)
}

/// A symbol of the allocator that is linked, if one is: esp-alloc's, Rust's or C's.
pub fn allocator<'a>(firmware: &'a Firmware) -> Option<&'a str> {
    let is_allocator = |name: &str| {
        name.contains("esp_alloc::") || name.contains("__rust_alloc") || name == "malloc"
    };
    let mut names = firmware.symbols.iter().map(|symbol| symbol.name.as_str());
    names.find(|name| is_allocator(name))
}

fn bytes(firmware: &Firmware, name: Use) -> u64 {
    let sections = firmware.sections.iter();
    sections
        .filter(|section| is_used(section) && Use::of(section.memory, section.code) == name)
        .map(|section| section.size)
        .sum()
}

/// Whether a section holds something: esp-hal has others that only keep the stack's place, or that of memory with two addresses, or
/// what the bootloader returns.
fn is_used(section: &Section) -> bool {
    section.name != ".stack"
        && !section.name.contains("dummy")
        && !section.name.contains("gap")
        && !section.name.starts_with(".dram2")
}

fn largest(firmware: &Firmware, name: Use, top: usize) -> Vec<Symbol> {
    let symbols = firmware.symbols.iter();
    let mut symbols: Vec<&Symbol> = symbols
        .filter(|symbol| symbol.size > 0 && Use::of(symbol.memory, symbol.code) == name)
        .collect();
    symbols.sort_by(|a, b| b.size.cmp(&a.size).then_with(|| a.name.cmp(&b.name)));
    symbols.into_iter().take(top).cloned().collect()
}

//! The map of the chip's memory.

use std::collections::BTreeSet;

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
    /// What the statics leave for stacks.
    Stack,
    /// Code in flash.
    FlashCode,
    /// Constants in flash.
    FlashData,
    /// What lies in the bootloader's RAM, which is the program's when it has started.
    Reclaimed,
    /// What keeps its contents in deep sleep.
    LowPower,
}

impl Use {
    /// Every use, in the order of a map.
    pub const ALL: [Self; 7] = [
        Self::RamCode,
        Self::RamData,
        Self::Stack,
        Self::FlashCode,
        Self::FlashData,
        Self::Reclaimed,
        Self::LowPower,
    ];

    /// The use, as it is named in a table.
    pub fn name(self) -> &'static str {
        match self {
            Self::RamCode => "RAM, code",
            Self::RamData => "RAM, data",
            Self::Stack => "RAM, stack",
            Self::FlashCode => "flash, code",
            Self::FlashData => "flash, data",
            Self::Reclaimed => "reclaimed RAM",
            Self::LowPower => "low-power RAM",
        }
    }

    fn of(memory: Memory, code: bool) -> Self {
        match (memory, code) {
            (Memory::Ram, true) => Self::RamCode,
            (Memory::Ram, false) => Self::RamData,
            (Memory::Flash, true) => Self::FlashCode,
            (Memory::Flash, false) => Self::FlashData,
            (Memory::Reclaimed, _) => Self::Reclaimed,
            (Memory::LowPower, _) => Self::LowPower,
        }
    }
}

/// A part of the chip's memory.
#[derive(Clone, Debug, Serialize)]
pub struct Region {
    /// What it is used for.
    pub name: Use,
    /// Its bytes.
    pub bytes: u64,
    /// Its largest symbols, the largest first.
    pub largest: Vec<Symbol>,
}

/// The regions of a firmware, each with at most `top` symbols. Memories that only some programs use are left out where nothing is in
/// them.
pub fn regions(firmware: &Firmware, top: usize) -> Vec<Region> {
    let regions = Use::ALL.into_iter().map(|name| Region {
        name,
        bytes: match name {
            Use::Stack => stack_bytes(firmware),
            _ => bytes(firmware, name),
        },
        largest: largest(firmware, name, top),
    });
    let is_shown = |region: &Region| {
        let optional = matches!(region.name, Use::Reclaimed | Use::LowPower);
        !optional || region.bytes != 0
    };
    regions.filter(is_shown).collect()
}

/// The bytes of internal RAM that the program's code, statics and stack share. RAM for instructions alone counts where the program
/// uses it.
pub fn ram_bytes(firmware: &Firmware) -> u64 {
    let alone = &firmware.chip.instruction_ram;
    let mut sections = firmware.sections.iter();
    let is_used = sections.any(|section| alone.contains(&section.address));
    firmware.chip.shared_ram_bytes + if is_used { alone.end - alone.start } else { 0 }
}

/// The bytes of one use.
pub fn bytes(firmware: &Firmware, name: Use) -> u64 {
    let sections = firmware.sections.iter().filter(|section| is_used(section));
    let sections = sections.filter(|section| {
        let memory = section.memory;
        memory.is_some_and(|memory| Use::of(memory, section.code) == name)
    });
    sections.map(|section| section.size).sum()
}

/// What the statics leave for the stack: the bytes between esp-hal's marks of the main stack, or its section where the marks were
/// stripped. Tasks of ESP-IDF have their stacks in the heap, which has all RAM that is left.
pub fn stack_bytes(firmware: &Firmware) -> u64 {
    let address = |name| firmware.address(name);
    if let Some((end, start)) = address("_stack_end").zip(address("_stack_start")) {
        return start.saturating_sub(end);
    }
    match firmware.section_bytes(".stack") {
        0 => {
            let used = bytes(firmware, Use::RamCode) + bytes(firmware, Use::RamData);
            ram_bytes(firmware).saturating_sub(used)
        }
        bytes => bytes,
    }
}

/// A symbol of the allocator that is linked, if one is: esp-alloc's, C's or what Rust calls.
pub fn allocator<'a>(firmware: &'a Firmware) -> Option<&'a str> {
    let is_allocator: [fn(&str) -> bool; 4] = [
        |name| name == "esp_alloc::HEAP",
        |name| name.contains("esp_alloc::"),
        |name| name == "malloc",
        |name| name.contains("__rust_alloc"),
    ];
    is_allocator.iter().find_map(|is_allocator| {
        let mut names = firmware.symbols.iter().map(|symbol| symbol.name.as_str());
        names.find(|name| is_allocator(name))
    })
}

/// Whether a section holds something: others only keep the place of the stack, or of what has another address, too; and what is in
/// no file cannot be in flash.
fn is_used(section: &Section) -> bool {
    section.name != ".stack"
        && !section.name.contains("dummy")
        && (section.stored || section.memory != Some(Memory::Flash))
}

fn largest(firmware: &Firmware, name: Use, top: usize) -> Vec<Symbol> {
    // A table between functions is part of the code.
    let sections = firmware.sections.iter().filter(|section| section.code);
    let code: BTreeSet<&str> = sections.map(|section| section.name.as_str()).collect();
    let is_there = |symbol: &&Symbol| {
        let code = code.contains(symbol.section.as_str());
        symbol.size > 0 && Use::of(symbol.memory, code) == name
    };
    let mut symbols: Vec<&Symbol> = firmware.symbols.iter().filter(is_there).collect();
    symbols.sort_by(|a, b| b.size.cmp(&a.size).then_with(|| a.name.cmp(&b.name)));
    // Two names of one thing take its bytes once.
    symbols.dedup_by_key(|symbol| (symbol.address, symbol.size));
    symbols.into_iter().take(top).cloned().collect()
}

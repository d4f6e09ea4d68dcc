//! Sections and symbols of a firmware.

use std::collections::BTreeMap;

use object::read::elf::{ElfFile32, ElfSection32};
use object::{
    Architecture, Endianness, Object, ObjectSection, ObjectSymbol, SectionFlags, SectionKind,
    SymbolKind, elf,
};
use rustc_demangle::demangle;
use serde::Serialize;
use thiserror::Error;

use crate::chip::{Chip, Memory};

/// Where esp-hal writes the chip's name, and the symbol that names the place.
const METADATA: (&str, &str) = (".espressif.metadata", "build_info.CHIP_NAME");

/// Why a file is no firmware.
#[derive(Debug, Error)]
pub enum ElfError {
    /// It cannot be read.
    #[error("it is no sound 32-bit ELF file: {0}")]
    Unsound(#[from] object::Error),
    /// It is for another processor.
    #[error("it is a program for {0}, not for an ESP32-S3, C6 or C3")]
    Processor(String),
    /// It is for another processor than that of the chip that was named.
    #[error("it is a program for {found}, which is not the processor of the {chip}")]
    OtherChip {
        /// The processor of the file.
        found: String,
        /// The chip that was named.
        chip: &'static str,
    },
    /// Its addresses are not those of a chip.
    #[error("its addresses are those of no chip that is known: ESP32-S3, C6 and C3")]
    Addresses,
    /// It is no program, or nothing of it is in memory.
    #[error("nothing in it is loaded into memory")]
    Empty,
}

/// A function, a static, or a label of assembly.
#[derive(Clone, Debug, Serialize)]
pub struct Symbol {
    /// Its path, without the compiler's hash.
    pub name: String,
    /// Its first byte.
    pub address: u64,
    /// Its bytes; a label has none.
    pub size: u64,
    /// The section that holds it.
    pub section: String,
    /// Whether it is a function, or a label in code.
    pub code: bool,
    /// Whether it is a label: a place that assembly or a linker script names.
    pub label: bool,
    /// Where it lies.
    pub memory: Memory,
}

/// A section that is in memory when the firmware runs.
#[derive(Clone, Debug)]
pub struct Section {
    /// Its name.
    pub name: String,
    /// Its first byte.
    pub address: u64,
    /// Its bytes.
    pub size: u64,
    /// Whether it holds instructions.
    pub code: bool,
    /// Whether its contents are in the file; others start as zeros, or as nothing.
    pub stored: bool,
    /// Where it lies; none where the chip has no memory at its address.
    pub memory: Option<Memory>,
    /// Its bytes behind that memory's end.
    pub beyond: u64,
}

/// A firmware.
pub struct Firmware<'a> {
    pub(crate) file: ElfFile32<'a, Endianness>,
    /// What it is built for.
    pub chip: &'static Chip,
    /// Its sections that are in memory.
    pub sections: Vec<Section>,
    /// Functions, statics and labels.
    pub symbols: Vec<Symbol>,
}

impl<'a> Firmware<'a> {
    /// Reads an ELF file. The chip that is not given follows from what esp-hal notes in the file, or from processor and addresses.
    ///
    /// # Errors
    /// If it is no program for a chip that is known.
    pub fn parse(bytes: &'a [u8], chip: Option<&'static Chip>) -> Result<Self, ElfError> {
        let file = ElfFile32::<Endianness>::parse(bytes)?;
        let loaded: Vec<_> = file.sections().filter(is_loaded).collect();
        let chip = match chip {
            Some(chip) if chip.architecture == file.architecture() => chip,
            Some(chip) => {
                let found = format!("{:?}", file.architecture());
                let chip = chip.name;
                return Err(ElfError::OtherChip { found, chip });
            }
            None => chip_of(&file, &loaded)?,
        };
        if loaded.is_empty() {
            return Err(ElfError::Empty);
        }
        let sections = loaded
            .iter()
            .map(|section| describe(section, chip))
            .collect::<Result<_, _>>()?;
        let mut symbols = Vec::new();
        for symbol in file.symbols() {
            let Some(index) = symbol.section_index() else {
                continue;
            };
            let section = file.section_by_index(index)?;
            let code = match symbol.kind() {
                SymbolKind::Text => true,
                SymbolKind::Data => false,
                SymbolKind::Unknown | SymbolKind::Label => section.kind() == SectionKind::Text,
                _ => continue,
            };
            let memory = chip
                .memory(symbol.address())
                .filter(|_| is_loaded(&section));
            let name = String::from_utf8_lossy(symbol.name_bytes()?);
            // `$x` and `$d` only mark where code and data change.
            let is_mark = name.is_empty() || name.starts_with('$');
            let Some((memory, _)) = memory.filter(|_| !is_mark) else {
                continue;
            };
            symbols.push(Symbol {
                name: format!("{:#}", demangle(&name)),
                address: symbol.address(),
                size: symbol.size(),
                section: name_of(&section)?,
                code,
                label: !matches!(symbol.kind(), SymbolKind::Text | SymbolKind::Data),
                memory,
            });
        }
        Ok(Self {
            file,
            chip,
            sections,
            symbols,
        })
    }

    /// The bytes of a section in memory; 0 where there is none.
    pub fn section_bytes(&self, name: &str) -> u64 {
        let section = self.sections.iter().find(|section| section.name == name);
        section.map_or(0, |section| section.size)
    }

    /// The address of any symbol, the linker script's included.
    pub fn address(&self, name: &str) -> Option<u64> {
        let symbol = self.file.symbols().find(|symbol| symbol.name() == Ok(name));
        symbol.map(|symbol| symbol.address())
    }

    /// The section that holds a symbol of any kind, an assembler's label included.
    pub fn section_of(&self, name: &str) -> Option<&str> {
        let symbol = self
            .file
            .symbols()
            .find(|symbol| symbol.name() == Ok(name))?;
        let section = self.file.section_by_index(symbol.section_index()?).ok()?;
        section.name().ok()
    }

    /// The functions by their addresses; of several at one address, the first in the file.
    pub(crate) fn functions(&self) -> BTreeMap<u64, &Symbol> {
        let functions = self.symbols.iter().rev();
        functions
            .filter(|symbol| symbol.code && !symbol.label)
            .map(|symbol| (symbol.address, symbol))
            .collect()
    }

    /// What the file holds of an address in memory.
    pub(crate) fn bytes_at(&self, address: u64, length: u64) -> Option<&'a [u8]> {
        let mut sections = self.file.sections();
        sections.find_map(|section| {
            let is_there = is_loaded(&section) && section.address() <= address;
            let data = is_there.then(|| section.data_range(address, length).ok());
            data.flatten().flatten()
        })
    }
}

/// The chip that a file is for, by its metadata or by its processor and addresses.
fn chip_of(
    file: &ElfFile32<Endianness>,
    loaded: &[ElfSection32<Endianness>],
) -> Result<&'static Chip, ElfError> {
    let architecture = file.architecture();
    if !matches!(architecture, Architecture::Xtensa | Architecture::Riscv32) {
        return Err(ElfError::Processor(format!("{architecture:?}")));
    }
    if let Some(name) = noted_chip(file) {
        return name.parse().map_err(|_| ElfError::Processor(name));
    }
    if loaded.is_empty() {
        return Err(ElfError::Empty);
    }
    let addresses: Vec<u64> = loaded.iter().map(ObjectSection::address).collect();
    Chip::with_memory_at(architecture, &addresses).ok_or(ElfError::Addresses)
}

/// The chip's name as esp-hal notes it.
fn noted_chip(file: &ElfFile32<Endianness>) -> Option<String> {
    let (section, symbol) = METADATA;
    let section = file.section_by_name(section)?;
    let mut symbols = file.symbols();
    let symbol = symbols.find(|candidate| {
        candidate.name() == Ok(symbol) && candidate.section_index() == Some(section.index())
    })?;
    let bytes = section.data_range(symbol.address(), symbol.size()).ok()??;
    let name = String::from_utf8_lossy(bytes);
    Some(name.into_owned()).filter(|name| !name.is_empty())
}

fn describe(section: &ElfSection32<Endianness>, chip: &Chip) -> Result<Section, object::Error> {
    let (address, size) = (section.address(), section.size());
    let memory = chip.memory(address);
    Ok(Section {
        name: name_of(section)?,
        address,
        size,
        code: section.kind() == SectionKind::Text,
        stored: section.file_range().is_some(),
        memory: memory.map(|(memory, _)| memory),
        beyond: memory.map_or(0, |(_, end)| (address + size).saturating_sub(end)),
    })
}

fn name_of(section: &ElfSection32<Endianness>) -> Result<String, object::Error> {
    Ok(String::from_utf8_lossy(section.name_bytes()?).into_owned())
}

/// Whether a section is in memory and has bytes there.
fn is_loaded(section: &ElfSection32<Endianness>) -> bool {
    let SectionFlags::Elf { sh_flags, .. } = section.flags() else {
        return false;
    };
    let in_memory = sh_flags.0 & elf::SHF_ALLOC.0 != 0;
    in_memory && section.size() > 0 && section.address() > 0
}

//! Sections and symbols of a firmware.

use object::read::elf::{ElfFile32, ElfSection32};
use object::{
    Architecture, Endianness, Object, ObjectSection, ObjectSymbol, SectionFlags, SectionKind,
    SymbolKind, elf,
};
use rustc_demangle::demangle;
use serde::Serialize;
use thiserror::Error;

use crate::chip::{Chip, Memory};

/// Why a file is no firmware.
#[derive(Debug, Error)]
pub enum ElfError {
    /// It cannot be read.
    #[error("it is no sound 32-bit ELF file: {0}")]
    Unsound(#[from] object::Error),
    /// It is for another processor.
    #[error("it is a program for {0}, not for an ESP32-S3, C6 or C3")]
    Processor(String),
    /// Its addresses are not those of a chip.
    #[error("its addresses are those of no chip that is known: ESP32-S3, C6 and C3")]
    Addresses,
    /// It is no program, or nothing of it is in memory.
    #[error("nothing in it is loaded into memory")]
    Empty,
}

/// A function or a static.
#[derive(Clone, Debug, Serialize)]
pub struct Symbol {
    /// Its path, without the compiler's hash.
    pub name: String,
    /// Its first byte.
    pub address: u64,
    /// Its bytes.
    pub size: u64,
    /// The section that holds it.
    pub section: String,
    /// Whether it is a function.
    pub code: bool,
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
    /// Where it lies.
    pub memory: Memory,
}

/// A firmware.
pub struct Firmware<'a> {
    pub(crate) file: ElfFile32<'a, Endianness>,
    /// What it is built for.
    pub chip: &'static Chip,
    /// Its sections that are in memory.
    pub sections: Vec<Section>,
    /// Functions and statics.
    pub symbols: Vec<Symbol>,
}

impl<'a> Firmware<'a> {
    /// Reads an ELF file; the chip follows from its processor and its addresses where it is not given.
    ///
    /// # Errors
    /// If it is no program for a chip that is known.
    pub fn parse(bytes: &'a [u8], chip: Option<&'static Chip>) -> Result<Self, ElfError> {
        let file = ElfFile32::<Endianness>::parse(bytes)?;
        let architecture = file.architecture();
        if !matches!(architecture, Architecture::Xtensa | Architecture::Riscv32) {
            return Err(ElfError::Processor(format!("{architecture:?}")));
        }
        let loaded: Vec<_> = file.sections().filter(is_loaded).collect();
        if loaded.is_empty() {
            return Err(ElfError::Empty);
        }
        let addresses: Vec<u64> = loaded
            .iter()
            .map(ObjectSection::address)
            .filter(|address| !is_low_power(*address))
            .collect();
        let chip = chip
            .or_else(|| Chip::with_memory_at(architecture, &addresses))
            .ok_or(ElfError::Addresses)?;
        let mut sections = Vec::new();
        for section in &loaded {
            let Some(memory) = chip.memory(section.address()) else {
                continue;
            };
            sections.push(Section {
                name: section.name()?.to_owned(),
                address: section.address(),
                size: section.size(),
                code: section.kind() == SectionKind::Text,
                memory,
            });
        }
        let mut symbols = Vec::new();
        for symbol in file.symbols() {
            let kind = symbol.kind();
            let (Some(index), SymbolKind::Text | SymbolKind::Data) = (symbol.section_index(), kind)
            else {
                continue;
            };
            let Some(memory) = chip.memory(symbol.address()) else {
                continue;
            };
            let name = String::from_utf8_lossy(symbol.name_bytes()?);
            symbols.push(Symbol {
                name: format!("{:#}", demangle(&name)),
                address: symbol.address(),
                size: symbol.size(),
                section: file.section_by_index(index)?.name()?.to_owned(),
                code: kind == SymbolKind::Text,
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

    /// The function that starts at an address.
    pub(crate) fn function_at(&self, address: u64) -> Option<&Symbol> {
        let mut symbols = self.symbols.iter();
        symbols.find(|symbol| symbol.code && symbol.address == address)
    }
}

/// Whether a section is in memory and has bytes there.
fn is_loaded(section: &ElfSection32<Endianness>) -> bool {
    let SectionFlags::Elf { sh_flags, .. } = section.flags() else {
        return false;
    };
    let in_memory = sh_flags.0 & elf::SHF_ALLOC.0 != 0;
    in_memory && section.size() > 0 && section.address() > 0
}

/// Whether an address is in the small memories that survive deep sleep, of which all chips have one at the same place.
fn is_low_power(address: u64) -> bool {
    (0x5000_0000..0x5001_0000).contains(&address) || (0x600f_e000..0x6010_0000).contains(&address)
}

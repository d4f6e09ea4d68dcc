//! Sections, symbols and stack frames of a firmware.

use object::read::elf::ElfFile32;
use object::{Endianness, Object, ObjectSection, ObjectSymbol, SymbolKind};
use rustc_demangle::demangle;
use thiserror::Error;

/// Why a file is no firmware.
#[derive(Debug, Error)]
pub enum ElfError {
    /// It cannot be read.
    #[error("it is no sound ELF file: {0}")]
    Unsound(#[from] object::Error),
    /// It was compiled without `-Zemit-stack-sizes`.
    #[error("it has no frame sizes: compile it with -Zemit-stack-sizes")]
    NoFrames,
}

/// A function or a static.
#[derive(Clone, Debug)]
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
}

/// A function's stack frame.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Frame {
    /// The function.
    pub function: String,
    /// Bytes of stack.
    pub size: u64,
}

/// A firmware.
pub struct Firmware<'a> {
    file: ElfFile32<'a, Endianness>,
    /// Functions and statics.
    pub symbols: Vec<Symbol>,
}

impl<'a> Firmware<'a> {
    /// Reads an ELF file.
    ///
    /// # Errors
    /// If it is none.
    pub fn parse(bytes: &'a [u8]) -> Result<Self, ElfError> {
        let file = ElfFile32::parse(bytes)?;
        let mut symbols = Vec::new();
        for symbol in file.symbols() {
            let kind = symbol.kind();
            let (Some(index), SymbolKind::Text | SymbolKind::Data) = (symbol.section_index(), kind)
            else {
                continue;
            };
            symbols.push(Symbol {
                name: format!("{:#}", demangle(symbol.name()?)),
                address: symbol.address(),
                size: symbol.size(),
                section: file.section_by_index(index)?.name()?.to_owned(),
                code: kind == SymbolKind::Text,
            });
        }
        Ok(Self { file, symbols })
    }

    /// The bytes of a section in memory; 0 where there is none.
    pub fn section_bytes(&self, name: &str) -> u64 {
        let section = self.file.section_by_name(name);
        section.map_or(0, |section| section.size())
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

    /// The stack frame of every function, as the compiler noted it: an address and a size as LEB128.
    ///
    /// # Errors
    /// If the compiler noted none.
    pub fn frames(&self) -> Result<Vec<Frame>, ElfError> {
        let section = self.file.section_by_name(".stack_sizes");
        let mut rest = section.ok_or(ElfError::NoFrames)?.data()?;
        let mut frames = Vec::new();
        while let Some((address, sizes)) = rest.split_first_chunk::<4>() {
            let address = u64::from(u32::from_le_bytes(*address));
            let length = sizes
                .iter()
                .position(|byte| byte & 0x80 == 0)
                .map_or(sizes.len(), |last| last + 1);
            let (size, next) = sizes.split_at(length);
            rest = next;
            let size = size
                .iter()
                .rev()
                .fold(0, |size, byte| size << 7 | u64::from(byte & 0x7f));
            let function = self
                .symbols
                .iter()
                .find(|symbol| symbol.code && symbol.address == address);
            let function =
                function.map_or_else(|| format!("{address:#x}"), |symbol| symbol.name.clone());
            frames.push(Frame { function, size });
        }
        Ok(frames)
    }
}

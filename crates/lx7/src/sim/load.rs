//! Executables, and programs into memory.

use super::Simulator;
use super::symbols::{Symbol, Symbols};
use crate::asm::Program;
use object::Endianness;
use object::elf::{
    EM_XTENSA, FileHeader32, PF_X, PT_LOAD, SHT_SYMTAB, STT_FUNC, STT_NOTYPE, STT_OBJECT,
};
use object::read::elf::{FileHeader, ProgramHeader, Sym};

/// Why a program cannot be loaded.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum LoadError {
    /// Not a readable ELF file.
    #[error("not a readable 32-bit little-endian ELF file: {0}")]
    Format(String),
    /// ELF, but for another machine.
    #[error("the ELF file is for machine {0}, not Xtensa (94)")]
    Machine(u16),
    /// An object file or library.
    #[error("the ELF file has nothing to load; link it first")]
    NothingToLoad,
    /// The file ends inside a segment.
    #[error(
        "segment {index} ({address:#010x}) reaches beyond the end of the file: it is truncated"
    )]
    Truncated {
        /// Number of the program header.
        index: usize,
        /// Its address.
        address: u32,
    },
    /// A segment outside the chip's memory.
    #[error(
        "{size} bytes at {address:#010x} do not fit the memory there; the map is in the documentation of `Memory`"
    )]
    Place {
        /// Where it should go.
        address: u32,
        /// Its size.
        size: u32,
    },
}

impl Simulator {
    /// Loads an assembled program and its symbols.
    ///
    /// # Errors
    ///
    /// [`LoadError::Place`] if it does not fit the memory map.
    pub fn load_program(&mut self, program: &Program) -> Result<(), LoadError> {
        self.load_blob(program.base, &program.bytes)?;
        for (name, address) in &program.symbols {
            self.symbols.add(
                *address,
                Symbol {
                    name: name.clone(),
                    size: 0,
                    function: true,
                },
            );
        }
        Ok(())
    }

    /// Loads raw bytes.
    ///
    /// # Errors
    ///
    /// [`LoadError::Place`] if they do not fit the memory map.
    pub fn load_blob(&mut self, address: u32, bytes: &[u8]) -> Result<(), LoadError> {
        let place = |_| LoadError::Place {
            address,
            size: bytes.len() as u32,
        };
        self.core.memory.write(address, bytes).map_err(place)
    }

    /// Loads an ELF executable with its symbols; returns its entry address.
    /// Memory that a segment has beyond its file bytes becomes 0.
    ///
    /// # Errors
    ///
    /// [`LoadError`] says what is wrong with the file.
    pub fn load_elf(&mut self, data: &[u8]) -> Result<u32, LoadError> {
        let executable = Executable::parse(data)?;
        for segment in &executable.segments {
            let (address, size) = (segment.address, segment.size);
            let place = |_| LoadError::Place { address, size };
            let memory = &mut self.core.memory;
            memory.read(address, size as usize).map_err(place)?;
            let rest = (size as usize).checked_sub(segment.bytes.len());
            let rest = rest.ok_or(LoadError::Place { address, size })?;
            memory.write(address, segment.bytes).map_err(place)?;
            memory
                .write(address + segment.bytes.len() as u32, &vec![0; rest])
                .map_err(place)?;
            if segment.code {
                memory.mark_code(address, size as usize);
            }
        }
        self.symbols.extend(&executable.symbols);
        Ok(executable.entry)
    }
}

/// What an ELF executable says about itself.
#[derive(Debug, Clone)]
pub struct Executable<'a> {
    /// Address of its first instruction.
    pub entry: u32,
    /// What goes into memory.
    pub segments: Vec<Segment<'a>>,
    /// Names of functions, objects and labels.
    pub symbols: Symbols,
}

/// A piece of an [`Executable`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Segment<'a> {
    /// Where it goes.
    pub address: u32,
    /// What the file has of it.
    pub bytes: &'a [u8],
    /// Bytes in memory; what the file has not is 0.
    pub size: u32,
    /// Whether it holds instructions.
    pub code: bool,
}

impl<'a> Executable<'a> {
    /// Reads a 32-bit little-endian Xtensa ELF executable.
    ///
    /// # Errors
    ///
    /// [`LoadError`] says what is wrong with the file.
    pub fn parse(data: &'a [u8]) -> Result<Self, LoadError> {
        let format = |e: object::Error| LoadError::Format(e.to_string());
        let header = FileHeader32::<Endianness>::parse(data).map_err(format)?;
        let endian = header.endian().map_err(format)?;
        if header.is_big_endian() {
            return Err(LoadError::Format("it is big-endian".to_owned()));
        }
        let machine = header.e_machine(endian);
        if machine != EM_XTENSA {
            return Err(LoadError::Machine(machine));
        }
        let mut segments = Vec::new();
        let headers = header.program_headers(endian, data).map_err(format)?;
        for (index, segment) in headers.iter().enumerate() {
            let (address, size) = (segment.p_vaddr(endian), segment.p_memsz(endian));
            if segment.p_type(endian) != PT_LOAD || size == 0 {
                continue;
            }
            let bytes = segment
                .data(endian, data)
                .map_err(|()| LoadError::Truncated { index, address })?;
            segments.push(Segment {
                address,
                bytes,
                size,
                code: segment.p_flags(endian) & PF_X != 0,
            });
        }
        if segments.is_empty() {
            return Err(LoadError::NothingToLoad);
        }
        let mut symbols = Symbols::default();
        // What is to be loaded is there; sections, which say the names, come last in a file.
        let cut = |e: object::Error| LoadError::Format(format!("{e}; is it truncated?"));
        let sections = header.sections(endian, data).map_err(cut)?;
        let table = sections.symbols(endian, data, SHT_SYMTAB).map_err(cut)?;
        for symbol in table.iter() {
            let Ok(name) = symbol.name(endian, table.strings()) else {
                continue;
            };
            let kind = symbol.st_type();
            if name.is_empty()
                || symbol.is_undefined(endian)
                || !matches!(kind, STT_FUNC | STT_OBJECT | STT_NOTYPE)
            {
                continue;
            }
            let symbol_entry = Symbol {
                name: String::from_utf8_lossy(name).into_owned(),
                size: symbol.st_size(endian),
                function: kind == STT_FUNC,
            };
            symbols.add(symbol.st_value(endian), symbol_entry);
        }
        Ok(Executable {
            entry: header.e_entry(endian),
            segments,
            symbols,
        })
    }
}

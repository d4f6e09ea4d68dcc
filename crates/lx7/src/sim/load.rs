//! Programs into memory.

use super::Simulator;
use super::symbols::Symbol;
use crate::asm::Program;
use object::Endianness;
use object::elf::{EM_XTENSA, PF_X, PT_LOAD, STT_FUNC, STT_NOTYPE, STT_OBJECT};
use object::read::elf::{ElfFile32, FileHeader, ProgramHeader, Sym};

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
        let format = |e: object::Error| LoadError::Format(e.to_string());
        let file: ElfFile32<'_, Endianness> = ElfFile32::parse(data).map_err(format)?;
        let header = file.elf_header();
        let endian = file.endian();
        if header.is_big_endian() {
            return Err(LoadError::Format("it is big-endian".to_owned()));
        }
        let machine = header.e_machine(endian);
        if machine != EM_XTENSA {
            return Err(LoadError::Machine(machine));
        }
        let mut loaded = false;
        for (index, segment) in file.elf_program_headers().iter().enumerate() {
            let (address, size) = (segment.p_vaddr(endian), segment.p_memsz(endian));
            if segment.p_type(endian) != PT_LOAD || size == 0 {
                continue;
            }
            let bytes = segment
                .data(endian, data)
                .map_err(|()| LoadError::Truncated { index, address })?;
            let place = |_| LoadError::Place { address, size };
            self.core
                .memory
                .read(address, size as usize)
                .map_err(place)?;
            let rest = (size as usize).checked_sub(bytes.len());
            let rest = rest.ok_or(LoadError::Place { address, size })?;
            self.core.memory.write(address, bytes).map_err(place)?;
            self.core
                .memory
                .write(address + bytes.len() as u32, &vec![0; rest])
                .map_err(place)?;
            if segment.p_flags(endian) & PF_X != 0 {
                self.core.memory.mark_code(address, size as usize);
            }
            loaded = true;
        }
        if !loaded {
            return Err(LoadError::NothingToLoad);
        }
        let symbols = file.elf_symbol_table();
        for symbol in symbols.iter() {
            let Ok(name) = symbol.name(endian, symbols.strings()) else {
                continue;
            };
            let kind = symbol.st_type();
            if name.is_empty()
                || symbol.is_undefined(endian)
                || !matches!(kind, STT_FUNC | STT_OBJECT | STT_NOTYPE)
            {
                continue;
            }
            let name = String::from_utf8_lossy(name).into_owned();
            let (address, size) = (symbol.st_value(endian), symbol.st_size(endian));
            self.symbols.add(
                address,
                Symbol {
                    name,
                    size,
                    function: kind == STT_FUNC,
                },
            );
        }
        Ok(header.e_entry(endian))
    }
}

//! Small firmwares, made by hand.

use object_write::write::StreamingBuffer;
use object_write::write::elf::{FileHeader, SectionHeader, Sym, Writer};
use object_write::{Endianness, elf};

/// A section: name, address, flags beside `SHF_ALLOC`, contents.
pub struct Section {
    pub name: &'static str,
    pub address: u32,
    pub code: bool,
    pub bytes: Vec<u8>,
}

/// A symbol: name, address, size, whether it is a function; in the section that holds its address. One without a size that is no
/// function is a label.
pub struct Symbol(pub &'static str, pub u32, pub u32, pub bool);

/// A program.
pub struct Program {
    pub machine: u16,
    pub sections: Vec<Section>,
    pub symbols: Vec<Symbol>,
}

pub fn section(name: &'static str, address: u32, code: bool, size: usize) -> Section {
    Section {
        name,
        address,
        code,
        bytes: vec![0; size],
    }
}

impl Program {
    /// An ESP32-C6 with a function in RAM, one in flash, a buffer, a stack and an app descriptor.
    pub fn c6() -> Self {
        let mut descriptor = section(".flash.appdesc", 0x4200_0020, false, 256);
        descriptor.bytes[..4].copy_from_slice(&0xabcd_5432_u32.to_le_bytes());
        Self {
            machine: elf::EM_RISCV,
            sections: vec![
                section(".rwtext", 0x4080_0000, true, 0x100),
                section(".bss", 0x4080_1000, false, 0x3000),
                descriptor,
                section(".text", 0x4201_0000, true, 0x400),
            ],
            symbols: vec![
                Symbol("hot", 0x4080_0000, 0x40, true),
                Symbol("NET", 0x4080_1000, 0x2400, false),
                Symbol("main", 0x4201_0000, 0x100, true),
                Symbol("_stack_end", 0x4080_4000, 0, false),
                Symbol("_stack_start", 0x4081_4000, 0, false),
            ],
        }
    }

    /// An ESP32-S3 whose `main` takes so many bytes of stack.
    pub fn s3(frame: u32) -> Self {
        let entry = lx7::isa::find("entry").unwrap();
        let word = entry.encode(&[1, frame as i32], 0).unwrap();
        let mut text = section(".text", 0x4200_0020, true, 0x40);
        text.bytes[..3].copy_from_slice(&word.to_le_bytes()[..3]);
        Self {
            machine: elf::EM_XTENSA,
            sections: vec![text, section(".bss", 0x3fc8_8000, false, 0x1000)],
            symbols: vec![
                Symbol("main", 0x4200_0020, 0x40, true),
                Symbol("NET", 0x3fc8_8000, 0x1000, false),
            ],
        }
    }

    /// An ESP32-S3 with a program from text, whose symbols have no sizes.
    pub fn assembled(text: &str) -> Vec<u8> {
        let program = lx7::asm::assemble(text, 0x4037_8000).unwrap();
        program.to_elf(0x4037_8000)
    }

    /// The ELF file.
    pub fn elf(&self) -> Vec<u8> {
        let mut bytes = Vec::new();
        let mut buffer = StreamingBuffer::new(&mut bytes);
        let mut writer = Writer::new(Endianness::Little, false, &mut buffer);
        writer.reserve_file_header();
        let places: Vec<_> = self
            .sections
            .iter()
            .map(|section| {
                let name = writer.add_section_name(section.name.as_bytes());
                let index = writer.reserve_section_index();
                (name, index, writer.reserve(section.bytes.len(), 16))
            })
            .collect();
        writer.reserve_symtab_section_index();
        writer.reserve_strtab_section_index();
        writer.reserve_shstrtab_section_index();
        writer.reserve_null_symbol_index();
        let names: Vec<_> = self
            .symbols
            .iter()
            .map(|symbol| {
                writer.reserve_symbol_index(None);
                writer.add_string(symbol.0.as_bytes())
            })
            .collect();
        writer.reserve_symtab();
        writer.reserve_strtab();
        writer.reserve_shstrtab();
        writer.reserve_section_headers();
        writer
            .write_file_header(&FileHeader {
                os_abi: 0,
                abi_version: 0,
                e_type: elf::ET_EXEC,
                e_machine: self.machine,
                e_entry: 0,
                e_flags: 0,
            })
            .unwrap();
        for (section, (_, _, offset)) in self.sections.iter().zip(&places) {
            writer.pad_until(*offset);
            writer.write(&section.bytes);
        }
        writer.write_null_symbol();
        for (symbol, name) in self.symbols.iter().zip(names) {
            let Symbol(_, address, size, code) = *symbol;
            let holds = |section: &Section| {
                (section.address..section.address + section.bytes.len() as u32).contains(&address)
            };
            let section = self.sections.iter().position(holds);
            writer.write_symbol(&Sym {
                name: Some(name),
                section: section.map(|section| places[section].1),
                st_info: match (code, size) {
                    (true, _) => elf::STT_FUNC,
                    (false, 0) => elf::STT_NOTYPE,
                    (false, _) => elf::STT_OBJECT,
                },
                st_other: 0,
                st_shndx: if section.is_some() { 0 } else { elf::SHN_ABS },
                st_value: u64::from(address),
                st_size: u64::from(size),
            });
        }
        writer.write_strtab();
        writer.write_shstrtab();
        writer.write_null_section_header();
        for (section, (name, _, offset)) in self.sections.iter().zip(&places) {
            let execute = if section.code {
                elf::SHF_EXECINSTR
            } else {
                elf::SHF_WRITE
            };
            writer.write_section_header(&SectionHeader {
                name: Some(*name),
                sh_type: elf::SHT_PROGBITS,
                sh_flags: u64::from(elf::SHF_ALLOC | execute),
                sh_addr: u64::from(section.address),
                sh_offset: *offset as u64,
                sh_size: section.bytes.len() as u64,
                sh_link: 0,
                sh_info: 0,
                sh_addralign: 16,
                sh_entsize: 0,
            });
        }
        writer.write_symtab_section_header(1);
        writer.write_strtab_section_header();
        writer.write_shstrtab_section_header();
        bytes
    }
}

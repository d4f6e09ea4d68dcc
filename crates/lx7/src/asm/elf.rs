//! A program as an ELF executable, with its labels as symbols.

use super::Program;

/// Place of the code in the file: behind the file header and one program header.
const CODE: u32 = 52 + 32;
const XTENSA: u16 = 94;

impl Program {
    /// The program as a 32-bit little-endian ELF executable that starts at
    /// `entry`: one loadable segment with code and data, and a symbol table.
    pub fn to_elf(&self, entry: u32) -> Vec<u8> {
        let size = self.bytes.len() as u32;
        let mut names = vec![0];
        let mut symbols = vec![0; 16];
        let mut by_address: Vec<_> = self.symbols.iter().collect();
        by_address.sort_by_key(|(_, address)| **address);
        for (name, address) in by_address {
            // A global function; of section 1, the code.
            symbols.extend(words(&[
                names.len() as u32,
                *address,
                0,
                1 << 4 | 2 | 1 << 16,
            ]));
            names.extend(name.bytes().chain([0]));
        }
        let section_names = b"\0.text\0.symtab\0.strtab\0";
        let symbols_at = CODE + size.next_multiple_of(4);
        let names_at = symbols_at + symbols.len() as u32;
        let section_names_at = names_at + names.len() as u32;
        let headers_at = (section_names_at + section_names.len() as u32).next_multiple_of(4);

        let mut file = b"\x7fELF\x01\x01\x01".to_vec();
        file.resize(16, 0);
        file.extend(halves(&[2, XTENSA]));
        file.extend(words(&[1, entry, 52, headers_at, 0]));
        file.extend(halves(&[52, 32, 1, 40, 5, 4]));
        // To load: readable, writable (data may follow the code), executable.
        file.extend(words(&[1, CODE, self.base, self.base, size, size, 7, 4]));
        file.extend(&self.bytes);
        file.resize(symbols_at as usize, 0);
        file.extend(&symbols);
        file.extend(&names);
        file.extend(section_names);
        file.resize(headers_at as usize, 0);
        let symbols_size = symbols.len() as u32;
        for section in [
            [0; 10],
            [1, 1, 7, self.base, CODE, size, 0, 0, 4, 0],
            [7, 2, 0, 0, symbols_at, symbols_size, 3, 1, 4, 16],
            [15, 3, 0, 0, names_at, names.len() as u32, 0, 0, 1, 0],
            [
                15,
                3,
                0,
                0,
                section_names_at,
                section_names.len() as u32,
                0,
                0,
                1,
                0,
            ],
        ] {
            file.extend(words(&section));
        }
        file
    }
}

fn words(values: &[u32]) -> Vec<u8> {
    values.iter().flat_map(|v| v.to_le_bytes()).collect()
}

fn halves(values: &[u16]) -> Vec<u8> {
    values.iter().flat_map(|v| v.to_le_bytes()).collect()
}

#[cfg(test)]
mod tests {
    use crate::asm;
    use crate::sim::Executable;

    #[test]
    fn what_is_written_is_read_back() {
        let source = "first: entry a1, 32\n retw.n\nsecond: nop.n";
        let program = asm::assemble(source, 0x4037_8000).unwrap();
        let file = program.to_elf(0x4037_8000);
        let executable = Executable::parse(&file).unwrap();
        assert_eq!(executable.entry, 0x4037_8000);
        assert_eq!(executable.segments[0].bytes, program.bytes);
        assert!(executable.segments[0].code);
        for (name, address) in &program.symbols {
            assert_eq!(executable.symbols.address(name), Some(*address));
        }
    }
}

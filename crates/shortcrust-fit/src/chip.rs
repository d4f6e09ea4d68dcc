//! The chips and their memories.

use std::ops::Range;
use std::str::FromStr;

use object::Architecture;
use serde::Serialize;

/// A kind of memory.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Memory {
    /// Internal RAM: as fast as the core.
    Ram,
    /// Internal RAM in which the bootloader runs: the program's when it has started.
    Reclaimed,
    /// Flash, through a cache.
    Flash,
    /// The small RAM that keeps its contents in deep sleep.
    LowPower,
}

/// A chip that firmware is built for.
#[derive(Debug)]
pub struct Chip {
    /// Its name as esp-hal and espflash write it.
    pub name: &'static str,
    /// The target that Rust is compiled for.
    pub target: &'static str,
    /// Its instruction set.
    pub architecture: Architecture,
    /// Bytes of internal RAM that a program's code, statics and stack share while it starts.
    pub shared_ram_bytes: u64,
    /// Addresses of RAM for instructions alone, which the program has if it gives the cache less. They are not shared.
    pub instruction_ram: Range<u64>,
    /// The addresses of its memories. RAM may have addresses for instructions and others for data.
    pub memories: &'static [(Memory, Range<u64>)],
}

/// Every chip, with the addresses of esp-hal 1.2's linker scripts (`ld/CHIP/memory.x`); where the bootloader's RAM starts is said
/// there, too, and flash is as large as the cache can show.
pub static CHIPS: [Chip; 3] = [
    Chip {
        name: "esp32s3",
        target: "xtensa-esp32s3-none-elf",
        architecture: Architecture::Xtensa,
        shared_ram_bytes: 0x3fcd_b700 - 0x3fc8_8000,
        instruction_ram: 0x4037_4000..0x4037_8000,
        memories: &[
            // 0x4037_8000 and 0x3fc8_8000 are the same byte.
            (Memory::Ram, 0x4037_4000..0x403c_b700),
            (Memory::Reclaimed, 0x403c_b700..0x403e_0000),
            (Memory::Ram, 0x3fc8_8000..0x3fcd_b700),
            (Memory::Reclaimed, 0x3fcd_b700..0x3fd0_0000),
            (Memory::Flash, 0x4200_0000..0x4400_0000),
            (Memory::Flash, 0x3c00_0000..0x3e00_0000),
            (Memory::LowPower, 0x5000_0000..0x5000_2000),
            (Memory::LowPower, 0x600f_e000..0x6010_0000),
        ],
    },
    Chip {
        name: "esp32c6",
        target: "riscv32imac-unknown-none-elf",
        architecture: Architecture::Riscv32,
        shared_ram_bytes: 0x6_e610,
        instruction_ram: 0..0,
        memories: &[
            (Memory::Ram, 0x4080_0000..0x4086_e610),
            (Memory::Reclaimed, 0x4086_e610..0x4088_0000),
            (Memory::Flash, 0x4200_0000..0x4300_0000),
            (Memory::LowPower, 0x5000_0000..0x5000_4000),
        ],
    },
    Chip {
        name: "esp32c3",
        target: "riscv32imc-unknown-none-elf",
        architecture: Architecture::Riscv32,
        shared_ram_bytes: 313 << 10,
        instruction_ram: 0..0,
        memories: &[
            // 0x4038_0000 and 0x3fc8_0000 are the same byte.
            (Memory::Ram, 0x4038_0000..0x403c_e400),
            (Memory::Reclaimed, 0x403c_e400..0x403e_0000),
            (Memory::Ram, 0x3fc8_0000..0x3fcc_e400),
            (Memory::Reclaimed, 0x3fcc_e400..0x3fce_0000),
            (Memory::Flash, 0x4200_0000..0x4280_0000),
            (Memory::Flash, 0x3c00_0000..0x3c80_0000),
            (Memory::LowPower, 0x5000_0000..0x5000_2000),
        ],
    },
];

/// A name that no chip has.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("there is no chip `{0}`; known are esp32s3, esp32c6 and esp32c3")]
pub struct UnknownChip(String);

impl FromStr for &'static Chip {
    type Err = UnknownChip;

    fn from_str(name: &str) -> Result<Self, UnknownChip> {
        let found = CHIPS.iter().find(|chip| chip.name == name);
        found.ok_or_else(|| UnknownChip(name.to_owned()))
    }
}

impl Chip {
    /// The memory at an address, and the address behind its last.
    pub fn memory(&self, address: u64) -> Option<(Memory, u64)> {
        let mut memories = self.memories.iter();
        memories
            .find(|(_, range)| range.contains(&address))
            .map(|(memory, range)| (*memory, range.end))
    }

    /// The chip of this instruction set that has memory, and RAM among it, at all of these addresses.
    pub fn with_memory_at(architecture: Architecture, addresses: &[u64]) -> Option<&'static Self> {
        CHIPS.iter().find(|chip| {
            let mut memories = addresses.iter().map(|address| chip.memory(*address));
            chip.architecture == architecture
                && memories.clone().all(|memory| memory.is_some())
                && memories.any(|memory| matches!(memory, Some((Memory::Ram, _))))
        })
    }
}

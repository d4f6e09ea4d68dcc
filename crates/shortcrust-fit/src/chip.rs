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
    /// Flash, through a cache.
    Flash,
}

/// A chip that firmware is built for.
#[derive(Debug)]
pub struct Chip {
    /// Its name as esp-hal and espflash write it.
    pub name: &'static str,
    /// Its instruction set.
    pub architecture: Architecture,
    /// Bytes of internal RAM that a program's code, statics and stack share while it starts.
    pub ram_bytes: u64,
    /// The addresses of its memories. RAM may have addresses for instructions and others for data.
    pub memories: &'static [(Memory, Range<u64>)],
}

/// Every chip, with the addresses of esp-hal 1.2's linker scripts (`ld/CHIP/memory.x`). RAM that the bootloader returns later is not
/// counted in `ram_bytes`.
pub static CHIPS: [Chip; 3] = [
    Chip {
        name: "esp32s3",
        architecture: Architecture::Xtensa,
        // Behind the instruction cache: 16 KB for instructions alone, and what instructions and data share up to the bootloader's.
        ram_bytes: 0x4000 + (0x3fcd_b700 - 0x3fc8_8000),
        memories: &[
            (Memory::Ram, 0x4037_0000..0x403e_0000),
            (Memory::Ram, 0x3fc8_8000..0x3fd0_0000),
            (Memory::Flash, 0x4200_0000..0x4400_0000),
            (Memory::Flash, 0x3c00_0000..0x3e00_0000),
        ],
    },
    Chip {
        name: "esp32c6",
        architecture: Architecture::Riscv32,
        ram_bytes: 0x6_e610,
        memories: &[
            (Memory::Ram, 0x4080_0000..0x4088_0000),
            (Memory::Flash, 0x4200_0000..0x4300_0000),
        ],
    },
    Chip {
        name: "esp32c3",
        architecture: Architecture::Riscv32,
        ram_bytes: 313 << 10,
        memories: &[
            (Memory::Ram, 0x4037_c000..0x403e_0000),
            (Memory::Ram, 0x3fc8_0000..0x3fce_0000),
            (Memory::Flash, 0x4200_0000..0x4280_0000),
            (Memory::Flash, 0x3c00_0000..0x3c80_0000),
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
    /// The memory at an address.
    pub fn memory(&self, address: u64) -> Option<Memory> {
        let mut memories = self.memories.iter();
        memories
            .find(|(_, range)| range.contains(&address))
            .map(|(memory, _)| *memory)
    }

    /// The chip of this instruction set that has memory, and RAM among it, at all of these addresses.
    pub fn with_memory_at(architecture: Architecture, addresses: &[u64]) -> Option<&'static Self> {
        CHIPS.iter().find(|chip| {
            let mut memories = addresses.iter().map(|address| chip.memory(*address));
            chip.architecture == architecture
                && memories.clone().all(|memory| memory.is_some())
                && memories.any(|memory| memory == Some(Memory::Ram))
        })
    }
}

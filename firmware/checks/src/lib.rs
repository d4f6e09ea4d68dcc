//! Flash images of the firmware, and what its ELF files say of memory.

pub mod elf;
pub mod image;

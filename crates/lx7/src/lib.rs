//! (docs follow)
pub mod asm;
pub mod core;
pub mod disasm;
pub mod isa;
pub mod sim;

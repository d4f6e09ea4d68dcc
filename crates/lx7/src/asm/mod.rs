//! From instructions to bytes: a builder for Rust code, and a text assembler on
//! top of it.

mod builder;
mod elf;
mod expression;
mod layout;
mod program;
mod text;

pub use builder::{A, Arg, Args, B, Builder, F, Label, M, Q};
pub use program::{AssemblyError, Program};
pub use text::{assemble, assemble_instruction};

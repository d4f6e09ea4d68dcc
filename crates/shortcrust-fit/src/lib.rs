//! Reads a firmware as it was linked: what lies where in the chip's memory, what each function takes of the stack, and what
//! will go wrong on the chip.
//!
//! `chip` → `elf` → `frames` → `map` → `partitions` → `image` → `warnings`.

pub mod chip;
pub mod elf;
pub mod frames;
pub mod image;
pub mod map;
mod partitions;
pub mod warnings;

//! The chip, and the network that it runs.
#![no_std]
#![deny(clippy::large_stack_frames, clippy::mem_forget)]
// The network's machine code for the ESP32-S3 is assembly, which Espressif's compiler allows on request.
#![cfg_attr(target_arch = "xtensa", feature(asm_experimental_arch))]

mod board;
mod networks;

pub use board::{Board, Chip};
pub use networks::{INPUT, Net, OUTPUT};

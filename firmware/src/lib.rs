//! The chip: clocks, counters, stack and serial port, behind what [`esp_flash`] asks of a machine.
#![no_std]

mod board;

pub use board::{Board, Chip};

//! The chip: clocks, counters, stack and serial port, behind what [`esp_flash`] asks of a machine. And the network that it runs.
#![no_std]
#![deny(clippy::large_stack_frames, clippy::mem_forget)]

mod board;

pub use board::{Board, Chip};
pub use esp_flash::networks::PersonDetect as Net;

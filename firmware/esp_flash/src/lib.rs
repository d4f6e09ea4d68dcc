//! What the firmware does, on any chip: it measures itself, serves a host, and in the demonstration judges photographs.
//!
//! Nothing here knows a chip: a [`Machine`] counts cycles, a [`fmt::Write`](core::fmt::Write) takes what a person reads, and
//! `embedded_io` carries what a host sends. So all of it runs in tests on the host and on emulated processors too.
#![no_std]
// The network's machine code for the ESP32-S3 is assembly, which Espressif's compiler allows on request.
#![cfg_attr(target_arch = "xtensa", feature(asm_experimental_arch))]

pub mod analysis;
mod decimal;
#[cfg(feature = "host")]
pub mod host;
#[cfg(feature = "demonstration")]
pub mod inference;
mod machine;
mod network;
#[cfg(feature = "demonstration")]
pub mod networks;
#[cfg(feature = "demonstration")]
pub mod photographs;
pub mod serve;
pub mod stack;

pub use bytemuck;
pub use decimal::Decimal;
pub use machine::{Heap, Machine};
pub use network::Network;
pub use shortcrust;

//! What the firmware does, on any chip: it judges photographs, measures itself, and serves a host.
//!
//! Nothing here knows a chip: a [`Machine`] counts cycles, a [`fmt::Write`](core::fmt::Write) takes what a person reads, and
//! `embedded_io` carries what a host sends. So all of it runs in tests on the host and on emulated processors too.
#![no_std]

pub mod analysis;
pub mod inference;
mod machine;
pub mod networks;
pub mod photographs;
pub mod serve;
pub mod stack;

pub use machine::{Heap, Machine};

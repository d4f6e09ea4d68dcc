//! What a host and a firmware say to each other.
//!
//! The host asks, the firmware answers. Every request and response is one frame ([`frame`]) with a number that the answer
//! repeats; every request may be sent again without harm, so that whatever the line loses is asked for once more.
//!
//! A run is `Begin`, `Input` in pieces from the start to the end, `Run`, and `Output` in pieces.
#![no_std]

#[cfg(feature = "client")]
extern crate std;

#[cfg(feature = "client")]
pub mod client;
pub mod frame;
mod message;

pub use message::{Description, Measured, Refusal, Request, Response};

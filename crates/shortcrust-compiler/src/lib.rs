//! Compiles an int8 `.tflite` model into a static program.

pub mod budget;
pub mod constants;
pub mod emit;
mod emit_kernels;
mod emit_portable;
pub mod error;
pub mod execute;
pub mod graph;
pub mod kernel;
pub mod lx7;
pub mod network;
pub mod operators;
pub mod passes;
pub mod plan;
pub mod program;
pub mod tflite;

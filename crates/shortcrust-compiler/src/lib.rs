//! Compiles an int8 `.tflite` model into a static program.

pub mod constants;
pub mod error;
pub mod graph;
pub mod kernel;
pub mod operators;
pub mod program;
pub mod tflite;

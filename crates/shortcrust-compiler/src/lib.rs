//! Compiles an int8 `.tflite` model into a static program.

pub mod error;
pub mod graph;
pub mod tflite;

//! Reads `.tflite` files: FlatBuffers, verified before anything is looked at.

mod flatbuffer;
mod operator_names;
mod options;
mod read;
mod schema;
mod tensor;

pub use options::*;
pub use read::read;

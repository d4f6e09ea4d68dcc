//! The operators that are supported, one a file: how each is checked and lowered to kernel calls.

mod lowering;
mod relu;
mod reshape;

pub use lowering::{Lowering, lower};

use crate::error::Result;

/// An operator of the `.tflite` schema that is supported.
pub struct Operator {
    /// Its name in the schema, `CONV_2D`.
    pub name: &'static str,
    /// Checks the node and adds its kernel calls.
    pub lower: fn(&mut Lowering) -> Result<()>,
}

/// Every supported operator. Reader, executor and emitter know operators only through this list.
pub const OPERATORS: &[Operator] = &[
    Operator { name: "EXPAND_DIMS", lower: reshape::lower },
    Operator { name: "RELU", lower: relu::lower },
    Operator { name: "RESHAPE", lower: reshape::lower },
    Operator { name: "SQUEEZE", lower: reshape::lower },
];

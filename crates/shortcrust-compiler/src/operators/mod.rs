//! The operators that are supported, one a file: how each is checked and lowered to kernel calls.

mod average_pool_2d;
mod conv_2d;
mod depthwise_conv_2d;
mod fully_connected;
mod lowering;
mod max_pool_2d;
mod relu;
mod reshape;
mod scaling;
mod transpose_conv;
mod windows;

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
    Operator { name: "AVERAGE_POOL_2D", lower: average_pool_2d::lower },
    Operator { name: "CONV_2D", lower: conv_2d::lower },
    Operator { name: "DEPTHWISE_CONV_2D", lower: depthwise_conv_2d::lower },
    Operator { name: "EXPAND_DIMS", lower: reshape::lower },
    Operator { name: "FULLY_CONNECTED", lower: fully_connected::lower },
    Operator { name: "MAX_POOL_2D", lower: max_pool_2d::lower },
    Operator { name: "RELU", lower: relu::lower },
    Operator { name: "RESHAPE", lower: reshape::lower },
    Operator { name: "SQUEEZE", lower: reshape::lower },
    Operator { name: "TRANSPOSE_CONV", lower: transpose_conv::lower },
];

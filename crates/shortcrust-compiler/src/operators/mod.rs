//! The operators that are supported, one a file: how each is checked and lowered to kernel calls.

mod add;
mod arg_max;
mod average_pool_2d;
mod broadcast;
mod concatenation;
mod conv_2d;
mod depthwise_conv_2d;
mod dequantize;
mod fixed_point_input;
mod fully_connected;
mod gather;
mod hard_swish;
mod leaky_relu;
mod logistic;
mod lookup_table;
mod lowering;
mod max_pool_2d;
mod maximum;
mod minimum;
mod mul;
mod pack;
mod pad;
mod quantize;
mod reduction;
mod relu;
mod reshape;
mod resize;
mod scaling;
mod slice;
mod softmax;
mod split;
mod strided_slice;
mod sub;
mod sum_scales;
mod tanh;
mod transpose;
mod transpose_conv;
mod walk;
mod windows;

pub use lowering::{Lowering, lower};

use crate::error::Result;

type Lower = fn(&mut Lowering) -> Result<()>;

/// An operator of the `.tflite` schema that is supported.
pub struct Operator {
    /// Its name in the schema, `CONV_2D`.
    pub name: &'static str,
    /// Checks the node and adds its kernel calls.
    pub lower: Lower,
    /// Whether it only moves elements, of whatever type.
    pub moves: bool,
}

const fn computes(name: &'static str, lower: Lower) -> Operator {
    Operator {
        name,
        lower,
        moves: false,
    }
}

const fn moves(name: &'static str, lower: Lower) -> Operator {
    Operator {
        name,
        lower,
        moves: true,
    }
}

/// Whether the operator of a name only moves elements: it may stand between float32 or uint8 ends and QUANTIZE or DEQUANTIZE.
pub fn only_moves(name: &str) -> bool {
    let mut operators = OPERATORS.iter();
    operators.any(|operator| operator.name == name && operator.moves)
}

/// Every supported operator. Reader, executor and emitter know operators only through this list.
pub const OPERATORS: &[Operator] = &[
    computes("ADD", add::lower),
    computes("ARG_MAX", arg_max::lower),
    computes("AVERAGE_POOL_2D", average_pool_2d::lower),
    moves("CONCATENATION", concatenation::lower),
    computes("CONV_2D", conv_2d::lower),
    computes("DEPTHWISE_CONV_2D", depthwise_conv_2d::lower),
    computes("DEQUANTIZE", dequantize::lower),
    moves("EXPAND_DIMS", reshape::lower),
    computes("FULLY_CONNECTED", fully_connected::lower),
    moves("GATHER", gather::lower),
    computes("HARD_SWISH", hard_swish::lower),
    computes("LEAKY_RELU", leaky_relu::lower),
    computes("LOGISTIC", logistic::lower),
    computes("MAXIMUM", maximum::lower),
    computes("MAX_POOL_2D", max_pool_2d::lower),
    computes("MEAN", reduction::lower_mean),
    computes("MINIMUM", minimum::lower),
    computes("MUL", mul::lower),
    moves("PACK", pack::lower),
    moves("PAD", pad::lower),
    moves("PADV2", pad::lower),
    computes("QUANTIZE", quantize::lower),
    computes("RELU", relu::lower),
    computes("RELU6", relu::lower_relu6),
    moves("RESHAPE", reshape::lower),
    computes("RESIZE_BILINEAR", resize::lower_bilinear),
    computes("RESIZE_NEAREST_NEIGHBOR", resize::lower_nearest_neighbor),
    moves("SLICE", slice::lower),
    computes("SOFTMAX", softmax::lower),
    moves("SPLIT", split::lower),
    moves("SQUEEZE", reshape::lower),
    moves("STRIDED_SLICE", strided_slice::lower),
    computes("SUB", sub::lower),
    computes("SUM", reduction::lower_sum),
    computes("TANH", tanh::lower),
    moves("TRANSPOSE", transpose::lower),
    computes("TRANSPOSE_CONV", transpose_conv::lower),
    moves("UNPACK", split::lower_unpack),
];

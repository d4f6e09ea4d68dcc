//! The operators that are supported, one a file: how each is checked and lowered to kernel calls.

mod add;
mod arg_max;
mod average_pool_2d;
mod broadcast;
mod check;
mod concatenation;
mod conv_2d;
mod counts;
mod depthwise_conv_2d;
mod dequantize;
mod expand_dims;
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
mod numbers;
mod pack;
mod pad;
mod quantisation;
mod quantize;
mod reduction;
mod relu;
mod reshape;
mod resize;
mod scaling;
mod slice;
mod softmax;
mod split;
mod squeeze;
mod strided_slice;
mod sub;
mod sum_scales;
mod tanh;
mod transpose;
mod transpose_conv;
mod unsupported;
mod walk;
mod windows;

pub use check::check;
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
    Operator {
        name: "ADD",
        lower: add::lower,
    },
    Operator {
        name: "ARG_MAX",
        lower: arg_max::lower,
    },
    Operator {
        name: "AVERAGE_POOL_2D",
        lower: average_pool_2d::lower,
    },
    Operator {
        name: "CONCATENATION",
        lower: concatenation::lower,
    },
    Operator {
        name: "CONV_2D",
        lower: conv_2d::lower,
    },
    Operator {
        name: "DEPTHWISE_CONV_2D",
        lower: depthwise_conv_2d::lower,
    },
    Operator {
        name: "DEQUANTIZE",
        lower: dequantize::lower,
    },
    Operator {
        name: "EXPAND_DIMS",
        lower: expand_dims::lower,
    },
    Operator {
        name: "FULLY_CONNECTED",
        lower: fully_connected::lower,
    },
    Operator {
        name: "GATHER",
        lower: gather::lower,
    },
    Operator {
        name: "HARD_SWISH",
        lower: hard_swish::lower,
    },
    Operator {
        name: "LEAKY_RELU",
        lower: leaky_relu::lower,
    },
    Operator {
        name: "LOGISTIC",
        lower: logistic::lower,
    },
    Operator {
        name: "MAXIMUM",
        lower: maximum::lower,
    },
    Operator {
        name: "MAX_POOL_2D",
        lower: max_pool_2d::lower,
    },
    Operator {
        name: "MEAN",
        lower: reduction::lower_mean,
    },
    Operator {
        name: "MINIMUM",
        lower: minimum::lower,
    },
    Operator {
        name: "MUL",
        lower: mul::lower,
    },
    Operator {
        name: "PACK",
        lower: pack::lower,
    },
    Operator {
        name: "PAD",
        lower: pad::lower,
    },
    Operator {
        name: "PADV2",
        lower: pad::lower,
    },
    Operator {
        name: "QUANTIZE",
        lower: quantize::lower,
    },
    Operator {
        name: "RELU",
        lower: relu::lower,
    },
    Operator {
        name: "RELU6",
        lower: relu::lower_relu6,
    },
    Operator {
        name: "RESHAPE",
        lower: reshape::lower,
    },
    Operator {
        name: "RESIZE_BILINEAR",
        lower: resize::lower_bilinear,
    },
    Operator {
        name: "RESIZE_NEAREST_NEIGHBOR",
        lower: resize::lower_nearest_neighbor,
    },
    Operator {
        name: "SLICE",
        lower: slice::lower,
    },
    Operator {
        name: "SOFTMAX",
        lower: softmax::lower,
    },
    Operator {
        name: "SPLIT",
        lower: split::lower,
    },
    Operator {
        name: "SQUEEZE",
        lower: squeeze::lower,
    },
    Operator {
        name: "STRIDED_SLICE",
        lower: strided_slice::lower,
    },
    Operator {
        name: "SUB",
        lower: sub::lower,
    },
    Operator {
        name: "SUM",
        lower: reduction::lower_sum,
    },
    Operator {
        name: "TANH",
        lower: tanh::lower,
    },
    Operator {
        name: "TRANSPOSE",
        lower: transpose::lower,
    },
    Operator {
        name: "TRANSPOSE_CONV",
        lower: transpose_conv::lower,
    },
    Operator {
        name: "UNPACK",
        lower: split::lower_unpack,
    },
];

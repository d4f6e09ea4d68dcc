//! The operators that are supported, one a file: how each is checked and lowered to kernel calls.

mod add;
mod arg_max;
mod average_pool_2d;
mod broadcast;
mod check;
mod concatenation;
mod conv_2d;
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

use std::ops::RangeInclusive;

use crate::error::Result;

/// As many inputs or outputs as there are.
const MANY: usize = usize::MAX;

/// An operator of the `.tflite` schema that is supported.
pub struct Operator {
    /// Its name in the schema, `CONV_2D`.
    pub name: &'static str,
    /// How many inputs it may have, optional ones included.
    pub inputs: RangeInclusive<usize>,
    /// How many outputs it may have.
    pub outputs: RangeInclusive<usize>,
    /// Checks the node and adds its kernel calls.
    pub lower: fn(&mut Lowering) -> Result<()>,
}

/// Every supported operator. Reader, executor and emitter know operators only through this list.
pub const OPERATORS: &[Operator] = &[
    Operator {
        name: "ADD",
        inputs: 2..=2,
        outputs: 1..=1,
        lower: add::lower,
    },
    Operator {
        name: "ARG_MAX",
        inputs: 2..=2,
        outputs: 1..=1,
        lower: arg_max::lower,
    },
    Operator {
        name: "AVERAGE_POOL_2D",
        inputs: 1..=1,
        outputs: 1..=1,
        lower: average_pool_2d::lower,
    },
    Operator {
        name: "CONCATENATION",
        inputs: 1..=MANY,
        outputs: 1..=1,
        lower: concatenation::lower,
    },
    Operator {
        name: "CONV_2D",
        inputs: 2..=3,
        outputs: 1..=1,
        lower: conv_2d::lower,
    },
    Operator {
        name: "DEPTHWISE_CONV_2D",
        inputs: 2..=3,
        outputs: 1..=1,
        lower: depthwise_conv_2d::lower,
    },
    Operator {
        name: "DEQUANTIZE",
        inputs: 1..=1,
        outputs: 1..=1,
        lower: dequantize::lower,
    },
    Operator {
        name: "EXPAND_DIMS",
        inputs: 2..=2,
        outputs: 1..=1,
        lower: expand_dims::lower,
    },
    Operator {
        name: "FULLY_CONNECTED",
        inputs: 2..=3,
        outputs: 1..=1,
        lower: fully_connected::lower,
    },
    Operator {
        name: "GATHER",
        inputs: 2..=2,
        outputs: 1..=1,
        lower: gather::lower,
    },
    Operator {
        name: "HARD_SWISH",
        inputs: 1..=1,
        outputs: 1..=1,
        lower: hard_swish::lower,
    },
    Operator {
        name: "LEAKY_RELU",
        inputs: 1..=1,
        outputs: 1..=1,
        lower: leaky_relu::lower,
    },
    Operator {
        name: "LOGISTIC",
        inputs: 1..=1,
        outputs: 1..=1,
        lower: logistic::lower,
    },
    Operator {
        name: "MAXIMUM",
        inputs: 2..=2,
        outputs: 1..=1,
        lower: maximum::lower,
    },
    Operator {
        name: "MAX_POOL_2D",
        inputs: 1..=1,
        outputs: 1..=1,
        lower: max_pool_2d::lower,
    },
    Operator {
        name: "MEAN",
        inputs: 2..=2,
        outputs: 1..=1,
        lower: reduction::lower_mean,
    },
    Operator {
        name: "MINIMUM",
        inputs: 2..=2,
        outputs: 1..=1,
        lower: minimum::lower,
    },
    Operator {
        name: "MUL",
        inputs: 2..=2,
        outputs: 1..=1,
        lower: mul::lower,
    },
    Operator {
        name: "PACK",
        inputs: 1..=MANY,
        outputs: 1..=1,
        lower: pack::lower,
    },
    Operator {
        name: "PAD",
        inputs: 2..=3,
        outputs: 1..=1,
        lower: pad::lower,
    },
    Operator {
        name: "PADV2",
        inputs: 2..=3,
        outputs: 1..=1,
        lower: pad::lower,
    },
    Operator {
        name: "QUANTIZE",
        inputs: 1..=1,
        outputs: 1..=1,
        lower: quantize::lower,
    },
    Operator {
        name: "RELU",
        inputs: 1..=1,
        outputs: 1..=1,
        lower: relu::lower,
    },
    Operator {
        name: "RELU6",
        inputs: 1..=1,
        outputs: 1..=1,
        lower: relu::lower_relu6,
    },
    Operator {
        name: "RESHAPE",
        inputs: 1..=2,
        outputs: 1..=1,
        lower: reshape::lower,
    },
    Operator {
        name: "RESIZE_BILINEAR",
        inputs: 2..=2,
        outputs: 1..=1,
        lower: resize::lower_bilinear,
    },
    Operator {
        name: "RESIZE_NEAREST_NEIGHBOR",
        inputs: 2..=2,
        outputs: 1..=1,
        lower: resize::lower_nearest_neighbor,
    },
    Operator {
        name: "SLICE",
        inputs: 3..=3,
        outputs: 1..=1,
        lower: slice::lower,
    },
    Operator {
        name: "SOFTMAX",
        inputs: 1..=1,
        outputs: 1..=1,
        lower: softmax::lower,
    },
    Operator {
        name: "SPLIT",
        inputs: 2..=2,
        outputs: 1..=MANY,
        lower: split::lower,
    },
    Operator {
        name: "SQUEEZE",
        inputs: 1..=1,
        outputs: 1..=1,
        lower: squeeze::lower,
    },
    Operator {
        name: "STRIDED_SLICE",
        inputs: 4..=4,
        outputs: 1..=1,
        lower: strided_slice::lower,
    },
    Operator {
        name: "SUB",
        inputs: 2..=2,
        outputs: 1..=1,
        lower: sub::lower,
    },
    Operator {
        name: "SUM",
        inputs: 2..=2,
        outputs: 1..=1,
        lower: reduction::lower_sum,
    },
    Operator {
        name: "TANH",
        inputs: 1..=1,
        outputs: 1..=1,
        lower: tanh::lower,
    },
    Operator {
        name: "TRANSPOSE",
        inputs: 2..=2,
        outputs: 1..=1,
        lower: transpose::lower,
    },
    Operator {
        name: "TRANSPOSE_CONV",
        inputs: 3..=4,
        outputs: 1..=1,
        lower: transpose_conv::lower,
    },
    Operator {
        name: "UNPACK",
        inputs: 1..=1,
        outputs: 1..=MANY,
        lower: split::lower_unpack,
    },
];

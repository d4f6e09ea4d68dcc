//! What tensors hold.

use shortcrust_compiler::graph::Element::{Bool, Float32, Int8, Int32, Int64, UInt8};
use shortcrust_compiler::tflite::Options;

use crate::{Check, accepted, refused};

/// Operators that compute on int8.
const COMPUTING: &[&str] = &[
    "ADD",
    "ARG_MAX",
    "AVERAGE_POOL_2D",
    "CONV_2D",
    "DEPTHWISE_CONV_2D",
    "FULLY_CONNECTED",
    "HARD_SWISH",
    "LEAKY_RELU",
    "LOGISTIC",
    "MAXIMUM",
    "MAX_POOL_2D",
    "MEAN",
    "MINIMUM",
    "MUL",
    "RELU",
    "RELU6",
    "RESIZE_BILINEAR",
    "RESIZE_NEAREST_NEIGHBOR",
    "SOFTMAX",
    "SUB",
    "SUM",
    "TANH",
    "TRANSPOSE_CONV",
];

/// Operators that move what they do not look at.
const MOVING: &[&str] = &[
    "CONCATENATION",
    "GATHER",
    "PACK",
    "PAD",
    "PADV2",
    "SLICE",
    "SPLIT",
    "STRIDED_SLICE",
    "TRANSPOSE",
    "UNPACK",
];

/// Operators that give the same bytes another shape.
const RESHAPING: &[&str] = &["EXPAND_DIMS", "RESHAPE", "SQUEEZE"];

pub const CHECKS: &[Check] = &[
    refused(
        COMPUTING,
        "the input's type is one that the kernel has",
        |model| model.hold("in", Int32),
        "it holds int32",
    ),
    refused(
        COMPUTING,
        "the output has the type that the kernel writes",
        |model| model.hold("out", Bool),
        "it holds bool",
    ),
    refused(
        &[
            "ADD",
            "CONCATENATION",
            "MAXIMUM",
            "MINIMUM",
            "MUL",
            "PACK",
            "SUB",
        ],
        "both inputs have one type",
        |model| model.hold("right", Int32),
        "it holds int32",
    ),
    refused(
        MOVING,
        "input and output have one type",
        |model| model.hold("in", Int32),
        "it holds int32",
    ),
    refused(
        RESHAPING,
        "input and output have one type",
        |model| model.hold("in", Int32),
        "its input holds 32 bytes of int32, it holds 8 of int8",
    ),
    refused(
        RESHAPING,
        "input and output have one type, of one size too",
        |model| model.hold("in", UInt8),
        "its input holds 8 bytes of uint8, it holds 8 of int8",
    ),
    refused(
        &[
            "CONV_2D",
            "DEPTHWISE_CONV_2D",
            "FULLY_CONNECTED",
            "TRANSPOSE_CONV",
        ],
        "the weights are int8, as the input is",
        |model| model.hold("weights", UInt8),
        "it holds uint8",
    ),
    refused(
        &[
            "CONV_2D",
            "DEPTHWISE_CONV_2D",
            "FULLY_CONNECTED",
            "TRANSPOSE_CONV",
        ],
        "the bias is int32: the kernels read it so",
        |model| model.hold("bias", Int64),
        "it holds int64",
    ),
    refused(
        &["FULLY_CONNECTED"],
        "the weights' format is known",
        |model| {
            if let Options::FullyConnected(options) = &mut model.node().options {
                options.weights_format = 1;
            }
        },
        "its weights are stored in a shuffled format",
    ),
    refused(
        &["DEQUANTIZE"],
        "the input is quantised",
        |model| model.hold("in", Bool),
        "operator 0 (DEQUANTIZE): ",
    ),
    refused(
        &["DEQUANTIZE"],
        "the output is float32",
        |model| model.hold("out", Int8),
        "int8",
    ),
    refused(
        &["QUANTIZE"],
        "the input is float32 or quantised",
        |model| model.hold("in", Bool),
        "bool",
    ),
    refused(
        &["QUANTIZE"],
        "the output is quantised",
        |model| model.hold("out", Bool),
        "bool",
    ),
    refused(
        &["PADV2"],
        "the value has the input's type",
        |model| model.hold("value", Int32),
        "it holds int32",
    ),
    refused(
        &["ARG_MAX", "EXPAND_DIMS", "SPLIT"],
        "the axis is int32",
        |model| model.hold("axis", Float32),
        "it holds float32 where int32 is expected",
    ),
    refused(
        &["MEAN", "SUM"],
        "the axes are int32",
        |model| model.hold("axes", Float32),
        "it holds float32 where int32 is expected",
    ),
    refused(
        &["RESIZE_BILINEAR", "RESIZE_NEAREST_NEIGHBOR"],
        "the size is int32",
        |model| model.hold("size", Float32),
        "it holds float32 where int32 is expected",
    ),
    refused(
        &["SLICE"],
        "beginnings and sizes are int32 or int64",
        |model| model.hold("sizes", Float32),
        "it holds float32 where int32 is expected",
    ),
    refused(
        &["GATHER"],
        "the indices are int32",
        |model| model.hold("indices", Int64),
        "it holds int64",
    ),
    accepted(
        &["ARG_MAX", "EXPAND_DIMS"],
        "the axis is int32",
        |model| model.widen("axis"),
        "an int64 constant is the same number",
    ),
    accepted(
        &["MEAN", "SUM"],
        "the axes are int32",
        |model| model.widen("axes"),
        "int64 constants are the same numbers",
    ),
    accepted(
        &["PAD", "PADV2"],
        "the amounts are int32: they are read so",
        |model| model.widen("amounts"),
        "int64 constants are the same numbers",
    ),
    accepted(
        &["RESIZE_BILINEAR", "RESIZE_NEAREST_NEIGHBOR"],
        "the size is int32",
        |model| model.widen("size"),
        "int64 constants are the same numbers",
    ),
    accepted(
        &["SLICE"],
        "beginnings and sizes have one type",
        |model| model.widen("sizes"),
        "int64 constants are the same numbers",
    ),
    accepted(
        &["STRIDED_SLICE"],
        "beginnings, ends and steps are int32: they are read so",
        |model| {
            for name in ["begins", "ends", "steps"] {
                model.widen(name);
            }
        },
        "int64 constants are the same numbers",
    ),
    accepted(
        &["TRANSPOSE"],
        "the order is int32: it is read so",
        |model| model.widen("order"),
        "int64 constants are the same numbers",
    ),
];

//! How many inputs and outputs an operator has, and that they are there.

use crate::{Check, accepted, refused};

/// Operators whose reference counts its inputs and outputs.
const COUNTED: &[&str] = &[
    "CONV_2D",
    "DEPTHWISE_CONV_2D",
    "DEQUANTIZE",
    "EXPAND_DIMS",
    "GATHER",
    "HARD_SWISH",
    "LEAKY_RELU",
    "MEAN",
    "MUL",
    "PADV2",
    "QUANTIZE",
    "RESHAPE",
    "RESIZE_BILINEAR",
    "RESIZE_NEAREST_NEIGHBOR",
    "SLICE",
    "SOFTMAX",
    "SQUEEZE",
    "STRIDED_SLICE",
    "SUM",
    "TANH",
    "TRANSPOSE",
    "TRANSPOSE_CONV",
];

/// Operators whose count only TensorFlow Lite's own `Prepare` checks; TFLite Micro would not read or not write what is too much.
const NOT_COUNTED: &[&str] = &[
    "ADD",
    "ARG_MAX",
    "AVERAGE_POOL_2D",
    "FULLY_CONNECTED",
    "LOGISTIC",
    "MAXIMUM",
    "MAX_POOL_2D",
    "MINIMUM",
    "RELU",
    "RELU6",
    "SUB",
];

/// Operators whose first input is read.
const FIRST: &[&str] = &[
    "ADD",
    "ARG_MAX",
    "AVERAGE_POOL_2D",
    "CONCATENATION",
    "CONV_2D",
    "DEPTHWISE_CONV_2D",
    "DEQUANTIZE",
    "EXPAND_DIMS",
    "FULLY_CONNECTED",
    "GATHER",
    "HARD_SWISH",
    "LEAKY_RELU",
    "LOGISTIC",
    "MAXIMUM",
    "MAX_POOL_2D",
    "MEAN",
    "MINIMUM",
    "MUL",
    "PACK",
    "PAD",
    "PADV2",
    "QUANTIZE",
    "RELU",
    "RELU6",
    "RESHAPE",
    "RESIZE_BILINEAR",
    "RESIZE_NEAREST_NEIGHBOR",
    "SLICE",
    "SOFTMAX",
    "SPLIT",
    "SQUEEZE",
    "STRIDED_SLICE",
    "SUB",
    "SUM",
    "TANH",
    "TRANSPOSE",
    "UNPACK",
];

/// Operators whose second input is read.
const SECOND: &[&str] = &[
    "ADD",
    "ARG_MAX",
    "CONCATENATION",
    "CONV_2D",
    "DEPTHWISE_CONV_2D",
    "EXPAND_DIMS",
    "FULLY_CONNECTED",
    "GATHER",
    "MAXIMUM",
    "MEAN",
    "MINIMUM",
    "MUL",
    "PACK",
    "PAD",
    "PADV2",
    "RESIZE_BILINEAR",
    "RESIZE_NEAREST_NEIGHBOR",
    "SLICE",
    "SPLIT",
    "STRIDED_SLICE",
    "SUB",
    "SUM",
    "TRANSPOSE",
    "TRANSPOSE_CONV",
];

pub const CHECKS: &[Check] = &[
    refused(
        COUNTED,
        "no more inputs than the kernel reads",
        |model| {
            let last = model.node().inputs[0];
            model.node().inputs.resize(5, last);
        },
        "the number of its inputs is 5, it should be ",
    ),
    refused(
        COUNTED,
        "no more outputs than the kernel writes",
        |model| model.add_output(),
        "the number of its outputs is 2, it should be 1",
    ),
    refused(
        NOT_COUNTED,
        "as many inputs as the kernel reads (TensorFlow Lite's Prepare)",
        |model| {
            let last = model.node().inputs[0];
            model.node().inputs.resize(4, last);
        },
        "the number of its inputs is 4, it should be ",
    ),
    refused(
        NOT_COUNTED,
        "one output (TensorFlow Lite's Prepare)",
        |model| model.add_output(),
        "the number of its outputs is 2, it should be 1",
    ),
    refused(
        &["CONCATENATION", "PACK"],
        "one output (TensorFlow Lite's Prepare)",
        |model| model.add_output(),
        "the number of its outputs is 2, it should be 1",
    ),
    refused(
        &["SPLIT", "UNPACK"],
        "as many outputs as the option says (TensorFlow Lite's Prepare)",
        |model| model.add_output(),
        "for 3 outputs",
    ),
    refused(
        &["PACK"],
        "as many inputs as the option says (TensorFlow Lite's Prepare)",
        |model| {
            let first = model.node().inputs[0];
            model.node().inputs.push(first);
        },
        "it packs 2 tensors and has 3 inputs",
    ),
    refused(
        FIRST,
        "the first input is there",
        |model| model.leave_out(0),
        "input 0 is missing",
    ),
    refused(
        SECOND,
        "the second input is there",
        |model| model.leave_out(1),
        "input 1 is missing",
    ),
    refused(
        &["SLICE", "STRIDED_SLICE", "TRANSPOSE_CONV"],
        "the third input is there",
        |model| model.leave_out(2),
        "input 2 is missing",
    ),
    refused(
        &["STRIDED_SLICE"],
        "the fourth input is there",
        |model| model.leave_out(3),
        "input 3 is missing",
    ),
    accepted(
        &[
            "CONV_2D",
            "DEPTHWISE_CONV_2D",
            "FULLY_CONNECTED",
            "TRANSPOSE_CONV",
        ],
        "the bias may be absent",
        |model| {
            model.node().inputs.pop();
        },
        "the kernels take a bias of zeros then",
    ),
    accepted(
        &["TRANSPOSE_CONV"],
        "the output's shape is not read",
        |model| model.leave_out(0),
        "the output tensor has the shape",
    ),
];

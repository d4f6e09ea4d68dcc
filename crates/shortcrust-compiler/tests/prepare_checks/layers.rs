//! Shapes of the operators that compute.

use shortcrust_compiler::tflite::Options;

use crate::shapes::NOT_CONSTANT;
use crate::{Check, refused};

const BINARY: &[&str] = &["ADD", "MAXIMUM", "MINIMUM", "MUL", "SUB"];
const CONVOLUTIONS: &[&str] = &["CONV_2D", "DEPTHWISE_CONV_2D", "TRANSPOSE_CONV"];
const IMAGES: &[&str] = &[
    "AVERAGE_POOL_2D",
    "CONV_2D",
    "DEPTHWISE_CONV_2D",
    "MAX_POOL_2D",
    "RESIZE_BILINEAR",
    "RESIZE_NEAREST_NEIGHBOR",
    "TRANSPOSE_CONV",
];
const RESIZES: &[&str] = &["RESIZE_BILINEAR", "RESIZE_NEAREST_NEIGHBOR"];
const UNARY: &[&str] = &[
    "DEQUANTIZE",
    "HARD_SWISH",
    "LEAKY_RELU",
    "LOGISTIC",
    "QUANTIZE",
    "RELU",
    "RELU6",
    "SOFTMAX",
    "TANH",
];

pub const CHECKS: &[Check] = &[
    refused(
        UNARY,
        "input and output have as many elements (MatchingFlatSize of types.h)",
        |model| model.reshape("out", &[1, 9]),
        "its shape should be [1, 8]",
    ),
    refused(
        BINARY,
        "inputs spread over the output (types.h)",
        |model| model.reshape("right", &[1, 2, 3, 4]),
        "its shape does not spread over the output's [1, 2, 2, 4]",
    ),
    refused(
        IMAGES,
        "the input has four axes",
        |model| model.reshape("in", &[4, 4, 2]),
        "it should have four axes",
    ),
    refused(
        CONVOLUTIONS,
        "the output has the input's batches (MatchingDim of types.h)",
        |model| model.reshape("in", &[2, 4, 4, 2]),
        "its shape should be [2, ",
    ),
    refused(
        &["CONV_2D", "TRANSPOSE_CONV"],
        "the output has the weights' channels (MatchingDim of types.h)",
        |model| model.reshape("out", &[1, 3, 3, 4]),
        "`out` [1, 3, 3, 4]: ",
    ),
    refused(
        &["CONV_2D", "DEPTHWISE_CONV_2D", "TRANSPOSE_CONV"],
        "the weights are for the input's channels (the reference kernels)",
        |model| model.reshape("in", &[1, 4, 4, 3]),
        "weights",
    ),
    refused(
        &[
            "CONV_2D",
            "DEPTHWISE_CONV_2D",
            "FULLY_CONNECTED",
            "TRANSPOSE_CONV",
        ],
        "the bias has an element for each output channel (the reference kernels)",
        |model| model.reshape("bias", &[5]),
        "the bias should have ",
    ),
    refused(
        &["FULLY_CONNECTED"],
        "the weights have rows and columns (the reference kernel)",
        |model| model.reshape("weights", &[12]),
        "the weights should have two axes",
    ),
    refused(
        &["FULLY_CONNECTED"],
        "input, weights and output fit together (the reference kernel)",
        |model| model.reshape("out", &[1, 4]),
        "weights of 3 x 4 do not make this output of an input with the shape [1, 4]",
    ),
    refused(
        &["AVERAGE_POOL_2D", "MAX_POOL_2D"],
        "the output has the input's channels (MatchingDim of types.h)",
        |model| model.reshape("out", &[1, 2, 2, 3]),
        "its shape should be [1, 2, 2, 2]",
    ),
    refused(
        &["ARG_MAX"],
        "the axis lies within the input (the reference kernel)",
        |model| model.set_numbers("axis", &[3]),
        "its axis 3 is outside of 3 axes",
    ),
    refused(
        &["ARG_MAX"],
        "the output has the other axes (the reference kernel)",
        |model| model.reshape("out", &[1, 5]),
        "it should have one index for each of 4 rows",
    ),
    refused(
        &["MEAN", "SUM"],
        "the axes lie within the input (ResolveAxis of reduce.h)",
        |model| model.set_numbers("axes", &[1, 4]),
        "its axis 4 is outside of 4 axes",
    ),
    refused(
        &["MEAN", "SUM"],
        "the output has what is left of the input",
        |model| model.reshape("out", &[1, 1, 1, 3]),
        "it should have one element for every 16 of the input's",
    ),
    refused(
        RESIZES,
        "the size is a vector",
        |model| model.reshape("size", &[1, 2]),
        "its shape should be [2]",
    ),
    refused(
        RESIZES,
        "the size is a height and a width",
        |model| model.reshape("size", &[3]),
        "its shape should be [2]",
    ),
    refused(
        RESIZES,
        "the size is a constant",
        |model| model.compute("size"),
        NOT_CONSTANT,
    ),
    refused(
        RESIZES,
        "the output has the size, and the input's batches and channels (the reference kernels)",
        |model| model.set_numbers("size", &[4, 5]),
        "its shape should be [1, 4, 5, 4]",
    ),
    refused(
        &["RESIZE_BILINEAR"],
        "corners are not aligned where pixels are taken at their centres",
        |model| {
            if let Options::ResizeBilinear(options) = &mut model.node().options {
                options.align_corners = true;
            }
        },
        "it aligns corners and takes pixels at their centres",
    ),
    refused(
        &["SOFTMAX"],
        "the input has an axis",
        |model| {
            model.reshape("in", &[]);
            model.reshape("out", &[]);
        },
        "its rows have 0 elements",
    ),
];

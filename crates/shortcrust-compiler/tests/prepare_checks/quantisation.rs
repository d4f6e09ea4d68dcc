//! What scales and zero points have to do with each other.

use shortcrust_compiler::graph::Quantisation;
use shortcrust_compiler::tflite::{FusedActivation, Options};

use crate::{Check, accepted, elsewhere, refused};

const CONVOLUTIONS: &[&str] = &["CONV_2D", "DEPTHWISE_CONV_2D", "TRANSPOSE_CONV"];
const POOLS: &[&str] = &["AVERAGE_POOL_2D", "MAX_POOL_2D"];
const SUMS: &[&str] = &["ADD", "SUB"];

/// Operators that do not look at scales and move or compare values as they are.
const AS_THEY_ARE: &[&str] = &[
    "EXPAND_DIMS",
    "GATHER",
    "MAXIMUM",
    "MINIMUM",
    "PACK",
    "PAD",
    "RELU6",
    "RESHAPE",
    "RESIZE_BILINEAR",
    "RESIZE_NEAREST_NEIGHBOR",
    "SLICE",
    "SPLIT",
    "SQUEEZE",
    "STRIDED_SLICE",
    "TRANSPOSE",
    "UNPACK",
];

/// Operators that rescale from any scale to any other.
const RESCALED: &[&str] = &["LEAKY_RELU", "MEAN", "MUL", "RELU", "SUM", "QUANTIZE"];

pub const CHECKS: &[Check] = &[
    refused(
        &["CONCATENATION"],
        "each input has the output's scale",
        |model| model.quantise("in", 0.75, 3),
        "it has the scale 7.5e-1 and the zero point 3, and `out` has the scale 5e-1 and the zero point 3",
    ),
    refused(
        &["CONCATENATION"],
        "each input has the output's zero point",
        |model| model.quantise("right", 0.5, 4),
        "it has the scale 5e-1 and the zero point 4, and `out` has the scale 5e-1 and the zero point 3",
    ),
    refused(
        &["CONCATENATION"],
        "an input without a scale has the scale 0",
        |model| model.unquantise("right"),
        "it has no scale, and `out` has the scale 5e-1 and the zero point 3",
    ),
    refused(
        &["PADV2"],
        "the value has the output's scale",
        |model| model.quantise("value", 0.75, 3),
        "it has the scale 7.5e-1 and the zero point 3, and `out` has the scale 5e-1 and the zero point 3",
    ),
    refused(
        &["PADV2"],
        "the value has the output's zero point",
        |model| model.quantise("value", 0.5, -1),
        "it has the scale 5e-1 and the zero point -1, and `out` has the scale 5e-1 and the zero point 3",
    ),
    elsewhere(
        &["PAD"],
        "the output's zero point is an int8",
        "the reader refuses a zero point that its tensor's type cannot hold",
    ),
    refused(
        POOLS,
        "scales of input and output differ by at most 1e-6",
        |model| model.quantise("out", 0.5001, 3),
        "it has the scale 5.001e-1 and the zero point 3, and `in` has the scale 5e-1 and the zero point 3",
    ),
    refused(
        POOLS,
        "input and output have one zero point",
        |model| model.quantise("out", 0.5, 4),
        "it has the scale 5e-1 and the zero point 4, and `in` has the scale 5e-1 and the zero point 3",
    ),
    accepted(
        POOLS,
        "scales of input and output differ by at most 1e-6",
        |model| model.quantise("out", 0.500_000_5, 3),
        "so small a difference is the converter's rounding",
    ),
    refused(
        &["LOGISTIC"],
        "the output's zero point is -128",
        |model| model.quantise("out", 1.0 / 256.0, -100),
        "its zero point is -100, and this operator writes with the zero point -128",
    ),
    accepted(
        &["LOGISTIC"],
        "the output's scale is not looked at",
        |model| model.quantise("out", 0.004, -128),
        "the kernel writes the same values",
    ),
    refused(
        &["SOFTMAX"],
        "the output's zero point is -128",
        |model| model.quantise("out", 1.0 / 256.0, -127),
        "its zero point is -127, and this operator writes with the zero point -128",
    ),
    refused(
        &["SOFTMAX"],
        "the output's scale is 1/256",
        |model| model.quantise("out", 0.004, -128),
        "its scale is 4e-3, and this operator writes with the scale 1/256",
    ),
    refused(
        &["SOFTMAX"],
        "the input's scale times beta is above 2^-26 (PreprocessSoftmaxScaling of quantization_util.cc)",
        |model| model.quantise("in", 1e-9, 3),
        "its scale 1e-9 with beta 1 is too small",
    ),
    accepted(
        &["TANH"],
        "the output's scale and zero point are not looked at",
        |model| model.quantise("out", 0.5, 3),
        "the kernel writes the same values",
    ),
    refused(
        &["HARD_SWISH"],
        "the output's scale is at least 1/128 of the input's",
        |model| model.quantise("out", 0.001, 3),
        "its scale 1e-3 is less than 1/128 of the input's 5e-1",
    ),
    refused(
        SUMS,
        "the output has a scale",
        |model| model.unquantise("out"),
        "it has no scale and zero point",
    ),
    refused(
        SUMS,
        "an input's scale is above 0 (QuantizeMultiplierSmallerThanOneExp of quantization_util.cc)",
        |model| model.quantise("right", 0.0, 3),
        "its scales make the factor 0e0, which should lie between 0 and 1",
    ),
    refused(
        SUMS,
        "the output's scale is above 2^-19 of the larger input's (the same function)",
        |model| model.quantise("out", 2f32.powi(-20), 3),
        "its scales make the factor 1e0, which should lie between 0 and 1",
    ),
    refused(
        &[
            "ADD",
            "CONV_2D",
            "DEPTHWISE_CONV_2D",
            "FULLY_CONNECTED",
            "SUB",
        ],
        "the ends of a fused activation are integers (CalculateActivationRangeQuantized of kernel_util.cc)",
        |model| {
            model.quantise("out", 1e-10, 3);
            model.fuse(FusedActivation::Relu6);
        },
        "its scale 1e-10 is too small for the fused activation",
    ),
    refused(
        &["MUL"],
        "the ends of a fused activation are integers (CalculateActivationRangeQuantized of kernel_util.cc)",
        |model| {
            model.quantise("in", 1e-10, 3);
            model.quantise("out", 1e-10, 3);
            model.fuse(FusedActivation::Relu6);
        },
        "its scale 1e-10 is too small for the fused activation",
    ),
    refused(
        &["CONCATENATION"],
        "no fused activation",
        |model| model.fuse(FusedActivation::Relu),
        "it has a fused activation",
    ),
    refused(
        CONVOLUTIONS,
        "the input has a scale (PopulateConvolutionQuantizationParams of kernel_util.cc)",
        |model| model.unquantise("in"),
        "it has no scale and zero point",
    ),
    refused(
        CONVOLUTIONS,
        "the weights have a scale",
        |model| model.unquantise("weights"),
        "the weights have no scale",
    ),
    refused(
        CONVOLUTIONS,
        "the weights have one scale, or one for each output channel",
        |model| {
            let quantisation = model.quantisation("weights");
            quantisation.scales.push(0.01);
            quantisation.zero_points.push(0);
        },
        "the weights have ",
    ),
    refused(
        CONVOLUTIONS,
        "the scales belong to the axis of the output channels (PopulateConvolutionQuantizationParams of kernel_util.cc)",
        |model| model.quantisation("weights").axis = 1,
        "along axis 1",
    ),
    elsewhere(
        &["DEPTHWISE_CONV_2D", "TRANSPOSE_CONV"],
        "as many zero points as scales",
        "the reader gives every scale its zero point",
    ),
    elsewhere(
        &["CONV_2D", "DEPTHWISE_CONV_2D", "QUANTIZE", "TRANSPOSE_CONV"],
        "the zero points are in the file",
        "the reader takes zero points that are absent for zeros, as the schema has it",
    ),
    refused(
        CONVOLUTIONS,
        "the weights' zero points are 0: the kernels do not read them",
        |model| model.quantisation("weights").zero_points[1] = 1,
        "the weights have a zero point other than 0",
    ),
    accepted(
        CONVOLUTIONS,
        "the bias' scale is not looked at",
        |model| model.quantise("bias", 4.0, 0),
        "kernels take it to be the product of the input's and the weights'",
    ),
    refused(
        &["FULLY_CONNECTED"],
        "the bias' scale is about the product of the input's and the weights' (GetQuantizedConvolutionMultipler of kernel_util.cc)",
        |model| model.quantise("bias", 0.05, 0),
        "the bias has the scale 5e-2, it should be the input's times the weights', 5",
    ),
    refused(
        &["FULLY_CONNECTED"],
        "weights with several scales have one for each output",
        |model| {
            model.tensor("weights").quantisation = Some(Quantisation {
                scales: vec![0.01; 4],
                zero_points: vec![0; 4],
                axis: 1,
            });
        },
        "the weights have 4 scales along axis 1; 3 along axis 0 are needed, or one",
    ),
    accepted(
        &["FULLY_CONNECTED"],
        "the zero point of weights with one scale is 0 (in debug builds)",
        |model| model.quantise("weights", 0.01, 2),
        "the kernel takes it into account",
    ),
    refused(
        &["QUANTIZE"],
        "the output has a scale",
        |model| model.unquantise("out"),
        "it has no scale and zero point",
    ),
    refused(
        &["QUANTIZE"],
        "the output has one scale",
        |model| {
            let quantisation = model.quantisation("out");
            quantisation.scales = vec![0.5; 8];
            quantisation.zero_points = vec![3; 8];
            quantisation.axis = 1;
        },
        "it has a scale per channel where one scale for the whole tensor is needed",
    ),
    elsewhere(
        &["RELU6"],
        "6 is an int8 in the input's scale",
        "it is clamped to int8, there and here",
    ),
    elsewhere(
        &["ARG_MAX", "DEQUANTIZE"],
        "no scale is compared with another",
        "their outputs have no scale",
    ),
    accepted(
        AS_THEY_ARE,
        "scales are not looked at",
        |model| model.quantise("out", 0.75, 1),
        "the kernels take values as they are",
    ),
    accepted(
        RESCALED,
        "scales of input and output may differ",
        |model| model.quantise("out", 0.75, 1),
        "the kernels rescale",
    ),
    accepted(
        &["LEAKY_RELU"],
        "the slope is not looked at",
        |model| {
            if let Options::LeakyRelu(options) = &mut model.node().options {
                options.alpha = 1.5;
            }
        },
        "any slope has a multiplier",
    ),
];

//! For every operator, where TFLite Micro has its checks, and a small graph that passes them all.

use shortcrust_compiler::graph::Element::{Float32, Int8, Int32};
use shortcrust_compiler::tflite::*;

use crate::model::Model;

/// A sound graph of one operator.
pub struct Base {
    /// The operator.
    pub operator: &'static str,
    /// The files of its checks, below TFLite Micro's `tensorflow/lite/micro/kernels`.
    pub sources: &'static str,
    /// The graph.
    pub build: fn() -> Model,
}

const fn base(operator: &'static str, sources: &'static str, build: fn() -> Model) -> Base {
    Base {
        operator,
        sources,
        build,
    }
}

/// One for each supported operator.
pub const BASES: &[Base] = &[
    base("ADD", "add.cc, add_common.cc", || {
        binary("ADD", Options::Add(AddOptions::default()))
    }),
    base("ARG_MAX", "arg_min_max.cc", arg_max),
    base("AVERAGE_POOL_2D", "pooling.cc, pooling_common.cc", || {
        pool("AVERAGE_POOL_2D")
    }),
    base("CONCATENATION", "concatenation.cc", concatenation),
    base("CONV_2D", "conv.cc, conv_common.cc", conv_2d),
    base(
        "DEPTHWISE_CONV_2D",
        "depthwise_conv.cc, depthwise_conv_common.cc",
        depthwise_conv_2d,
    ),
    base(
        "DEQUANTIZE",
        "dequantize.cc, dequantize_common.cc",
        dequantize,
    ),
    base("EXPAND_DIMS", "expand_dims.cc", expand_dims),
    base(
        "FULLY_CONNECTED",
        "fully_connected.cc, fully_connected_common.cc",
        fully_connected,
    ),
    base("GATHER", "gather.cc", gather),
    base("HARD_SWISH", "hard_swish.cc, hard_swish_common.cc", || {
        unary("HARD_SWISH")
    }),
    base(
        "LEAKY_RELU",
        "leaky_relu.cc, leaky_relu_common.cc",
        leaky_relu,
    ),
    base("LOGISTIC", "logistic.cc, logistic_common.cc", || {
        unary("LOGISTIC").quantised("out", 1.0 / 256.0, -128)
    }),
    base("MAXIMUM", "maximum_minimum.cc", || {
        binary("MAXIMUM", Options::None)
    }),
    base("MAX_POOL_2D", "pooling.cc, pooling_common.cc", || {
        pool("MAX_POOL_2D")
    }),
    base("MEAN", "reduce.cc, reduce_common.cc", || reduction("MEAN")),
    base("MINIMUM", "maximum_minimum.cc", || {
        binary("MINIMUM", Options::None)
    }),
    base("MUL", "mul.cc, mul_common.cc", || {
        binary("MUL", Options::Mul(MulOptions::default()))
    }),
    base("PACK", "pack.cc", pack),
    base("PAD", "pad.cc, pad_common.cc", || pad("PAD")),
    base("PADV2", "pad.cc, pad_common.cc", pad_v2),
    base("QUANTIZE", "quantize.cc, quantize_common.cc", || {
        unary("QUANTIZE")
    }),
    base("RELU", "activations.cc, activations_common.cc", || {
        unary("RELU")
    }),
    base("RELU6", "activations.cc, activations_common.cc", || {
        unary("RELU6")
    }),
    base("RESHAPE", "reshape.cc, reshape_common.cc", reshape),
    base("RESIZE_BILINEAR", "resize_bilinear.cc", || {
        resize("RESIZE_BILINEAR")
    }),
    base(
        "RESIZE_NEAREST_NEIGHBOR",
        "resize_nearest_neighbor.cc",
        || resize("RESIZE_NEAREST_NEIGHBOR"),
    ),
    base("SLICE", "slice.cc", slice),
    base("SOFTMAX", "softmax.cc, softmax_common.cc", softmax),
    base("SPLIT", "split.cc", split),
    base("SQUEEZE", "squeeze.cc", squeeze),
    base(
        "STRIDED_SLICE",
        "strided_slice.cc, strided_slice_common.cc",
        strided_slice,
    ),
    base("SUB", "sub.cc, sub_common.cc", || {
        binary("SUB", Options::Sub(SubOptions::default()))
    }),
    base("SUM", "reduce.cc, reduce_common.cc", || reduction("SUM")),
    base("TANH", "tanh.cc", || {
        unary("TANH").quantised("out", 1.0 / 128.0, 0)
    }),
    base("TRANSPOSE", "transpose.cc, transpose_common.cc", transpose),
    base("TRANSPOSE_CONV", "transpose_conv.cc", transpose_conv),
    base("UNPACK", "unpack.cc", unpack),
];

fn binary(kind: &'static str, options: Options) -> Model {
    Model::new(kind, options)
        .input("in", &[1, 2, 2, 4], Int8)
        .input("right", &[1, 2, 2, 4], Int8)
        .output("out", &[1, 2, 2, 4], Int8)
}

fn unary(kind: &'static str) -> Model {
    Model::new(kind, Options::None)
        .input("in", &[1, 8], Int8)
        .output("out", &[1, 8], Int8)
}

fn leaky_relu() -> Model {
    let mut model = unary("LEAKY_RELU");
    model.node().options = Options::LeakyRelu(LeakyReluOptions { alpha: 0.25 });
    model
}

fn softmax() -> Model {
    let mut model = unary("SOFTMAX").quantised("out", 1.0 / 256.0, -128);
    model.node().options = Options::Softmax(SoftmaxOptions { beta: 1.0 });
    model
}

fn dequantize() -> Model {
    Model::new("DEQUANTIZE", Options::None)
        .input("in", &[1, 8], Int8)
        .output("out", &[1, 8], Float32)
}

fn conv_2d() -> Model {
    let options = Conv2DOptions {
        padding: Padding::Valid,
        stride_w: 1,
        stride_h: 1,
        ..Conv2DOptions::default()
    };
    Model::new("CONV_2D", Options::Conv2D(options))
        .input("in", &[1, 4, 4, 2], Int8)
        .constant("weights", &[3, 2, 2, 2], Int8)
        .by_channel("weights", 0)
        .constant("bias", &[3], Int32)
        .output("out", &[1, 3, 3, 3], Int8)
}

fn depthwise_conv_2d() -> Model {
    let options = DepthwiseConv2DOptions {
        padding: Padding::Valid,
        stride_w: 1,
        stride_h: 1,
        depth_multiplier: 1,
        ..DepthwiseConv2DOptions::default()
    };
    Model::new("DEPTHWISE_CONV_2D", Options::DepthwiseConv2D(options))
        .input("in", &[1, 4, 4, 2], Int8)
        .constant("weights", &[1, 2, 2, 2], Int8)
        .by_channel("weights", 3)
        .constant("bias", &[2], Int32)
        .output("out", &[1, 3, 3, 2], Int8)
}

fn transpose_conv() -> Model {
    let options = TransposeConvOptions {
        padding: Padding::Valid,
        stride_w: 1,
        stride_h: 1,
        ..TransposeConvOptions::default()
    };
    Model::new("TRANSPOSE_CONV", Options::TransposeConv(options))
        .numbers("shape", &[4], &[1, 5, 5, 3])
        .constant("weights", &[3, 2, 2, 2], Int8)
        .by_channel("weights", 0)
        .input("in", &[1, 4, 4, 2], Int8)
        .constant("bias", &[3], Int32)
        .output("out", &[1, 5, 5, 3], Int8)
}

fn fully_connected() -> Model {
    Model::new(
        "FULLY_CONNECTED",
        Options::FullyConnected(FullyConnectedOptions::default()),
    )
    .input("in", &[1, 4], Int8)
    .constant("weights", &[3, 4], Int8)
    .quantised("weights", 0.01, 0)
    .constant("bias", &[3], Int32)
    .quantised("bias", 0.005, 0)
    .output("out", &[1, 3], Int8)
}

fn pool(kind: &'static str) -> Model {
    let options = Pool2DOptions {
        padding: Padding::Valid,
        stride_w: 2,
        stride_h: 2,
        filter_width: 2,
        filter_height: 2,
        ..Pool2DOptions::default()
    };
    Model::new(kind, Options::Pool2D(options))
        .input("in", &[1, 4, 4, 2], Int8)
        .output("out", &[1, 2, 2, 2], Int8)
}

fn concatenation() -> Model {
    let options = ConcatenationOptions {
        axis: 1,
        ..ConcatenationOptions::default()
    };
    Model::new("CONCATENATION", Options::Concatenation(options))
        .input("in", &[1, 2, 4], Int8)
        .input("right", &[1, 3, 4], Int8)
        .output("out", &[1, 5, 4], Int8)
}

fn pack() -> Model {
    let options = PackOptions {
        values_count: 2,
        axis: 1,
    };
    Model::new("PACK", Options::Pack(options))
        .input("in", &[2, 4], Int8)
        .input("right", &[2, 4], Int8)
        .output("out", &[2, 2, 4], Int8)
}

fn unpack() -> Model {
    Model::new("UNPACK", Options::Unpack(UnpackOptions { num: 2, axis: 1 }))
        .input("in", &[2, 2, 4], Int8)
        .output("out", &[2, 4], Int8)
        .output("second", &[2, 4], Int8)
}

fn split() -> Model {
    Model::new("SPLIT", Options::Split(SplitOptions { num_splits: 2 }))
        .numbers("axis", &[], &[1])
        .input("in", &[1, 4, 4], Int8)
        .output("out", &[1, 2, 4], Int8)
        .output("second", &[1, 2, 4], Int8)
}

fn pad(kind: &'static str) -> Model {
    Model::new(kind, Options::None)
        .input("in", &[1, 2, 2, 4], Int8)
        .numbers("amounts", &[4, 2], &[0, 0, 1, 1, 1, 1, 0, 0])
        .output("out", &[1, 4, 4, 4], Int8)
}

fn pad_v2() -> Model {
    pad("PADV2").constant("value", &[1], Int8)
}

fn resize(kind: &'static str) -> Model {
    let options = match kind {
        "RESIZE_BILINEAR" => Options::ResizeBilinear(ResizeBilinearOptions {
            half_pixel_centers: true,
            ..ResizeBilinearOptions::default()
        }),
        _ => Options::ResizeNearestNeighbor(ResizeNearestNeighborOptions::default()),
    };
    Model::new(kind, options)
        .input("in", &[1, 2, 2, 4], Int8)
        .numbers("size", &[2], &[4, 4])
        .output("out", &[1, 4, 4, 4], Int8)
}

fn slice() -> Model {
    Model::new("SLICE", Options::None)
        .input("in", &[1, 4, 4], Int8)
        .numbers("begins", &[3], &[0, 1, 0])
        .numbers("sizes", &[3], &[1, 2, 4])
        .output("out", &[1, 2, 4], Int8)
}

fn strided_slice() -> Model {
    Model::new(
        "STRIDED_SLICE",
        Options::StridedSlice(StridedSliceOptions::default()),
    )
    .input("in", &[1, 4, 4], Int8)
    .numbers("begins", &[3], &[0, 1, 0])
    .numbers("ends", &[3], &[1, 3, 4])
    .numbers("steps", &[3], &[1, 1, 1])
    .output("out", &[1, 2, 4], Int8)
}

fn transpose() -> Model {
    Model::new("TRANSPOSE", Options::None)
        .input("in", &[1, 2, 4], Int8)
        .numbers("order", &[3], &[0, 2, 1])
        .output("out", &[1, 4, 2], Int8)
}

fn gather() -> Model {
    Model::new(
        "GATHER",
        Options::Gather(GatherOptions {
            axis: 1,
            batch_dims: 0,
        }),
    )
    .input("in", &[1, 4, 4], Int8)
    .numbers("indices", &[2], &[2, 0])
    .output("out", &[1, 2, 4], Int8)
}

fn arg_max() -> Model {
    Model::new("ARG_MAX", Options::None)
        .input("in", &[1, 4, 4], Int8)
        .numbers("axis", &[], &[2])
        .output("out", &[1, 4], Int32)
}

fn reduction(kind: &'static str) -> Model {
    Model::new(kind, Options::Reducer(ReducerOptions { keep_dims: true }))
        .input("in", &[1, 4, 4, 2], Int8)
        .numbers("axes", &[2], &[1, 2])
        .output("out", &[1, 1, 1, 2], Int8)
}

fn reshape() -> Model {
    Model::new("RESHAPE", Options::None)
        .input("in", &[1, 8], Int8)
        .numbers("shape", &[2], &[2, 4])
        .output("out", &[2, 4], Int8)
}

fn expand_dims() -> Model {
    Model::new("EXPAND_DIMS", Options::None)
        .input("in", &[1, 8], Int8)
        .numbers("axis", &[], &[1])
        .output("out", &[1, 1, 8], Int8)
}

fn squeeze() -> Model {
    Model::new(
        "SQUEEZE",
        Options::Squeeze(SqueezeOptions {
            squeeze_dims: vec![1],
        }),
    )
    .input("in", &[1, 1, 8], Int8)
    .output("out", &[1, 8], Int8)
}

//! The operators of shortcrust: portable int8 kernels, bit for bit TFLite Micro's reference kernels.
//!
//! Each operator is one module: a plain parameter struct, whose `run` reads and writes slices that the caller owns.
//! There is no heap, no `unsafe`, and no path that panics: slices are taken with checked accessors only, and a kernel whose
//! slices are shorter than its parameters say leaves the rest of its output as it was (debug builds assert the lengths).
//!
//! Shapes are NHWC. Quantised values are `real = scale * (value - zero_point)`.
#![no_std]
#![forbid(unsafe_code)]
#![cfg_attr(
    not(test),
    deny(
        clippy::indexing_slicing,
        clippy::unwrap_used,
        clippy::expect_used,
        clippy::panic,
        clippy::unreachable,
        clippy::todo
    )
)]

pub mod add;
pub mod arg_max;
pub mod average_pool_2d;
mod channels;
pub mod conv_2d;
pub mod depthwise_conv_2d;
pub mod dequantize;
mod dot_products;
mod elementwise;
pub mod fill;
mod fixed_point;
pub mod fully_connected;
pub mod gather;
pub mod hard_swish;
pub mod integer;
mod lanes;
pub mod leaky_relu;
pub mod logistic;
pub mod lookup_table;
pub mod max_pool_2d;
pub mod maximum;
pub mod mean;
pub mod minimum;
pub mod mul;
pub mod quantize;
mod reduction;
pub mod requantise;
pub mod rescale;
pub mod rescale_integers;
pub mod resize_bilinear;
pub mod resize_nearest_neighbor;
pub mod shape;
pub mod softmax;
pub mod strided_copy;
pub mod sub;
pub mod sum;
pub mod sum_scales;
pub mod tanh;
mod taps;
pub mod transpose_conv;

//! CONV_2D against the reference's loops.

mod common;

use common::{Random, elements, geometry, offset, taps};
use proptest::prelude::*;
use shortcrust_kernels::conv_2d::Conv2d;
use shortcrust_kernels::requantise::requantise;
use shortcrust_kernels::shape::{Activation, Image, Window};

fn check(
    batches: usize,
    (input, output, window): (Image, Image, Window),
    groups: usize,
    depth: usize,
    group_channels: usize,
    seed: u64,
) {
    let mut random = Random(seed);
    let conv = Conv2d {
        batches,
        input: Image {
            channels: groups * depth,
            ..input
        },
        output: Image {
            channels: groups * group_channels,
            ..output
        },
        window,
        groups,
        input_zero_point: random.zero_point(),
        output_zero_point: random.zero_point(),
        activation: random.activation(),
    };
    let filter = Image {
        height: window.height,
        width: window.width,
        channels: depth,
    };
    let input = random.bytes(batches * conv.input.len());
    let weights = random.bytes(conv.output.channels * filter.len());
    let channels = random.channels(conv.output.channels);
    let mut output = vec![0; batches * conv.output.len()];
    conv.run(
        &input,
        &weights,
        &channels.bias,
        &channels.multiplier,
        &channels.shift,
        &mut output,
    );
    for (actual, (batch, y, x, channel)) in output.iter().zip(elements(batches, conv.output)) {
        let group = channel / group_channels;
        let mut sum = 0i32;
        for (row, column, input_y, input_x) in taps(conv.input, window, y, x) {
            for index in 0..depth {
                let value = i32::from(
                    input[offset(conv.input, batch, input_y, input_x, group * depth + index)],
                );
                let weight = i32::from(weights[offset(filter, channel, row, column, index)]);
                sum = sum.wrapping_add(weight * (value - conv.input_zero_point));
            }
        }
        let sum = sum.wrapping_add(channels.bias[channel]);
        let (multiplier, shift) = (channels.multiplier[channel], channels.shift[channel]);
        let expected = requantise(
            sum,
            multiplier,
            shift,
            conv.output_zero_point,
            conv.activation,
        );
        assert_eq!(
            *actual, expected,
            "batch {batch}, ({y}, {x}), channel {channel} of {conv:?}"
        );
    }
}

proptest! {
    #[test]
    fn any_window(
        batches in 1..3usize,
        geometry in geometry(3),
        groups in 1..4usize,
        depth in 1..20usize,
        group_channels in 1..7usize,
        seed: u64,
    ) {
        check(batches, geometry, groups, depth, group_channels, seed);
    }

    #[test]
    fn pixel_by_pixel(batches in 1..3usize, height in 1..5usize, width in 1..5usize, depth in 1..300usize, channels in 1..10usize, seed: u64) {
        let image = Image { height, width, channels: 0 };
        let window = Window {
            height: 1,
            width: 1,
            stride_height: 1,
            stride_width: 1,
            dilation_height: 1,
            dilation_width: 1,
            pad_top: 0,
            pad_left: 0,
        };
        check(batches, (image, image, window), 1, depth, channels, seed);
    }

    #[test]
    fn deep_windows(geometry in geometry(2), depth in 60..120usize, channels in 1..6usize, seed: u64) {
        check(1, geometry, 1, depth, channels, seed);
    }
}

#[test]
fn sums_wrap() {
    // 70,000 products of -128 * 255 pass the range of i32 downwards.
    let depth = 70_000;
    let image = Image {
        height: 1,
        width: 1,
        channels: 1,
    };
    let conv = Conv2d {
        batches: 1,
        input: Image {
            channels: depth,
            ..image
        },
        output: image,
        window: Window {
            height: 1,
            width: 1,
            stride_height: 1,
            stride_width: 1,
            dilation_height: 1,
            dilation_width: 1,
            pad_top: 0,
            pad_left: 0,
        },
        groups: 1,
        input_zero_point: -128,
        output_zero_point: 0,
        activation: Activation {
            min: -128,
            max: 127,
        },
    };
    let mut output = [0];
    conv.run(
        &vec![127; depth],
        &vec![-128; depth],
        &[0],
        &[1 << 30],
        &[-20],
        &mut output,
    );
    let sum = (70_000i64 * -128 * 255) as i32;
    assert!(sum > 0);
    assert_eq!(output, [requantise(sum, 1 << 30, -20, 0, conv.activation)]);
}

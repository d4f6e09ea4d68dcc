//! DEPTHWISE_CONV_2D against the reference's loops.

mod common;

use common::{Random, elements, geometry, offset, taps};
use proptest::prelude::*;
use shortcrust_kernels::depthwise_conv_2d::DepthwiseConv2d;
use shortcrust_kernels::requantise::requantise;
use shortcrust_kernels::shape::{Image, Window};

fn check(
    batches: usize,
    (input, output, window): (Image, Image, Window),
    channels: usize,
    depth_multiplier: usize,
    seed: u64,
) {
    let mut random = Random(seed);
    let conv = DepthwiseConv2d {
        batches,
        input: Image { channels, ..input },
        output: Image {
            channels: channels * depth_multiplier,
            ..output
        },
        window,
        depth_multiplier,
        input_zero_point: random.zero_point(),
        output_zero_point: random.zero_point(),
        activation: random.activation(),
    };
    let filter = Image {
        height: window.height,
        width: window.width,
        channels: conv.output.channels,
    };
    let input = random.bytes(batches * conv.input.len());
    let weights = random.bytes(filter.len());
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
        let mut sum = 0i32;
        for (row, column, input_y, input_x) in taps(conv.input, window, y, x) {
            let value = i32::from(
                input[offset(
                    conv.input,
                    batch,
                    input_y,
                    input_x,
                    channel / depth_multiplier,
                )],
            );
            let weight = i32::from(weights[offset(filter, 0, row, column, channel)]);
            sum = sum.wrapping_add(weight * (value - conv.input_zero_point));
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

fn three_by_three() -> impl Strategy<Value = (Image, Image, Window)> {
    (geometry(1), prop::array::uniform2(0..2usize)).prop_map(
        |((input, output, window), [pad_top, pad_left])| {
            (
                input,
                output,
                Window {
                    height: 3,
                    width: 3,
                    pad_top,
                    pad_left,
                    ..window
                },
            )
        },
    )
}

proptest! {
    #[test]
    fn any_window(batches in 1..3usize, geometry in geometry(3), channels in 1..20usize, depth_multiplier in 1..4usize, seed: u64) {
        check(batches, geometry, channels, depth_multiplier, seed);
    }

    #[test]
    fn whole_blocks_of_channels(geometry in three_by_three(), blocks in 1..4usize, seed: u64) {
        check(1, geometry, 8 * blocks, 1, seed);
    }

    #[test]
    fn large_depth_multiplier(geometry in three_by_three(), channels in 1..3usize, depth_multiplier in 4..17usize, seed: u64) {
        check(1, geometry, channels, depth_multiplier, seed);
    }

    #[test]
    fn large_windows(geometry in geometry(2), size in prop::array::uniform2(4..9usize), channels in 1..18usize, seed: u64) {
        let (input, output, window) = geometry;
        check(1, (input, output, Window { height: size[0], width: size[1], ..window }), channels, 1, seed);
    }
}

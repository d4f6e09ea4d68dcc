//! TRANSPOSE_CONV against the reference's scattering loops.

mod common;

use common::{Random, elements, geometry, offset};
use proptest::prelude::*;
use shortcrust_kernels::requantise::requantise;
use shortcrust_kernels::shape::{Image, Window};
use shortcrust_kernels::transpose_conv::TransposeConv;

fn check(
    batches: usize,
    (input, output, window): (Image, Image, Window),
    depth: usize,
    channels: usize,
    seed: u64,
) {
    let mut random = Random(seed);
    let conv = TransposeConv {
        batches,
        input: Image {
            channels: depth,
            ..input
        },
        output: Image { channels, ..output },
        window,
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
    let weights = random.bytes(channels * filter.len());
    let parameters = random.channels(channels);
    let mut output = vec![0; batches * conv.output.len()];
    conv.run(
        &input,
        &weights,
        &parameters.bias,
        &parameters.multiplier,
        &parameters.shift,
        &mut output,
    );
    let mut sums = vec![0i32; output.len()];
    for (value, (batch, y, x, index)) in input.iter().zip(elements(batches, conv.input)) {
        for (channel, row, column, _) in elements(
            channels,
            Image {
                channels: 1,
                ..filter
            },
        ) {
            let output_y = (y * window.stride_height + row) as isize - window.pad_top as isize;
            let output_x = (x * window.stride_width + column) as isize - window.pad_left as isize;
            if (0..conv.output.height as isize).contains(&output_y)
                && (0..conv.output.width as isize).contains(&output_x)
            {
                let sum = &mut sums[offset(
                    conv.output,
                    batch,
                    output_y as usize,
                    output_x as usize,
                    channel,
                )];
                let weight = i32::from(weights[offset(filter, channel, row, column, index)]);
                *sum = sum.wrapping_add((i32::from(*value) - conv.input_zero_point) * weight);
            }
        }
    }
    for ((actual, sum), (batch, y, x, channel)) in
        output.iter().zip(sums).zip(elements(batches, conv.output))
    {
        let sum = sum.wrapping_add(parameters.bias[channel]);
        let (multiplier, shift) = (parameters.multiplier[channel], parameters.shift[channel]);
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
    fn any_window(batches in 1..3usize, geometry in geometry(1), depth in 1..20usize, channels in 1..7usize, seed: u64) {
        check(batches, geometry, depth, channels, seed);
    }

    #[test]
    fn deep_input(geometry in geometry(1), depth in 180..400usize, seed: u64) {
        check(1, geometry, depth, 2, seed);
    }
}

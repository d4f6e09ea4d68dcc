//! FULLY_CONNECTED against the reference's loops.

mod common;

use common::Random;
use proptest::prelude::*;
use shortcrust_kernels::fully_connected::FullyConnected;
use shortcrust_kernels::requantise::requantise;

proptest! {
    #[test]
    fn any_size(batches in 1..4usize, input_depth in 1..500usize, output_depth in 1..12usize, seed: u64) {
        let mut random = Random(seed);
        let layer = FullyConnected {
            batches,
            input_depth,
            output_depth,
            input_zero_point: random.zero_point(),
            weights_zero_point: random.zero_point(),
            output_zero_point: random.zero_point(),
            activation: random.activation(),
        };
        let input = random.bytes(batches * input_depth);
        let weights = random.bytes(output_depth * input_depth);
        let channels = random.channels(output_depth);
        let mut output = vec![0; batches * output_depth];
        layer.run(&input, &weights, &channels.bias, &channels.multiplier, &channels.shift, &mut output);
        for batch in 0..batches {
            for channel in 0..output_depth {
                let mut sum = 0i32;
                for index in 0..input_depth {
                    let value = i32::from(input[batch * input_depth + index]) - layer.input_zero_point;
                    let weight = i32::from(weights[channel * input_depth + index]) - layer.weights_zero_point;
                    sum = sum.wrapping_add(weight * value);
                }
                let sum = sum.wrapping_add(channels.bias[channel]);
                let (multiplier, shift) = (channels.multiplier[channel], channels.shift[channel]);
                let expected = requantise(sum, multiplier, shift, layer.output_zero_point, layer.activation);
                prop_assert_eq!(output[batch * output_depth + channel], expected, "channel {} of {:?}", channel, layer);
            }
        }
    }
}

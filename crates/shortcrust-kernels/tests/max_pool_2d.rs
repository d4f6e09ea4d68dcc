//! MAX_POOL_2D against the reference's loops.

mod common;

use common::{Random, elements, geometry, offset, taps};
use proptest::prelude::*;
use shortcrust_kernels::max_pool_2d::MaxPool2d;
use shortcrust_kernels::shape::Image;

proptest! {
    #[test]
    fn any_window(batches in 1..3usize, (input, output, window) in geometry(1), channels in 1..40usize, seed: u64) {
        let mut random = Random(seed);
        let pool = MaxPool2d {
            batches,
            input: Image { channels, ..input },
            output: Image { channels, ..output },
            window,
            activation: random.activation(),
        };
        let input = random.bytes(batches * pool.input.len());
        let mut output = vec![0; batches * pool.output.len()];
        pool.run(&input, &mut output);
        for (actual, (batch, y, x, channel)) in output.iter().zip(elements(batches, pool.output)) {
            let values: Vec<i32> = taps(pool.input, window, y, x)
                .into_iter()
                .map(|(_, _, y, x)| i32::from(input[offset(pool.input, batch, y, x, channel)]))
                .collect();
            let value = values.into_iter().max().unwrap_or(-128);
            let expected = value.max(pool.activation.min).min(pool.activation.max);
            prop_assert_eq!(i32::from(*actual), expected, "batch {}, ({}, {}), channel {} of {:?}", batch, y, x, channel, pool);
        }
    }
}

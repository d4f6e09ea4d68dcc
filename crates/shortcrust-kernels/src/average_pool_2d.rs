//! AVERAGE_POOL_2D.

use crate::shape::{Activation, Image, Window};
use crate::taps::{block, inside, store};

/// Channels computed together.
const LANES: usize = 8;

/// AVERAGE_POOL_2D, as TFLite Micro's `reference_integer_ops::AveragePool`. Dilation does not occur.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct AveragePool2d {
    /// Images.
    pub batches: usize,
    /// The size of an input image.
    pub input: Image,
    /// The size of an output image.
    pub output: Image,
    /// The pooling window.
    pub window: Window,
    /// The fused activation.
    pub activation: Activation,
}

impl AveragePool2d {
    /// Computes `output` (`[batches, height, width, channels]`) from `input`.
    #[inline]
    pub fn run(&self, input: &[i8], output: &mut [i8]) {
        let AveragePool2d {
            input: image,
            window,
            activation,
            ..
        } = *self;
        let channels = image.channels;
        debug_assert_eq!(channels, self.output.channels);
        debug_assert_eq!(input.len(), self.batches * image.len());
        debug_assert_eq!(output.len(), self.batches * self.output.len());
        let images = input
            .chunks_exact(image.len().max(1))
            .zip(output.chunks_exact_mut(self.output.len().max(1)));
        for (input, output) in images {
            for (y, output) in output
                .chunks_exact_mut((self.output.width * channels).max(1))
                .enumerate()
            {
                let top = y * window.stride_height;
                let rows = inside(top, window.pad_top, window.height, 1, image.height);
                for (x, output) in output.chunks_exact_mut(channels.max(1)).enumerate() {
                    let left = x * window.stride_width;
                    let columns = inside(left, window.pad_left, window.width, 1, image.width);
                    // Only taps inside the input count. Every window meets it, or there would be no average.
                    let count = (rows.len() * columns.len()) as i32;
                    for (lane, output) in output.chunks_mut(LANES).enumerate() {
                        let mut sums = [0i32; LANES];
                        for row in rows.clone() {
                            let row = (top + row).wrapping_sub(window.pad_top) * image.width;
                            for column in columns.clone() {
                                let pixel = row + (left + column).wrapping_sub(window.pad_left);
                                let values: [i8; LANES] =
                                    block(input, pixel * channels + lane * LANES);
                                for (sum, value) in sums.iter_mut().zip(values) {
                                    *sum = sum.wrapping_add(i32::from(value));
                                }
                            }
                        }
                        store(
                            output,
                            sums.map(|sum| {
                                let half = if sum > 0 { count / 2 } else { -(count / 2) };
                                let average =
                                    sum.wrapping_add(half).checked_div(count).unwrap_or(0);
                                average.max(activation.min).min(activation.max) as i8
                            }),
                        );
                    }
                }
            }
        }
    }
}

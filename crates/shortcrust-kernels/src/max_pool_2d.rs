//! MAX_POOL_2D.

use crate::shape::{Activation, Image, Window};
use crate::taps::{block, inside, store};

/// Channels computed together.
const LANES: usize = 16;

/// MAX_POOL_2D, as TFLite Micro's `reference_integer_ops::MaxPool`. Dilation does not occur.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct MaxPool2d {
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

impl MaxPool2d {
    /// Computes `output` (`[batches, height, width, channels]`) from `input`.
    #[inline]
    pub fn run(&self, input: &[i8], output: &mut [i8]) {
        let MaxPool2d {
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
                    for (lane, output) in output.chunks_mut(LANES).enumerate() {
                        let mut largest = [i8::MIN; LANES];
                        for row in rows.clone() {
                            let row = (top + row).wrapping_sub(window.pad_top) * image.width;
                            for column in columns.clone() {
                                let pixel = row + (left + column).wrapping_sub(window.pad_left);
                                let values: [i8; LANES] =
                                    block(input, pixel * channels + lane * LANES);
                                for (largest, value) in largest.iter_mut().zip(values) {
                                    *largest = (*largest).max(value);
                                }
                            }
                        }
                        store(
                            output,
                            largest.map(|value| {
                                i32::from(value).max(activation.min).min(activation.max) as i8
                            }),
                        );
                    }
                }
            }
        }
    }
}

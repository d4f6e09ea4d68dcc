//! DEPTHWISE_CONV_2D: each output channel reads one input channel.

use crate::requantise::requantise;
use crate::shape::{Activation, Image, Window};
use crate::taps::{block, inside, store};

/// Channels computed together.
const LANES: usize = 8;

/// DEPTHWISE_CONV_2D, as TFLite Micro's `reference_integer_ops::DepthwiseConvPerChannel`.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct DepthwiseConv2d {
    /// Images.
    pub batches: usize,
    /// The size of an input image.
    pub input: Image,
    /// The size of an output image.
    pub output: Image,
    /// The filter's window.
    pub window: Window,
    /// Output channels for each input channel.
    pub depth_multiplier: usize,
    /// The input's zero point, within `i8`.
    pub input_zero_point: i32,
    /// The output's zero point.
    pub output_zero_point: i32,
    /// The fused activation.
    pub activation: Activation,
}

impl DepthwiseConv2d {
    /// Computes `output` (`[batches, height, width, output channels]`) from `input` and `weights` (`[1, window height, window width,
    /// output channels]`); `bias`, `multiplier` and `shift` hold one element for each output channel.
    #[inline]
    pub fn run(
        &self,
        input: &[i8],
        weights: &[i8],
        bias: &[i32],
        multiplier: &[i32],
        shift: &[i32],
        output: &mut [i8],
    ) {
        let DepthwiseConv2d {
            input: image,
            window,
            ..
        } = *self;
        let channels = self.output.channels;
        debug_assert_eq!(channels, image.channels * self.depth_multiplier);
        debug_assert_eq!(input.len(), self.batches * image.len());
        debug_assert_eq!(weights.len(), window.height * window.width * channels);
        debug_assert!(
            [bias.len(), multiplier.len(), shift.len()]
                .iter()
                .all(|length| *length == channels)
        );
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
                let rows = inside(
                    top,
                    window.pad_top,
                    window.height,
                    window.dilation_height,
                    image.height,
                );
                for (x, output) in output.chunks_exact_mut(channels.max(1)).enumerate() {
                    let left = x * window.stride_width;
                    let columns = inside(
                        left,
                        window.pad_left,
                        window.width,
                        window.dilation_width,
                        image.width,
                    );
                    for (lane, output) in output.chunks_mut(LANES).enumerate() {
                        let channel = lane * LANES;
                        let mut sums: [i32; LANES] = block(bias, channel);
                        for row in rows.clone() {
                            let input_row = (top + row * window.dilation_height)
                                .wrapping_sub(window.pad_top)
                                * image.width;
                            for column in columns.clone() {
                                let pixel = input_row
                                    + (left + column * window.dilation_width)
                                        .wrapping_sub(window.pad_left);
                                let values = self.values(input, pixel * image.channels, channel);
                                let weights: [i8; LANES] = block(
                                    weights,
                                    (row * window.width + column) * channels + channel,
                                );
                                for ((sum, value), weight) in
                                    sums.iter_mut().zip(values).zip(weights)
                                {
                                    let value =
                                        i16::from(value).wrapping_sub(self.input_zero_point as i16);
                                    *sum = sum.wrapping_add(
                                        i32::from(value).wrapping_mul(i32::from(weight)),
                                    );
                                }
                            }
                        }
                        let (multiplier, shift): ([i32; LANES], [i32; LANES]) =
                            (block(multiplier, channel), block(shift, channel));
                        let mut scales = multiplier.into_iter().zip(shift);
                        let values = sums.map(|sum| {
                            let (multiplier, shift) = scales.next().unwrap_or_default();
                            requantise(
                                sum,
                                multiplier,
                                shift,
                                self.output_zero_point,
                                self.activation,
                            )
                        });
                        store(output, values);
                    }
                }
            }
        }
    }

    /// What output channels `channel..channel + LANES` read of the input pixel at `start`.
    #[inline(always)]
    fn values(&self, input: &[i8], start: usize, channel: usize) -> [i8; LANES] {
        if self.depth_multiplier == 1 {
            return block(input, start + channel);
        }
        core::array::from_fn(|lane| {
            let channel = (channel + lane)
                .checked_div(self.depth_multiplier)
                .unwrap_or(0);
            input.get(start + channel).copied().unwrap_or_default()
        })
    }
}

//! DEPTHWISE_CONV_2D: each output channel reads one input channel.

use crate::channels::{ChannelBlock, Channels, LANES};
use crate::shape::{Activation, Image, Window};
use crate::taps::{block, inside, store};

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
        let all = Channels {
            bias,
            multiplier,
            shift,
            zero_point: self.output_zero_point,
            activation: self.activation,
        };
        let (input_blocks, _) = input.as_chunks::<LANES>();
        for channel in (0..channels).step_by(LANES) {
            let block = Block {
                conv: self,
                channel,
                channels: all.block(channel),
            };
            // What the eight channels read of an input pixel: eight channels, or one, or something else.
            if self.depth_multiplier == 1 && channels.is_multiple_of(LANES) {
                block.run(weights, output, |pixel| {
                    let index = (pixel * channels + channel) / LANES;
                    input_blocks.get(index).copied().unwrap_or_default()
                });
            } else if self.depth_multiplier.is_multiple_of(LANES) {
                let source = channel.checked_div(self.depth_multiplier).unwrap_or(0);
                block.run(weights, output, |pixel| {
                    [input
                        .get(pixel * image.channels + source)
                        .copied()
                        .unwrap_or_default(); LANES]
                });
            } else {
                let sources: [usize; LANES] = core::array::from_fn(|lane| {
                    (channel + lane)
                        .checked_div(self.depth_multiplier)
                        .unwrap_or(0)
                });
                block.run(weights, output, |pixel| {
                    sources.map(|source| {
                        input
                            .get(pixel * image.channels + source)
                            .copied()
                            .unwrap_or_default()
                    })
                });
            }
        }
    }
}

/// Eight output channels.
struct Block<'a> {
    conv: &'a DepthwiseConv2d,
    /// The first of them.
    channel: usize,
    channels: ChannelBlock,
}

impl Block<'_> {
    /// Computes the channels of every output pixel. `values` is what they read of an input pixel, by its number.
    #[inline(always)]
    fn run(&self, weights: &[i8], output: &mut [i8], values: impl Fn(usize) -> [i8; LANES]) {
        let DepthwiseConv2d {
            input: image,
            window,
            ..
        } = *self.conv;
        let channels = self.conv.output.channels;
        for (index, output) in output
            .chunks_exact_mut((self.conv.output.width * channels).max(1))
            .enumerate()
        {
            let batch = index.checked_div(self.conv.output.height).unwrap_or(0);
            let top = (index - batch * self.conv.output.height) * window.stride_height;
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
                let mut sums = self.channels.bias;
                for row in rows.clone() {
                    let input_row = batch * image.height
                        + (top + row * window.dilation_height).wrapping_sub(window.pad_top);
                    for column in columns.clone() {
                        let input_column =
                            (left + column * window.dilation_width).wrapping_sub(window.pad_left);
                        let values = values(input_row * image.width + input_column);
                        let weights: [i8; LANES] = block(
                            weights,
                            (row * window.width + column) * channels + self.channel,
                        );
                        self.add_products(values, weights, &mut sums);
                    }
                }
                let values = self.channels.requantise(&sums);
                store(output.get_mut(self.channel..).unwrap_or_default(), values);
            }
        }
    }

    #[inline(always)]
    fn add_products(&self, values: [i8; LANES], weights: [i8; LANES], sums: &mut [i32; LANES]) {
        let zero_point = self.conv.input_zero_point as i16;
        for ((sum, value), weight) in sums.iter_mut().zip(values).zip(weights) {
            let value = i16::from(value).wrapping_sub(zero_point);
            *sum = sum.wrapping_add(i32::from(value).wrapping_mul(i32::from(weight)));
        }
    }
}

//! DEPTHWISE_CONV_2D: each output channel reads one input channel.

use core::array::from_fn;

use crate::channels::{ChannelBlock, Channels, LANES};
use crate::lanes::{Lanes, Taps, Walk};
use crate::shape::{Activation, Image, Window};
use crate::taps::{block, inside};

/// Taps that are copied at a time.
const COPIES: usize = 16;

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
        for channel in (0..channels).step_by(LANES) {
            let block = Block {
                conv: self,
                channel,
                channels: all.block(channel),
            };
            let source = |lane: usize| {
                (channel + lane)
                    .checked_div(self.depth_multiplier)
                    .unwrap_or(0)
            };
            let value = |pixel: usize, source: usize| {
                input
                    .get(pixel * image.channels + source)
                    .copied()
                    .unwrap_or_default()
            };
            if self.depth_multiplier == 1 && channels.is_multiple_of(LANES) {
                block.run_whole(input, weights, output);
            } else if self.depth_multiplier.is_multiple_of(LANES) {
                let source = source(0);
                block.run_gathered(|pixel| [value(pixel, source); LANES], weights, output);
            } else {
                let sources: [usize; LANES] = from_fn(source);
                block.run_gathered(
                    |pixel| sources.map(|source| value(pixel, source)),
                    weights,
                    output,
                );
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
    /// Computes the channels of every output pixel, where the input and the weights have them in a block of their own.
    ///
    /// A function of its own, which keeps the frames small.
    #[inline(never)]
    fn run_whole(&self, input: &[i8], weights: &[i8], output: &mut [i8]) {
        let DepthwiseConv2d {
            input: image,
            window,
            input_zero_point,
            ..
        } = *self.conv;
        let (values, _) = input.as_chunks();
        let (weights, _) = weights.as_chunks();
        let (blocks, block) = (image.channels / LANES, self.channel / LANES);
        self.for_each_pixel(output, |view, sums| {
            let taps = Taps {
                values,
                values_walk: Walk {
                    first: view.pixel.wrapping_mul(blocks).wrapping_add(block),
                    row: window.dilation_height * image.width * blocks,
                    column: window.dilation_width * blocks,
                },
                weights,
                weights_walk: Walk {
                    first: view.tap * blocks + block,
                    row: window.width * blocks,
                    column: blocks,
                },
                rows: view.rows,
                columns: view.columns,
            };
            taps.add(input_zero_point, sums);
        });
    }

    /// The same for any channels: the values that `gather` finds at an input pixel and their weights are copied to where they make
    /// a block.
    ///
    /// A function of its own, which keeps the frames small.
    #[inline(never)]
    fn run_gathered(&self, gather: impl Fn(usize) -> Lanes, weights: &[i8], output: &mut [i8]) {
        let DepthwiseConv2d {
            input: image,
            window,
            input_zero_point,
            ..
        } = *self.conv;
        let channels = self.conv.output.channels;
        let (mut values, mut tap_weights) = ([[0; LANES]; COPIES], [[0; LANES]; COPIES]);
        self.for_each_pixel(output, |view, sums| {
            let mut count = 0;
            for row in 0..view.rows {
                let (mut pixel, tap) = (
                    view.pixel + row * window.dilation_height * image.width,
                    view.tap + row * window.width,
                );
                for tap in tap..tap + view.columns {
                    if let (Some(values), Some(weight)) =
                        (values.get_mut(count), tap_weights.get_mut(count))
                    {
                        *values = gather(pixel);
                        *weight = block(weights, tap * channels + self.channel);
                        count += 1;
                    }
                    if count == COPIES {
                        Taps::in_a_row(&values, &tap_weights).add(input_zero_point, sums);
                        count = 0;
                    }
                    pixel += window.dilation_width;
                }
            }
            let (values, weights) = (
                values.get(..count).unwrap_or_default(),
                tap_weights.get(..count).unwrap_or_default(),
            );
            Taps::in_a_row(values, weights).add(input_zero_point, sums);
        });
    }

    /// Computes every output pixel, from the sums that `add` completes with what the pixel's window sees.
    #[inline(always)]
    fn for_each_pixel(&self, output: &mut [i8], mut add: impl FnMut(View, &mut [i32; LANES])) {
        let DepthwiseConv2d {
            input: image,
            output:
                Image {
                    height,
                    width,
                    channels,
                },
            window,
            ..
        } = *self.conv;
        for (batch, output) in output
            .chunks_exact_mut((height * width * channels).max(1))
            .enumerate()
        {
            for (y, output) in output
                .chunks_exact_mut((width * channels).max(1))
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
                let row = (batch * image.height + top + rows.start * window.dilation_height)
                    .wrapping_sub(window.pad_top);
                for (x, output) in output.chunks_exact_mut(channels.max(1)).enumerate() {
                    let left = x * window.stride_width;
                    let columns = inside(
                        left,
                        window.pad_left,
                        window.width,
                        window.dilation_width,
                        image.width,
                    );
                    let column = (left + columns.start * window.dilation_width)
                        .wrapping_sub(window.pad_left);
                    let view = View {
                        pixel: row.wrapping_mul(image.width).wrapping_add(column),
                        tap: rows.start * window.width + columns.start,
                        rows: rows.len(),
                        columns: columns.len(),
                    };
                    let mut sums = self.channels.bias;
                    if view.rows > 0 && view.columns > 0 {
                        add(view, &mut sums);
                    }
                    self.channels.finish(
                        &mut sums,
                        output.get_mut(self.channel..).unwrap_or_default(),
                    );
                }
            }
        }
    }
}

/// What an output pixel's window sees.
struct View {
    /// The number, over all images, of the input pixel under the first tap inside the input.
    pixel: usize,
    /// The number of that tap.
    tap: usize,
    /// The taps inside the input.
    rows: usize,
    columns: usize,
}

//! CONV_2D, grouped or not.

use crate::channels::Channels;
use crate::dot_products::{Block, DotProducts, Stage, widen};
use crate::shape::{Activation, Image, Window};
use crate::taps::inside;

/// CONV_2D, as TFLite Micro's `reference_integer_ops::ConvPerChannel`.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Conv2d {
    /// Images.
    pub batches: usize,
    /// The size of an input image.
    pub input: Image,
    /// The size of an output image.
    pub output: Image,
    /// The filter's window.
    pub window: Window,
    /// Groups of input channels, each read by as large a group of output channels; 1 for the ordinary convolution.
    pub groups: usize,
    /// The input's zero point, within `i8`.
    pub input_zero_point: i32,
    /// The output's zero point.
    pub output_zero_point: i32,
    /// The fused activation.
    pub activation: Activation,
}

impl Conv2d {
    /// Computes `output` (`[batches, height, width, output channels]`) from `input` and `weights` (`[output channels, window height,
    /// window width, input channels / groups]`); `bias`, `multiplier` and `shift` hold one element for each output channel.
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
        let output_channels = self.output.channels;
        let depth = self.input.channels.checked_div(self.groups).unwrap_or(0);
        let group_channels = output_channels.checked_div(self.groups).unwrap_or(0);
        let window = self.window.height * self.window.width * depth;
        debug_assert_eq!(input.len(), self.batches * self.input.len());
        debug_assert_eq!(weights.len(), output_channels * window);
        debug_assert!(
            [bias.len(), multiplier.len(), shift.len()]
                .iter()
                .all(|length| *length == output_channels)
        );
        debug_assert_eq!(output.len(), self.batches * self.output.len());
        for (group, weights) in weights
            .chunks_exact((group_channels * window).max(1))
            .enumerate()
        {
            let first = group * group_channels;
            let part =
                |values| <[i32]>::get(values, first..first + group_channels).unwrap_or_default();
            let products = DotProducts {
                weights,
                weights_zero_point: 0,
                segments: 1,
                segment: window,
                channels: Channels {
                    bias: part(bias),
                    multiplier: part(multiplier),
                    shift: part(shift),
                    zero_point: self.output_zero_point,
                    activation: self.activation,
                },
            };
            let source = Source {
                conv: self,
                depth,
                channel: group * depth,
                is_pixel_by_pixel: self.is_pixel_by_pixel(),
            };
            for block in products.blocks() {
                source.run_block(&block, first + block.channel, input, output);
            }
        }
    }

    /// Whether every output pixel reads just the input pixel at its place.
    fn is_pixel_by_pixel(&self) -> bool {
        let Conv2d {
            input,
            output,
            window,
            ..
        } = *self;
        (window.height, window.width) == (1, 1)
            && (window.stride_height, window.stride_width) == (1, 1)
            && (window.pad_top, window.pad_left) == (0, 0)
            && (input.height, input.width) == (output.height, output.width)
    }
}

/// The input channels that one group reads.
struct Source<'a> {
    conv: &'a Conv2d,
    /// How many they are.
    depth: usize,
    /// The first of them.
    channel: usize,
    is_pixel_by_pixel: bool,
}

impl Source<'_> {
    /// Computes a block's output channels, which start at `first`, of every pixel.
    ///
    /// A function of its own, which keeps the frames small.
    #[inline(never)]
    fn run_block(&self, block: &Block, first: usize, input: &[i8], output: &mut [i8]) {
        let (
            image,
            Image {
                width, channels, ..
            },
        ) = (self.conv.input, self.conv.output);
        let mut staged = Stage::new();
        let images = input
            .chunks_exact(image.len().max(1))
            .zip(output.chunks_exact_mut(self.conv.output.len().max(1)));
        for (input, output) in images {
            for (y, output) in output
                .chunks_exact_mut((width * channels).max(1))
                .enumerate()
            {
                for (x, output) in output.chunks_exact_mut(channels.max(1)).enumerate() {
                    block.run(
                        &mut staged,
                        output.get_mut(first..).unwrap_or_default(),
                        |_, from, values| {
                            self.stage(input, y, x, from, values);
                            true
                        },
                    );
                }
            }
        }
    }

    /// Writes the elements of an output pixel's window from `from` on; a tap outside the input counts nothing.
    #[inline(always)]
    fn stage(&self, input: &[i8], y: usize, x: usize, from: usize, values: &mut [i16]) {
        let Conv2d {
            input: image,
            window,
            input_zero_point,
            ..
        } = *self.conv;
        if self.is_pixel_by_pixel {
            let start = (y * image.width + x) * image.channels + self.channel + from;
            return widen(
                values,
                input.get(start..).unwrap_or_default(),
                input_zero_point,
            );
        }
        let (top, left) = (y * window.stride_height, x * window.stride_width);
        let rows = inside(
            top,
            window.pad_top,
            window.height,
            window.dilation_height,
            image.height,
        );
        let columns = inside(
            left,
            window.pad_left,
            window.width,
            window.dilation_width,
            image.width,
        );
        if rows.len() < window.height || columns.len() < window.width {
            values.fill(0);
        }
        // Neighbouring taps whose channels follow one another make one run.
        let run = if window.dilation_width == 1 && self.depth == image.channels {
            columns.len()
        } else {
            1
        };
        for row in rows {
            let input_row =
                (top + row * window.dilation_height).wrapping_sub(window.pad_top) * image.width;
            for column in columns.clone().step_by(run.max(1)) {
                let pixel = input_row
                    + (left + column * window.dilation_width).wrapping_sub(window.pad_left);
                let source = pixel * image.channels + self.channel;
                let target = (row * window.width + column) * self.depth;
                // What `from` leaves out at the front, and where the rest goes.
                let skipped = from.saturating_sub(target).min(run * self.depth);
                let input = input
                    .get(source + skipped..source + run * self.depth)
                    .unwrap_or_default();
                let values = values
                    .get_mut((target + skipped).saturating_sub(from)..)
                    .unwrap_or_default();
                widen(values, input, input_zero_point);
            }
        }
    }
}

//! CONV_2D, grouped or not.

use crate::dot_products::{DotProducts, widen};
use crate::shape::{Activation, Image, Window};
use crate::taps::inside;

/// Output pixels computed together: each weight is read and widened once for all of them.
const PIXELS: usize = 2;

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
        let taps = self.window.height * self.window.width;
        debug_assert_eq!(input.len(), self.batches * self.input.len());
        debug_assert_eq!(weights.len(), output_channels * taps * depth);
        debug_assert!(
            [bias.len(), multiplier.len(), shift.len()]
                .iter()
                .all(|length| *length == output_channels)
        );
        debug_assert_eq!(output.len(), self.batches * self.output.len());

        let reads_pixel_by_pixel = taps == 1
            && (self.window.stride_height, self.window.stride_width) == (1, 1)
            && (self.window.pad_top, self.window.pad_left) == (0, 0)
            && (self.input.height, self.input.width) == (self.output.height, self.output.width);
        if reads_pixel_by_pixel && (self.batches, self.output.height) != (1, 1) {
            // One long row: its pixels pair up whatever the image's width.
            let width = self.batches * self.output.height * self.output.width;
            let row = |channels| Image {
                height: 1,
                width,
                channels,
            };
            let flat = Conv2d {
                batches: 1,
                input: row(self.input.channels),
                output: row(output_channels),
                ..*self
            };
            return flat.run_rows(
                depth,
                group_channels,
                input,
                weights,
                bias,
                multiplier,
                shift,
                output,
            );
        }
        self.run_rows(
            depth,
            group_channels,
            input,
            weights,
            bias,
            multiplier,
            shift,
            output,
        );
    }

    #[allow(
        clippy::too_many_arguments,
        reason = "the operands of `run` and two sizes derived there"
    )]
    #[inline(always)]
    fn run_rows(
        &self,
        depth: usize,
        group_channels: usize,
        input: &[i8],
        weights: &[i8],
        bias: &[i32],
        multiplier: &[i32],
        shift: &[i32],
        output: &mut [i8],
    ) {
        let channels = self.output.channels;
        let window = self.window.height * self.window.width * depth;
        let per_group = group_channels.max(1);
        let groups = weights.chunks_exact((group_channels * window).max(1)).zip(
            bias.chunks_exact(per_group)
                .zip(multiplier.chunks_exact(per_group))
                .zip(shift.chunks_exact(per_group)),
        );
        for (group, (weights, ((bias, multiplier), shift))) in groups.enumerate() {
            let products = DotProducts {
                weights,
                bias,
                multiplier,
                shift,
                segments: 1,
                segment: window,
                weights_zero_point: 0,
                output_zero_point: self.output_zero_point,
                activation: self.activation,
            };
            let source = Source {
                conv: self,
                depth,
                channel: group * depth,
            };
            let images = input
                .chunks_exact(self.input.len().max(1))
                .zip(output.chunks_exact_mut(self.output.len().max(1)));
            for (input, output) in images {
                for (y, output) in output
                    .chunks_exact_mut((self.output.width * channels).max(1))
                    .enumerate()
                {
                    for (x, output) in output.chunks_mut((PIXELS * channels).max(1)).enumerate() {
                        let x = x * PIXELS;
                        let pixels = output.len();
                        let output = output.get_mut(group * group_channels..).unwrap_or_default();
                        if pixels == PIXELS * channels {
                            products.run::<PIXELS>(output, channels, |pixel, _, from, values| {
                                source.stage(input, y, x + pixel, from, values);
                                true
                            });
                        } else {
                            products.run::<1>(output, channels, |_, _, from, values| {
                                source.stage(input, y, x, from, values);
                                true
                            });
                        }
                    }
                }
            }
        }
    }
}

/// The input channels that one group reads.
struct Source<'a> {
    conv: &'a Conv2d,
    /// How many they are.
    depth: usize,
    /// The first of them.
    channel: usize,
}

impl Source<'_> {
    /// Writes the elements of an output pixel's window from `from` on; a tap outside the input counts nothing.
    #[inline(always)]
    fn stage(&self, input: &[i8], y: usize, x: usize, from: usize, values: &mut [i16]) {
        let Conv2d {
            input: image,
            window,
            ..
        } = *self.conv;
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
        let all_inside = rows.len() == window.height && columns.len() == window.width;
        if !all_inside {
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
                widen(values, input, self.conv.input_zero_point);
            }
        }
    }
}

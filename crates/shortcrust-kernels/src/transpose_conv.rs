//! TRANSPOSE_CONV, gathering: each output pixel looks for the input pixels that reach it.

use crate::channels::Channels;
use crate::dot_products::{Block, DotProducts, Stage, widen};
use crate::shape::{Activation, Image, Window};

/// TRANSPOSE_CONV, as TFLite Micro's `reference_integer_ops::TransposeConv`.
///
/// Input pixel `(y, x)` spreads over output rows `y * stride_height - pad_top + tap` (columns alike): the window's strides and
/// padding refer to the output. Dilation does not occur.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct TransposeConv {
    /// Images.
    pub batches: usize,
    /// The size of an input image.
    pub input: Image,
    /// The size of an output image.
    pub output: Image,
    /// The filter's window.
    pub window: Window,
    /// The input's zero point, within `i8`.
    pub input_zero_point: i32,
    /// The output's zero point.
    pub output_zero_point: i32,
    /// The fused activation.
    pub activation: Activation,
}

impl TransposeConv {
    /// Computes `output` (`[batches, height, width, output channels]`) from `input` and `weights` (`[output channels, window height,
    /// window width, input channels]`); `bias`, `multiplier` and `shift` hold one element for each output channel.
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
        let TransposeConv {
            input: image,
            window,
            ..
        } = *self;
        let channels = self.output.channels;
        let taps = window.height * window.width;
        debug_assert_eq!(input.len(), self.batches * image.len());
        debug_assert_eq!(weights.len(), channels * taps * image.channels);
        debug_assert!(
            [bias.len(), multiplier.len(), shift.len()]
                .iter()
                .all(|length| *length == channels)
        );
        debug_assert_eq!(output.len(), self.batches * self.output.len());
        let products = DotProducts {
            weights,
            weights_zero_point: 0,
            segments: taps,
            segment: image.channels,
            channels: Channels {
                bias,
                multiplier,
                shift,
                zero_point: self.output_zero_point,
                activation: self.activation,
            },
        };
        for block in products.blocks() {
            self.run_block(&block, input, output);
        }
    }

    /// Computes a block's output channels of every pixel.
    ///
    /// A function of its own, which keeps the frames small.
    #[inline(never)]
    fn run_block(&self, block: &Block, input: &[i8], output: &mut [i8]) {
        let TransposeConv {
            input: image,
            output: Image {
                width, channels, ..
            },
            window,
            ..
        } = *self;
        let mut staged = Stage::new();
        let images = input
            .chunks_exact(image.len().max(1))
            .zip(output.chunks_exact_mut(self.output.len().max(1)));
        for (input, output) in images {
            for (y, output) in output
                .chunks_exact_mut((width * channels).max(1))
                .enumerate()
            {
                for (x, output) in output.chunks_exact_mut(channels.max(1)).enumerate() {
                    let output = output.get_mut(block.channel..).unwrap_or_default();
                    block.run(&mut staged, output, |tap, from, values| {
                        let row = tap.checked_div(window.width).unwrap_or(0);
                        let column = tap - row * window.width;
                        let source =
                            origin(y + window.pad_top, row, window.stride_height, image.height)
                                .zip(origin(
                                    x + window.pad_left,
                                    column,
                                    window.stride_width,
                                    image.width,
                                ))
                                .map(|(row, column)| {
                                    (row * image.width + column) * image.channels + from
                                })
                                .and_then(|start| input.get(start..start + values.len()));
                        widen(values, source.unwrap_or_default(), self.input_zero_point);
                        source.is_some()
                    });
                }
            }
        }
    }
}

/// The input position that reaches `target` (an output position plus the padding) through a tap, if there is one.
#[inline(always)]
fn origin(target: usize, tap: usize, stride: usize, size: usize) -> Option<usize> {
    let distance = target.checked_sub(tap)?;
    let position = distance.checked_div(stride)?;
    (position * stride == distance && position < size).then_some(position)
}

//! DEPTHWISE_CONV_2D: each output channel reads one input channel.

use core::array::from_fn;
use core::ops::Range;

use crate::channels::{ChannelBlock, Channels, LANES};
use crate::shape::{Activation, Image, Window};
use crate::lanes::{CopiedTaps, Taps};
use crate::taps::{block, inside};

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
        let all = Channels { bias, multiplier, shift, zero_point: self.output_zero_point, activation: self.activation };
        for channel in (0..channels).step_by(LANES) {
            let block = Block { conv: self, channel, channels: all.block(channel) };
            if self.depth_multiplier == 1 && channels.is_multiple_of(LANES) {
                block.run_whole(input, weights, output);
            } else {
                block.run_gathered(input, weights, output);
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
    #[inline(always)]
    fn run_whole(&self, input: &[i8], weights: &[i8], output: &mut [i8]) {
        let (values, _) = input.as_chunks();
        let (weights, _) = weights.as_chunks();
        let (blocks, block) = (self.conv.output.channels / LANES, self.channel / LANES);
        let mut taps = Taps::new(self.conv.input_zero_point);
        self.for_each_pixel(output, |view, sums| {
            view.for_each(|pixel, tap| {
                if let (Some(values), Some(weights)) = (values.get(pixel * blocks + block), weights.get(tap * blocks + block)) {
                    taps.push(values, weights, sums);
                }
            });
            taps.flush(sums);
        });
    }

    /// The same for any channels: their values and weights are copied to where they make a block.
    #[inline(always)]
    fn run_gathered(&self, input: &[i8], weights: &[i8], output: &mut [i8]) {
        let DepthwiseConv2d { input: image, depth_multiplier, .. } = *self.conv;
        let channels = self.conv.output.channels;
        let sources: [usize; LANES] = from_fn(|lane| (self.channel + lane).checked_div(depth_multiplier).unwrap_or(0));
        let is_one_source = depth_multiplier.is_multiple_of(LANES);
        let mut taps = CopiedTaps::new(self.conv.input_zero_point);
        self.for_each_pixel(output, |view, sums| {
            view.for_each(|pixel, tap| {
                let value = |source: usize| input.get(pixel * image.channels + source).copied().unwrap_or_default();
                let values = match sources {
                    [source, ..] if is_one_source => [value(source); LANES],
                    sources => sources.map(value),
                };
                taps.push(values, block(weights, tap * channels + self.channel), sums);
            });
            taps.flush(sums);
        });
    }

    /// Computes every output pixel, from the sums that `add` completes with what the pixel's window sees.
    #[inline(always)]
    fn for_each_pixel(&self, output: &mut [i8], mut add: impl FnMut(View, &mut [i32; LANES])) {
        let DepthwiseConv2d { input: image, output: Image { height, width, channels }, window, .. } = *self.conv;
        for (batch, output) in output.chunks_exact_mut((height * width * channels).max(1)).enumerate() {
            for (y, output) in output.chunks_exact_mut((width * channels).max(1)).enumerate() {
                let top = y * window.stride_height;
                let rows = inside(top, window.pad_top, window.height, window.dilation_height, image.height);
                let first_row = (batch * image.height + top).wrapping_sub(window.pad_top);
                for (x, output) in output.chunks_exact_mut(channels.max(1)).enumerate() {
                    let left = x * window.stride_width;
                    let view = View {
                        first: first_row.wrapping_mul(image.width).wrapping_add(left).wrapping_sub(window.pad_left),
                        row_step: window.dilation_height * image.width,
                        column_step: window.dilation_width,
                        width: window.width,
                        rows: rows.clone(),
                        columns: inside(left, window.pad_left, window.width, window.dilation_width, image.width),
                    };
                    let mut sums = self.channels.bias;
                    add(view, &mut sums);
                    self.channels.finish(&mut sums, output.get_mut(self.channel..).unwrap_or_default());
                }
            }
        }
    }
}

/// What an output pixel's window sees.
struct View {
    /// The number of the input pixel under the window's first tap, counted over all images. It may wrap: the tap may lie before
    /// the input.
    first: usize,
    /// Input pixels from one row of taps to the next, and from one column to the next.
    row_step: usize,
    column_step: usize,
    /// Taps in a row.
    width: usize,
    /// The taps inside the input.
    rows: Range<usize>,
    columns: Range<usize>,
}

impl View {
    /// Visits the taps inside the input: the number of the input pixel, and the number of the tap.
    #[inline(always)]
    fn for_each(&self, mut visit: impl FnMut(usize, usize)) {
        for row in self.rows.clone() {
            let first = self.first.wrapping_add(row * self.row_step);
            for column in self.columns.clone() {
                visit(first.wrapping_add(column * self.column_step), row * self.width + column);
            }
        }
    }
}

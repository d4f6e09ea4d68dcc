//! The core of the operators whose output channels are dot products of an input window and a row of weights.
//!
//! The window of a few output pixels is first staged: gathered, freed of its zero point and widened to `i16`. Every row of weights
//! then meets it as one contiguous run, whatever the window looked like; and the compiler turns a fixed block of `i8 * i16`
//! products that are summed into its target's multiply-add vector instruction.

use crate::channels::{ChannelBlock, Channels, LANES};
use crate::taps::{block, store};

/// Elements of one pixel's window that are staged at a time.
const STAGE: usize = 128;

/// The elements of a dot product that are computed without a loop.
const BLOCK: usize = 32;

/// The weights and the output channels of a set of dot products.
#[derive(Clone, Copy)]
pub(crate) struct DotProducts<'a> {
    /// One row of `segments * segment` weights for each output channel.
    pub(crate) weights: &'a [i8],
    pub(crate) weights_zero_point: i32,
    /// The parts of a window that are staged separately.
    pub(crate) segments: usize,
    /// The length of each part.
    pub(crate) segment: usize,
    pub(crate) channels: Channels<'a>,
}

impl<'a> DotProducts<'a> {
    /// The output channels, eight at a time.
    #[inline(always)]
    pub(crate) fn blocks(self) -> impl Iterator<Item = Block<'a>> {
        let rows = self.segments.wrapping_mul(self.segment).wrapping_mul(LANES);
        self.weights
            .chunks(rows.max(1))
            .enumerate()
            .map(move |(index, weights)| {
                let channel = index.wrapping_mul(LANES);
                Block {
                    products: DotProducts { weights, ..self },
                    channel,
                    channels: self.channels.block(channel),
                }
            })
    }
}

/// Eight output channels.
pub(crate) struct Block<'a> {
    /// The weights are those of these channels only.
    products: DotProducts<'a>,
    /// The first output channel.
    pub(crate) channel: usize,
    channels: ChannelBlock,
}

impl Block<'_> {
    /// Computes the block's channels of `PIXELS` pixels. `output` starts with the first pixel's, the pixels are `stride` apart.
    ///
    /// `stage(pixel, segment, from, values)` writes the elements of a pixel's window from `from` on within a segment, less the
    /// input's zero point. It returns whether any of them may differ from zero.
    #[inline(always)]
    pub(crate) fn run<const PIXELS: usize>(
        &self,
        output: &mut [i8],
        stride: usize,
        mut stage: impl FnMut(usize, usize, usize, &mut [i16]) -> bool,
    ) {
        let DotProducts {
            segments, segment, ..
        } = self.products;
        let mut staged = [[0i16; STAGE]; PIXELS];
        let mut sums = [self.channels.bias; PIXELS];
        for index in 0..segments {
            for from in (0..segment).step_by(STAGE) {
                let length = segment.wrapping_sub(from).min(STAGE);
                let mut matters = false;
                for (pixel, values) in staged.iter_mut().enumerate() {
                    if let Some(values) = values.get_mut(..length) {
                        matters |= stage(pixel, index, from, values);
                    }
                    if let Some(rest) = values.get_mut(length..length.next_multiple_of(BLOCK)) {
                        rest.fill(0);
                    }
                }
                if matters {
                    self.accumulate(
                        &staged,
                        index.wrapping_mul(segment).wrapping_add(from),
                        length,
                        &mut sums,
                    );
                }
            }
        }
        let count = self.channel_count();
        for (pixel, sums) in sums.iter().enumerate() {
            let values = self.channels.requantise(sums);
            let start = pixel.wrapping_mul(stride);
            if let Some(target) = output.get_mut(start..start.wrapping_add(count)) {
                store(target, values);
            }
        }
    }

    /// Channels of this block that exist.
    fn channel_count(&self) -> usize {
        let row = self.products.segments.wrapping_mul(self.products.segment);
        self.products.weights.len().checked_div(row).unwrap_or(0)
    }

    /// Adds the products of the staged values and the weights `from..from + length` of each row.
    #[inline(always)]
    fn accumulate<const PIXELS: usize>(
        &self,
        staged: &[[i16; STAGE]; PIXELS],
        from: usize,
        length: usize,
        sums: &mut [[i32; LANES]; PIXELS],
    ) {
        let row = self.products.segments.wrapping_mul(self.products.segment);
        let values = staged.each_ref().map(|values| {
            let (blocks, _) = values.as_chunks::<BLOCK>();
            blocks.get(..length.div_ceil(BLOCK)).unwrap_or(blocks)
        });
        for lane in 0..self.channel_count().min(LANES) {
            let start = lane.wrapping_mul(row).wrapping_add(from);
            let totals = dots(
                self.products.weights.get(start..).unwrap_or_default(),
                values,
            );
            for ((sums, total), values) in sums.iter_mut().zip(totals).zip(values) {
                if let Some(sum) = sums.get_mut(lane) {
                    *sum = sum.wrapping_add(total);
                    if self.products.weights_zero_point != 0 {
                        *sum = sum.wrapping_sub(
                            self.products
                                .weights_zero_point
                                .wrapping_mul(total_of(values)),
                        );
                    }
                }
            }
        }
    }
}

/// The sum of staged values.
fn total_of(values: &[[i16; BLOCK]]) -> i32 {
    values
        .as_flattened()
        .iter()
        .fold(0, |total, value| total.wrapping_add(i32::from(*value)))
}

/// The dot products of the blocks of each pixel's values and as many weights. Values of zero make it indifferent what the
/// weights beyond a row's end are; beyond the slice's end they count as zero.
///
/// A function of its own, as the compiler vectorises this loop when it sees no more than it.
#[inline(never)]
fn dots<const PIXELS: usize>(weights: &[i8], values: [&[[i16; BLOCK]]; PIXELS]) -> [i32; PIXELS] {
    let mut sums = [0i32; PIXELS];
    let (blocks, _) = weights.as_chunks::<BLOCK>();
    let count = values.first().map_or(0, |values| values.len());
    for (index, weights) in blocks.iter().take(count).enumerate() {
        for (sum, values) in sums.iter_mut().zip(values) {
            if let Some(values) = values.get(index) {
                *sum = sum.wrapping_add(dot(weights, values));
            }
        }
    }
    if blocks.len() < count {
        let weights = block(weights, blocks.len().wrapping_mul(BLOCK));
        for (sum, values) in sums.iter_mut().zip(values) {
            if let Some(values) = values.get(blocks.len()) {
                *sum = sum.wrapping_add(dot(&weights, values));
            }
        }
    }
    sums
}

#[inline(always)]
fn dot(weights: &[i8; BLOCK], values: &[i16; BLOCK]) -> i32 {
    weights
        .iter()
        .zip(values)
        .fold(0i32, |sum, (weight, value)| {
            sum.wrapping_add(i32::from(*weight).wrapping_mul(i32::from(*value)))
        })
}

/// Widens input values and frees them of their zero point.
#[inline(always)]
pub(crate) fn widen(values: &mut [i16], input: &[i8], zero_point: i32) {
    for (value, input) in values.iter_mut().zip(input) {
        *value = i16::from(*input).wrapping_sub(zero_point as i16);
    }
}

//! The core of the operators whose output channels are dot products of an input window and a row of weights.
//!
//! The window of an output pixel is first staged: gathered, freed of its zero point and widened to `i16`. Every row of weights
//! then meets it as one contiguous run, whatever the window looked like; and the compiler turns a fixed block of `i8 * i16`
//! products that are summed into its target's multiply-add vector instruction.

use crate::channels::{ChannelBlock, Channels, LANES};

/// Elements of a window that are staged at a time.
const STAGE: usize = 128;

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
        let row = self.segments.wrapping_mul(self.segment).max(1);
        self.weights
            .chunks(row.wrapping_mul(LANES).max(1))
            .enumerate()
            .map(move |(index, weights)| {
                let channel = index.wrapping_mul(LANES);
                Block {
                    products: DotProducts { weights, ..self },
                    row,
                    count: weights.len().checked_div(row).unwrap_or(0),
                    channel,
                    channels: self.channels.block(channel),
                }
            })
    }
}

/// Where windows are staged.
pub(crate) struct Stage {
    values: [i16; STAGE],
}

impl Stage {
    #[inline(always)]
    pub(crate) fn new() -> Self {
        Stage { values: [0; STAGE] }
    }
}

/// Eight output channels.
pub(crate) struct Block<'a> {
    /// The weights are those of these channels only.
    products: DotProducts<'a>,
    /// Weights of one channel.
    row: usize,
    /// Channels that exist.
    count: usize,
    /// The first channel.
    pub(crate) channel: usize,
    channels: ChannelBlock,
}

impl Block<'_> {
    /// Computes the block's channels of a pixel. `output` starts with the first of them.
    ///
    /// `stage(segment, from, values)` writes the elements of the pixel's window from `from` on within a segment, less the input's
    /// zero point. It returns whether any of them may differ from zero.
    #[inline(always)]
    pub(crate) fn run(
        &self,
        staged: &mut Stage,
        output: &mut [i8],
        mut stage: impl FnMut(usize, usize, &mut [i16]) -> bool,
    ) {
        let DotProducts {
            weights_zero_point,
            segments,
            segment,
            ..
        } = self.products;
        let mut sums = self.channels.bias;
        for index in 0..segments {
            for from in (0..segment).step_by(STAGE) {
                let length = segment.wrapping_sub(from).min(STAGE);
                let Some(values) = staged.values.get_mut(..length) else {
                    continue;
                };
                if stage(index, from, values) {
                    self.add_products(
                        index.wrapping_mul(segment).wrapping_add(from),
                        values,
                        &mut sums,
                    );
                    if weights_zero_point != 0 {
                        let total = values
                            .iter()
                            .fold(0i32, |total, value| total.wrapping_add(i32::from(*value)));
                        sums = sums
                            .map(|sum| sum.wrapping_sub(total.wrapping_mul(weights_zero_point)));
                    }
                }
            }
        }
        if let Some(output) = output.get_mut(..self.count) {
            self.channels.finish(&mut sums, output);
        }
    }

    /// Adds to each sum the products of the values and the weights from `from` on in its row.
    #[inline(always)]
    fn add_products(&self, from: usize, values: &[i16], sums: &mut [i32; LANES]) {
        let weights = self.products.weights;
        match self.products.segment {
            segment if segment.is_multiple_of(32) => {
                add_blocks::<32>(weights, self.row, from, values, sums)
            }
            segment if segment.is_multiple_of(16) => {
                add_blocks::<16>(weights, self.row, from, values, sums)
            }
            segment if segment.is_multiple_of(8) => {
                add_blocks::<8>(weights, self.row, from, values, sums)
            }
            _ => add_one_by_one(weights, self.row, from, values, sums),
        }
    }
}

/// [`Block::add_products`] in blocks that rows and values are whole numbers of.
///
/// A function of its own, as the compiler vectorises it when it sees no more than it.
#[inline(never)]
fn add_blocks<const BLOCK: usize>(
    weights: &[i8],
    row: usize,
    from: usize,
    values: &[i16],
    sums: &mut [i32; LANES],
) {
    let (mut weights, _) = weights.as_chunks::<BLOCK>();
    let (values, _) = values.as_chunks::<BLOCK>();
    let (row, from) = (row / BLOCK, from / BLOCK);
    for sum in sums {
        let Some((row, rest)) = weights.split_at_checked(row) else {
            return;
        };
        weights = rest;
        let row = row.get(from..).unwrap_or_default();
        *sum = row.iter().zip(values).fold(*sum, |sum, (weights, values)| {
            let products = weights.iter().zip(values);
            sum.wrapping_add(products.fold(0i32, |sum, (weight, value)| {
                sum.wrapping_add(i32::from(*weight).wrapping_mul(i32::from(*value)))
            }))
        });
    }
}

/// [`Block::add_products`] of any lengths.
#[inline(never)]
fn add_one_by_one(
    mut weights: &[i8],
    row: usize,
    from: usize,
    values: &[i16],
    sums: &mut [i32; LANES],
) {
    for sum in sums {
        let Some((row, rest)) = weights.split_at_checked(row) else {
            return;
        };
        weights = rest;
        let row = row.get(from..).unwrap_or_default();
        *sum = row.iter().zip(values).fold(*sum, |sum, (weight, value)| {
            sum.wrapping_add(i32::from(*weight).wrapping_mul(i32::from(*value)))
        });
    }
}

/// Widens input values and frees them of their zero point.
#[inline(always)]
pub(crate) fn widen(values: &mut [i16], input: &[i8], zero_point: i32) {
    for (value, input) in values.iter_mut().zip(input) {
        *value = i16::from(*input).wrapping_sub(zero_point as i16);
    }
}

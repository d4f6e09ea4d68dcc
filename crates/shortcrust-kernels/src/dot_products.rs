//! The core of the operators whose output channels are dot products of an input window and a row of weights.
//!
//! The window of a few output pixels is first staged: gathered, freed of its zero point and widened to `i16`. Every row of weights
//! then meets it as one contiguous run, whatever the window looked like; and the compiler turns a fixed block of `i8 * i16`
//! products that are summed into its target's multiply-add vector instruction.

use crate::requantise::requantise;
use crate::shape::Activation;

/// Elements of one pixel's window that are staged at a time.
const STAGE: usize = 192;

/// The elements of a dot product that are computed without a loop.
const BLOCK: usize = 32;

/// The weights and the output of a set of dot products.
#[derive(Clone, Copy)]
pub(crate) struct DotProducts<'a> {
    /// One row of `segments * segment` weights for each output channel.
    pub(crate) weights: &'a [i8],
    pub(crate) bias: &'a [i32],
    pub(crate) multiplier: &'a [i32],
    pub(crate) shift: &'a [i32],
    /// The parts of a window that are staged separately.
    pub(crate) segments: usize,
    /// The length of each part.
    pub(crate) segment: usize,
    pub(crate) weights_zero_point: i32,
    pub(crate) output_zero_point: i32,
    pub(crate) activation: Activation,
}

/// `PIXELS` windows, or as much of them as fits.
struct Stage<const PIXELS: usize> {
    values: [[i16; STAGE]; PIXELS],
}

impl DotProducts<'_> {
    /// Computes every output channel of `PIXELS` pixels; `output` holds them, `stride` elements apart.
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
        let mut staged = Stage {
            values: [[0; STAGE]; PIXELS],
        };
        let length = self.segments.wrapping_mul(self.segment);
        let fits = self.segments == 1 && self.segment <= STAGE;
        if fits {
            staged.fill(0, 0, self.segment, &mut stage);
        }
        let channels = self.bias.iter().zip(self.multiplier).zip(self.shift);
        let rows = self.weights.chunks_exact(length.max(1));
        for (channel, (((bias, multiplier), shift), row)) in channels.zip(rows).enumerate() {
            let mut sums = [*bias; PIXELS];
            if fits {
                staged.accumulate(row, self.weights_zero_point, &mut sums);
            } else {
                for (index, segment) in row.chunks_exact(self.segment.max(1)).enumerate() {
                    for (part, weights) in segment.chunks(STAGE).enumerate() {
                        if staged.fill(index, part.wrapping_mul(STAGE), weights.len(), &mut stage) {
                            staged.accumulate(weights, self.weights_zero_point, &mut sums);
                        }
                    }
                }
            }
            for (pixel, sum) in sums.into_iter().enumerate() {
                if let Some(target) =
                    output.get_mut(pixel.wrapping_mul(stride).wrapping_add(channel))
                {
                    *target = requantise(
                        sum,
                        *multiplier,
                        *shift,
                        self.output_zero_point,
                        self.activation,
                    );
                }
            }
        }
    }
}

impl<const PIXELS: usize> Stage<PIXELS> {
    /// Stages a part of a segment; returns whether it matters.
    #[inline(always)]
    fn fill(
        &mut self,
        segment: usize,
        from: usize,
        length: usize,
        stage: &mut impl FnMut(usize, usize, usize, &mut [i16]) -> bool,
    ) -> bool {
        let mut matters = false;
        for (pixel, values) in self.values.iter_mut().enumerate() {
            if let Some(values) = values.get_mut(..length) {
                matters |= stage(pixel, segment, from, values);
            }
        }
        matters
    }

    /// Adds the products of a row of weights and the staged values, of each pixel.
    #[inline(always)]
    fn accumulate(&self, weights: &[i8], weights_zero_point: i32, sums: &mut [i32; PIXELS]) {
        for (values, sum) in self.values.iter().zip(sums) {
            *sum = sum.wrapping_add(dot(weights, values));
            if weights_zero_point != 0 {
                let total = values.iter().zip(weights).fold(0i32, |total, (value, _)| {
                    total.wrapping_add(i32::from(*value))
                });
                *sum = sum.wrapping_sub(total.wrapping_mul(weights_zero_point));
            }
        }
    }
}

/// The dot product of weights and as many values.
#[inline(always)]
fn dot(weights: &[i8], values: &[i16]) -> i32 {
    let (weight_blocks, weights) = weights.as_chunks::<BLOCK>();
    let (value_blocks, _) = values.as_chunks::<BLOCK>();
    let values = values
        .get(weight_blocks.len().wrapping_mul(BLOCK)..)
        .unwrap_or_default();
    let sum = weight_blocks
        .iter()
        .zip(value_blocks)
        .fold(0i32, |sum, (a, b)| sum.wrapping_add(block_dot(a, b)));
    let (weight_blocks, weights) = weights.as_chunks::<8>();
    let (value_blocks, _) = values.as_chunks::<8>();
    let values = values
        .get(weight_blocks.len().wrapping_mul(8)..)
        .unwrap_or_default();
    let sum = weight_blocks
        .iter()
        .zip(value_blocks)
        .fold(sum, |sum, (a, b)| sum.wrapping_add(block_dot(a, b)));
    weights.iter().zip(values).fold(sum, |sum, (a, b)| {
        sum.wrapping_add(i32::from(*a).wrapping_mul(i32::from(*b)))
    })
}

#[inline(always)]
fn block_dot<const N: usize>(weights: &[i8; N], values: &[i16; N]) -> i32 {
    weights.iter().zip(values).fold(0i32, |sum, (a, b)| {
        sum.wrapping_add(i32::from(i16::from(*a)).wrapping_mul(i32::from(*b)))
    })
}

/// Widens input values and frees them of their zero point.
#[inline(always)]
pub(crate) fn widen(values: &mut [i16], input: &[i8], zero_point: i32) {
    for (value, input) in values.iter_mut().zip(input) {
        *value = i16::from(*input).wrapping_sub(zero_point as i16);
    }
}

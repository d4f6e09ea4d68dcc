//! FULLY_CONNECTED: every output is a dot product of the whole input.

use crate::channels::Channels;
use crate::dot_products::{Block, DotProducts, Stage, widen};
use crate::shape::Activation;

/// FULLY_CONNECTED, as TFLite Micro's `reference_integer_ops::FullyConnected` and `FullyConnectedPerChannel`.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct FullyConnected {
    /// Input vectors.
    pub batches: usize,
    /// Elements of an input vector.
    pub input_depth: usize,
    /// Elements of an output vector.
    pub output_depth: usize,
    /// The input's zero point.
    pub input_zero_point: i32,
    /// The weights' zero point, 0 for symmetric weights.
    pub weights_zero_point: i32,
    /// The output's zero point.
    pub output_zero_point: i32,
    /// The fused activation.
    pub activation: Activation,
}

impl FullyConnected {
    /// Computes `output` (`[batches, output_depth]`) from `input` (`[batches, input_depth]`) and `weights`
    /// (`[output_depth, input_depth]`); `bias`, `multiplier` and `shift` hold one element for each output channel.
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
        debug_assert_eq!(input.len(), self.batches * self.input_depth);
        debug_assert_eq!(weights.len(), self.output_depth * self.input_depth);
        debug_assert!(
            [bias.len(), multiplier.len(), shift.len()]
                .iter()
                .all(|length| *length == self.output_depth)
        );
        debug_assert_eq!(output.len(), self.batches * self.output_depth);
        let products = DotProducts {
            weights,
            weights_zero_point: self.weights_zero_point,
            segments: 1,
            segment: self.input_depth,
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

    /// Computes a block's output channels of every row.
    ///
    /// A function of its own, which keeps the frames small.
    #[inline(never)]
    fn run_block(&self, block: &Block, input: &[i8], output: &mut [i8]) {
        let mut staged = Stage::new();
        let inputs = input.chunks_exact(self.input_depth.max(1));
        for (input, output) in inputs.zip(output.chunks_exact_mut(self.output_depth.max(1))) {
            let output = output.get_mut(block.channel..).unwrap_or_default();
            block.run(&mut staged, output, |_, from, values| {
                widen(
                    values,
                    input.get(from..).unwrap_or_default(),
                    self.input_zero_point,
                );
                true
            });
        }
    }
}

//! Outputs of sums one by one, by the reference's own rule: where no constants make [`super::vector_requantise`] exact.

use lx7::asm::A;

use super::code::{CONSTANTS, Code, Constants};
use super::requantise::Channel;

/// Requantises sums to bytes.
pub(super) struct ScalarRequantiser {
    channels: usize,
    zero_point: i32,
    min: i32,
    max: i32,
    constants: i32,
}

impl ScalarRequantiser {
    pub(super) fn new(channels: &[Channel], constants: &mut Constants) -> Self {
        let first = channels[0];
        Self {
            channels: channels.len(),
            zero_point: first.zero_point,
            min: first.activation.min,
            max: first.activation.max,
            constants: constants.words(channels.iter().flat_map(|channel| {
                let (left, right) = (channel.shift.max(0), (-channel.shift).max(0));
                [channel.bias, left, channel.multiplier, right]
            })),
        }
    }

    /// Requantises the sums of `pixels` pixels at `sums` to bytes at `output`; both pointers move on. A(6) and `output` apart, all
    /// address registers above the arguments' are overwritten.
    pub(super) fn emit(&self, code: &mut Code, sums: A, output: A, pixels: usize) {
        code.repeat_on_stack(28, pixels, |code| {
            code.offset(A(10), CONSTANTS, self.constants);
            code.repeat_fast(A(11), self.channels, |code| {
                let (x, table, high) = (A(8), A(10), A(12));
                let (low, one, other) = (A(13), A(14), A(15));
                code.op("l32i.n", (x, sums, 0));
                code.op("l32i.n", (one, table, 0));
                code.op("l32i.n", (other, table, 4));
                code.op("add.n", (x, x, one));
                requantise(code, (x, table), (high, low), (one, other));
                if self.zero_point != 0 {
                    code.op("movi", (one, self.zero_point));
                    code.op("add.n", (x, x, one));
                }
                code.op("movi", (one, self.min));
                code.op("max", (x, x, one));
                code.op("movi", (one, self.max));
                code.op("min", (x, x, one));
                code.op("s8i", (x, output, 0));
                code.op("addi.n", (output, output, 1));
                code.op("addi.n", (sums, sums, 4));
                code.op("addi", (table, table, 16));
            });
        });
    }
}

/// `x` times the multiplier at `table + 8`, shifted left before by `other` and right after by what is at `table + 12`, rounded
/// twice: `multiply_by_quantized_multiplier` of the kernels. SAR and all registers but `table` are overwritten.
pub(super) fn requantise(
    code: &mut Code,
    (x, table): (A, A),
    (high, low): (A, A),
    (one, other): (A, A),
) {
    code.op("l32i.n", (one, table, 8));
    code.op("ssl", (other,));
    code.op("sll", (x, x));
    // The product plus 2^30, shifted right by 31.
    code.op("mulsh", (high, x, one));
    code.op("mull", (low, x, one));
    code.op("movi.n", (other, 1));
    code.op("slli", (other, other, 30));
    code.op("add.n", (low, low, other));
    code.op("saltu", (other, low, other));
    code.op("add.n", (high, high, other));
    code.op("ssai", (31,));
    code.op("src", (x, high, low));
    // Rounded to nearest, ties away from zero: what the right shift drops against half of its range.
    code.op("l32i.n", (other, table, 12));
    code.op("movi.n", (one, 1));
    code.op("ssl", (other,));
    code.op("sll", (one, one));
    code.op("addi.n", (one, one, -1));
    code.op("and", (low, x, one));
    code.op("srli", (one, one, 1));
    code.op("extui", (high, x, 31, 1));
    code.op("add.n", (one, one, high));
    code.op("ssr", (other,));
    code.op("sra", (x, x));
    code.op("saltu", (one, one, low));
    code.op("add.n", (x, x, one));
}

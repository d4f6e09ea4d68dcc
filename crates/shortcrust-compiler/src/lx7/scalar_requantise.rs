//! Outputs of sums one by one, by the reference's own rule: where no constants make [`super::vector_requantise`] exact.

use lx7::asm::A;

use super::code::{CONSTANTS, Code, Constants, FRAME_COUNTER};
use super::registers::Registers;
use super::requantise::Channel;

const X: A = A(8);
const TABLE: A = A(10);
const COUNTER: A = A(11);
const HIGH: A = A(12);
const LOW: A = A(13);
const ONE: A = A(14);
const OTHER: A = A(15);

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

    /// What [`Self::emit`] overwrites, its pointers and a word of the stack frame apart.
    pub(super) const OVERWRITTEN: Registers =
        Registers::of(&[X, TABLE, COUNTER, HIGH, LOW, ONE, OTHER, FRAME_COUNTER])
            .and(Registers::SAR)
            .and(Registers::LOOP);

    /// Requantises the sums of `pixels` pixels at `sums` to bytes at `output`; both pointers move on. Overwrites
    /// [`Self::OVERWRITTEN`] and the word of the stack frame at `slot`.
    pub(super) fn emit(&self, code: &mut Code, (sums, output): (A, A), pixels: usize, slot: i32) {
        let contract = Self::OVERWRITTEN
            .and(Registers::of(&[sums, output]))
            .and(Registers::slot(slot));
        code.overwriting(contract, |code| {
            code.repeat_on_stack((FRAME_COUNTER, slot), pixels, |code| {
                code.offset(TABLE, CONSTANTS, self.constants);
                code.repeat_fast(COUNTER, self.channels, |code| {
                    self.output(code, sums, output)
                });
            });
        });
    }

    fn output(&self, code: &mut Code, sums: A, output: A) {
        code.op("l32i.n", (X, sums, 0));
        code.op("l32i.n", (ONE, TABLE, 0));
        code.op("l32i.n", (OTHER, TABLE, 4));
        code.op("add.n", (X, X, ONE));
        requantise(code, (X, TABLE), (HIGH, LOW), (ONE, OTHER));
        if self.zero_point != 0 {
            code.op("movi", (ONE, self.zero_point));
            code.op("add.n", (X, X, ONE));
        }
        code.op("movi", (ONE, self.min));
        code.op("max", (X, X, ONE));
        code.op("movi", (ONE, self.max));
        code.op("min", (X, X, ONE));
        code.op("s8i", (X, output, 0));
        code.op("addi.n", (output, output, 1));
        code.op("addi.n", (sums, sums, 4));
        code.op("addi", (TABLE, TABLE, 16));
    }
}

/// `x` times the multiplier at `table + 8`, shifted left before by `other` and right after by what is at `table + 12`, rounded
/// twice: `multiply_by_quantized_multiplier` of the kernels. Overwrites SAR and all registers but `table`.
pub(super) fn requantise(
    code: &mut Code,
    (x, table): (A, A),
    (high, low): (A, A),
    (one, other): (A, A),
) {
    let contract = Registers::of(&[x, high, low, one, other]).and(Registers::SAR);
    code.overwriting(contract, |code| {
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
    });
}

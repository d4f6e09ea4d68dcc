//! Sums of a window over rows of weights, in ACCX: short windows stay in registers, long ones stream beside the weights.

use lx7::asm::{A, Q};

use super::code::Code;
use super::registers::Registers;

/// The next weights.
pub(super) const WEIGHTS: A = A(7);
/// The sum before this one.
pub(super) const VALUE: A = A(8);
/// Four bytes before the next sum.
pub(super) const SUMS: A = A(9);
/// The next vector of the window.
pub(super) const STREAM: A = A(10);
/// Counts loops.
pub(super) const COUNTER: A = A(11);
/// What ACCX starts with.
pub(super) const START: A = A(13);
/// Holds 0.
pub(super) const ZERO: A = A(14);

/// Weights, of which one register is multiplied while the other is loaded.
pub(super) const W: [Q; 2] = [Q(6), Q(7)];

/// What sums overwrite.
pub(super) const OVERWRITTEN: Registers = Registers::of(&[WEIGHTS, VALUE, SUMS, STREAM, COUNTER])
    .and(Registers::VECTORS)
    .and(Registers::ACCX)
    .and(Registers::LOOP);

/// Stores the sum before this one while ACCX settles, then takes this one: the `row`th since `SUMS` was moved.
pub(super) fn take_sum(code: &mut Code, row: usize) {
    code.op("s32i", (VALUE, SUMS, 4 * row as i32));
    code.op("ee.srs.accx", (VALUE, ZERO, 0));
}

/// Multiplies a vector of the window by the next weights, and loads the weights after the next.
fn multiply(code: &mut Code, turn: &mut usize, x: Q) {
    let w = W[*turn % 2];
    *turn += 1;
    code.op("ee.vmulas.s8.accx.ld.ip", (w, WEIGHTS, 16, w, x));
}

/// Sums over windows that registers hold.
pub(super) fn resident_sums(code: &mut Code, rows: usize, vectors: usize) {
    let bytes = 4 * vectors + 9;
    let unrolled = (1..=rows)
        .rev()
        .find(|count| {
            rows.is_multiple_of(*count)
                && (count * vectors).is_multiple_of(2)
                && (count * bytes <= 230 || *count <= 2)
        })
        .unwrap_or(1);
    code.repeat_fast(COUNTER, rows / unrolled, |code| {
        let mut turn = 0;
        for row in 0..unrolled {
            code.op("ee.ld.accx.ip", (START, 0));
            for vector in 0..vectors {
                multiply(code, &mut turn, Q(vector as u8));
            }
            take_sum(code, row);
        }
        code.advance(SUMS, 4 * unrolled as i32);
    });
}

/// Sums over windows that registers hold in part: the first four vectors stay, the others stream. `read` of the `vectors` are the
/// window's; where there is one more, its weights are 0.
pub(super) fn streamed_sums(code: &mut Code, rows: usize, read: usize, vectors: usize) {
    let resident = 4;
    for vector in 0..resident {
        code.op("ee.vld.128.ip", (Q(vector as u8), STREAM, 16));
    }
    let streamed = read - resident;
    let rewind = -16 * (streamed as i32 - 1);
    code.repeat_fast(COUNTER, rows, |code| {
        let (mut turn, mut next) = (0, 0);
        let mut load = |code: &mut Code| {
            if next < streamed {
                let step = if next + 1 == streamed { rewind } else { 16 };
                code.op("ee.vld.128.ip", (Q(4 + (next % 2) as u8), STREAM, step));
                next += 1;
            }
        };
        code.op("ee.ld.accx.ip", (START, 0));
        load(code);
        multiply(code, &mut turn, Q(0));
        load(code);
        for x in 1..resident {
            multiply(code, &mut turn, Q(x as u8));
        }
        for vector in resident..vectors {
            multiply(code, &mut turn, Q(4 + (vector % 2) as u8));
            load(code);
        }
        take_sum(code, 0);
        code.advance(SUMS, 4);
    });
}

/// One sum over a window of any length, which `STREAM` points to.
pub(super) fn long_sum(code: &mut Code, read: usize, vectors: usize) {
    code.op("ee.ld.accx.ip", (START, 0));
    for x in [Q(0), Q(1)] {
        code.op("ee.vld.128.ip", (x, STREAM, 16));
    }
    // Pairs whose multiplication loads the next pair; then what remains.
    let loads = (read - 2) / 2;
    code.repeat_fast(COUNTER, loads, |code| {
        let mut turn = 0;
        for x in [Q(0), Q(1)] {
            multiply(code, &mut turn, x);
            code.op("ee.vld.128.ip", (x, STREAM, 16));
        }
    });
    let mut turn = 0;
    multiply(code, &mut turn, Q(0));
    if read % 2 == 1 {
        code.op("ee.vld.128.ip", (Q(0), STREAM, 16));
    }
    multiply(code, &mut turn, Q(1));
    for _ in 2 * loads + 2..vectors {
        multiply(code, &mut turn, Q(0));
    }
}

//! SOFTMAX: a table has the exponential of every difference to a row's maximum.

use lx7::asm::A;
use shortcrust_kernels::softmax::Softmax;

use super::code::{CONSTANTS, Code, Constants, FRAME_COUNTER, INPUT, OUTPUT};
use super::registers::Registers;
use super::{Portable, Routine};

/// Newton's constants for the reciprocal, with two integer bits; see the kernels' `fixed_point`.
const FORTY_EIGHT_SEVENTEENTHS: i32 = 1_515_870_810;
const MINUS_THIRTY_TWO_SEVENTEENTHS: i32 = -1_010_580_540;

/// The sum of exponentials, each up to 1, from which on the last shift would exceed 31.
const LARGE_SUM: usize = 512;

const TABLE: A = A(5);
const VALUE: A = A(6);
const LARGEST: A = A(7);
const SUM: A = A(8);
const POINTER: A = A(9);
const COUNTER: A = A(10);
const X: A = A(11);
const HALF: A = A(12);
const HIGH: A = A(13);
const LOW: A = A(14);

/// The kernel.
pub(super) fn routine(kernel: &Softmax) -> Result<Routine, Portable> {
    let mut constants = Constants::default();
    let table = constants.words((0..256).map(|difference| kernel.exponential_of(-difference)));
    let mut code = Code::kernel(16);
    code.offset(TABLE, CONSTANTS, table);
    code.repeat_on_stack((FRAME_COUNTER, 0), kernel.rows, |code| {
        code.keeping(Registers::of(&[TABLE]), |code| row(code, kernel.depth));
    });
    Ok(Routine {
        function: code.finish()?,
        constants: constants.finish(),
        scratch_bytes: 0,
        method: "a table of exponentials",
    })
}

fn row(code: &mut Code, depth: usize) {
    code.op("mov.n", (POINTER, INPUT));
    code.set(LARGEST, -128);
    code.repeat_fast(COUNTER, depth, |code| {
        load(code);
        code.op("max", (LARGEST, LARGEST, VALUE));
    });
    // The sum has 12 integer bits: exponentials, not negative, are rounded to that.
    code.op("mov.n", (POINTER, INPUT));
    code.op("movi.n", (SUM, 0));
    code.set(HALF, 1 << 11);
    code.repeat_fast(COUNTER, depth, |code| {
        load(code);
        exponential(code);
        code.op("add.n", (VALUE, VALUE, HALF));
        code.op("srli", (VALUE, VALUE, 12));
        code.op("add.n", (SUM, SUM, VALUE));
    });
    // The sum is 2^n times 1 + fraction; HALF becomes half of that, X its reciprocal.
    let (headroom, one) = (LARGEST, VALUE);
    code.op("s32i.n", (LARGEST, A(1), 4));
    code.op("nsau", (headroom, SUM));
    code.op("ssl", (headroom,));
    code.op("sll", (SUM, SUM));
    code.op("srli", (HALF, SUM, 1));
    code.set(X, MINUS_THIRTY_TWO_SEVENTEENTHS);
    product(code, X, HALF, X);
    code.set(one, FORTY_EIGHT_SEVENTEENTHS);
    code.op("add.n", (X, X, one));
    for _ in 0..3 {
        product(code, SUM, HALF, X);
        code.set(one, 1 << 29);
        code.op("sub", (SUM, one, SUM));
        product(code, SUM, X, SUM);
        code.op("slli", (SUM, SUM, 2));
        code.op("add.n", (X, X, SUM));
    }
    // One integer bit less, saturated.
    code.set(one, (1 << 30) - 1);
    code.op("salt", (SUM, one, X));
    code.op("slli", (X, X, 1));
    code.set(one, i32::MAX);
    code.op("movnez", (X, one, SUM));
    // The output has 8 fraction bits: shift by 31 - 8 and by the bits of the sum above one. Where that exceeds 31, every share is 0.
    code.set(HALF, 12 + 31 - 8);
    code.op("sub", (SUM, HALF, headroom));
    if depth >= LARGE_SUM {
        code.set(HALF, 31);
        code.op("salt", (one, HALF, SUM));
        code.op("min", (SUM, SUM, HALF));
        code.set(LOW, 0);
        code.op("movnez", (X, LOW, one));
    }
    code.set(HALF, 1);
    code.op("addi.n", (HIGH, SUM, -1));
    code.op("ssl", (HIGH,));
    code.op("sll", (HALF, HALF));
    code.op("l32i.n", (LARGEST, A(1), 4));
    let held = Registers::of(&[LARGEST, SUM, X, HALF]);
    code.repeat_fast(COUNTER, depth, |code| code.keeping(held, output));
}

/// The next output.
fn output(code: &mut Code) {
    code.op("l8ui", (VALUE, INPUT, 0));
    code.op("addi.n", (INPUT, INPUT, 1));
    code.op("sext", (VALUE, VALUE, 7));
    exponential(code);
    product(code, VALUE, VALUE, X);
    code.op("add.n", (VALUE, VALUE, HALF));
    code.op("ssr", (SUM,));
    code.op("srl", (VALUE, VALUE));
    code.op("addi", (VALUE, VALUE, -128));
    code.op("clamps", (VALUE, VALUE, 7));
    code.op("s8i", (VALUE, OUTPUT, 0));
    code.op("addi.n", (OUTPUT, OUTPUT, 1));
}

/// The next value at `POINTER`.
fn load(code: &mut Code) {
    code.op("l8ui", (VALUE, POINTER, 0));
    code.op("addi.n", (POINTER, POINTER, 1));
    code.op("sext", (VALUE, VALUE, 7));
}

/// The exponential of a value less the largest.
fn exponential(code: &mut Code) {
    code.op("sub", (VALUE, LARGEST, VALUE));
    code.op("addx4", (VALUE, VALUE, TABLE));
    code.op("l32i.n", (VALUE, VALUE, 0));
}

/// `target = a * b * 2 >> 32`, rounded to nearest with ties upwards.
fn product(code: &mut Code, target: A, a: A, b: A) {
    let nudge = FRAME_COUNTER;
    code.op("mulsh", (HIGH, a, b));
    code.op("mull", (LOW, a, b));
    code.op("movi.n", (nudge, 1));
    code.op("slli", (nudge, nudge, 30));
    code.op("add.n", (LOW, LOW, nudge));
    code.op("saltu", (nudge, LOW, nudge));
    code.op("add.n", (HIGH, HIGH, nudge));
    code.op("ssai", (31,));
    code.op("src", (target, HIGH, LOW));
}

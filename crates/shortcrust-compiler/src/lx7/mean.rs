//! MEAN and SUM over axes that follow one another.

use lx7::asm::A;
use shortcrust_kernels::mean::Mean;
use shortcrust_kernels::sum::Sum;

use super::code::{CONSTANTS, Code, Constants, FRAME_COUNTER, INPUT, OUTPUT};
use super::scalar_requantise::requantise;
use super::{Portable, Routine};

const COUNTER: A = A(5);
const POINTER: A = A(6);
const VALUE: A = A(7);
const SUM: A = A(8);
const TABLE: A = A(9);
const HIGH: A = A(10);
const LOW: A = A(11);
const ONE: A = A(12);
const OTHER: A = A(13);

/// MEAN.
pub(super) fn mean(kernel: &Mean) -> Result<Routine, Portable> {
    routine(kernel)
}

/// SUM: a mean whose multiplier does not divide.
pub(super) fn sum(kernel: &Sum) -> Result<Routine, Portable> {
    let Sum {
        shape,
        reduced,
        zero_points,
        output_zero_point,
        multiplier,
        shift,
    } = *kernel;
    routine(&Mean {
        shape,
        reduced,
        zero_points,
        output_zero_point,
        multiplier,
        shift,
    })
}

/// The kernel.
///
/// # Errors
/// Where kept axes lie between reduced ones.
fn routine(kernel: &Mean) -> Result<Routine, Portable> {
    // The shape as kept, reduced and kept elements, axes of size 1 belonging to any of them.
    let (mut outer, mut reduced, mut inner) = (1, 1, 1);
    for (size, is_reduced) in kernel.shape.into_iter().zip(kernel.reduced) {
        match (size, is_reduced) {
            (1, _) => {}
            (_, true) if inner == 1 => reduced *= size,
            (_, true) => return Err(Portable::outside("it keeps axes between those it reduces")),
            (_, false) if reduced == 1 => outer *= size,
            (_, false) => inner *= size,
        }
    }
    if outer * reduced * inner == 0 {
        return Err(Portable::outside("it has no elements"));
    }
    let mut constants = Constants::default();
    let (left, right) = (kernel.shift.max(0), (-kernel.shift).max(0));
    let table = constants.words([0, left, kernel.multiplier, right]);
    let mut code = Code::kernel(16);
    code.offset(TABLE, CONSTANTS, table);
    code.repeat_on_stack((FRAME_COUNTER, 0), outer, |code| {
        code.repeat_on_stack((FRAME_COUNTER, 4), inner, |code| {
            code.op("mov.n", (POINTER, INPUT));
            code.set(SUM, kernel.zero_points.wrapping_neg());
            code.repeat_fast(COUNTER, reduced, |code| {
                code.op("l8ui", (VALUE, POINTER, 0));
                code.advance(POINTER, inner as i32);
                code.op("sext", (VALUE, VALUE, 7));
                code.op("add.n", (SUM, SUM, VALUE));
            });
            code.op("movi", (OTHER, left));
            requantise(code, (SUM, TABLE), (HIGH, LOW), (ONE, OTHER));
            code.advance(SUM, kernel.output_zero_point);
            code.op("clamps", (SUM, SUM, 7));
            code.op("s8i", (SUM, OUTPUT, 0));
            code.op("addi.n", (OUTPUT, OUTPUT, 1));
            code.op("addi.n", (INPUT, INPUT, 1));
        });
        code.advance(INPUT, (inner * (reduced - 1)) as i32);
    });
    Ok(Routine {
        function: code.finish()?,
        constants: constants.finish(),
        scratch_bytes: 0,
        method: "sums one by one",
    })
}

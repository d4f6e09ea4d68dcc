//! Operators that move bytes: padding, concatenation, splitting, slicing, transposition, filling.

use lx7::asm::{A, Q};
use shortcrust_kernels::fill::Fill;
use shortcrust_kernels::strided_copy::StridedCopy;

use super::axes::{Axis, simplify, walk};
use super::code::{CONSTANTS, Code, Constants, INPUT, OUTPUT};
use super::{Portable, Routine, Source};

const FROM: A = A(7);
const TO: A = A(8);
const COUNTER: A = A(9);
const VALUES: [A; 2] = [A(10), A(11)];

/// Any walk over six axes.
pub(super) fn strided_copy(source: &Source, kernel: &StridedCopy) -> Result<Routine, Portable> {
    let axes = simplify((0..kernel.shape.len()).map(|axis| Axis {
        size: kernel.shape[axis],
        steps: [
            kernel.input_strides[axis] as i32,
            kernel.output_strides[axis] as i32,
        ],
    }));
    if axes.iter().any(|axis| axis.size == 0) {
        return Err(Portable::outside("it has no elements"));
    }
    let mut constants = Constants::default();
    let mut code = Code::kernel(32);
    let start = kernel.input_offset as i32;
    match source.constant(0) {
        Ok(bytes) => {
            let offset = constants.bytes(bytes.iter().copied());
            code.offset(FROM, CONSTANTS, offset + start);
        }
        Err(_) => code.offset(FROM, INPUT, start),
    }
    code.offset(TO, OUTPUT, kernel.output_offset as i32);
    let mut places = vec![start, kernel.output_offset as i32];
    if !source.output_is_aligned() {
        places.push(source.step.output.offset as i32);
    }
    let (innermost, outer) = (axes[axes.len() - 1], &axes[..axes.len() - 1]);
    let contiguous = innermost.steps == [1, 1];
    if contiguous {
        places.extend(outer.iter().flat_map(|axis| axis.steps));
        places.push(innermost.size as i32);
    }
    let unit = match contiguous {
        true => [16, 4, 1]
            .into_iter()
            .find(|unit| places.iter().all(|place| place % unit == 0))
            .unwrap_or(1),
        false => 1,
    };
    walk(&mut code, &axes, [FROM, TO], 0, &|code, axis| {
        if contiguous {
            run(code, axis.size, unit);
        } else {
            code.repeat_fast(COUNTER, axis.size, |code| {
                code.op("l8ui", (VALUES[0], FROM, 0));
                code.advance(FROM, axis.steps[0]);
                code.op("s8i", (VALUES[0], TO, 0));
                code.advance(TO, axis.steps[1]);
            });
        }
    });
    Ok(Routine {
        function: code.finish()?,
        constants: constants.finish(),
        scratch_bytes: 0,
        method: "copies",
    })
}

/// Copies bytes that follow one another, `unit` at a time.
fn run(code: &mut Code, bytes: usize, unit: i32) {
    let units = bytes / unit as usize;
    if unit == 16 {
        let pair = |code: &mut Code| {
            code.op("ee.vld.128.ip", (Q(0), FROM, 16));
            code.op("ee.vld.128.ip", (Q(1), FROM, 16));
            code.op("ee.vst.128.ip", (Q(0), TO, 16));
            code.op("ee.vst.128.ip", (Q(1), TO, 16));
        };
        code.repeat_fast(COUNTER, units / 2, pair);
        if units % 2 == 1 {
            code.op("ee.vld.128.ip", (Q(0), FROM, 16));
            code.op("ee.vst.128.ip", (Q(0), TO, 16));
        }
        return;
    }
    let (load, store) = match unit {
        4 => ("l32i", "s32i"),
        _ => ("l8ui", "s8i"),
    };
    let copy = |code: &mut Code, count: usize| {
        for (index, value) in VALUES.into_iter().take(count).enumerate() {
            code.op(load, (value, FROM, index as i32 * unit));
        }
        for (index, value) in VALUES.into_iter().take(count).enumerate() {
            code.op(store, (value, TO, index as i32 * unit));
        }
        code.advance(FROM, count as i32 * unit);
        code.advance(TO, count as i32 * unit);
    };
    code.repeat_fast(COUNTER, units / 2, |code| copy(code, 2));
    if units % 2 == 1 {
        copy(code, 1);
    }
}

/// The same byte everywhere.
pub(super) fn fill(source: &Source, kernel: &Fill) -> Result<Routine, Portable> {
    let bytes = source.step.output.bytes;
    let mut constants = Constants::default();
    let pattern = constants.bytes([kernel.value as u8; 16]);
    let mut code = Code::kernel(0);
    let mut rest = bytes;
    if source.output_is_aligned() {
        code.offset(FROM, CONSTANTS, pattern);
        code.op("ee.vld.128.ip", (Q(0), FROM, 0));
        code.repeat_fast(COUNTER, bytes / 16, |code| {
            code.op("ee.vst.128.ip", (Q(0), OUTPUT, 16));
        });
        rest = bytes % 16;
    }
    code.set(VALUES[0], kernel.value.into());
    code.repeat_fast(COUNTER, rest, |code| {
        code.op("s8i", (VALUES[0], OUTPUT, 0));
        code.op("addi.n", (OUTPUT, OUTPUT, 1));
    });
    Ok(Routine {
        function: code.finish()?,
        constants: constants.finish(),
        scratch_bytes: 0,
        method: "stores",
    })
}

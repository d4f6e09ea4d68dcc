//! ADD, SUB, MUL, MAXIMUM and MINIMUM, with broadcasting.

use lx7::asm::{A, Q};
use shortcrust_kernels::shape::{Activation, Broadcast};

use super::axes::{Axis, simplify, walk};
use super::code::{CONSTANTS, Code, Constants, INPUT, OUTPUT, SECOND};
use super::registers::Registers;
use super::scalar_requantise::requantise;
use super::{Portable, Routine, Source};
use crate::kernel::Kernel;

const LEFT: A = A(3);
const RIGHT: A = A(6);
const COUNTER: A = A(5);
const LEFT_TABLE: A = A(7);
const RIGHT_TABLE: A = A(8);
const X: A = A(9);
const TABLE: A = A(10);
const HIGH: A = A(11);
const LOW: A = A(12);
const ONE: A = A(13);
const OTHER: A = A(14);

/// What [`element`] overwrites.
const ELEMENT: Registers = Registers::of(&[X, HIGH, LOW, ONE, OTHER]).and(Registers::SAR);

/// What is computed of two bytes, in X and OTHER.
enum Operation {
    /// Words from two tables, added and requantised.
    Sum,
    /// Less these zero points, multiplied and requantised.
    Product(i32, i32),
    Largest,
    Smallest,
}

/// How results become outputs.
struct Output {
    zero_point: i32,
    activation: Activation,
    /// Multiplier and shift.
    scale: (i32, i32),
}

/// What a step computes, with the tables of its operands at the start of `constants`.
fn operation(
    kernel: &Kernel,
    constants: &mut Constants,
) -> Result<(Broadcast, Operation, Output, [i32; 2]), Portable> {
    let every_byte = || (0..=255u8).map(|byte| byte as i8);
    let unscaled = Output {
        zero_point: 0,
        activation: Activation {
            min: -128,
            max: 127,
        },
        scale: (0, 0),
    };
    Ok(match kernel {
        Kernel::Add(add) => {
            let scales = &add.scales;
            let left = constants.words(every_byte().map(|byte| scales.left(byte)));
            let right = constants.words(every_byte().map(|byte| scales.right(byte)));
            let output = Output::of_sum(scales);
            (add.broadcast, Operation::Sum, output, [left, right])
        }
        Kernel::Sub(sub) => {
            let scales = &sub.scales;
            let left = constants.words(every_byte().map(|byte| scales.left(byte)));
            let negated = every_byte().map(|byte| scales.right(byte).wrapping_neg());
            let right = constants.words(negated);
            let output = Output::of_sum(scales);
            (sub.broadcast, Operation::Sum, output, [left, right])
        }
        Kernel::Mul(mul) => {
            let operation = Operation::Product(mul.left_zero_point, mul.right_zero_point);
            let output = Output {
                zero_point: mul.output_zero_point,
                activation: mul.activation,
                scale: (mul.multiplier, mul.shift),
            };
            (mul.broadcast, operation, output, [0, 0])
        }
        Kernel::Maximum(maximum) => (maximum.broadcast, Operation::Largest, unscaled, [0, 0]),
        Kernel::Minimum(minimum) => (minimum.broadcast, Operation::Smallest, unscaled, [0, 0]),
        _ => return Err(Portable::outside("it is not one by one")),
    })
}

/// The kernel of an element-wise step.
pub(super) fn routine(source: &Source, kernel: &Kernel) -> Result<Routine, Portable> {
    let mut constants = Constants::default();
    let (broadcast, operation, output, tables) = operation(kernel, &mut constants)?;
    let axes = axes(&broadcast);
    if axes.iter().any(|axis| axis.size == 0) {
        return Err(Portable::outside("it has no elements"));
    }
    let (left_shift, right_shift) = (output.scale.1.max(0), (-output.scale.1).max(0));
    let table = constants.words([0, left_shift, output.scale.0, right_shift]);
    let mut code = Code::kernel(32);
    let mut point = |code: &mut Code, operand: usize, register: A, argument: A| match source
        .constant(operand)
    {
        Ok(bytes) => {
            let offset = constants.bytes(bytes.iter().copied());
            code.offset(register, CONSTANTS, offset);
        }
        Err(_) => code.offset(register, argument, 0),
    };
    point(&mut code, 0, LEFT, INPUT);
    point(&mut code, 1, RIGHT, SECOND);
    let whole = axes.len() == 1
        && axes[0].steps == [1, 1, 1]
        && source.output_is_aligned()
        && matches!(operation, Operation::Largest | Operation::Smallest);
    let mut rest = axes.clone();
    if whole {
        let mnemonic = match operation {
            Operation::Largest => "ee.vmax.s8",
            _ => "ee.vmin.s8",
        };
        code.repeat_fast(COUNTER, axes[0].size / 16, |code| {
            code.op("ee.vld.128.ip", (Q(0), LEFT, 16));
            code.op("ee.vld.128.ip", (Q(1), RIGHT, 16));
            code.op("nop.n", ());
            code.op(mnemonic, (Q(0), Q(0), Q(1)));
            code.op("ee.vst.128.ip", (Q(0), OUTPUT, 16));
        });
        rest[0].size %= 16;
    }
    code.offset(LEFT_TABLE, CONSTANTS, tables[0]);
    code.offset(RIGHT_TABLE, CONSTANTS, tables[1]);
    code.offset(TABLE, CONSTANTS, table);
    if rest[0].size > 0 {
        walk(&mut code, &rest, [LEFT, RIGHT, OUTPUT], 0, &|code, axis| {
            code.repeat_fast(COUNTER, axis.size, |code| {
                code.overwriting(ELEMENT, |code| {
                    element(code, &operation, &output, left_shift)
                });
                code.advance(LEFT, axis.steps[0]);
                code.advance(RIGHT, axis.steps[1]);
                code.advance(OUTPUT, axis.steps[2]);
            });
        });
    }
    Ok(Routine {
        function: code.finish()?,
        constants: constants.finish(),
        scratch_bytes: 0,
        method: if whole { "16 at a time" } else { "one by one" },
    })
}

/// The walk over left input, right input and output.
fn axes(broadcast: &Broadcast) -> Vec<Axis<3>> {
    let mut output = 1;
    let mut axes: Vec<Axis<3>> = (0..broadcast.shape.len())
        .rev()
        .map(|axis| {
            let step = output;
            output *= broadcast.shape[axis] as i32;
            let inputs = [broadcast.left[axis], broadcast.right[axis]];
            Axis {
                size: broadcast.shape[axis],
                steps: [inputs[0] as i32, inputs[1] as i32, step],
            }
        })
        .collect();
    axes.reverse();
    simplify(axes)
}

fn element(code: &mut Code, operation: &Operation, output: &Output, left_shift: i32) {
    code.op("l8ui", (X, LEFT, 0));
    code.op("l8ui", (OTHER, RIGHT, 0));
    let extend = |code: &mut Code| {
        code.op("sext", (X, X, 7));
        code.op("sext", (OTHER, OTHER, 7));
    };
    match operation {
        Operation::Largest | Operation::Smallest => {
            let mnemonic = match operation {
                Operation::Largest => "max",
                _ => "min",
            };
            extend(code);
            code.op(mnemonic, (X, X, OTHER));
            code.op("s8i", (X, OUTPUT, 0));
            return;
        }
        Operation::Sum => {
            code.op("addx4", (X, X, LEFT_TABLE));
            code.op("addx4", (OTHER, OTHER, RIGHT_TABLE));
            code.op("l32i.n", (X, X, 0));
            code.op("l32i.n", (OTHER, OTHER, 0));
            code.op("add.n", (X, X, OTHER));
        }
        Operation::Product(left, right) => {
            extend(code);
            code.advance(X, -left);
            code.advance(OTHER, -right);
            code.op("mull", (X, X, OTHER));
        }
    }
    code.op("movi", (OTHER, left_shift));
    requantise(code, (X, TABLE), (HIGH, LOW), (ONE, OTHER));
    code.advance(X, output.zero_point);
    code.op("movi", (ONE, output.activation.min));
    code.op("max", (X, X, ONE));
    code.op("movi", (ONE, output.activation.max));
    code.op("min", (X, X, ONE));
    code.op("s8i", (X, OUTPUT, 0));
}

impl Output {
    fn of_sum(scales: &shortcrust_kernels::sum_scales::SumScales) -> Self {
        Self {
            zero_point: scales.output_zero_point,
            activation: scales.activation,
            scale: (scales.output_multiplier, scales.output_multiplier_shift),
        }
    }
}

//! Conversions between integers and floating point, and raw moves.

use super::float_round::{Exact, INEXACT, INVALID, Rounding, round};
use super::operand::*;
use super::{Done, Operands};
use super::{File::*, Instruction, State::*, row};
use crate::core::Core;

#[rustfmt::skip] // one instruction a line
pub(super) fn rows() -> Vec<Instruction> {
    vec![
        row("ceil.s", "10111010 ar[3:0] fs[3:0] imm[3:0] 0000", [A.output_at("ar", 2), F.input("fs"), imm("imm", 0, 15, 1)], |c, o| to_integer(c, o, Rounding::Up)).state([Fsr.updated()]).fpu(),
        row("float.s", "11001010 fr[3:0] as[3:0] imm[3:0] 0000", [F.output_at("fr", 2), A.input("as"), imm("imm", 0, 15, 1)], |c, o| from_integer(c, o, i64::from(c.a(o[1]) as i32))).state([Fsr.updated(), Fcr.read()]).fpu(),
        row("floor.s", "10101010 ar[3:0] fs[3:0] imm[3:0] 0000", [A.output_at("ar", 2), F.input("fs"), imm("imm", 0, 15, 1)], |c, o| to_integer(c, o, Rounding::Down)).state([Fsr.updated()]).fpu(),
        row("rfr", "11111010 ar[3:0] fs[3:0] 01000000", [A.output_at("ar", 2), F.input("fs")], |c, o| c.put(o[0], c.f(o[1]))).fpu(),
        row("round.s", "10001010 ar[3:0] fs[3:0] imm[3:0] 0000", [A.output_at("ar", 2), F.input("fs"), imm("imm", 0, 15, 1)], |c, o| to_integer(c, o, Rounding::NearestEven)).state([Fsr.updated()]).fpu(),
        row("trunc.s", "10011010 ar[3:0] fs[3:0] imm[3:0] 0000", [A.output_at("ar", 2), F.input("fs"), imm("imm", 0, 15, 1)], |c, o| to_integer(c, o, Rounding::Zero)).state([Fsr.updated()]).fpu(),
        row("ufloat.s", "11011010 fr[3:0] as[3:0] imm[3:0] 0000", [F.output_at("fr", 2), A.input("as"), imm("imm", 0, 15, 1)], |c, o| from_integer(c, o, i64::from(c.a(o[1])))).state([Fsr.updated(), Fcr.read()]).fpu(),
        row("utrunc.s", "11101010 ar[3:0] fs[3:0] imm[3:0] 0000", [A.output_at("ar", 2), F.input("fs"), imm("imm", 0, 15, 1)], to_unsigned).state([Fsr.updated()]).fpu(),
        row("wfr", "11111010 fr[3:0] as[3:0] 01010000", [F.output_at("fr", 2), A.input("as")], |c, o| c.put_f(o[0], c.a(o[1]))).fpu(),
    ]
}

/// `value / 2^o[2]`, rounded to the current mode.
fn from_integer(c: &mut Core, o: &Operands, value: i64) -> Done {
    let exact = Exact {
        negative: value < 0,
        magnitude: value.unsigned_abs().into(),
        exponent: -o[2],
    };
    let mode = Rounding::of(c);
    let bits = round(exact, mode, &mut c.fsr);
    c.put_f(o[0], bits)
}

/// `o[1] * 2^o[2]` rounded to an integer, or `None` for NaN. Infinities become
/// far too large numbers.
fn scaled(c: &mut Core, o: &Operands, mode: Rounding) -> Option<f64> {
    let value = f64::from(f32::from_bits(c.f(o[1])));
    // Both factors and the product are exact in f64.
    let value = value * f64::from(1u32 << o[2]);
    let rounded = match mode {
        Rounding::NearestEven => value.round_ties_even(),
        Rounding::Zero => value.trunc(),
        Rounding::Up => value.ceil(),
        Rounding::Down => value.floor(),
    };
    if rounded != value && value.is_finite() {
        c.fsr |= INEXACT;
    }
    (!value.is_nan()).then_some(rounded)
}

fn to_integer(c: &mut Core, o: &Operands, mode: Rounding) -> Done {
    let before = c.fsr;
    let value = scaled(c, o, mode);
    let result = value.unwrap_or(f64::INFINITY) as i32;
    if value != Some(f64::from(result)) {
        c.fsr = before | INVALID;
    }
    c.put(o[0], result as u32)
}

/// Negative numbers give the low half of their signed conversion.
fn to_unsigned(c: &mut Core, o: &Operands) -> Done {
    let before = c.fsr;
    let value = scaled(c, o, Rounding::Zero);
    let number = value.unwrap_or(f64::INFINITY);
    let result = if number < 0.0 {
        number as i32 as u32
    } else {
        number as u32
    };
    if value != Some(f64::from(result)) {
        c.fsr = before | INVALID;
    }
    c.put(o[0], result)
}

//! The building blocks of division and roots, which software composes.
//!
//! A quotient is computed on fractions brought into `[1, 4)` by `nexp01.s`, and
//! its exponent travels apart: `mkdadj.s` packs it into a number, `addexp.s` and
//! `addexpm.s` move its two halves into the exponents of the operands of
//! `divn.s`, which takes them out, adds, and rounds once. Special results (NaN,
//! infinity, zero) travel as a reserved exponent. So every step is a function of
//! its operands alone.
//!
//! Sources: the sequences of `__divsf3` and `__ieee754_sqrtf` in libgcc; the
//! packing and the seed table of `div0.s` from an early public model of these
//! instructions by M. Filippov. Results of whole sequences: high confidence
//! (correctly rounded). Single steps, the other seeds, flags: low.

use super::float_round::*;
use super::operand::*;
use super::{Done, Operands};
use super::{File::*, Instruction, State::*, row};
use crate::core::Core;

#[rustfmt::skip] // one instruction a line
pub(super) fn rows() -> Vec<Instruction> {
    vec![
        row("addexp.s", "11111010 fr[3:0] fs[3:0] 11100000", [F.inout_at("fr", 1, 2), F.input("fs")], addexp).fpu(),
        row("addexpm.s", "11111010 fr[3:0] fs[3:0] 11110000", [F.inout_at("fr", 1, 2), F.input("fs")], addexpm).fpu(),
        row("const.s", "11111010 fr[3:0] imm[3:0] 00110000", [F.output_at("fr", 2), imm("imm", 0, 15, 1)], constant).fpu(),
        row("div0.s", "11111010 fr[3:0] fs[3:0] 01110000", [F.output_at("fr", 2), F.input("fs")], div0).fpu(),
        row("divn.s", "01111010 fr[3:0] fs[3:0] ft[3:0] 0000", [F.inout_at("fr", 1, 4), F.input("fs"), F.input("ft")], divn).state([Fsr.updated(), Fcr.read()]).fpu(),
        row("maddn.s", "01101010 fr[3:0] fs[3:0] ft[3:0] 0000", [F.inout_at("fr", 1, 4), F.input("fs"), F.input("ft")], maddn).fpu(),
        row("mkdadj.s", "11111010 fr[3:0] fs[3:0] 11010000", [F.inout_at("fr", 1, 2), F.input("fs")], mkdadj).state([Fsr.updated()]).fpu(),
        row("mksadj.s", "11111010 fr[3:0] fs[3:0] 11000000", [F.output_at("fr", 2), F.input("fs")], mksadj).state([Fsr.updated()]).fpu(),
        row("nexp01.s", "11111010 fr[3:0] fs[3:0] 10110000", [F.output_at("fr", 2), F.input("fs")], nexp01).fpu(),
        row("recip0.s", "11111010 fr[3:0] fs[3:0] 10000000", [F.output_at("fr", 2), F.input("fs")], recip0).state([Fsr.updated()]).fpu(),
        row("rsqrt0.s", "11111010 fr[3:0] fs[3:0] 10100000", [F.output_at("fr", 2), F.input("fs")], rsqrt0).state([Fsr.updated()]).fpu(),
        row("sqrt0.s", "11111010 fr[3:0] fs[3:0] 10010000", [F.output_at("fr", 2), F.input("fs")], sqrt0).fpu(),
    ]
}

/// Packed adjustment that stands for a special result; flags in the low bits.
const SPECIAL: u32 = 0x180;
const SPECIAL_NAN: u32 = 4;
const SPECIAL_INFINITY: u32 = 2;
const SPECIAL_NEGATIVE: u32 = 1;

fn is_special(bits: u32) -> bool {
    bits & !SIGN == 0 || bits & !SIGN >= INFINITY
}

/// Splits a finite number that is not 0 into a fraction in `[1, 4)` with its
/// sign, and an even exponent.
fn narrow(bits: u32) -> (u32, i32) {
    let exact = Exact::of(bits);
    let shift = exact.magnitude.leading_zeros() - 104;
    let exponent = exact.exponent + 23 - shift as i32;
    let odd = exponent & 1;
    let fraction = (exact.magnitude << shift) as u32 & 0x7F_FFFF;
    (
        bits & SIGN | ((127 + odd) as u32) << 23 | fraction,
        exponent - odd,
    )
}

/// The fraction of [`narrow`], or 1 with the sign of a special number.
fn fraction(bits: u32) -> u32 {
    if is_nan(bits) {
        bits
    } else if is_special(bits) {
        bits & SIGN | 0x3F80_0000
    } else {
        narrow(bits).0
    }
}

/// `function` of the middle of the interval of 1/128 that holds the fraction
/// bits of `bits`, to 8 significant bits.
fn seed(bits: u32, function: fn(f64) -> f64) -> u32 {
    let middle = f32::from_bits(bits & 0xFFFF_0000 | 0x8000);
    let value = function(f64::from(middle)) as f32;
    let rounded = (value.to_bits() + 0x8000) & 0xFFFF_0000;
    // The seed of the last interval below a power of two stays above it.
    if rounded & 0x7F_0000 == 0 && f64::from(middle) != 1.0 {
        rounded | 0x1_0000
    } else {
        rounded
    }
}

fn constant(c: &mut Core, o: &Operands) -> Done {
    let value: f32 = [0.0, 1.0, 2.0, 0.5][o[1] as usize & 3];
    c.put_f(o[0], value.to_bits())
}

fn div0(c: &mut Core, o: &Operands) -> Done {
    c.put_f(o[0], seed(fraction(c.f(o[1])), |x| 1.0 / x))
}

fn sqrt0(c: &mut Core, o: &Operands) -> Done {
    c.put_f(o[0], seed(fraction(c.f(o[1])) & !SIGN, |x| 1.0 / x.sqrt()))
}

fn recip0(c: &mut Core, o: &Operands) -> Done {
    let x = c.f(o[1]);
    let bits = match x & !SIGN {
        0 => {
            c.fsr |= DIVIDE_BY_ZERO;
            x & SIGN | INFINITY
        }
        INFINITY => x & SIGN,
        m if m > INFINITY => QUIET_NAN,
        _ => seed(x, |x| 1.0 / x),
    };
    c.put_f(o[0], bits)
}

fn rsqrt0(c: &mut Core, o: &Operands) -> Done {
    let x = c.f(o[1]);
    let bits = match x {
        0 | SIGN => {
            c.fsr |= DIVIDE_BY_ZERO;
            x | INFINITY
        }
        INFINITY => 0,
        _ if is_nan(x) => QUIET_NAN,
        _ if x & SIGN != 0 => {
            c.fsr |= INVALID;
            QUIET_NAN
        }
        _ => seed(x, |x| 1.0 / x.sqrt()),
    };
    c.put_f(o[0], bits)
}

/// The negated fraction.
fn nexp01(c: &mut Core, o: &Operands) -> Done {
    c.put_f(o[0], fraction(c.f(o[1])) ^ SIGN)
}

/// Packs a 10-bit adjustment: its low half into the exponent, its high half
/// into the fraction where `addexpm.s` looks.
fn pack(adjustment: u32) -> u32 {
    let low = ((adjustment & 31) << 3).wrapping_add(127) & 255;
    let high = ((adjustment >> 5 & 31) << 3).wrapping_add(127) & 255;
    low << 23 | high << 14
}

/// Adjustment of the quotient `o[1] / o[0]`.
fn mkdadj(c: &mut Core, o: &Operands) -> Done {
    let (divisor, dividend) = (c.f(o[0]), c.f(o[1]));
    let [b, a] = [divisor, dividend].map(f32::from_bits);
    let adjustment = if is_special(divisor) || is_special(dividend) {
        let both = a == 0.0 && b == 0.0 || a.is_infinite() && b.is_infinite();
        let nan = a.is_nan() || b.is_nan() || both;
        let infinite = a.is_infinite() || b == 0.0;
        if both || is_signaling(dividend) || is_signaling(divisor) {
            c.fsr |= INVALID;
        } else if b == 0.0 && a.is_finite() {
            c.fsr |= DIVIDE_BY_ZERO;
        }
        let negative = (divisor ^ dividend) & SIGN != 0;
        special(nan, infinite, negative)
    } else {
        (narrow(dividend).1 - narrow(divisor).1) as u32
    };
    c.put_f(o[0], pack(adjustment))
}

/// Adjustment of the square root of `o[1]`.
fn mksadj(c: &mut Core, o: &Operands) -> Done {
    let bits = c.f(o[1]);
    let negative = bits & SIGN != 0;
    let adjustment = if is_special(bits) || negative {
        let invalid = negative && bits & !SIGN != 0;
        if invalid && !is_nan(bits) || is_signaling(bits) {
            c.fsr |= INVALID;
        }
        special(is_nan(bits) || invalid, bits == INFINITY, negative)
    } else {
        (narrow(bits).1 / 2) as u32
    };
    c.put_f(o[0], pack(adjustment))
}

fn special(nan: bool, infinite: bool, negative: bool) -> u32 {
    let flag = |set, bit| if set { bit } else { 0 };
    SPECIAL
        | flag(nan, SPECIAL_NAN)
        | flag(infinite, SPECIAL_INFINITY)
        | flag(negative, SPECIAL_NEGATIVE)
}

/// Adds `by - 127` to the exponent field, which wraps.
fn add_exponent(bits: u32, by: u32) -> u32 {
    let field = (bits >> 23 & 255).wrapping_add(by).wrapping_sub(127) & 255;
    bits & !INFINITY | field << 23
}

/// Adds the exponent of `o[1]`; its sign flips that of `o[0]`.
fn addexp(c: &mut Core, o: &Operands) -> Done {
    let by = c.f(o[1]);
    c.put_f(o[0], add_exponent(c.f(o[0]) ^ by & SIGN, by >> 23 & 255))
}

/// Adds the exponent that [`pack`] hid in the fraction of `o[1]`.
fn addexpm(c: &mut Core, o: &Operands) -> Done {
    c.put_f(o[0], add_exponent(c.f(o[0]), c.f(o[1]) >> 14 & 255))
}

/// `o[0] + o[1] * o[2]`, rounded to nearest whatever FCR says, without flags.
fn maddn(c: &mut Core, o: &Operands) -> Done {
    let bits = multiply_add_in(
        Rounding::NearestEven,
        &mut 0,
        c.f(o[1]),
        c.f(o[2]),
        c.f(o[0]),
    );
    c.put_f(o[0], bits)
}

/// Takes the half of an adjustment out of an exponent: the fraction's own
/// exponent is small, the rest is the adjustment times 8.
fn unpack(bits: u32) -> (u32, u32) {
    let exponent = (bits >> 23 & 255).wrapping_sub(127);
    let own = (exponent.wrapping_add(4) & 7).wrapping_sub(4);
    let half = exponent.wrapping_sub(own) >> 3 & 31;
    (bits & !INFINITY | (own.wrapping_add(127) & 255) << 23, half)
}

/// The last step: `o[0] + o[1] * o[2]`, moved by the adjustment and rounded once.
fn divn(c: &mut Core, o: &Operands) -> Done {
    let ((estimate, high), (factor, low)) = (unpack(c.f(o[0])), unpack(c.f(o[2])));
    let adjustment = high << 5 | low;
    if adjustment & !7 == SPECIAL {
        let sign = (adjustment & SPECIAL_NEGATIVE) << 31;
        let bits = match (adjustment & SPECIAL_NAN, adjustment & SPECIAL_INFINITY) {
            (0, 0) => sign,
            (0, _) => sign | INFINITY,
            _ => QUIET_NAN,
        };
        return c.put_f(o[0], bits);
    }
    let remainder = c.f(o[1]);
    if is_nan(remainder) || remainder & !SIGN == INFINITY {
        return c.put_f(o[0], QUIET_NAN);
    }
    let mut exact = Exact::of(estimate).plus(Exact::of(remainder).times(Exact::of(factor)));
    exact.exponent += (adjustment << 22) as i32 >> 22;
    let mode = Rounding::of(c);
    let bits = round(exact, mode, &mut c.fsr);
    c.put_f(o[0], bits)
}

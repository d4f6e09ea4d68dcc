//! Floating-point sums and products, correctly rounded.

use super::float_round::{SIGN, multiply_add};
use super::{Done, Operands};
use super::{File::*, Instruction, State::*, row};
use crate::core::Core;

#[rustfmt::skip] // one instruction a line
pub(super) fn rows() -> Vec<Instruction> {
    vec![
        row("abs.s", "11111010 fr[3:0] fs[3:0] 00010000", [F.output("fr"), F.input("fs")], |c, o| c.put_f(o[0], c.f(o[1]) & 0x7FFF_FFFF)).fpu(),
        row("add.s", "00001010 fr[3:0] fs[3:0] ft[3:0] 0000", [F.output_at("fr", 4), F.input("fs"), F.input("ft")], add).state([Fsr.updated(), Fcr.read()]).fpu(),
        row("madd.s", "01001010 fr[3:0] fs[3:0] ft[3:0] 0000", [F.inout_at("fr", 1, 4), F.input("fs"), F.input("ft")], madd).state([Fsr.updated(), Fcr.read()]).fpu(),
        row("mov.s", "11111010 fr[3:0] fs[3:0] 00000000", [F.output("fr"), F.input("fs")], |c, o| c.put_f(o[0], c.f(o[1]))).fpu(),
        row("msub.s", "01011010 fr[3:0] fs[3:0] ft[3:0] 0000", [F.inout_at("fr", 1, 4), F.input("fs"), F.input("ft")], msub).state([Fsr.updated(), Fcr.read()]).fpu(),
        row("mul.s", "00101010 fr[3:0] fs[3:0] ft[3:0] 0000", [F.output_at("fr", 4), F.input("fs"), F.input("ft")], mul).state([Fsr.updated(), Fcr.read()]).fpu(),
        row("neg.s", "11111010 fr[3:0] fs[3:0] 01100000", [F.output("fr"), F.input("fs")], |c, o| c.put_f(o[0], c.f(o[1]) ^ 0x8000_0000)).fpu(),
        row("sub.s", "00011010 fr[3:0] fs[3:0] ft[3:0] 0000", [F.output_at("fr", 4), F.input("fs"), F.input("ft")], sub).state([Fsr.updated(), Fcr.read()]).fpu(),
    ]
}

const ONE: u32 = 0x3F80_0000;

fn add(c: &mut Core, o: &Operands) -> Done {
    let bits = multiply_add(c, c.f(o[1]), ONE, c.f(o[2]));
    c.put_f(o[0], bits)
}

fn sub(c: &mut Core, o: &Operands) -> Done {
    let bits = multiply_add(c, c.f(o[2]) ^ SIGN, ONE, c.f(o[1]));
    c.put_f(o[0], bits)
}

/// A product: the addend is the zero that does not change the sign of 0.
fn mul(c: &mut Core, o: &Operands) -> Done {
    let (a, b) = (c.f(o[1]), c.f(o[2]));
    let bits = multiply_add(c, a, b, (a ^ b) & SIGN);
    c.put_f(o[0], bits)
}

fn madd(c: &mut Core, o: &Operands) -> Done {
    let bits = multiply_add(c, c.f(o[1]), c.f(o[2]), c.f(o[0]));
    c.put_f(o[0], bits)
}

fn msub(c: &mut Core, o: &Operands) -> Done {
    let bits = multiply_add(c, c.f(o[1]) ^ SIGN, c.f(o[2]), c.f(o[0]));
    c.put_f(o[0], bits)
}

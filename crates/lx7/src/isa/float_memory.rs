//! Floating-point loads and stores.

use super::operand::*;
use super::{Done, Operands};
use super::{File::*, Instruction, row};
use crate::core::{Cause, Core, Trap};

#[rustfmt::skip] // one instruction a line
pub(super) fn rows() -> Vec<Instruction> {
    vec![
        row("lsi", "imm[7:0] 0000 as[3:0] ft[3:0] 0011", [F.output_at("ft", 2), A.input("as"), imm("imm", 0, 1020, 4)], |c, o| load(c, o, c.a(o[1]).wrapping_add(o[2] as u32))).fpu(),
        row("lsip", "imm[7:0] 1000 as[3:0] ft[3:0] 0011", [F.output_at("ft", 2), A.inout("as"), imm("imm", 0, 1020, 4)], |c, o| { load(c, o, c.a(o[1]))?; c.advance(o[1], o[2] as u32) }).fpu(),
        row("lsx", "00001000 fr[3:0] as[3:0] at[3:0] 0000", [F.output_at("fr", 2), A.input("as"), A.input("at")], |c, o| load(c, o, c.a(o[1]).wrapping_add(c.a(o[2])))).fpu(),
        row("lsxp", "00011000 fr[3:0] as[3:0] at[3:0] 0000", [F.output_at("fr", 2), A.inout("as"), A.input("at")], |c, o| { load(c, o, c.a(o[1]))?; c.advance(o[1], c.a(o[2])) }).fpu(),
        row("ssi", "imm[7:0] 0100 as[3:0] ft[3:0] 0011", [F.input("ft"), A.input("as"), imm("imm", 0, 1020, 4)], |c, o| store(c, o, c.a(o[1]).wrapping_add(o[2] as u32))).fpu(),
        row("ssip", "imm[7:0] 1100 as[3:0] ft[3:0] 0011", [F.input("ft"), A.inout("as"), imm("imm", 0, 1020, 4)], |c, o| { store(c, o, c.a(o[1]))?; c.advance(o[1], o[2] as u32) }).fpu(),
        row("ssx", "01001000 fr[3:0] as[3:0] at[3:0] 0000", [F.input("fr"), A.input("as"), A.input("at")], |c, o| store(c, o, c.a(o[1]).wrapping_add(c.a(o[2])))).fpu(),
        row("ssxp", "01011000 fr[3:0] as[3:0] at[3:0] 0000", [F.input("fr"), A.inout("as"), A.input("at")], |c, o| { store(c, o, c.a(o[1]))?; c.advance(o[1], c.a(o[2])) }).fpu(),
    ]
}

fn check(address: u32) -> Done {
    if address & 3 == 0 {
        Ok(())
    } else {
        Err(Trap::at(Cause::LoadStoreAlignment, address, 4))
    }
}

fn load(c: &mut Core, o: &Operands, address: u32) -> Done {
    check(address)?;
    let bits = c.load32(address)?;
    c.put_f(o[0], bits)
}

fn store(c: &mut Core, o: &Operands, address: u32) -> Done {
    check(address)?;
    c.store32(address, c.f(o[0]))
}

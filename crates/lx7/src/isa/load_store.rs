//! Loads and stores of address registers.
//!
//! The core handles misaligned scalar accesses in hardware, except for the
//! acquire, release and compare forms.

use super::operand::*;
use super::{Done, Operands};
use super::{File::*, Instruction, State::*, row};
use crate::core::{Cause, Core, Trap, special};

#[rustfmt::skip] // one instruction a line
pub(super) fn rows() -> Vec<Instruction> {
    vec![
        row("l16si", "imm[7:0] 1001 as[3:0] at[3:0] 0010", [A.output_at("at", 2), A.input("as"), imm("imm", 0, 510, 2)], |c, o| { let v = c.load16(address(c, o))?; c.put(o[0], v as i16 as u32) }),
        row("l16ui", "imm[7:0] 0001 as[3:0] at[3:0] 0010", [A.output_at("at", 2), A.input("as"), imm("imm", 0, 510, 2)], |c, o| { let v = c.load16(address(c, o))?; c.put(o[0], v) }),
        row("l32ai", "imm[7:0] 1011 as[3:0] at[3:0] 0010", [A.output_at("at", 2), A.input("as"), imm("imm", 0, 1020, 4)], |c, o| { check_aligned(address(c, o))?; l32i(c, o) }),
        row("l32i", "imm[7:0] 0010 as[3:0] at[3:0] 0010", [A.output_at("at", 2), A.input("as"), imm("imm", 0, 1020, 4)], l32i),
        row("l32i.n", "imm[3:0] as[3:0] at[3:0] 1000", [A.output_at("at", 2), A.input("as"), imm("imm", 0, 60, 4)], l32i),
        row("l32r", "target[15:0] at[3:0] 0001", [A.output_at("at", 2), literal()], |c, o| { let v = c.load32(o[1] as u32)?; c.put(o[0], v) }),
        row("l8ui", "imm[7:0] 0000 as[3:0] at[3:0] 0010", [A.output_at("at", 2), A.input("as"), imm("imm", 0, 255, 1)], |c, o| { let v = c.load8(address(c, o))?; c.put(o[0], v) }),
        row("s16i", "imm[7:0] 0101 as[3:0] at[3:0] 0010", [A.input("at"), A.input("as"), imm("imm", 0, 510, 2)], |c, o| c.memory.store(address(c, o), (c.a(o[0]) as u16).to_le_bytes())),
        row("s32c1i", "imm[7:0] 1110 as[3:0] at[3:0] 0010", [A.inout_at("at", 1, 2), A.input("as"), imm("imm", 0, 1020, 4)], s32c1i).state([Scompare1.read()]),
        row("s32i", "imm[7:0] 0110 as[3:0] at[3:0] 0010", [A.input("at"), A.input("as"), imm("imm", 0, 1020, 4)], s32i),
        row("s32i.n", "imm[3:0] as[3:0] at[3:0] 1001", [A.input("at"), A.input("as"), imm("imm", 0, 60, 4)], s32i),
        row("s32nb", "01011001 imm[3:0] as[3:0] at[3:0] 0000", [A.input("at"), A.input("as"), imm("imm", 0, 60, 4)], s32i),
        row("s32ri", "imm[7:0] 1111 as[3:0] at[3:0] 0010", [A.input("at"), A.input("as"), imm("imm", 0, 1020, 4)], |c, o| { check_aligned(address(c, o))?; s32i(c, o) }),
        row("s8i", "imm[7:0] 0100 as[3:0] at[3:0] 0010", [A.input("at"), A.input("as"), imm("imm", 0, 255, 1)], |c, o| c.memory.store(address(c, o), [c.a(o[0]) as u8])),
    ]
}

#[inline(always)]
fn address(c: &Core, o: &Operands) -> u32 {
    c.a(o[1]).wrapping_add(o[2] as u32)
}

fn check_aligned(address: u32) -> Done {
    if address & 3 == 0 {
        Ok(())
    } else {
        Err(Trap::at(Cause::LoadStoreAlignment, address, 4))
    }
}

fn l32i(c: &mut Core, o: &Operands) -> Done {
    let value = c.load32(address(c, o))?;
    c.put(o[0], value)
}

fn s32i(c: &mut Core, o: &Operands) -> Done {
    c.store32(address(c, o), c.a(o[0]))
}

/// Stores `o[0]` if memory equals SCOMPARE1; returns the old value either way.
fn s32c1i(c: &mut Core, o: &Operands) -> Done {
    let address = address(c, o);
    check_aligned(address)?;
    let old = c.load32(address)?;
    if old == c.special[special::SCOMPARE1] {
        c.store32(address, c.a(o[0]))?;
    }
    c.put(o[0], old)
}

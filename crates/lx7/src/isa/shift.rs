//! Shifts and bit-field extraction.

use super::Done;
use super::operand::*;
use super::{File::*, Instruction, State::*, row};
use crate::core::Core;

#[rustfmt::skip] // one instruction a line
pub(super) fn rows() -> Vec<Instruction> {
    vec![
        row("extui", "imm1[3:0] 010 imm0[4] ar[3:0] imm0[3:0] at[3:0] 0000", [A.output("ar"), A.input("at"), imm("imm0", 0, 31, 1), imm_from("imm1", 1, 16, 1, 1)], |c, o| c.put(o[0], c.a(o[1]) >> o[2] & ((1 << o[3]) - 1))),
        row("sll", "10100001 ar[3:0] as[3:0] 00000000", [A.output("ar"), A.input("as")], |c, o| c.put(o[0], (u64::from(c.a(o[1])) << (32 - c.sar.min(32))) as u32)).state([Sar.read()]),
        row("slli", "000 imm[4] 0001 ar[3:0] as[3:0] imm[3:0] 0000", [A.output("ar"), A.input("as"), list("imm", &SLLI)], |c, o| c.put(o[0], (u64::from(c.a(o[1])) << o[2]) as u32)),
        row("sra", "10110001 ar[3:0] 0000 at[3:0] 0000", [A.output("ar"), A.input("at")], |c, o| c.put(o[0], (c.a(o[1]) as i32 >> c.sar.min(31)) as u32)).state([Sar.read()]),
        row("srai", "001 imm[4] 0001 ar[3:0] imm[3:0] at[3:0] 0000", [A.output("ar"), A.input("at"), imm("imm", 0, 31, 1)], |c, o| c.put(o[0], (c.a(o[1]) as i32 >> o[2]) as u32)),
        row("src", "10000001 ar[3:0] as[3:0] at[3:0] 0000", [A.output("ar"), A.input("as"), A.input("at")], |c, o| c.put(o[0], ((u64::from(c.a(o[1])) << 32 | u64::from(c.a(o[2]))) >> c.sar.min(32)) as u32)).state([Sar.read()]),
        row("srl", "10010001 ar[3:0] 0000 at[3:0] 0000", [A.output("ar"), A.input("at")], |c, o| c.put(o[0], (u64::from(c.a(o[1])) >> c.sar.min(32)) as u32)).state([Sar.read()]),
        row("srli", "01000001 ar[3:0] imm[3:0] at[3:0] 0000", [A.output("ar"), A.input("at"), imm("imm", 0, 15, 1)], |c, o| c.put(o[0], c.a(o[1]) >> o[2])),
        row("ssa8b", "010000000011 as[3:0] 00000000", [A.input("as")], |c, o| set_sar(c, 32 - (c.a(o[0]) & 3) * 8)).state([Sar.written()]),
        row("ssa8l", "010000000010 as[3:0] 00000000", [A.input("as")], |c, o| set_sar(c, (c.a(o[0]) & 3) * 8)).state([Sar.written()]),
        row("ssai", "010000000100 imm[3:0] 000 imm[4] 0000", [imm("imm", 0, 31, 1)], |c, o| set_sar(c, o[0] as u32)).state([Sar.written()]),
        row("ssl", "010000000001 as[3:0] 00000000", [A.input("as")], |c, o| set_sar(c, 32 - (c.a(o[0]) & 31))).state([Sar.written()]),
        row("ssr", "010000000000 as[3:0] 00000000", [A.input("as")], |c, o| set_sar(c, c.a(o[0]) & 31)).state([Sar.written()]),
    ]
}

fn set_sar(c: &mut Core, amount: u32) -> Done {
    c.sar = amount;
    Ok(())
}

//! Conditional branches.

use super::operand::*;
use super::{Done, Operands};
use super::{File::*, Instruction, row};
use crate::core::Core;

#[rustfmt::skip] // one instruction a line
pub(super) fn rows() -> Vec<Instruction> {
    vec![
        row("ball", "target[7:0] 0100 as[3:0] at[3:0] 0111", [A.input("as"), A.input("at"), branch_target(-124, 131)], |c, o| branch_if(c, o, |a, b| !a & b == 0)).control(),
        row("bany", "target[7:0] 1000 as[3:0] at[3:0] 0111", [A.input("as"), A.input("at"), branch_target(-124, 131)], |c, o| branch_if(c, o, |a, b| a & b != 0)).control(),
        row("bbc", "target[7:0] 0101 as[3:0] at[3:0] 0111", [A.input("as"), A.input("at"), branch_target(-124, 131)], |c, o| branch_if(c, o, |a, b| a >> (b & 31) & 1 == 0)).control(),
        row("bbci", "target[7:0] 011 imm[4] as[3:0] imm[3:0] 0111", [A.input("as"), imm("imm", 0, 31, 1), branch_target(-124, 131)], |c, o| branch_if_immediate(c, o, |a, b| a >> (b & 31) & 1 == 0)).control(),
        row("bbs", "target[7:0] 1101 as[3:0] at[3:0] 0111", [A.input("as"), A.input("at"), branch_target(-124, 131)], |c, o| branch_if(c, o, |a, b| a >> (b & 31) & 1 != 0)).control(),
        row("bbsi", "target[7:0] 111 imm[4] as[3:0] imm[3:0] 0111", [A.input("as"), imm("imm", 0, 31, 1), branch_target(-124, 131)], |c, o| branch_if_immediate(c, o, |a, b| a >> (b & 31) & 1 != 0)).control(),
        row("beq", "target[7:0] 0001 as[3:0] at[3:0] 0111", [A.input("as"), A.input("at"), branch_target(-124, 131)], |c, o| branch_if(c, o, |a, b| a == b)).control(),
        row("beqi", "target[7:0] imm[3:0] as[3:0] 00100110", [A.input("as"), list("imm", &B4), branch_target(-124, 131)], |c, o| branch_if_immediate(c, o, |a, b| a == b)).control(),
        row("beqz", "target[11:0] as[3:0] 00010110", [A.input("as"), branch_target(-2044, 2051)], |c, o| c.branch(c.a(o[0]) == 0, o[1])).control(),
        row("beqz.n", "target[3:0] as[3:0] 10 target[5:4] 1100", [A.input("as"), branch_target(4, 67)], |c, o| c.branch(c.a(o[0]) == 0, o[1])).control(),
        row("bf", "target[7:0] 0000 bs[3:0] 01110110", [B.input("bs"), branch_target(-124, 131)], |c, o| c.branch(!c.b(o[0]), o[1])).control(),
        row("bge", "target[7:0] 1010 as[3:0] at[3:0] 0111", [A.input("as"), A.input("at"), branch_target(-124, 131)], |c, o| branch_if(c, o, |a, b| a as i32 >= b as i32)).control(),
        row("bgei", "target[7:0] imm[3:0] as[3:0] 11100110", [A.input("as"), list("imm", &B4), branch_target(-124, 131)], |c, o| branch_if_immediate(c, o, |a, b| a as i32 >= b as i32)).control(),
        row("bgeu", "target[7:0] 1011 as[3:0] at[3:0] 0111", [A.input("as"), A.input("at"), branch_target(-124, 131)], |c, o| branch_if(c, o, |a, b| a >= b)).control(),
        row("bgeui", "target[7:0] imm[3:0] as[3:0] 11110110", [A.input("as"), list("imm", &B4U), branch_target(-124, 131)], |c, o| branch_if_immediate(c, o, |a, b| a >= b)).control(),
        row("bgez", "target[11:0] as[3:0] 11010110", [A.input("as"), branch_target(-2044, 2051)], |c, o| c.branch(c.a(o[0]) as i32 >= 0, o[1])).control(),
        row("blt", "target[7:0] 0010 as[3:0] at[3:0] 0111", [A.input("as"), A.input("at"), branch_target(-124, 131)], |c, o| branch_if(c, o, |a, b| (a as i32) < b as i32)).control(),
        row("blti", "target[7:0] imm[3:0] as[3:0] 10100110", [A.input("as"), list("imm", &B4), branch_target(-124, 131)], |c, o| branch_if_immediate(c, o, |a, b| (a as i32) < b as i32)).control(),
        row("bltu", "target[7:0] 0011 as[3:0] at[3:0] 0111", [A.input("as"), A.input("at"), branch_target(-124, 131)], |c, o| branch_if(c, o, |a, b| a < b)).control(),
        row("bltui", "target[7:0] imm[3:0] as[3:0] 10110110", [A.input("as"), list("imm", &B4U), branch_target(-124, 131)], |c, o| branch_if_immediate(c, o, |a, b| a < b)).control(),
        row("bltz", "target[11:0] as[3:0] 10010110", [A.input("as"), branch_target(-2044, 2051)], |c, o| c.branch((c.a(o[0]) as i32) < 0, o[1])).control(),
        row("bnall", "target[7:0] 1100 as[3:0] at[3:0] 0111", [A.input("as"), A.input("at"), branch_target(-124, 131)], |c, o| branch_if(c, o, |a, b| !a & b != 0)).control(),
        row("bne", "target[7:0] 1001 as[3:0] at[3:0] 0111", [A.input("as"), A.input("at"), branch_target(-124, 131)], |c, o| branch_if(c, o, |a, b| a != b)).control(),
        row("bnei", "target[7:0] imm[3:0] as[3:0] 01100110", [A.input("as"), list("imm", &B4), branch_target(-124, 131)], |c, o| branch_if_immediate(c, o, |a, b| a != b)).control(),
        row("bnez", "target[11:0] as[3:0] 01010110", [A.input("as"), branch_target(-2044, 2051)], |c, o| c.branch(c.a(o[0]) != 0, o[1])).control(),
        row("bnez.n", "target[3:0] as[3:0] 11 target[5:4] 1100", [A.input("as"), branch_target(4, 67)], |c, o| c.branch(c.a(o[0]) != 0, o[1])).control(),
        row("bnone", "target[7:0] 0000 as[3:0] at[3:0] 0111", [A.input("as"), A.input("at"), branch_target(-124, 131)], |c, o| branch_if(c, o, |a, b| a & b == 0)).control(),
        row("bt", "target[7:0] 0001 bs[3:0] 01110110", [B.input("bs"), branch_target(-124, 131)], |c, o| c.branch(c.b(o[0]), o[1])).control(),
    ]
}

#[inline(always)]
fn branch_if(c: &mut Core, o: &Operands, condition: fn(u32, u32) -> bool) -> Done {
    c.branch(condition(c.a(o[0]), c.a(o[1])), o[2])
}

#[inline(always)]
fn branch_if_immediate(c: &mut Core, o: &Operands, condition: fn(u32, u32) -> bool) -> Done {
    c.branch(condition(c.a(o[0]), o[1] as u32), o[2])
}

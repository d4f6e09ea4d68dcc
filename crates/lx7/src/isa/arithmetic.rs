//! Adds, logic, minimum and maximum, sign operations, moves.

use super::operand::*;
use super::{Done, Operands};
use super::{File::*, Instruction, row};
use crate::core::Core;

#[rustfmt::skip] // one instruction a line
pub(super) fn rows() -> Vec<Instruction> {
    vec![
        row("abs", "01100000 ar[3:0] 0001 at[3:0] 0000", [A.output("ar"), A.input("at")], |c, o| c.put(o[0], (c.a(o[1]) as i32).unsigned_abs())),
        row("add", "10000000 ar[3:0] as[3:0] at[3:0] 0000", [A.output("ar"), A.input("as"), A.input("at")], |c, o| c.put(o[0], c.a(o[1]).wrapping_add(c.a(o[2])))),
        row("add.n", "ar[3:0] as[3:0] at[3:0] 1010", [A.output("ar"), A.input("as"), A.input("at")], |c, o| c.put(o[0], c.a(o[1]).wrapping_add(c.a(o[2])))),
        row("addi", "imm[7:0] 1100 as[3:0] at[3:0] 0010", [A.output("at"), A.input("as"), imm("imm", -128, 127, 1)], |c, o| c.put(o[0], c.a(o[1]).wrapping_add(o[2] as u32))),
        row("addi.n", "ar[3:0] as[3:0] imm[3:0] 1011", [A.output("ar"), A.input("as"), list("imm", &ADDI_N)], |c, o| c.put(o[0], c.a(o[1]).wrapping_add(o[2] as u32))),
        row("addmi", "imm[7:0] 1101 as[3:0] at[3:0] 0010", [A.output("at"), A.input("as"), imm("imm", -32768, 32512, 256)], |c, o| c.put(o[0], c.a(o[1]).wrapping_add(o[2] as u32))),
        row("addx2", "10010000 ar[3:0] as[3:0] at[3:0] 0000", [A.output("ar"), A.input("as"), A.input("at")], |c, o| c.put(o[0], (c.a(o[1]) << 1).wrapping_add(c.a(o[2])))),
        row("addx4", "10100000 ar[3:0] as[3:0] at[3:0] 0000", [A.output("ar"), A.input("as"), A.input("at")], |c, o| c.put(o[0], (c.a(o[1]) << 2).wrapping_add(c.a(o[2])))),
        row("addx8", "10110000 ar[3:0] as[3:0] at[3:0] 0000", [A.output("ar"), A.input("as"), A.input("at")], |c, o| c.put(o[0], (c.a(o[1]) << 3).wrapping_add(c.a(o[2])))),
        row("and", "00010000 ar[3:0] as[3:0] at[3:0] 0000", [A.output("ar"), A.input("as"), A.input("at")], |c, o| c.put(o[0], c.a(o[1]) & c.a(o[2]))),
        row("clamps", "00110011 ar[3:0] as[3:0] imm[3:0] 0000", [A.output("ar"), A.input("as"), imm_from("imm", 7, 22, 1, 7)], |c, o| c.put(o[0], (c.a(o[1]) as i32).clamp(-1 << o[2], (1 << o[2]) - 1) as u32)),
        row("max", "01010011 ar[3:0] as[3:0] at[3:0] 0000", [A.output("ar"), A.input("as"), A.input("at")], |c, o| c.put(o[0], (c.a(o[1]) as i32).max(c.a(o[2]) as i32) as u32)),
        row("maxu", "01110011 ar[3:0] as[3:0] at[3:0] 0000", [A.output("ar"), A.input("as"), A.input("at")], |c, o| c.put(o[0], c.a(o[1]).max(c.a(o[2])))),
        row("min", "01000011 ar[3:0] as[3:0] at[3:0] 0000", [A.output("ar"), A.input("as"), A.input("at")], |c, o| c.put(o[0], (c.a(o[1]) as i32).min(c.a(o[2]) as i32) as u32)),
        row("minu", "01100011 ar[3:0] as[3:0] at[3:0] 0000", [A.output("ar"), A.input("as"), A.input("at")], |c, o| c.put(o[0], c.a(o[1]).min(c.a(o[2])))),
        row("mov.n", "0000 as[3:0] at[3:0] 1101", [A.output("at"), A.input("as")], |c, o| c.put(o[0], c.a(o[1]))),
        row("movi", "imm[7:0] 1010 imm[11:8] at[3:0] 0010", [A.output("at"), imm("imm", -2048, 2047, 1)], |c, o| c.put(o[0], o[1] as u32)),
        row("movi.n", "imm[3:0] as[3:0] 0 imm[6:4] 1100", [A.output("as"), imm("imm", -32, 95, 1)], |c, o| c.put(o[0], o[1] as u32)),
        row("neg", "01100000 ar[3:0] 0000 at[3:0] 0000", [A.output("ar"), A.input("at")], |c, o| c.put(o[0], c.a(o[1]).wrapping_neg())),
        row("nop", "000000000010000011110000", [], |_, _| Ok(())),
        row("nop.n", "1111000000111101", [], |_, _| Ok(())),
        row("nsa", "010000001110 as[3:0] at[3:0] 0000", [A.output("at"), A.input("as")], nsa),
        row("nsau", "010000001111 as[3:0] at[3:0] 0000", [A.output("at"), A.input("as")], |c, o| c.put(o[0], c.a(o[1]).leading_zeros())),
        row("or", "00100000 ar[3:0] as[3:0] at[3:0] 0000", [A.output("ar"), A.input("as"), A.input("at")], |c, o| c.put(o[0], c.a(o[1]) | c.a(o[2]))),
        row("salt", "01110010 ar[3:0] as[3:0] at[3:0] 0000", [A.output("ar"), A.input("as"), A.input("at")], |c, o| c.put(o[0], u32::from((c.a(o[1]) as i32) < c.a(o[2]) as i32))),
        row("saltu", "01100010 ar[3:0] as[3:0] at[3:0] 0000", [A.output("ar"), A.input("as"), A.input("at")], |c, o| c.put(o[0], u32::from(c.a(o[1]) < c.a(o[2])))),
        row("sext", "00100011 ar[3:0] as[3:0] imm[3:0] 0000", [A.output("ar"), A.input("as"), imm_from("imm", 7, 22, 1, 7)], |c, o| c.put(o[0], ((c.a(o[1]) << (31 - o[2])) as i32 >> (31 - o[2])) as u32)),
        row("sub", "11000000 ar[3:0] as[3:0] at[3:0] 0000", [A.output("ar"), A.input("as"), A.input("at")], |c, o| c.put(o[0], c.a(o[1]).wrapping_sub(c.a(o[2])))),
        row("subx2", "11010000 ar[3:0] as[3:0] at[3:0] 0000", [A.output("ar"), A.input("as"), A.input("at")], |c, o| c.put(o[0], (c.a(o[1]) << 1).wrapping_sub(c.a(o[2])))),
        row("subx4", "11100000 ar[3:0] as[3:0] at[3:0] 0000", [A.output("ar"), A.input("as"), A.input("at")], |c, o| c.put(o[0], (c.a(o[1]) << 2).wrapping_sub(c.a(o[2])))),
        row("subx8", "11110000 ar[3:0] as[3:0] at[3:0] 0000", [A.output("ar"), A.input("as"), A.input("at")], |c, o| c.put(o[0], (c.a(o[1]) << 3).wrapping_sub(c.a(o[2])))),
        row("xor", "00110000 ar[3:0] as[3:0] at[3:0] 0000", [A.output("ar"), A.input("as"), A.input("at")], |c, o| c.put(o[0], c.a(o[1]) ^ c.a(o[2]))),
    ]
}

/// Sign bits after the first, or 31 for 0 and -1.
fn nsa(c: &mut Core, o: &Operands) -> Done {
    let value = c.a(o[1]) as i32;
    c.put(o[0], (value ^ value >> 31).leading_zeros() - 1)
}

//! Loads and stores of one 32-bit lane at an index held in a vector register.

use super::lanes::Lane;
use super::operand::*;
use super::{Done, Operands};
use super::{File::*, Instruction, row};
use crate::core::Core;

#[rustfmt::skip] // one instruction a line
pub(super) fn rows() -> Vec<Instruction> {
    vec![
        row("ee.ldxq.32", "1110000 sel4[1] sel8[0] 111 sel4[0] qu[2:0] qs[1:0] sel8[2:1] 1101 as[3:0] 111 qs[2]", [Q.inout_at("qu", 2, 2), Q.input("qs"), A.input("as"), imm("sel4", 0, 3, 1), imm("sel8", 0, 7, 1)], load).pie(),
        row("ee.stxq.32", "1110011 sel4[1] sel8[0] qv[2:0] sel4[0] 000 qs[1:0] sel8[2:1] 0000 as[3:0] 111 qs[2]", [Q.input("qv"), Q.input("qs"), A.input("as"), imm("sel4", 0, 3, 1), imm("sel8", 0, 7, 1)], store).pie(),
    ]
}

/// `base + 4 * index`; the index is a signed 16-bit lane of `qs`.
fn address(c: &Core, o: &Operands) -> u32 {
    let index = i32::from(i16::get(c.q(o[1]), o[4] as usize));
    c.a(o[2]).wrapping_add(4u32.wrapping_mul(index as u32))
}

/// `qu, qs, as, sel4, sel8`
fn load(c: &mut Core, o: &Operands) -> Done {
    let word = u32::from_le_bytes(c.load_aligned(address(c, o))?);
    let position = 32 * o[3];
    let kept = c.q(o[0]) & !(0xFFFF_FFFF << position);
    c.put_q(o[0], kept | u128::from(word) << position)
}

/// `qv, qs, as, sel4, sel8`
fn store(c: &mut Core, o: &Operands) -> Done {
    let word = (c.q(o[0]) >> (32 * o[3])) as u32;
    c.store_aligned(address(c, o), word.to_le_bytes())
}

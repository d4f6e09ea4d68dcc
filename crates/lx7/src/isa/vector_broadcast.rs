//! Loads of one lane into all lanes.

use super::operand::*;
use super::{Done, Operands};
use super::{File::*, Instruction, row};
use crate::core::Core;

#[rustfmt::skip] // one instruction a line
pub(super) fn rows() -> Vec<Instruction> {
    vec![
        row("ee.vldbc.16", "11 qu[2:1] 1101 qu[0] 1110011 as[3:0] 0100", [Q.output_at("qu", 2), A.input("as")], |c, o| broadcast::<2>(c, o, 0)).pie(),
        row("ee.vldbc.16.ip", "10 qu[2:1] 0101 qu[0] imm[6:0] as[3:0] 0100", [Q.output_at("qu", 2), A.inout("as"), imm("imm", 0, 254, 2)], |c, o| broadcast::<2>(c, o, o[2] as u32)).pie(),
        row("ee.vldbc.16.xp", "10 qu[2:1] 1101 qu[0] 100 ad[3:0] as[3:0] 0100", [Q.output_at("qu", 2), A.inout("as"), A.input("ad")], |c, o| broadcast::<2>(c, o, c.a(o[2]))).pie(),
        row("ee.vldbc.32", "11 qu[2:1] 1101 qu[0] 1110111 as[3:0] 0100", [Q.output_at("qu", 2), A.input("as")], |c, o| broadcast::<4>(c, o, 0)).pie(),
        row("ee.vldbc.32.ip", "1 imm[7] qu[2:1] 0010 qu[0] imm[6:0] as[3:0] 0100", [Q.output_at("qu", 2), A.inout("as"), imm("imm", -512, 508, 4)], |c, o| broadcast::<4>(c, o, o[2] as u32)).pie(),
        row("ee.vldbc.32.xp", "10 qu[2:1] 1101 qu[0] 001 ad[3:0] as[3:0] 0100", [Q.output_at("qu", 2), A.inout("as"), A.input("ad")], |c, o| broadcast::<4>(c, o, c.a(o[2]))).pie(),
        row("ee.vldbc.8", "11 qu[2:1] 1101 qu[0] 0111011 as[3:0] 0100", [Q.output_at("qu", 2), A.input("as")], |c, o| broadcast::<1>(c, o, 0)).pie(),
        row("ee.vldbc.8.ip", "11 qu[2:1] 0101 qu[0] imm[6:0] as[3:0] 0100", [Q.output_at("qu", 2), A.inout("as"), imm("imm", 0, 127, 1)], |c, o| broadcast::<1>(c, o, o[2] as u32)).pie(),
        row("ee.vldbc.8.xp", "10 qu[2:1] 1101 qu[0] 101 ad[3:0] as[3:0] 0100", [Q.output_at("qu", 2), A.inout("as"), A.input("ad")], |c, o| broadcast::<1>(c, o, c.a(o[2]))).pie(),
        row("ee.vldhbc.16.incp", "11 qu[2:1] 1100 qu[0] qu1[2:0] 0010 as[3:0] 0100", [Q.output_at("qu", 2), Q.output_at("qu1", 2), A.inout("as")], load_pairs).pie(),
    ]
}

/// Loads `SIZE` bytes and repeats them over the register.
fn broadcast<const SIZE: usize>(c: &mut Core, o: &Operands, step: u32) -> Done {
    let lane: [u8; SIZE] = c.load_aligned(c.a(o[1]))?;
    let bytes: [u8; 16] = std::array::from_fn(|i| lane[i % SIZE]);
    c.set_q(o[0], u128::from_le_bytes(bytes));
    c.advance(o[1], step)
}

/// `qu, qu1, as`: loads eight 16-bit lanes and doubles each over two registers.
fn load_pairs(c: &mut Core, o: &Operands) -> Done {
    let bytes: [u8; 16] = c.load_aligned(c.a(o[2]))?;
    let doubled = |first: usize| {
        u128::from_le_bytes(std::array::from_fn(|i| bytes[first + i / 4 * 2 + i % 2]))
    };
    c.set_q(o[0], doubled(0));
    c.set_q(o[1], doubled(8));
    c.advance(o[2], 16)
}

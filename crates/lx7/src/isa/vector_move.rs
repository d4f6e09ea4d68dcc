//! Moves between vector, address and accumulator registers, and zeroing.

use super::lanes::{Lane, count};
use super::operand::*;
use super::{Done, Operands};
use super::{File::*, Instruction, State::*, row};
use crate::core::Core;

#[rustfmt::skip] // one instruction a line
pub(super) fn rows() -> Vec<Instruction> {
    vec![
        row("ee.mov.s16.qacc", "11 qs[2:1] 1101 qs[0] 111111100100100", [Q.input("qs")], |c, o| widen::<i16>(c, c.q(o[0]))).state([QaccL.written(), QaccH.written()]).pie(),
        row("ee.mov.s8.qacc", "11 qs[2:1] 1101 qs[0] 111111100110100", [Q.input("qs")], |c, o| widen::<i8>(c, c.q(o[0]))).state([QaccL.written(), QaccH.written()]).pie(),
        row("ee.mov.u16.qacc", "11 qs[2:1] 1101 qs[0] 111111101100100", [Q.input("qs")], |c, o| widen::<u16>(c, c.q(o[0]))).state([QaccL.written(), QaccH.written()]).pie(),
        row("ee.mov.u8.qacc", "11 qs[2:1] 1101 qs[0] 111111101110100", [Q.input("qs")], |c, o| widen::<u8>(c, c.q(o[0]))).state([QaccL.written(), QaccH.written()]).pie(),
        row("ee.movi.32.a", "11 qs[2:1] 1101 qs[0] 111 sel[1:0] 01 au[3:0] 0100", [Q.input("qs"), A.output("au"), imm("sel", 0, 3, 1)], |c, o| c.put(o[1], (c.q(o[0]) >> (32 * o[2])) as u32)).pie(),
        row("ee.movi.32.q", "11 qu[2:1] 1101 qu[0] 011 sel[1:0] 10 as[3:0] 0100", [Q.inout_at("qu", 2, 1), A.input("as"), imm("sel", 0, 3, 1)], insert).pie(),
        row("ee.zero.accx", "001001010000100000000100", [], |c, _| { c.accx = 0; Ok(()) }).state([Accx.written()]).pie(),
        row("ee.zero.q", "11 qa[2:1] 1101 qa[0] 111111110100100", [Q.output("qa")], |c, o| c.put_q(o[0], 0)).pie(),
        row("ee.zero.qacc", "001001010000100001000100", [], |c, _| { c.qacc = [0; 16]; Ok(()) }).state([QaccL.written(), QaccH.written()]).pie(),
        row("mv.qr", "10 qu[2:1] 1111 qu[0] 000 qs[2:1] 0000 qs[0] 00100", [Q.output("qu"), Q.input("qs")], |c, o| c.put_q(o[0], c.q(o[1]))).pie(),
    ]
}

/// Lane types that spread over QACC: 8-bit lanes to 20 bits, 16-bit to 40.
pub(super) trait Widen: Lane {}
impl Widen for i8 {}
impl Widen for u8 {}
impl Widen for i16 {}
impl Widen for u16 {}

/// Spreads the lanes of `vector` over QACC, sign- or zero-extended.
pub(super) fn widen<T: Widen>(c: &mut Core, vector: u128) -> Done {
    let chunks = 16 / count::<T>();
    for (i, lane) in c.qacc.chunks_exact_mut(chunks).enumerate() {
        let value: i64 = T::get(vector, i).into();
        for (part, bits) in lane.iter_mut().enumerate() {
            *bits = (value >> (20 * part)) as u32 & 0xF_FFFF;
        }
    }
    Ok(())
}

/// `qu, as, sel`: replaces one 32-bit lane.
fn insert(c: &mut Core, o: &Operands) -> Done {
    let position = 32 * o[2];
    let kept = c.q(o[0]) & !(0xFFFF_FFFF << position);
    c.put_q(o[0], kept | u128::from(c.a(o[1])) << position)
}

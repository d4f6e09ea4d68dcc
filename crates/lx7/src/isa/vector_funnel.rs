//! Shifts across two vector registers, for unaligned streams, and 32-bit lane
//! shifts.

use super::lanes::Lane;
use super::operand::*;
use super::{Done, Operands};
use super::{File::*, Instruction, State::*, row};
use crate::core::Core;

#[rustfmt::skip] // one instruction a line
pub(super) fn rows() -> Vec<Instruction> {
    vec![
        row("ee.slci.2q", "11 qs1[2:1] 1100 qs1[0] qs0[2:0] 0110 sar[3:0] 0100", [Q.inout("qs1"), Q.inout("qs0"), imm("sar", 0, 15, 1)], |c, o| left(c, o, o[2] as u32 + 1)).pie(),
        row("ee.slcxxp.2q", "10 qs1[2:1] 0110 qs1[0] qs0[2:0] ad[3:0] as[3:0] 0100", [Q.inout("qs1"), Q.inout("qs0"), A.inout("as"), A.input("ad")], |c, o| { left(c, o, (c.a(o[2]) & 15) + 1)?; c.advance(o[2], c.a(o[3])) }).pie(),
        row("ee.src.q", "11 qs1[2:1] 1100 qs1[0] qs0[2:0] 00110 qa[2:0] 0100", [Q.output("qa"), Q.input("qs0"), Q.input("qs1")], |c, o| c.put_q(o[0], funnel(c, o[1], o[2]))).state([SarByte.read()]).pie(),
        row("ee.src.q.ld.ip", "111000 imm[7:6] imm[2] qs1[2:0] imm[5] qu[2:0] qs0[1:0] imm[4:3] 00 imm[1:0] as[3:0] 111 qs0[2]", [Q.output_at("qu", 2), A.inout("as"), imm("imm", -2048, 2032, 16), Q.inout("qs0"), Q.input("qs1")], |c, o| shift_and_load(c, o, o[2] as u32)).state([SarByte.read()]).pie(),
        row("ee.src.q.ld.xp", "111010000 qs1[2:0] 0 qu[2:0] qs0[1:0] 00 ad[3:0] as[3:0] 111 qs0[2]", [Q.output_at("qu", 2), A.inout("as"), A.input("ad"), Q.inout("qs0"), Q.input("qs1")], |c, o| shift_and_load(c, o, c.a(o[2]))).state([SarByte.read()]).pie(),
        row("ee.src.q.qup", "11 qs1[2:1] 1100 qs1[0] qs0[2:0] 01110 qa[2:0] 0100", [Q.output("qa"), Q.inout("qs0"), Q.input("qs1")], shift_and_move).state([SarByte.read()]).pie(),
        row("ee.srci.2q", "11 qs1[2:1] 1100 qs1[0] qs0[2:0] 1010 sar[3:0] 0100", [Q.inout("qs1"), Q.inout("qs0"), imm("sar", 0, 15, 1)], |c, o| right(c, o, o[2] as u32 + 1)).pie(),
        row("ee.srcq.128.st.incp", "11 qs1[2:1] 1100 qs1[0] qs0[2:0] 1110 as[3:0] 0100", [Q.input("qs0"), Q.input("qs1"), A.inout("as")], shift_and_store).state([SarByte.read()]).pie().vector_store(),
        row("ee.srcxxp.2q", "11 qs1[2:1] 0110 qs1[0] qs0[2:0] ad[3:0] as[3:0] 0100", [Q.inout("qs1"), Q.inout("qs0"), A.inout("as"), A.input("ad")], |c, o| { right(c, o, (c.a(o[2]) & 15) + 1)?; c.advance(o[2], c.a(o[3])) }).pie(),
        row("ee.vsl.32", "11 qs[2:1] 1101 qs[0] 01111110 qa[2:0] 0100", [Q.output("qa"), Q.input("qs")], shift_left).state([Sar.read()]).pie(),
        row("ee.vsr.32", "11 qs[2:1] 1101 qs[0] 01111111 qa[2:0] 0100", [Q.output("qa"), Q.input("qs")], shift_right).state([Sar.read()]).pie(),
    ]
}

/// The 16 bytes that start SAR_BYTE bytes into `low` followed by `high`.
#[inline(always)]
pub(super) fn funnel(c: &Core, low: i32, high: i32) -> u128 {
    match c.sar_byte {
        0 => c.q(low),
        bytes => c.q(low) >> (8 * bytes) | c.q(high) << (128 - 8 * bytes),
    }
}

/// `qa, qs0, qs1`: also moves `qs1` to `qs0`.
fn shift_and_move(c: &mut Core, o: &Operands) -> Done {
    let (shifted, high) = (funnel(c, o[1], o[2]), c.q(o[2]));
    c.set_q(o[1], high);
    c.put_q(o[0], shifted)
}

/// `qu, as, STEP, qs0, qs1`
fn shift_and_load(c: &mut Core, o: &Operands, step: u32) -> Done {
    let loaded = c.load_q_stream(c.a(o[1]))?;
    let shifted = funnel(c, o[3], o[4]);
    c.set_q(o[3], shifted);
    c.set_q(o[0], loaded);
    c.advance(o[1], step)
}

/// `qs0, qs1, as`
fn shift_and_store(c: &mut Core, o: &Operands) -> Done {
    c.store_q(c.a(o[2]), funnel(c, o[0], o[1]))?;
    c.advance(o[2], 16)
}

/// `qs1, qs0`: shifts the 256-bit pair left by `bytes` (1-16), zeros coming in.
fn left(c: &mut Core, o: &Operands, bytes: u32) -> Done {
    let (high, low) = (c.q(o[0]), c.q(o[1]));
    let shift = |v: u128, by: u32| v.checked_shl(by).unwrap_or(0);
    c.set_q(o[0], shift(high, 8 * bytes) | low >> (128 - 8 * bytes));
    c.put_q(o[1], shift(low, 8 * bytes))
}

/// `qs1, qs0`: shifts the 256-bit pair right by `bytes` (1-16).
fn right(c: &mut Core, o: &Operands, bytes: u32) -> Done {
    let (high, low) = (c.q(o[0]), c.q(o[1]));
    let shift = |v: u128, by: u32| v.checked_shr(by).unwrap_or(0);
    c.set_q(o[1], shift(low, 8 * bytes) | high << (128 - 8 * bytes));
    c.put_q(o[0], shift(high, 8 * bytes))
}

/// `qa, qs`: low 32 bits are kept below 32; from 32 on lanes saturate, as
/// measured at 32.
fn shift_left(c: &mut Core, o: &Operands) -> Done {
    let sar = c.sar;
    let lane = |a: i32| match (sar < 32, a.signum()) {
        (true, _) => a << sar,
        (false, 0) => 0,
        (false, 1) => i32::MAX,
        (false, _) => i32::MIN,
    };
    c.put_q(o[0], i32::map(c.lanes(o[1]), lane))
}

/// `qa, qs`: arithmetic; from 32 on all lanes are 0, as measured at 32.
fn shift_right(c: &mut Core, o: &Operands) -> Done {
    let sar = c.sar;
    c.put_q(
        o[0],
        i32::map(c.lanes(o[1]), |a| if sar < 32 { a >> sar } else { 0 }),
    )
}

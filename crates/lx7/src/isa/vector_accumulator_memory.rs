//! Loads and stores of ACCX, QACC and UA_STATE.

use super::operand::*;
use super::vector_move::{Widen, widen};
use super::{Done, Operands};
use super::{File::*, Instruction, State::*, row};
use crate::core::Core;

#[rustfmt::skip] // one instruction a line
pub(super) fn rows() -> Vec<Instruction> {
    vec![
        row("ee.ld.accx.ip", "0 imm[7] 0011100 imm[6:0] as[3:0] 0100", [A.inout("as"), imm("imm", -1024, 1016, 8)], load_accx).state([Accx.written_at(2)]).pie(),
        row("ee.ld.qacc_h.h.32.ip", "0 imm[7] 0111100 imm[6:0] as[3:0] 0100", [A.inout("as"), imm("imm", -512, 508, 4)], |c, o| load_top(c, o, 1)).state([QaccH.updated_at(1, 2)]).pie(),
        row("ee.ld.qacc_h.l.128.ip", "0 imm[7] 0001100 imm[6:0] as[3:0] 0100", [A.inout("as"), imm("imm", -2048, 2032, 16)], |c, o| load_low(c, o, 1)).state([QaccH.updated_at(1, 2)]).pie(),
        row("ee.ld.qacc_l.h.32.ip", "0 imm[7] 0101100 imm[6:0] as[3:0] 0100", [A.inout("as"), imm("imm", -512, 508, 4)], |c, o| load_top(c, o, 0)).state([QaccL.updated_at(1, 2)]).pie(),
        row("ee.ld.qacc_l.l.128.ip", "0 imm[7] 0000000 imm[6:0] as[3:0] 0100", [A.inout("as"), imm("imm", -2048, 2032, 16)], |c, o| load_low(c, o, 0)).state([QaccL.updated_at(1, 2)]).pie(),
        row("ee.ld.ua_state.ip", "0 imm[7] 0100000 imm[6:0] as[3:0] 0100", [A.inout("as"), imm("imm", -2048, 2032, 16)], load_ua_state).state([UaState.written_at(2)]).pie(),
        row("ee.ldqa.s16.128.ip", "0 imm[7] 0000010 imm[6:0] as[3:0] 0100", [A.inout("as"), imm("imm", -2048, 2032, 16)], |c, o| widen_load::<i16>(c, o, o[1] as u32)).state([QaccL.written_at(2), QaccH.written_at(2)]).pie(),
        row("ee.ldqa.s16.128.xp", "011111100100 ad[3:0] as[3:0] 0100", [A.inout("as"), A.input("ad")], |c, o| widen_load::<i16>(c, o, c.a(o[1]))).state([QaccL.written_at(2), QaccH.written_at(2)]).pie(),
        row("ee.ldqa.s8.128.ip", "0 imm[7] 0100010 imm[6:0] as[3:0] 0100", [A.inout("as"), imm("imm", -2048, 2032, 16)], |c, o| widen_load::<i8>(c, o, o[1] as u32)).state([QaccL.written_at(2), QaccH.written_at(2)]).pie(),
        row("ee.ldqa.s8.128.xp", "011100010100 ad[3:0] as[3:0] 0100", [A.inout("as"), A.input("ad")], |c, o| widen_load::<i8>(c, o, c.a(o[1]))).state([QaccL.written_at(2), QaccH.written_at(2)]).pie(),
        row("ee.ldqa.u16.128.ip", "0 imm[7] 0001010 imm[6:0] as[3:0] 0100", [A.inout("as"), imm("imm", -2048, 2032, 16)], |c, o| widen_load::<u16>(c, o, o[1] as u32)).state([QaccL.written_at(2), QaccH.written_at(2)]).pie(),
        row("ee.ldqa.u16.128.xp", "011110100100 ad[3:0] as[3:0] 0100", [A.inout("as"), A.input("ad")], |c, o| widen_load::<u16>(c, o, c.a(o[1]))).state([QaccL.written_at(2), QaccH.written_at(2)]).pie(),
        row("ee.ldqa.u8.128.ip", "0 imm[7] 0101010 imm[6:0] as[3:0] 0100", [A.inout("as"), imm("imm", -2048, 2032, 16)], |c, o| widen_load::<u8>(c, o, o[1] as u32)).state([QaccL.written_at(2), QaccH.written_at(2)]).pie(),
        row("ee.ldqa.u8.128.xp", "011100000100 ad[3:0] as[3:0] 0100", [A.inout("as"), A.input("ad")], |c, o| widen_load::<u8>(c, o, c.a(o[1]))).state([QaccL.written_at(2), QaccH.written_at(2)]).pie(),
        row("ee.st.accx.ip", "0 imm[7] 0000100 imm[6:0] as[3:0] 0100", [A.inout("as"), imm("imm", -1024, 1016, 8)], store_accx).state([Accx.read()]).pie().vector_store(),
        row("ee.st.qacc_h.h.32.ip", "0 imm[7] 0100100 imm[6:0] as[3:0] 0100", [A.inout("as"), imm("imm", -512, 508, 4)], |c, o| store_top(c, o, 1)).state([QaccH.read()]).pie().vector_store(),
        row("ee.st.qacc_h.l.128.ip", "0 imm[7] 0011010 imm[6:0] as[3:0] 0100", [A.inout("as"), imm("imm", -2048, 2032, 16)], |c, o| store_low(c, o, 1)).state([QaccH.read()]).pie().vector_store(),
        row("ee.st.qacc_l.h.32.ip", "0 imm[7] 0111010 imm[6:0] as[3:0] 0100", [A.inout("as"), imm("imm", -512, 508, 4)], |c, o| store_top(c, o, 0)).state([QaccL.read()]).pie().vector_store(),
        row("ee.st.qacc_l.l.128.ip", "0 imm[7] 0011000 imm[6:0] as[3:0] 0100", [A.inout("as"), imm("imm", -2048, 2032, 16)], |c, o| store_low(c, o, 0)).state([QaccL.read()]).pie().vector_store(),
        row("ee.st.ua_state.ip", "0 imm[7] 0111000 imm[6:0] as[3:0] 0100", [A.inout("as"), imm("imm", -2048, 2032, 16)], store_ua_state).state([UaState.read()]).pie().vector_store(),
    ]
}

/// Loads 16 bytes and spreads their lanes over QACC.
fn widen_load<T: Widen>(c: &mut Core, o: &Operands, step: u32) -> Done {
    let value = c.load_q(c.a(o[0]))?;
    widen::<T>(c, value)?;
    c.advance(o[0], step)
}

/// Loads bits 159:128 of a half of QACC.
fn load_top(c: &mut Core, o: &Operands, half: usize) -> Done {
    let word: [u8; 4] = c.load_aligned(c.a(o[0]))?;
    let mut bytes = c.qacc_bytes(half);
    bytes[16..].copy_from_slice(&word);
    c.set_qacc_bytes(half, &bytes);
    c.advance(o[0], o[1] as u32)
}

/// Loads bits 127:0 of a half of QACC.
fn load_low(c: &mut Core, o: &Operands, half: usize) -> Done {
    let low: [u8; 16] = c.load_aligned(c.a(o[0]))?;
    let mut bytes = c.qacc_bytes(half);
    bytes[..16].copy_from_slice(&low);
    c.set_qacc_bytes(half, &bytes);
    c.advance(o[0], o[1] as u32)
}

fn store_top(c: &mut Core, o: &Operands, half: usize) -> Done {
    let bytes = c.qacc_bytes(half);
    let word: [u8; 4] = bytes[16..].try_into().expect("4 bytes");
    c.store_aligned(c.a(o[0]), word)?;
    c.advance(o[0], o[1] as u32)
}

fn store_low(c: &mut Core, o: &Operands, half: usize) -> Done {
    let bytes = c.qacc_bytes(half);
    let low: [u8; 16] = bytes[..16].try_into().expect("16 bytes");
    c.store_aligned(c.a(o[0]), low)?;
    c.advance(o[0], o[1] as u32)
}

/// Loads 8 bytes, of which ACCX keeps the low 40 bits.
fn load_accx(c: &mut Core, o: &Operands) -> Done {
    let value = u64::from_le_bytes(c.load_aligned(c.a(o[0]))?);
    c.accx = value & 0xFF_FFFF_FFFF;
    c.advance(o[0], o[1] as u32)
}

/// Stores ACCX zero-extended to 8 bytes.
fn store_accx(c: &mut Core, o: &Operands) -> Done {
    c.store_aligned(c.a(o[0]), c.accx.to_le_bytes())?;
    c.advance(o[0], o[1] as u32)
}

fn load_ua_state(c: &mut Core, o: &Operands) -> Done {
    c.ua_state = c.load_q(c.a(o[0]))?;
    c.advance(o[0], o[1] as u32)
}

fn store_ua_state(c: &mut Core, o: &Operands) -> Done {
    c.store_q(c.a(o[0]), c.ua_state)?;
    c.advance(o[0], o[1] as u32)
}

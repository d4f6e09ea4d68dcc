//! Vector stores. Low address bits are dropped; the pointer keeps them.

use super::operand::*;
use super::{Done, Operands};
use super::{File::*, Instruction, row};
use crate::core::Core;

#[rustfmt::skip] // one instruction a line
pub(super) fn rows() -> Vec<Instruction> {
    vec![
        row("ee.stf.128.ip", "10010 fv3[3:1] fv0[3:0] fv3[0] fv2[3:1] fv1[3:0] imm[3:0] as[3:0] 111 fv2[0]", [F.input("fv3"), F.input("fv2"), F.input("fv1"), F.input("fv0"), A.inout("as"), imm("imm", -128, 112, 16)], |c, o| store_floats::<4, 16>(c, o, o[5] as u32)).pie().vector_store(),
        row("ee.stf.128.xp", "10011 fv3[3:1] fv0[3:0] fv3[0] fv2[3:1] fv1[3:0] ad[3:0] as[3:0] 111 fv2[0]", [F.input("fv3"), F.input("fv2"), F.input("fv1"), F.input("fv0"), A.inout("as"), A.input("ad")], |c, o| store_floats::<4, 16>(c, o, c.a(o[5]))).pie().vector_store(),
        row("ee.stf.64.ip", "111000 imm[7:6] fv0[3:0] imm[5:2] fv1[3:0] 011 imm[0] as[3:0] 111 imm[1]", [F.input("fv1"), F.input("fv0"), A.inout("as"), imm("imm", -1024, 1016, 8)], |c, o| store_floats::<2, 8>(c, o, o[3] as u32)).pie().vector_store(),
        row("ee.stf.64.xp", "fv0[3:0] 0111 fv1[3:0] ad[3:0] as[3:0] 0000", [F.input("fv1"), F.input("fv0"), A.inout("as"), A.input("ad")], |c, o| store_floats::<2, 8>(c, o, c.a(o[3]))).pie().vector_store(),
        row("ee.vst.128.ip", "1 imm[7] qv[2:1] 1010 qv[0] imm[6:0] as[3:0] 0100", [Q.input("qv"), A.inout("as"), imm("imm", -2048, 2032, 16)], |c, o| store(c, o, o[2] as u32)).pie().vector_store(),
        row("ee.vst.128.xp", "10 qv[2:1] 1101 qv[0] 111 ad[3:0] as[3:0] 0100", [Q.input("qv"), A.inout("as"), A.input("ad")], |c, o| store(c, o, c.a(o[2]))).pie().vector_store(),
        row("ee.vst.h.64.ip", "1 imm[7] qv[2:1] 1011 qv[0] imm[6:0] as[3:0] 0100", [Q.input("qv"), A.inout("as"), imm("imm", -1024, 1016, 8)], |c, o| store_half(c, o, 64, o[2] as u32)).pie().vector_store(),
        row("ee.vst.h.64.xp", "11 qv[2:1] 1101 qv[0] 000 ad[3:0] as[3:0] 0100", [Q.input("qv"), A.inout("as"), A.input("ad")], |c, o| store_half(c, o, 64, c.a(o[2]))).pie().vector_store(),
        row("ee.vst.l.64.ip", "1 imm[7] qv[2:1] 0100 qv[0] imm[6:0] as[3:0] 0100", [Q.input("qv"), A.inout("as"), imm("imm", -1024, 1016, 8)], |c, o| store_half(c, o, 0, o[2] as u32)).pie().vector_store(),
        row("ee.vst.l.64.xp", "11 qv[2:1] 1101 qv[0] 100 ad[3:0] as[3:0] 0100", [Q.input("qv"), A.inout("as"), A.input("ad")], |c, o| store_half(c, o, 0, c.a(o[2]))).pie().vector_store(),
        row("st.qr", "11 qv[2:1] 1101 qv[0] 110 imm[3:0] as[3:0] 0100", [Q.input_at("qv", 2), A.input("as"), imm("imm", -128, 112, 16)], |c, o| c.store_q(c.a(o[1]).wrapping_add(o[2] as u32), c.q(o[0]))).pie().vector_store(),
    ]
}

fn store(c: &mut Core, o: &Operands, step: u32) -> Done {
    c.store_q(c.a(o[1]), c.q(o[0]))?;
    c.advance(o[1], step)
}

/// Stores the 64 bits at bit `position` of the register.
fn store_half(c: &mut Core, o: &Operands, position: u32, step: u32) -> Done {
    let half = (c.q(o[0]) >> position) as u64;
    c.store_aligned(c.a(o[1]), half.to_le_bytes())?;
    c.advance(o[1], step)
}

/// Stores `COUNT` floating-point registers, `SIZE` bytes; the first operand is
/// the highest word.
fn store_floats<const COUNT: usize, const SIZE: usize>(
    c: &mut Core,
    o: &Operands,
    step: u32,
) -> Done {
    let mut bytes = [0; SIZE];
    for (word, register) in bytes.chunks_exact_mut(4).zip(o[..COUNT].iter().rev()) {
        word.copy_from_slice(&c.f(*register).to_le_bytes());
    }
    c.store_aligned(c.a(o[COUNT]), bytes)?;
    c.advance(o[COUNT], step)
}

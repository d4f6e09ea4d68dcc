//! Vector loads. Low address bits are dropped; the pointer keeps them.

use super::operand::*;
use super::{Done, Operands};
use super::{File::*, Instruction, State::*, row};
use crate::core::Core;

#[rustfmt::skip] // one instruction a line
pub(super) fn rows() -> Vec<Instruction> {
    vec![
        row("ee.ld.128.usar.ip", "1 imm[7] qu[2:1] 0001 qu[0] imm[6:0] as[3:0] 0100", [Q.output_at("qu", 2), A.inout("as"), imm("imm", -2048, 2032, 16)], |c, o| load_unaligned(c, o, o[2] as u32)).state([SarByte.written()]).pie(),
        row("ee.ld.128.usar.xp", "10 qu[2:1] 1101 qu[0] 000 ad[3:0] as[3:0] 0100", [Q.output_at("qu", 2), A.inout("as"), A.input("ad")], |c, o| load_unaligned(c, o, c.a(o[2]))).state([SarByte.written()]).pie(),
        row("ee.ldf.128.ip", "10000 fu3[3:1] fu0[3:0] fu3[0] fu2[3:1] fu1[3:0] imm[3:0] as[3:0] 111 fu2[0]", [F.output_at("fu3", 2), F.output_at("fu2", 2), F.output_at("fu1", 2), F.output_at("fu0", 2), A.inout("as"), imm("imm", -128, 112, 16)], |c, o| load_floats::<4, 16>(c, o, o[5] as u32)).pie(),
        row("ee.ldf.128.xp", "10001 fu3[3:1] fu0[3:0] fu3[0] fu2[3:1] fu1[3:0] ad[3:0] as[3:0] 111 fu2[0]", [F.output_at("fu3", 2), F.output_at("fu2", 2), F.output_at("fu1", 2), F.output_at("fu0", 2), A.inout("as"), A.input("ad")], |c, o| load_floats::<4, 16>(c, o, c.a(o[5]))).pie(),
        row("ee.ldf.64.ip", "111000 imm[7:6] fu0[3:0] imm[5:2] fu1[3:0] 010 imm[0] as[3:0] 111 imm[1]", [F.output_at("fu1", 2), F.output_at("fu0", 2), A.inout("as"), imm("imm", -1024, 1016, 8)], |c, o| load_floats::<2, 8>(c, o, o[3] as u32)).pie(),
        row("ee.ldf.64.xp", "fu0[3:0] 0110 fu1[3:0] ad[3:0] as[3:0] 0000", [F.output_at("fu1", 2), F.output_at("fu0", 2), A.inout("as"), A.input("ad")], |c, o| load_floats::<2, 8>(c, o, c.a(o[3]))).pie(),
        row("ee.vld.128.ip", "1 imm[7] qu[2:1] 0011 qu[0] imm[6:0] as[3:0] 0100", [Q.output_at("qu", 2), A.inout("as"), imm("imm", -2048, 2032, 16)], |c, o| load(c, o, o[2] as u32)).pie(),
        row("ee.vld.128.xp", "10 qu[2:1] 1101 qu[0] 010 ad[3:0] as[3:0] 0100", [Q.output_at("qu", 2), A.inout("as"), A.input("ad")], |c, o| load(c, o, c.a(o[2]))).pie(),
        row("ee.vld.h.64.ip", "1 imm[7] qu[2:1] 1000 qu[0] imm[6:0] as[3:0] 0100", [Q.inout_at("qu", 2, 2), A.inout("as"), imm("imm", -1024, 1016, 8)], |c, o| load_half(c, o, 64, o[2] as u32)).pie(),
        row("ee.vld.h.64.xp", "10 qu[2:1] 1101 qu[0] 110 ad[3:0] as[3:0] 0100", [Q.inout_at("qu", 2, 2), A.inout("as"), A.input("ad")], |c, o| load_half(c, o, 64, c.a(o[2]))).pie(),
        row("ee.vld.l.64.ip", "1 imm[7] qu[2:1] 1001 qu[0] imm[6:0] as[3:0] 0100", [Q.inout_at("qu", 2, 2), A.inout("as"), imm("imm", -1024, 1016, 8)], |c, o| load_half(c, o, 0, o[2] as u32)).pie(),
        row("ee.vld.l.64.xp", "10 qu[2:1] 1101 qu[0] 011 ad[3:0] as[3:0] 0100", [Q.inout_at("qu", 2, 2), A.inout("as"), A.input("ad")], |c, o| load_half(c, o, 0, c.a(o[2]))).pie(),
        row("ld.qr", "11 qu[2:1] 1101 qu[0] 010 imm[3:0] as[3:0] 0100", [Q.output_at("qu", 2), A.input("as"), imm("imm", -128, 112, 16)], |c, o| { let v = c.load_q(c.a(o[1]).wrapping_add(o[2] as u32))?; c.put_q(o[0], v) }).pie(),
    ]
}

fn load(c: &mut Core, o: &Operands, step: u32) -> Done {
    let value = c.load_q(c.a(o[1]))?;
    c.set_q(o[0], value);
    c.advance(o[1], step)
}

/// Loads the 64 bits at bit `position` of the register.
fn load_half(c: &mut Core, o: &Operands, position: u32, step: u32) -> Done {
    let half = u64::from_le_bytes(c.load_aligned(c.a(o[1]))?);
    let kept = c.q(o[0]) & !(u128::from(u64::MAX) << position);
    c.set_q(o[0], kept | u128::from(half) << position);
    c.advance(o[1], step)
}

/// First load of an unaligned stream: notes the misalignment in SAR_BYTE.
fn load_unaligned(c: &mut Core, o: &Operands, step: u32) -> Done {
    let address = c.a(o[1]);
    let value = c.load_q_stream(address)?;
    c.sar_byte = address & 15;
    c.set_q(o[0], value);
    c.advance(o[1], step)
}

/// Loads `COUNT` floating-point registers, `SIZE` bytes; the first operand gets
/// the highest word.
fn load_floats<const COUNT: usize, const SIZE: usize>(
    c: &mut Core,
    o: &Operands,
    step: u32,
) -> Done {
    let bytes: [u8; SIZE] = c.load_aligned(c.a(o[COUNT]))?;
    for (word, register) in bytes.chunks_exact(4).zip(o[..COUNT].iter().rev()) {
        c.f[*register as usize] = u32::from_le_bytes(word.try_into().expect("4 bytes"));
    }
    c.advance(o[COUNT], step)
}

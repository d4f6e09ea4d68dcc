//! Results out of the accumulators: shifted right, saturated, written back.

use super::operand::*;
use super::{Done, Operands};
use super::{File::*, Instruction, State::*, Unit, row};
use crate::core::{Cause, Core, Trap};

#[rustfmt::skip] // one instruction a line
pub(super) fn rows() -> Vec<Instruction> {
    vec![
        row("ee.srcmb.s16.qacc", "11 qu[2:1] 1101 qu[0] 1110 sel[0] 10 as[3:0] 0100", [Q.output("qu"), A.input("as"), imm("sel", 0, 1, 1)], extract_16).state([QaccH.updated(), QaccL.updated()]).unit(Unit::Srcmb).pie(),
        row("ee.srcmb.s8.qacc", "11 qu[2:1] 1101 qu[0] 1111 sel[0] 10 as[3:0] 0100", [Q.output("qu"), A.input("as"), imm("sel", 0, 1, 1)], extract_8).state([QaccH.updated(), QaccL.updated()]).unit(Unit::Srcmb).pie(),
        row("ee.srs.accx", "011111100 sel[0] 01 au[3:0] as[3:0] 0100", [A.output("au"), A.input("as"), imm("sel", 0, 1, 1)], extract_total).state([Accx.updated()]).unit(Unit::Srs).pie(),
    ]
}

/// The last operand is 0 in all published code; what 1 means is not known.
fn check(selector: i32) -> Done {
    if selector == 0 {
        Ok(())
    } else {
        Err(Trap::new(Cause::Unimplemented))
    }
}

/// `qu, as, sel`: sixteen 20-bit lanes to 8 bits. Shifts of 20 or more leave
/// the sign.
fn extract_8(c: &mut Core, o: &Operands) -> Done {
    check(o[2])?;
    let shift = c.a(o[1]) & 31;
    let mut bytes = [0; 16];
    for (lane, byte) in c.qacc.iter_mut().zip(&mut bytes) {
        let value = (*lane << 12) as i32 >> 12 >> shift;
        *lane = value as u32 & 0xF_FFFF;
        *byte = value.clamp(-128, 127) as u8;
    }
    c.put_q(o[0], u128::from_le_bytes(bytes))
}

/// `qu, as, sel`: eight 40-bit lanes to 16 bits. Shifts of 40 or more leave the
/// sign.
fn extract_16(c: &mut Core, o: &Operands) -> Done {
    check(o[2])?;
    let shift = c.a(o[1]) & 63;
    let mut result = 0;
    for (i, pair) in c.qacc.chunks_exact_mut(2).enumerate() {
        let lane = u64::from(pair[0]) | u64::from(pair[1]) << 20;
        let value = (lane << 24) as i64 >> 24 >> shift;
        pair[0] = value as u32 & 0xF_FFFF;
        pair[1] = (value >> 20) as u32 & 0xF_FFFF;
        result |= u128::from(value.clamp(-32768, 32767) as u16) << (16 * i);
    }
    c.put_q(o[0], result)
}

/// `au, as, sel`: ACCX to 32 bits.
fn extract_total(c: &mut Core, o: &Operands) -> Done {
    check(o[2])?;
    let shift = c.a(o[1]) & 63;
    let value = (c.accx << 24) as i64 >> 24 >> shift;
    c.accx = value as u64 & 0xFF_FFFF_FFFF;
    c.put(o[0], value.clamp(i32::MIN.into(), i32::MAX.into()) as u32)
}

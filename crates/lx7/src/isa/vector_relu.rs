//! Leaky and parametric ReLU: lanes that are 0 or less are multiplied and
//! shifted, the others stay.

use super::lanes::Lane;
use super::{Done, Operands};
use super::{File::*, Instruction, Unit, row};
use crate::core::Core;

#[rustfmt::skip] // one instruction a line
pub(super) fn rows() -> Vec<Instruction> {
    vec![
        row("ee.vprelu.s16", "10 qz[2:1] 1100 qz[0] qy[2] 0 qy[1:0] qx[2:0] ay[3:0] 0100", [Q.output_at("qz", 2), Q.input("qx"), Q.input("qy"), A.input("ay")], parametric_16).unit(Unit::VectorAlu).pie(),
        row("ee.vprelu.s8", "10 qz[2:1] 1100 qz[0] qy[2] 1 qy[1:0] qx[2:0] ay[3:0] 0100", [Q.output_at("qz", 2), Q.input("qx"), Q.input("qy"), A.input("ay")], parametric_8).unit(Unit::VectorAlu).pie(),
        row("ee.vrelu.s16", "11 qs[2:1] 1101 qs[0] 001 ax[3:0] ay[3:0] 0100", [Q.inout_at("qs", 1, 2), A.input("ax"), A.input("ay")], relu_16).unit(Unit::VectorAlu).pie(),
        row("ee.vrelu.s8", "11 qs[2:1] 1101 qs[0] 101 ax[3:0] ay[3:0] 0100", [Q.inout_at("qs", 1, 2), A.input("ax"), A.input("ay")], relu_8).unit(Unit::VectorAlu).pie(),
    ]
}

/// `a` if it is positive, else `a * factor >> shift`, truncated to the lane.
fn leaky<T: Lane>(a: T, factor: T, shift: u32) -> T {
    let (value, factor): (i64, i64) = (a.into(), factor.into());
    if value > 0 {
        a
    } else {
        T::wrap((value * factor) >> shift)
    }
}

/// `qs, ax, ay`: multiplier in the low 8 bits of `ax`, shift in 5 bits of `ay`.
fn relu_8(c: &mut Core, o: &Operands) -> Done {
    let (factor, shift) = (c.a(o[1]) as i8, c.a(o[2]) & 31);
    c.put_q(o[0], i8::map(c.lanes(o[0]), |a| leaky(a, factor, shift)))
}

/// `qs, ax, ay`: multiplier in the low 16 bits of `ax`, shift in 6 bits of `ay`.
fn relu_16(c: &mut Core, o: &Operands) -> Done {
    let (factor, shift) = (c.a(o[1]) as i16, c.a(o[2]) & 63);
    c.put_q(o[0], i16::map(c.lanes(o[0]), |a| leaky(a, factor, shift)))
}

/// `qz, qx, qy, ay`: multipliers in `qy`.
fn parametric_8(c: &mut Core, o: &Operands) -> Done {
    let shift = c.a(o[3]) & 31;
    c.put_q(
        o[0],
        i8::map2(c.lanes(o[1]), c.lanes(o[2]), |a, b| leaky(a, b, shift)),
    )
}

/// `qz, qx, qy, ay`: multipliers in `qy`.
fn parametric_16(c: &mut Core, o: &Operands) -> Done {
    let shift = c.a(o[3]) & 63;
    c.put_q(
        o[0],
        i16::map2(c.lanes(o[1]), c.lanes(o[2]), |a, b| leaky(a, b, shift)),
    )
}

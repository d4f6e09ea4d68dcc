//! Lane products shifted right by SAR, and complex products.

use super::fused::*;
use super::lanes::{Binary, Bytes, Lane};
use super::operand::*;
use super::{Done, Operands};
use super::{File::*, Instruction, State::*, Unit, row};
use crate::core::Core;
use std::marker::PhantomData;

#[rustfmt::skip] // one instruction a line
pub(super) fn rows() -> Vec<Instruction> {
    vec![
        row("ee.cmul.s16", "10 qz[2:1] 1110 qz[0] qy[2] 0 qy[1:0] qx[2:0] 00 sel[1:0] 0100", [Q.inout_at("qz", 2, 2), Q.input("qx"), Q.input("qy"), imm("sel", 0, 3, 1)], complex).state([Sar.read()]).unit(Unit::VectorAlu).pie(),
        row("ee.cmul.s16.ld.incp", "111000 qu[2:1] qy[0] 000 qu[0] qz[2:0] qx[1:0] qy[2:1] 11 sel[1:0] as[3:0] 111 qx[2]", [Q.output_at("qu", 2), A.inout("as"), Q.inout_at("qz", 2, 2), Q.input("qx"), Q.input("qy"), imm("sel", 0, 3, 1)], complex_with_load).state([Sar.read()]).unit(Unit::VectorAlu).pie(),
        row("ee.cmul.s16.st.incp", "11100100 qy[0] qv[2:0] 0 qz[2:0] qx[1:0] qy[2:1] 00 sel[1:0] as[3:0] 111 qx[2]", [Q.input_at("qv", 2), A.inout("as"), Q.inout_at("qz", 2, 2), Q.input("qx"), Q.input("qy"), imm("sel", 0, 3, 1)], complex_with_store).state([Sar.read()]).unit(Unit::VectorAlu).pie().vector_store(),
        row("ee.vmul.s16", "10 qz[2:1] 1110 qz[0] qy[2] 1 qy[1:0] qx[2:0] 10000100", [Q.output_at("qz", 2), Q.input("qx"), Q.input("qy")], plain::<Multiply<i16>>).state([Sar.read()]).unit(Unit::VectorAlu).pie(),
        row("ee.vmul.s16.ld.incp", "111000 qu[2:1] qy[0] 011 qu[0] qz[2:0] qx[1:0] qy[2:1] 1111 as[3:0] 111 qx[2]", [Q.output_at("qu", 2), A.inout("as"), Q.output_at("qz", 2), Q.input("qx"), Q.input("qy")], with_load::<Multiply<i16>>).state([Sar.read()]).unit(Unit::VectorAlu).pie(),
        row("ee.vmul.s16.st.incp", "11100101 qy[0] qv[2:0] 1 qz[2:0] qx[1:0] qy[2:1] 0010 as[3:0] 111 qx[2]", [Q.input("qv"), A.inout("as"), Q.output_at("qz", 2), Q.input("qx"), Q.input("qy")], with_store::<Multiply<i16>>).state([Sar.read()]).unit(Unit::VectorAlu).pie().vector_store(),
        row("ee.vmul.s8", "10 qz[2:1] 1110 qz[0] qy[2] 1 qy[1:0] qx[2:0] 10010100", [Q.output_at("qz", 2), Q.input("qx"), Q.input("qy")], plain::<Multiply<i8>>).state([Sar.read()]).unit(Unit::VectorAlu).pie(),
        row("ee.vmul.s8.ld.incp", "111000 qu[2:1] qy[0] 100 qu[0] qz[2:0] qx[1:0] qy[2:1] 1100 as[3:0] 111 qx[2]", [Q.output_at("qu", 2), A.inout("as"), Q.output_at("qz", 2), Q.input("qx"), Q.input("qy")], with_load::<Multiply<i8>>).state([Sar.read()]).unit(Unit::VectorAlu).pie(),
        row("ee.vmul.s8.st.incp", "11100101 qy[0] qv[2:0] 0 qz[2:0] qx[1:0] qy[2:1] 0011 as[3:0] 111 qx[2]", [Q.input("qv"), A.inout("as"), Q.output_at("qz", 2), Q.input("qx"), Q.input("qy")], with_store::<Multiply<i8>>).state([Sar.read()]).unit(Unit::VectorAlu).pie().vector_store(),
        row("ee.vmul.u16", "10 qz[2:1] 1110 qz[0] qy[2] 1 qy[1:0] qx[2:0] 10100100", [Q.output_at("qz", 2), Q.input("qx"), Q.input("qy")], plain::<Multiply<u16>>).state([Sar.read()]).unit(Unit::VectorAlu).pie(),
        row("ee.vmul.u16.ld.incp", "111000 qu[2:1] qy[0] 101 qu[0] qz[2:0] qx[1:0] qy[2:1] 1100 as[3:0] 111 qx[2]", [Q.output_at("qu", 2), A.inout("as"), Q.output_at("qz", 2), Q.input("qx"), Q.input("qy")], with_load::<Multiply<u16>>).state([Sar.read()]).unit(Unit::VectorAlu).pie(),
        row("ee.vmul.u16.st.incp", "11100101 qy[0] qv[2:0] 1 qz[2:0] qx[1:0] qy[2:1] 0011 as[3:0] 111 qx[2]", [Q.input("qv"), A.inout("as"), Q.output_at("qz", 2), Q.input("qx"), Q.input("qy")], with_store::<Multiply<u16>>).state([Sar.read()]).unit(Unit::VectorAlu).pie().vector_store(),
        row("ee.vmul.u8", "10 qz[2:1] 1110 qz[0] qy[2] 1 qy[1:0] qx[2:0] 10110100", [Q.output_at("qz", 2), Q.input("qx"), Q.input("qy")], plain::<Multiply<u8>>).state([Sar.read()]).unit(Unit::VectorAlu).pie(),
        row("ee.vmul.u8.ld.incp", "111000 qu[2:1] qy[0] 110 qu[0] qz[2:0] qx[1:0] qy[2:1] 1100 as[3:0] 111 qx[2]", [Q.output_at("qu", 2), A.inout("as"), Q.output_at("qz", 2), Q.input("qx"), Q.input("qy")], with_load::<Multiply<u8>>).state([Sar.read()]).unit(Unit::VectorAlu).pie(),
        row("ee.vmul.u8.st.incp", "11101000 qy[0] qv[2:0] 1 qz[2:0] qx[1:0] qy[2:1] 0000 as[3:0] 111 qx[2]", [Q.input("qv"), A.inout("as"), Q.output_at("qz", 2), Q.input("qx"), Q.input("qy")], with_store::<Multiply<u8>>).state([Sar.read()]).unit(Unit::VectorAlu).pie().vector_store(),
    ]
}

struct Multiply<T>(PhantomData<T>);

/// Shifts right by SAR; from 32 on nothing is left, the sign included, as
/// measured for 8-bit lanes at 32.
fn shifted(value: i64, sar: u32) -> i64 {
    if sar < 32 { value >> sar } else { 0 }
}

impl<T: Lane> Binary for Multiply<T> {
    fn apply(c: &Core, x: &Bytes, y: &Bytes) -> u128 {
        T::map2(x, y, |a, b| T::wrap(shifted(a.into() * b.into(), c.sar)))
    }
}

/// Multiplies two of the four complex numbers of `x` and `y` (real part in the
/// even lane) and puts the products, shifted right by SAR, over those of `z`.
/// Selector bit 0 picks the upper two; with bit 1, `x` is conjugated.
fn product(c: &Core, x: u128, y: u128, z: u128, selector: i32) -> u128 {
    let mut result = z;
    let first = if selector & 1 == 0 { 0 } else { 4 };
    for lane in [first, first + 2] {
        let part = |v: u128, index| i64::from(i16::get(v, index));
        let (xr, xi) = (part(x, lane), part(x, lane + 1));
        let (yr, yi) = (part(y, lane), part(y, lane + 1));
        let (real, imaginary) = if selector & 2 == 0 {
            (xr * yr - xi * yi, xr * yi + xi * yr)
        } else {
            (xr * yr + xi * yi, xr * yi - xi * yr)
        };
        let pair = shifted(real, c.sar) as u16 as u32 | (shifted(imaginary, c.sar) as u32) << 16;
        let position = lane * 16;
        result = result & !(0xFFFF_FFFF << position) | u128::from(pair) << position;
    }
    result
}

/// `qz, qx, qy, sel`
fn complex(c: &mut Core, o: &Operands) -> Done {
    c.put_q(o[0], product(c, c.q(o[1]), c.q(o[2]), c.q(o[0]), o[3]))
}

/// `qu, as, qz, qx, qy, sel`
fn complex_with_load(c: &mut Core, o: &Operands) -> Done {
    let loaded = c.load_q(c.a(o[1]))?;
    c.set_q(o[2], product(c, c.q(o[3]), c.q(o[4]), c.q(o[2]), o[5]));
    c.set_q(o[0], loaded);
    c.advance(o[1], 16)
}

/// `qv, as, qz, qx, qy, sel`
fn complex_with_store(c: &mut Core, o: &Operands) -> Done {
    c.store_q(c.a(o[1]), c.q(o[0]))?;
    c.set_q(o[2], product(c, c.q(o[3]), c.q(o[4]), c.q(o[2]), o[5]));
    c.advance(o[1], 16)
}

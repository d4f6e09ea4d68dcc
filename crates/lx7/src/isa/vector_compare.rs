//! Lane minimum and maximum, and comparisons that give all ones or 0.

use super::fused::*;
use super::lanes::{Binary, Bytes, Lane};
use super::{File::*, Instruction, Unit, row};
use crate::core::Core;
use std::marker::PhantomData;

#[rustfmt::skip] // one instruction a line
pub(super) fn rows() -> Vec<Instruction> {
    vec![
        row("ee.vcmp.eq.s16", "10 qa[2:1] 1110 qa[0] qy[2] 0 qy[1:0] qx[2:0] 10010100", [Q.output("qa"), Q.input("qx"), Q.input("qy")], plain::<Equal<i16>>).unit(Unit::VectorAlu).pie(),
        row("ee.vcmp.eq.s32", "10 qa[2:1] 1110 qa[0] qy[2] 0 qy[1:0] qx[2:0] 10100100", [Q.output("qa"), Q.input("qx"), Q.input("qy")], plain::<Equal<i32>>).unit(Unit::VectorAlu).pie(),
        row("ee.vcmp.eq.s8", "10 qa[2:1] 1110 qa[0] qy[2] 0 qy[1:0] qx[2:0] 10110100", [Q.output("qa"), Q.input("qx"), Q.input("qy")], plain::<Equal<i8>>).unit(Unit::VectorAlu).pie(),
        row("ee.vcmp.gt.s16", "10 qa[2:1] 1110 qa[0] qy[2] 0 qy[1:0] qx[2:0] 11000100", [Q.output("qa"), Q.input("qx"), Q.input("qy")], plain::<Greater<i16>>).unit(Unit::VectorAlu).pie(),
        row("ee.vcmp.gt.s32", "10 qa[2:1] 1110 qa[0] qy[2] 0 qy[1:0] qx[2:0] 11010100", [Q.output("qa"), Q.input("qx"), Q.input("qy")], plain::<Greater<i32>>).unit(Unit::VectorAlu).pie(),
        row("ee.vcmp.gt.s8", "10 qa[2:1] 1110 qa[0] qy[2] 0 qy[1:0] qx[2:0] 11100100", [Q.output("qa"), Q.input("qx"), Q.input("qy")], plain::<Greater<i8>>).unit(Unit::VectorAlu).pie(),
        row("ee.vcmp.lt.s16", "10 qa[2:1] 1110 qa[0] qy[2] 0 qy[1:0] qx[2:0] 11110100", [Q.output("qa"), Q.input("qx"), Q.input("qy")], plain::<Less<i16>>).unit(Unit::VectorAlu).pie(),
        row("ee.vcmp.lt.s32", "10 qa[2:1] 1110 qa[0] qy[2] 1 qy[1:0] qx[2:0] 00000100", [Q.output("qa"), Q.input("qx"), Q.input("qy")], plain::<Less<i32>>).unit(Unit::VectorAlu).pie(),
        row("ee.vcmp.lt.s8", "10 qa[2:1] 1110 qa[0] qy[2] 1 qy[1:0] qx[2:0] 00010100", [Q.output("qa"), Q.input("qx"), Q.input("qy")], plain::<Less<i8>>).unit(Unit::VectorAlu).pie(),
        row("ee.vmax.s16", "10 qa[2:1] 1110 qa[0] qy[2] 1 qy[1:0] qx[2:0] 00100100", [Q.output("qa"), Q.input("qx"), Q.input("qy")], plain::<Maximum<i16>>).unit(Unit::VectorAlu).pie(),
        row("ee.vmax.s16.ld.incp", "111000 qu[2:1] qy[0] 001 qu[0] qa[2:0] qx[1:0] qy[2:1] 1101 as[3:0] 111 qx[2]", [Q.output_at("qu", 2), A.inout("as"), Q.output("qa"), Q.input("qx"), Q.input("qy")], with_load::<Maximum<i16>>).unit(Unit::VectorAlu).pie(),
        row("ee.vmax.s16.st.incp", "11100100 qy[0] qv[2:0] 1 qa[2:0] qx[1:0] qy[2:1] 0011 as[3:0] 111 qx[2]", [Q.input("qv"), A.inout("as"), Q.output("qa"), Q.input("qx"), Q.input("qy")], with_store::<Maximum<i16>>).unit(Unit::VectorAlu).pie().vector_store(),
        row("ee.vmax.s32", "10 qa[2:1] 1110 qa[0] qy[2] 1 qy[1:0] qx[2:0] 00110100", [Q.output("qa"), Q.input("qx"), Q.input("qy")], plain::<Maximum<i32>>).unit(Unit::VectorAlu).pie(),
        row("ee.vmax.s32.ld.incp", "111000 qu[2:1] qy[0] 001 qu[0] qa[2:0] qx[1:0] qy[2:1] 1110 as[3:0] 111 qx[2]", [Q.output_at("qu", 2), A.inout("as"), Q.output("qa"), Q.input("qx"), Q.input("qy")], with_load::<Maximum<i32>>).unit(Unit::VectorAlu).pie(),
        row("ee.vmax.s32.st.incp", "11100101 qy[0] qv[2:0] 0 qa[2:0] qx[1:0] qy[2:1] 0000 as[3:0] 111 qx[2]", [Q.input("qv"), A.inout("as"), Q.output("qa"), Q.input("qx"), Q.input("qy")], with_store::<Maximum<i32>>).unit(Unit::VectorAlu).pie().vector_store(),
        row("ee.vmax.s8", "10 qa[2:1] 1110 qa[0] qy[2] 1 qy[1:0] qx[2:0] 01000100", [Q.output("qa"), Q.input("qx"), Q.input("qy")], plain::<Maximum<i8>>).unit(Unit::VectorAlu).pie(),
        row("ee.vmax.s8.ld.incp", "111000 qu[2:1] qy[0] 001 qu[0] qa[2:0] qx[1:0] qy[2:1] 1111 as[3:0] 111 qx[2]", [Q.output_at("qu", 2), A.inout("as"), Q.output("qa"), Q.input("qx"), Q.input("qy")], with_load::<Maximum<i8>>).unit(Unit::VectorAlu).pie(),
        row("ee.vmax.s8.st.incp", "11100101 qy[0] qv[2:0] 1 qa[2:0] qx[1:0] qy[2:1] 0000 as[3:0] 111 qx[2]", [Q.input("qv"), A.inout("as"), Q.output("qa"), Q.input("qx"), Q.input("qy")], with_store::<Maximum<i8>>).unit(Unit::VectorAlu).pie().vector_store(),
        row("ee.vmin.s16", "10 qa[2:1] 1110 qa[0] qy[2] 1 qy[1:0] qx[2:0] 01010100", [Q.output("qa"), Q.input("qx"), Q.input("qy")], plain::<Minimum<i16>>).unit(Unit::VectorAlu).pie(),
        row("ee.vmin.s16.ld.incp", "111000 qu[2:1] qy[0] 010 qu[0] qa[2:0] qx[1:0] qy[2:1] 1110 as[3:0] 111 qx[2]", [Q.output_at("qu", 2), A.inout("as"), Q.output("qa"), Q.input("qx"), Q.input("qy")], with_load::<Minimum<i16>>).unit(Unit::VectorAlu).pie(),
        row("ee.vmin.s16.st.incp", "11100101 qy[0] qv[2:0] 0 qa[2:0] qx[1:0] qy[2:1] 0001 as[3:0] 111 qx[2]", [Q.input("qv"), A.inout("as"), Q.output("qa"), Q.input("qx"), Q.input("qy")], with_store::<Minimum<i16>>).unit(Unit::VectorAlu).pie().vector_store(),
        row("ee.vmin.s32", "10 qa[2:1] 1110 qa[0] qy[2] 1 qy[1:0] qx[2:0] 01100100", [Q.output("qa"), Q.input("qx"), Q.input("qy")], plain::<Minimum<i32>>).unit(Unit::VectorAlu).pie(),
        row("ee.vmin.s32.ld.incp", "111000 qu[2:1] qy[0] 011 qu[0] qa[2:0] qx[1:0] qy[2:1] 1110 as[3:0] 111 qx[2]", [Q.output_at("qu", 2), A.inout("as"), Q.output("qa"), Q.input("qx"), Q.input("qy")], with_load::<Minimum<i32>>).unit(Unit::VectorAlu).pie(),
        row("ee.vmin.s32.st.incp", "11100101 qy[0] qv[2:0] 1 qa[2:0] qx[1:0] qy[2:1] 0001 as[3:0] 111 qx[2]", [Q.input("qv"), A.inout("as"), Q.output("qa"), Q.input("qx"), Q.input("qy")], with_store::<Minimum<i32>>).unit(Unit::VectorAlu).pie().vector_store(),
        row("ee.vmin.s8", "10 qa[2:1] 1110 qa[0] qy[2] 1 qy[1:0] qx[2:0] 01110100", [Q.output("qa"), Q.input("qx"), Q.input("qy")], plain::<Minimum<i8>>).unit(Unit::VectorAlu).pie(),
        row("ee.vmin.s8.ld.incp", "111000 qu[2:1] qy[0] 010 qu[0] qa[2:0] qx[1:0] qy[2:1] 1111 as[3:0] 111 qx[2]", [Q.output_at("qu", 2), A.inout("as"), Q.output("qa"), Q.input("qx"), Q.input("qy")], with_load::<Minimum<i8>>).unit(Unit::VectorAlu).pie(),
        row("ee.vmin.s8.st.incp", "11100101 qy[0] qv[2:0] 0 qa[2:0] qx[1:0] qy[2:1] 0010 as[3:0] 111 qx[2]", [Q.input("qv"), A.inout("as"), Q.output("qa"), Q.input("qx"), Q.input("qy")], with_store::<Minimum<i8>>).unit(Unit::VectorAlu).pie().vector_store(),
    ]
}

macro_rules! operation {
    ($name:ident, $result:expr) => {
        struct $name<T>(PhantomData<T>);

        impl<T: Lane> Binary for $name<T> {
            fn apply(_: &Core, x: &Bytes, y: &Bytes) -> u128 {
                let result: fn(i64, i64) -> i64 = $result;
                T::map2(x, y, |a, b| T::wrap(result(a.into(), b.into())))
            }
        }
    };
}

operation!(Maximum, |a, b| a.max(b));
operation!(Minimum, |a, b| a.min(b));
operation!(Equal, |a, b| -i64::from(a == b));
operation!(Greater, |a, b| -i64::from(a > b));
operation!(Less, |a, b| -i64::from(a < b));

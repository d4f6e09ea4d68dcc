//! Saturating vector addition and subtraction.

use super::fused::*;
use super::lanes::{Binary, Bytes, Lane};
use super::{File::*, Instruction, Unit, row};
use crate::core::Core;
use std::marker::PhantomData;

#[rustfmt::skip] // one instruction a line
pub(super) fn rows() -> Vec<Instruction> {
    vec![
        row("ee.vadds.s16", "10 qa[2:1] 1110 qa[0] qy[2] 0 qy[1:0] qx[2:0] 01100100", [Q.output("qa"), Q.input("qx"), Q.input("qy")], plain::<Add<i16>>).unit(Unit::VectorAlu).pie(),
        row("ee.vadds.s16.ld.incp", "111000 qu[2:1] qy[0] 010 qu[0] qa[2:0] qx[1:0] qy[2:1] 1101 as[3:0] 111 qx[2]", [Q.output_at("qu", 2), A.inout("as"), Q.output("qa"), Q.input("qx"), Q.input("qy")], with_load::<Add<i16>>).unit(Unit::VectorAlu).pie(),
        row("ee.vadds.s16.st.incp", "11100100 qy[0] qv[2:0] 1 qa[2:0] qx[1:0] qy[2:1] 0000 as[3:0] 111 qx[2]", [Q.input("qv"), A.inout("as"), Q.output("qa"), Q.input("qx"), Q.input("qy")], with_store::<Add<i16>>).unit(Unit::VectorAlu).pie().vector_store(),
        row("ee.vadds.s32", "10 qa[2:1] 1110 qa[0] qy[2] 0 qy[1:0] qx[2:0] 01110100", [Q.output("qa"), Q.input("qx"), Q.input("qy")], plain::<Add<i32>>).unit(Unit::VectorAlu).pie(),
        row("ee.vadds.s32.ld.incp", "111000 qu[2:1] qy[0] 011 qu[0] qa[2:0] qx[1:0] qy[2:1] 1101 as[3:0] 111 qx[2]", [Q.output_at("qu", 2), A.inout("as"), Q.output("qa"), Q.input("qx"), Q.input("qy")], with_load::<Add<i32>>).unit(Unit::VectorAlu).pie(),
        row("ee.vadds.s32.st.incp", "11100100 qy[0] qv[2:0] 1 qa[2:0] qx[1:0] qy[2:1] 0001 as[3:0] 111 qx[2]", [Q.input("qv"), A.inout("as"), Q.output("qa"), Q.input("qx"), Q.input("qy")], with_store::<Add<i32>>).unit(Unit::VectorAlu).pie().vector_store(),
        row("ee.vadds.s8", "10 qa[2:1] 1110 qa[0] qy[2] 0 qy[1:0] qx[2:0] 10000100", [Q.output("qa"), Q.input("qx"), Q.input("qy")], plain::<Add<i8>>).unit(Unit::VectorAlu).pie(),
        row("ee.vadds.s8.ld.incp", "111000 qu[2:1] qy[0] 001 qu[0] qa[2:0] qx[1:0] qy[2:1] 1100 as[3:0] 111 qx[2]", [Q.output_at("qu", 2), A.inout("as"), Q.output("qa"), Q.input("qx"), Q.input("qy")], with_load::<Add<i8>>).unit(Unit::VectorAlu).pie(),
        row("ee.vadds.s8.st.incp", "11100100 qy[0] qv[2:0] 1 qa[2:0] qx[1:0] qy[2:1] 0010 as[3:0] 111 qx[2]", [Q.input("qv"), A.inout("as"), Q.output("qa"), Q.input("qx"), Q.input("qy")], with_store::<Add<i8>>).unit(Unit::VectorAlu).pie().vector_store(),
        row("ee.vsubs.s16", "10 qa[2:1] 1110 qa[0] qy[2] 1 qy[1:0] qx[2:0] 11010100", [Q.output("qa"), Q.input("qx"), Q.input("qy")], plain::<Subtract<i16>>).unit(Unit::VectorAlu).pie(),
        row("ee.vsubs.s16.ld.incp", "111000 qu[2:1] qy[0] 100 qu[0] qa[2:0] qx[1:0] qy[2:1] 1101 as[3:0] 111 qx[2]", [Q.output_at("qu", 2), A.inout("as"), Q.output("qa"), Q.input("qx"), Q.input("qy")], with_load::<Subtract<i16>>).unit(Unit::VectorAlu).pie(),
        row("ee.vsubs.s16.st.incp", "11101000 qy[0] qv[2:0] 1 qa[2:0] qx[1:0] qy[2:1] 0001 as[3:0] 111 qx[2]", [Q.input("qv"), A.inout("as"), Q.output("qa"), Q.input("qx"), Q.input("qy")], with_store::<Subtract<i16>>).unit(Unit::VectorAlu).pie().vector_store(),
        row("ee.vsubs.s32", "10 qa[2:1] 1110 qa[0] qy[2] 1 qy[1:0] qx[2:0] 11100100", [Q.output("qa"), Q.input("qx"), Q.input("qy")], plain::<Subtract<i32>>).unit(Unit::VectorAlu).pie(),
        row("ee.vsubs.s32.ld.incp", "111000 qu[2:1] qy[0] 101 qu[0] qa[2:0] qx[1:0] qy[2:1] 1101 as[3:0] 111 qx[2]", [Q.output_at("qu", 2), A.inout("as"), Q.output("qa"), Q.input("qx"), Q.input("qy")], with_load::<Subtract<i32>>).unit(Unit::VectorAlu).pie(),
        row("ee.vsubs.s32.st.incp", "11101000 qy[0] qv[2:0] 1 qa[2:0] qx[1:0] qy[2:1] 0010 as[3:0] 111 qx[2]", [Q.input("qv"), A.inout("as"), Q.output("qa"), Q.input("qx"), Q.input("qy")], with_store::<Subtract<i32>>).unit(Unit::VectorAlu).pie().vector_store(),
        row("ee.vsubs.s8", "10 qa[2:1] 1110 qa[0] qy[2] 1 qy[1:0] qx[2:0] 11110100", [Q.output("qa"), Q.input("qx"), Q.input("qy")], plain::<Subtract<i8>>).unit(Unit::VectorAlu).pie(),
        row("ee.vsubs.s8.ld.incp", "111000 qu[2:1] qy[0] 110 qu[0] qa[2:0] qx[1:0] qy[2:1] 1101 as[3:0] 111 qx[2]", [Q.output_at("qu", 2), A.inout("as"), Q.output("qa"), Q.input("qx"), Q.input("qy")], with_load::<Subtract<i8>>).unit(Unit::VectorAlu).pie(),
        row("ee.vsubs.s8.st.incp", "11101000 qy[0] qv[2:0] 1 qa[2:0] qx[1:0] qy[2:1] 0011 as[3:0] 111 qx[2]", [Q.input("qv"), A.inout("as"), Q.output("qa"), Q.input("qx"), Q.input("qy")], with_store::<Subtract<i8>>).unit(Unit::VectorAlu).pie().vector_store(),
    ]
}

struct Add<T>(PhantomData<T>);
struct Subtract<T>(PhantomData<T>);

impl<T: Lane> Binary for Add<T> {
    fn apply(_: &Core, x: &Bytes, y: &Bytes) -> u128 {
        T::map2(x, y, |a, b| T::saturate(a.into() + b.into()))
    }
}

impl<T: Lane> Binary for Subtract<T> {
    fn apply(_: &Core, x: &Bytes, y: &Bytes) -> u128 {
        T::map2(x, y, |a, b| T::saturate(a.into() - b.into()))
    }
}

//! Multiply-accumulate into ACCX (the sum over all lanes) and into QACC (one
//! sum a lane), alone or together with a load and with the funnel shift that
//! aligns the next vector of an unaligned stream.
//!
//! Signed sums saturate at 2^39 or 2^19 in both directions, unsigned ones at the
//! top of their 40 or 20 bits.

use super::lanes::{Bytes, Lane};
use super::operand::*;
use super::vector_funnel::funnel;
use super::{Done, Operands};
use super::{File::*, Instruction, State::*, Unit, row};
use crate::core::{Core, Trap};
use std::marker::PhantomData;

#[rustfmt::skip] // one instruction a line
pub(super) fn rows() -> Vec<Instruction> {
    vec![
        row("ee.vmulas.s16.accx", "000110100 qy[2] 0 qy[1:0] qx[2:0] 10000100", [Q.input("qx"), Q.input("qy")], plain::<Total<i16>>).state([Accx.updated_at(2, 2)]).unit(Unit::VectorAlu).pie(),
        row("ee.vmulas.s16.accx.ld.ip", "1111 imm[5:4] qu[2:1] qy[0] 000 qu[0] 000 qx[1:0] qy[2:1] imm[3:0] as[3:0] 111 qx[2]", [Q.output_at("qu", 2), A.inout("as"), imm("imm", -512, 496, 16), Q.input("qx"), Q.input("qy")], load_ip::<Total<i16>>).state([Accx.updated_at(2, 2)]).unit(Unit::VectorAlu).pie(),
        row("ee.vmulas.s16.accx.ld.ip.qup", "0000 imm[5:4] qu[2:1] qy[0] qs0[2:0] qu[0] qs1[2:0] qx[1:0] qy[2:1] imm[3:0] as[3:0] 111 qx[2]", [Q.output_at("qu", 2), A.inout("as"), imm("imm", -512, 496, 16), Q.input("qx"), Q.input("qy"), Q.inout("qs0"), Q.input("qs1")], load_ip_shift::<Total<i16>>).state([SarByte.read(), Accx.updated_at(2, 2)]).unit(Unit::VectorAlu).pie(),
        row("ee.vmulas.s16.accx.ld.xp", "111100 qu[2:1] qy[0] 001 qu[0] 000 qx[1:0] qy[2:1] ad[3:0] as[3:0] 111 qx[2]", [Q.output_at("qu", 2), A.inout("as"), A.input("ad"), Q.input("qx"), Q.input("qy")], load_xp::<Total<i16>>).state([Accx.updated_at(2, 2)]).unit(Unit::VectorAlu).pie(),
        row("ee.vmulas.s16.accx.ld.xp.qup", "101100 qu[2:1] qy[0] qs0[2:0] qu[0] qs1[2:0] qx[1:0] qy[2:1] ad[3:0] as[3:0] 111 qx[2]", [Q.output_at("qu", 2), A.inout("as"), A.input("ad"), Q.input("qx"), Q.input("qy"), Q.inout("qs0"), Q.input("qs1")], load_xp_shift::<Total<i16>>).state([SarByte.read(), Accx.updated_at(2, 2)]).unit(Unit::VectorAlu).pie(),
        row("ee.vmulas.s16.qacc", "000110100 qy[2] 1 qy[1:0] qx[2:0] 10000100", [Q.input("qx"), Q.input("qy")], plain::<Lanes<i16>>).state([QaccH.updated_at(2, 2), QaccL.updated_at(2, 2)]).unit(Unit::VectorAlu).pie(),
        row("ee.vmulas.s16.qacc.ld.ip", "1111 imm[5:4] qu[2:1] qy[0] 000 qu[0] 001 qx[1:0] qy[2:1] imm[3:0] as[3:0] 111 qx[2]", [Q.output_at("qu", 2), A.inout("as"), imm("imm", -512, 496, 16), Q.input("qx"), Q.input("qy")], load_ip::<Lanes<i16>>).state([QaccH.updated_at(2, 2), QaccL.updated_at(2, 2)]).unit(Unit::VectorAlu).pie(),
        row("ee.vmulas.s16.qacc.ld.ip.qup", "0001 imm[5:4] qu[2:1] qy[0] qs0[2:0] qu[0] qs1[2:0] qx[1:0] qy[2:1] imm[3:0] as[3:0] 111 qx[2]", [Q.output_at("qu", 2), A.inout("as"), imm("imm", -512, 496, 16), Q.input("qx"), Q.input("qy"), Q.inout("qs0"), Q.input("qs1")], load_ip_shift::<Lanes<i16>>).state([SarByte.read(), QaccH.updated_at(2, 2), QaccL.updated_at(2, 2)]).unit(Unit::VectorAlu).pie(),
        row("ee.vmulas.s16.qacc.ld.xp", "111100 qu[2:1] qy[0] 001 qu[0] 001 qx[1:0] qy[2:1] ad[3:0] as[3:0] 111 qx[2]", [Q.output_at("qu", 2), A.inout("as"), A.input("ad"), Q.input("qx"), Q.input("qy")], load_xp::<Lanes<i16>>).state([QaccH.updated_at(2, 2), QaccL.updated_at(2, 2)]).unit(Unit::VectorAlu).pie(),
        row("ee.vmulas.s16.qacc.ld.xp.qup", "101101 qu[2:1] qy[0] qs0[2:0] qu[0] qs1[2:0] qx[1:0] qy[2:1] ad[3:0] as[3:0] 111 qx[2]", [Q.output_at("qu", 2), A.inout("as"), A.input("ad"), Q.input("qx"), Q.input("qy"), Q.inout("qs0"), Q.input("qs1")], load_xp_shift::<Lanes<i16>>).state([SarByte.read(), QaccH.updated_at(2, 2), QaccL.updated_at(2, 2)]).unit(Unit::VectorAlu).pie(),
        row("ee.vmulas.s16.qacc.ldbc.incp", "100 qu[2] 0111 qu[1] qy[2] qu[0] qy[1:0] qx[2:0] as[3:0] 0100", [Q.output_at("qu", 2), A.inout("as"), Q.input("qx"), Q.input("qy")], broadcast::<Lanes<i16>>).state([QaccH.updated_at(2, 2), QaccL.updated_at(2, 2)]).unit(Unit::VectorAlu).pie(),
        row("ee.vmulas.s16.qacc.ldbc.incp.qup", "111000 qu[2:1] qy[0] qs0[2:0] qu[0] qs1[2:0] qx[1:0] qy[2:1] 1000 as[3:0] 111 qx[2]", [Q.output_at("qu", 2), A.inout("as"), Q.input("qx"), Q.input("qy"), Q.inout("qs0"), Q.input("qs1")], broadcast_shift::<Lanes<i16>>).state([SarByte.read(), QaccH.updated_at(2, 2), QaccL.updated_at(2, 2)]).unit(Unit::VectorAlu).pie(),
        row("ee.vmulas.s8.accx", "000110100 qy[2] 0 qy[1:0] qx[2:0] 11000100", [Q.input("qx"), Q.input("qy")], plain::<Total<i8>>).state([Accx.updated_at(2, 2)]).unit(Unit::VectorAlu).pie(),
        row("ee.vmulas.s8.accx.ld.ip", "1111 imm[5:4] qu[2:1] qy[0] 000 qu[0] 010 qx[1:0] qy[2:1] imm[3:0] as[3:0] 111 qx[2]", [Q.output_at("qu", 2), A.inout("as"), imm("imm", -512, 496, 16), Q.input("qx"), Q.input("qy")], load_ip::<Total<i8>>).state([Accx.updated_at(2, 2)]).unit(Unit::VectorAlu).pie(),
        row("ee.vmulas.s8.accx.ld.ip.qup", "0010 imm[5:4] qu[2:1] qy[0] qs0[2:0] qu[0] qs1[2:0] qx[1:0] qy[2:1] imm[3:0] as[3:0] 111 qx[2]", [Q.output_at("qu", 2), A.inout("as"), imm("imm", -512, 496, 16), Q.input("qx"), Q.input("qy"), Q.inout("qs0"), Q.input("qs1")], load_ip_shift::<Total<i8>>).state([SarByte.read(), Accx.updated_at(2, 2)]).unit(Unit::VectorAlu).pie(),
        row("ee.vmulas.s8.accx.ld.xp", "111100 qu[2:1] qy[0] 001 qu[0] 010 qx[1:0] qy[2:1] ad[3:0] as[3:0] 111 qx[2]", [Q.output_at("qu", 2), A.inout("as"), A.input("ad"), Q.input("qx"), Q.input("qy")], load_xp::<Total<i8>>).state([Accx.updated_at(2, 2)]).unit(Unit::VectorAlu).pie(),
        row("ee.vmulas.s8.accx.ld.xp.qup", "101110 qu[2:1] qy[0] qs0[2:0] qu[0] qs1[2:0] qx[1:0] qy[2:1] ad[3:0] as[3:0] 111 qx[2]", [Q.output_at("qu", 2), A.inout("as"), A.input("ad"), Q.input("qx"), Q.input("qy"), Q.inout("qs0"), Q.input("qs1")], load_xp_shift::<Total<i8>>).state([SarByte.read(), Accx.updated_at(2, 2)]).unit(Unit::VectorAlu).pie(),
        row("ee.vmulas.s8.qacc", "000110100 qy[2] 1 qy[1:0] qx[2:0] 11000100", [Q.input("qx"), Q.input("qy")], plain::<Lanes<i8>>).state([QaccL.updated_at(2, 2), QaccH.updated_at(2, 2)]).unit(Unit::VectorAlu).pie(),
        row("ee.vmulas.s8.qacc.ld.ip", "1111 imm[5:4] qu[2:1] qy[0] 000 qu[0] 011 qx[1:0] qy[2:1] imm[3:0] as[3:0] 111 qx[2]", [Q.output_at("qu", 2), A.inout("as"), imm("imm", -512, 496, 16), Q.input("qx"), Q.input("qy")], load_ip::<Lanes<i8>>).state([QaccH.updated_at(2, 2), QaccL.updated_at(2, 2)]).unit(Unit::VectorAlu).pie(),
        row("ee.vmulas.s8.qacc.ld.ip.qup", "0011 imm[5:4] qu[2:1] qy[0] qs0[2:0] qu[0] qs1[2:0] qx[1:0] qy[2:1] imm[3:0] as[3:0] 111 qx[2]", [Q.output_at("qu", 2), A.inout("as"), imm("imm", -512, 496, 16), Q.input("qx"), Q.input("qy"), Q.inout("qs0"), Q.input("qs1")], load_ip_shift::<Lanes<i8>>).state([SarByte.read(), QaccH.updated_at(2, 2), QaccL.updated_at(2, 2)]).unit(Unit::VectorAlu).pie(),
        row("ee.vmulas.s8.qacc.ld.xp", "111100 qu[2:1] qy[0] 001 qu[0] 011 qx[1:0] qy[2:1] ad[3:0] as[3:0] 111 qx[2]", [Q.output_at("qu", 2), A.inout("as"), A.input("ad"), Q.input("qx"), Q.input("qy")], load_xp::<Lanes<i8>>).state([QaccH.updated_at(2, 2), QaccL.updated_at(2, 2)]).unit(Unit::VectorAlu).pie(),
        row("ee.vmulas.s8.qacc.ld.xp.qup", "101111 qu[2:1] qy[0] qs0[2:0] qu[0] qs1[2:0] qx[1:0] qy[2:1] ad[3:0] as[3:0] 111 qx[2]", [Q.output_at("qu", 2), A.inout("as"), A.input("ad"), Q.input("qx"), Q.input("qy"), Q.inout("qs0"), Q.input("qs1")], load_xp_shift::<Lanes<i8>>).state([SarByte.read(), QaccH.updated_at(2, 2), QaccL.updated_at(2, 2)]).unit(Unit::VectorAlu).pie(),
        row("ee.vmulas.s8.qacc.ldbc.incp", "101 qu[2] 0111 qu[1] qy[2] qu[0] qy[1:0] qx[2:0] as[3:0] 0100", [Q.output_at("qu", 2), A.inout("as"), Q.input("qx"), Q.input("qy")], broadcast::<Lanes<i8>>).state([QaccH.updated_at(2, 2), QaccL.updated_at(2, 2)]).unit(Unit::VectorAlu).pie(),
        row("ee.vmulas.s8.qacc.ldbc.incp.qup", "111000 qu[2:1] qy[0] qs0[2:0] qu[0] qs1[2:0] qx[1:0] qy[2:1] 1001 as[3:0] 111 qx[2]", [Q.output_at("qu", 2), A.inout("as"), Q.input("qx"), Q.input("qy"), Q.inout("qs0"), Q.input("qs1")], broadcast_shift::<Lanes<i8>>).state([SarByte.read(), QaccH.updated_at(2, 2), QaccL.updated_at(2, 2)]).unit(Unit::VectorAlu).pie(),
        row("ee.vmulas.u16.accx", "000010100 qy[2] 0 qy[1:0] qx[2:0] 10000100", [Q.input("qx"), Q.input("qy")], plain::<Total<u16>>).state([Accx.updated_at(2, 2)]).unit(Unit::VectorAlu).pie(),
        row("ee.vmulas.u16.accx.ld.ip", "1111 imm[5:4] qu[2:1] qy[0] 000 qu[0] 100 qx[1:0] qy[2:1] imm[3:0] as[3:0] 111 qx[2]", [Q.output_at("qu", 2), A.inout("as"), imm("imm", -512, 496, 16), Q.input("qx"), Q.input("qy")], load_ip::<Total<u16>>).state([Accx.updated_at(2, 2)]).unit(Unit::VectorAlu).pie(),
        row("ee.vmulas.u16.accx.ld.ip.qup", "0100 imm[5:4] qu[2:1] qy[0] qs0[2:0] qu[0] qs1[2:0] qx[1:0] qy[2:1] imm[3:0] as[3:0] 111 qx[2]", [Q.output_at("qu", 2), A.inout("as"), imm("imm", -512, 496, 16), Q.input("qx"), Q.input("qy"), Q.inout("qs0"), Q.input("qs1")], load_ip_shift::<Total<u16>>).state([SarByte.read(), Accx.updated_at(2, 2)]).unit(Unit::VectorAlu).pie(),
        row("ee.vmulas.u16.accx.ld.xp", "111100 qu[2:1] qy[0] 001 qu[0] 100 qx[1:0] qy[2:1] ad[3:0] as[3:0] 111 qx[2]", [Q.output_at("qu", 2), A.inout("as"), A.input("ad"), Q.input("qx"), Q.input("qy")], load_xp::<Total<u16>>).state([Accx.updated_at(2, 2)]).unit(Unit::VectorAlu).pie(),
        row("ee.vmulas.u16.accx.ld.xp.qup", "110000 qu[2:1] qy[0] qs0[2:0] qu[0] qs1[2:0] qx[1:0] qy[2:1] ad[3:0] as[3:0] 111 qx[2]", [Q.output_at("qu", 2), A.inout("as"), A.input("ad"), Q.input("qx"), Q.input("qy"), Q.inout("qs0"), Q.input("qs1")], load_xp_shift::<Total<u16>>).state([SarByte.read(), Accx.updated_at(2, 2)]).unit(Unit::VectorAlu).pie(),
        row("ee.vmulas.u16.qacc", "000010100 qy[2] 1 qy[1:0] qx[2:0] 10000100", [Q.input("qx"), Q.input("qy")], plain::<Lanes<u16>>).state([QaccL.updated_at(2, 2), QaccH.updated_at(2, 2)]).unit(Unit::VectorAlu).pie(),
        row("ee.vmulas.u16.qacc.ld.ip", "1111 imm[5:4] qu[2:1] qy[0] 000 qu[0] 101 qx[1:0] qy[2:1] imm[3:0] as[3:0] 111 qx[2]", [Q.output_at("qu", 2), A.inout("as"), imm("imm", -512, 496, 16), Q.input("qx"), Q.input("qy")], load_ip::<Lanes<u16>>).state([QaccL.updated_at(2, 2), QaccH.updated_at(2, 2)]).unit(Unit::VectorAlu).pie(),
        row("ee.vmulas.u16.qacc.ld.ip.qup", "0101 imm[5:4] qu[2:1] qy[0] qs0[2:0] qu[0] qs1[2:0] qx[1:0] qy[2:1] imm[3:0] as[3:0] 111 qx[2]", [Q.output_at("qu", 2), A.inout("as"), imm("imm", -512, 496, 16), Q.input("qx"), Q.input("qy"), Q.inout("qs0"), Q.input("qs1")], load_ip_shift::<Lanes<u16>>).state([SarByte.read(), QaccH.updated_at(2, 2), QaccL.updated_at(2, 2)]).unit(Unit::VectorAlu).pie(),
        row("ee.vmulas.u16.qacc.ld.xp", "111100 qu[2:1] qy[0] 001 qu[0] 101 qx[1:0] qy[2:1] ad[3:0] as[3:0] 111 qx[2]", [Q.output_at("qu", 2), A.inout("as"), A.input("ad"), Q.input("qx"), Q.input("qy")], load_xp::<Lanes<u16>>).state([QaccL.updated_at(2, 2), QaccH.updated_at(2, 2)]).unit(Unit::VectorAlu).pie(),
        row("ee.vmulas.u16.qacc.ld.xp.qup", "110001 qu[2:1] qy[0] qs0[2:0] qu[0] qs1[2:0] qx[1:0] qy[2:1] ad[3:0] as[3:0] 111 qx[2]", [Q.output_at("qu", 2), A.inout("as"), A.input("ad"), Q.input("qx"), Q.input("qy"), Q.inout("qs0"), Q.input("qs1")], load_xp_shift::<Lanes<u16>>).state([SarByte.read(), QaccH.updated_at(2, 2), QaccL.updated_at(2, 2)]).unit(Unit::VectorAlu).pie(),
        row("ee.vmulas.u16.qacc.ldbc.incp", "110 qu[2] 0111 qu[1] qy[2] qu[0] qy[1:0] qx[2:0] as[3:0] 0100", [Q.output_at("qu", 2), A.inout("as"), Q.input("qx"), Q.input("qy")], broadcast::<Lanes<u16>>).state([QaccL.updated_at(2, 2), QaccH.updated_at(2, 2)]).unit(Unit::VectorAlu).pie(),
        row("ee.vmulas.u16.qacc.ldbc.incp.qup", "111000 qu[2:1] qy[0] qs0[2:0] qu[0] qs1[2:0] qx[1:0] qy[2:1] 1010 as[3:0] 111 qx[2]", [Q.output_at("qu", 2), A.inout("as"), Q.input("qx"), Q.input("qy"), Q.inout("qs0"), Q.input("qs1")], broadcast_shift::<Lanes<u16>>).state([SarByte.read(), QaccH.updated_at(2, 2), QaccL.updated_at(2, 2)]).unit(Unit::VectorAlu).pie(),
        row("ee.vmulas.u8.accx", "000010100 qy[2] 0 qy[1:0] qx[2:0] 11000100", [Q.input("qx"), Q.input("qy")], plain::<Total<u8>>).state([Accx.updated_at(2, 2)]).unit(Unit::VectorAlu).pie(),
        row("ee.vmulas.u8.accx.ld.ip", "1111 imm[5:4] qu[2:1] qy[0] 000 qu[0] 110 qx[1:0] qy[2:1] imm[3:0] as[3:0] 111 qx[2]", [Q.output_at("qu", 2), A.inout("as"), imm("imm", -512, 496, 16), Q.input("qx"), Q.input("qy")], load_ip::<Total<u8>>).state([Accx.updated_at(2, 2)]).unit(Unit::VectorAlu).pie(),
        row("ee.vmulas.u8.accx.ld.ip.qup", "0110 imm[5:4] qu[2:1] qy[0] qs0[2:0] qu[0] qs1[2:0] qx[1:0] qy[2:1] imm[3:0] as[3:0] 111 qx[2]", [Q.output_at("qu", 2), A.inout("as"), imm("imm", -512, 496, 16), Q.input("qx"), Q.input("qy"), Q.inout("qs0"), Q.input("qs1")], load_ip_shift::<Total<u8>>).state([SarByte.read(), Accx.updated_at(2, 2)]).unit(Unit::VectorAlu).pie(),
        row("ee.vmulas.u8.accx.ld.xp", "111100 qu[2:1] qy[0] 001 qu[0] 110 qx[1:0] qy[2:1] ad[3:0] as[3:0] 111 qx[2]", [Q.output_at("qu", 2), A.inout("as"), A.input("ad"), Q.input("qx"), Q.input("qy")], load_xp::<Total<u8>>).state([Accx.updated_at(2, 2)]).unit(Unit::VectorAlu).pie(),
        row("ee.vmulas.u8.accx.ld.xp.qup", "110010 qu[2:1] qy[0] qs0[2:0] qu[0] qs1[2:0] qx[1:0] qy[2:1] ad[3:0] as[3:0] 111 qx[2]", [Q.output_at("qu", 2), A.inout("as"), A.input("ad"), Q.input("qx"), Q.input("qy"), Q.inout("qs0"), Q.input("qs1")], load_xp_shift::<Total<u8>>).state([SarByte.read(), Accx.updated_at(2, 2)]).unit(Unit::VectorAlu).pie(),
        row("ee.vmulas.u8.qacc", "000010100 qy[2] 1 qy[1:0] qx[2:0] 11000100", [Q.input("qx"), Q.input("qy")], plain::<Lanes<u8>>).state([QaccL.updated_at(2, 2), QaccH.updated_at(2, 2)]).unit(Unit::VectorAlu).pie(),
        row("ee.vmulas.u8.qacc.ld.ip", "1111 imm[5:4] qu[2:1] qy[0] 000 qu[0] 111 qx[1:0] qy[2:1] imm[3:0] as[3:0] 111 qx[2]", [Q.output_at("qu", 2), A.inout("as"), imm("imm", -512, 496, 16), Q.input("qx"), Q.input("qy")], load_ip::<Lanes<u8>>).state([QaccL.updated_at(2, 2), QaccH.updated_at(2, 2)]).unit(Unit::VectorAlu).pie(),
        row("ee.vmulas.u8.qacc.ld.ip.qup", "0111 imm[5:4] qu[2:1] qy[0] qs0[2:0] qu[0] qs1[2:0] qx[1:0] qy[2:1] imm[3:0] as[3:0] 111 qx[2]", [Q.output_at("qu", 2), A.inout("as"), imm("imm", -512, 496, 16), Q.input("qx"), Q.input("qy"), Q.inout("qs0"), Q.input("qs1")], load_ip_shift::<Lanes<u8>>).state([SarByte.read(), QaccH.updated_at(2, 2), QaccL.updated_at(2, 2)]).unit(Unit::VectorAlu).pie(),
        row("ee.vmulas.u8.qacc.ld.xp", "111100 qu[2:1] qy[0] 001 qu[0] 111 qx[1:0] qy[2:1] ad[3:0] as[3:0] 111 qx[2]", [Q.output_at("qu", 2), A.inout("as"), A.input("ad"), Q.input("qx"), Q.input("qy")], load_xp::<Lanes<u8>>).state([QaccL.updated_at(2, 2), QaccH.updated_at(2, 2)]).unit(Unit::VectorAlu).pie(),
        row("ee.vmulas.u8.qacc.ld.xp.qup", "110011 qu[2:1] qy[0] qs0[2:0] qu[0] qs1[2:0] qx[1:0] qy[2:1] ad[3:0] as[3:0] 111 qx[2]", [Q.output_at("qu", 2), A.inout("as"), A.input("ad"), Q.input("qx"), Q.input("qy"), Q.inout("qs0"), Q.input("qs1")], load_xp_shift::<Lanes<u8>>).state([SarByte.read(), QaccH.updated_at(2, 2), QaccL.updated_at(2, 2)]).unit(Unit::VectorAlu).pie(),
        row("ee.vmulas.u8.qacc.ldbc.incp", "111 qu[2] 0111 qu[1] qy[2] qu[0] qy[1:0] qx[2:0] as[3:0] 0100", [Q.output_at("qu", 2), A.inout("as"), Q.input("qx"), Q.input("qy")], broadcast::<Lanes<u8>>).state([QaccL.updated_at(2, 2), QaccH.updated_at(2, 2)]).unit(Unit::VectorAlu).pie(),
        row("ee.vmulas.u8.qacc.ldbc.incp.qup", "111000 qu[2:1] qy[0] qs0[2:0] qu[0] qs1[2:0] qx[1:0] qy[2:1] 1011 as[3:0] 111 qx[2]", [Q.output_at("qu", 2), A.inout("as"), Q.input("qx"), Q.input("qy"), Q.inout("qs0"), Q.input("qs1")], broadcast_shift::<Lanes<u8>>).state([SarByte.read(), QaccH.updated_at(2, 2), QaccL.updated_at(2, 2)]).unit(Unit::VectorAlu).pie(),
        row("ee.vsmulas.s16.qacc", "10 sel[2:1] 1110 sel[0] qy[2] 1 qy[1:0] qx[2:0] 11000100", [Q.input("qx"), Q.input("qy"), imm("sel", 0, 7, 1)], scalar::<i16>).state([QaccH.updated_at(2, 2), QaccL.updated_at(2, 2)]).unit(Unit::VectorAlu).pie(),
        row("ee.vsmulas.s16.qacc.ld.incp", "111000 qu[2:1] qy[0] 111 qu[0] sel[2:0] qx[1:0] qy[2:1] 1100 as[3:0] 111 qx[2]", [Q.output_at("qu", 2), A.inout("as"), Q.input("qx"), Q.input("qy"), imm("sel", 0, 7, 1)], scalar_load::<i16>).state([QaccH.updated_at(2, 2), QaccL.updated_at(2, 2)]).unit(Unit::VectorAlu).pie(),
        row("ee.vsmulas.s8.qacc", "10 sel[3:2] 1110 sel[1] qy[2] 0 qy[1:0] qx[2:0] 010 sel[0] 0100", [Q.input("qx"), Q.input("qy"), imm("sel", 0, 15, 1)], scalar::<i8>).state([QaccL.updated_at(2, 2), QaccH.updated_at(2, 2)]).unit(Unit::VectorAlu).pie(),
        row("ee.vsmulas.s8.qacc.ld.incp", "111000 qu[2:1] qy[0] 01 sel[0] qu[0] sel[3:1] qx[1:0] qy[2:1] 1100 as[3:0] 111 qx[2]", [Q.output_at("qu", 2), A.inout("as"), Q.input("qx"), Q.input("qy"), imm("sel", 0, 15, 1)], scalar_load::<i8>).state([QaccH.updated_at(2, 2), QaccL.updated_at(2, 2)]).unit(Unit::VectorAlu).pie(),
    ]
}

/// Where products go.
trait Accumulator {
    /// Lane type of the factors.
    type Factor: Lane;
    /// Adds the products of vector registers `x` and `y`.
    fn accumulate(c: &mut Core, x: i32, y: i32);
}

/// All products into ACCX.
struct Total<T>(PhantomData<T>);
/// Each product into its own lane of QACC.
struct Lanes<T>(PhantomData<T>);

/// A number of `bits` bits as the integer it stands for.
#[inline(always)]
fn extend(value: u64, bits: u32, signed: bool) -> i64 {
    if signed {
        (value << (64 - bits)) as i64 >> (64 - bits)
    } else {
        value as i64
    }
}

#[inline(always)]
fn saturate(value: i64, bits: u32, signed: bool) -> u64 {
    let clamped = if signed {
        value.clamp(-(1 << (bits - 1)), (1 << (bits - 1)) - 1)
    } else {
        value.clamp(0, (1 << bits) - 1)
    };
    clamped as u64 & ((1 << bits) - 1)
}

/// Whether lanes of `T` are signed.
#[inline(always)]
fn signed<T: Lane>() -> bool {
    T::wrap(-1).into() < 0
}

impl<T: Lane> Accumulator for Total<T> {
    type Factor = T;

    #[inline(always)]
    fn accumulate(c: &mut Core, x: i32, y: i32) {
        let sum = extend(c.accx, 40, signed::<T>()) + T::dot(c.lanes(x), c.lanes(y));
        c.accx = saturate(sum, 40, signed::<T>());
    }
}

/// The products of the lanes of `x` with those of `y`.
#[inline(always)]
fn products<T: Lane, const N: usize>(x: &Bytes, y: &Bytes) -> [i64; N] {
    let mut products = [0; N];
    for (i, product) in products.iter_mut().enumerate() {
        *product = T::at(x, i).into() * T::at(y, i).into();
    }
    products
}

/// Adds to the sixteen 20-bit lanes of QACC.
#[inline(always)]
fn add_20(c: &mut Core, products: [i64; 16], signed: bool) {
    for (lane, product) in c.qacc.iter_mut().zip(products) {
        *lane = if signed {
            let sum = ((*lane << 12) as i32 >> 12) + product as i32;
            sum.clamp(-0x8_0000, 0x7_FFFF) as u32 & 0xF_FFFF
        } else {
            (*lane + product as u32).min(0xF_FFFF)
        };
    }
}

/// Adds to the eight 40-bit lanes of QACC.
#[inline(always)]
fn add_40(c: &mut Core, products: [i64; 8], signed: bool) {
    for (pair, product) in c.qacc.chunks_exact_mut(2).zip(products) {
        let lane = u64::from(pair[0]) | u64::from(pair[1]) << 20;
        let sum = saturate(extend(lane, 40, signed) + product, 40, signed);
        pair[0] = sum as u32 & 0xF_FFFF;
        pair[1] = (sum >> 20) as u32;
    }
}

/// Adds the lanes' products of two vectors to QACC: 20-bit lanes for 8-bit
/// factors, 40-bit lanes for 16-bit ones.
#[inline(always)]
fn add_lanes<T: Lane>(c: &mut Core, x: &Bytes, y: &Bytes) {
    if T::BITS == 8 {
        add_20(c, products::<T, 16>(x, y), signed::<T>());
    } else {
        add_40(c, products::<T, 8>(x, y), signed::<T>());
    }
}

impl<T: Lane> Accumulator for Lanes<T> {
    type Factor = T;

    #[inline(always)]
    fn accumulate(c: &mut Core, x: i32, y: i32) {
        let (x, y) = (*c.lanes(x), *c.lanes(y));
        add_lanes::<T>(c, &x, &y);
    }
}

/// `qx, qy`
fn plain<A: Accumulator>(c: &mut Core, o: &Operands) -> Done {
    A::accumulate(c, o[0], o[1]);
    Ok(())
}

/// `qu, as, STEP, qx, qy`: loads, too.
#[inline(always)]
fn with_load<A: Accumulator>(c: &mut Core, o: &Operands, step: u32) -> Done {
    let loaded = c.load_q(c.a(o[1]))?;
    A::accumulate(c, o[3], o[4]);
    c.set_q(o[0], loaded);
    c.advance(o[1], step)
}

fn load_ip<A: Accumulator>(c: &mut Core, o: &Operands) -> Done {
    with_load::<A>(c, o, o[2] as u32)
}

fn load_xp<A: Accumulator>(c: &mut Core, o: &Operands) -> Done {
    with_load::<A>(c, o, c.a(o[2]))
}

/// `qu, as, STEP, qx, qy, qs0, qs1`: loads and shifts, too.
#[inline(always)]
fn with_load_shift<A: Accumulator>(c: &mut Core, o: &Operands, step: u32) -> Done {
    let loaded = c.load_q_stream(c.a(o[1]))?;
    let aligned = funnel(c, o[5], o[6]);
    A::accumulate(c, o[3], o[4]);
    c.set_q(o[5], aligned);
    c.set_q(o[0], loaded);
    c.advance(o[1], step)
}

fn load_ip_shift<A: Accumulator>(c: &mut Core, o: &Operands) -> Done {
    with_load_shift::<A>(c, o, o[2] as u32)
}

fn load_xp_shift<A: Accumulator>(c: &mut Core, o: &Operands) -> Done {
    with_load_shift::<A>(c, o, c.a(o[2]))
}

/// One factor from memory in every lane.
#[inline(always)]
fn load_broadcast<T: Lane>(c: &mut Core, address: u32) -> Result<u128, Trap> {
    if T::BITS == 8 {
        Ok(u128::from_le_bytes([c.load_aligned::<1>(address)?[0]; 16]))
    } else {
        let lane = u16::from_le_bytes(c.load_aligned(address)?);
        Ok(u128::from(lane) * (u128::MAX / 0xFFFF))
    }
}

/// `qu, as, qx, qy`: loads one factor into all lanes, too.
fn broadcast<A: Accumulator>(c: &mut Core, o: &Operands) -> Done {
    let loaded = load_broadcast::<A::Factor>(c, c.a(o[1]))?;
    A::accumulate(c, o[2], o[3]);
    c.set_q(o[0], loaded);
    c.advance(o[1], A::Factor::BITS / 8)
}

/// `qu, as, qx, qy, qs0, qs1`: loads one factor and shifts, too.
fn broadcast_shift<A: Accumulator>(c: &mut Core, o: &Operands) -> Done {
    let loaded = load_broadcast::<A::Factor>(c, c.a(o[1]))?;
    let aligned = funnel(c, o[4], o[5]);
    A::accumulate(c, o[2], o[3]);
    c.set_q(o[4], aligned);
    c.set_q(o[0], loaded);
    c.advance(o[1], A::Factor::BITS / 8)
}

/// Adds the products of all lanes of register `x` with lane `lane` of `y`.
#[inline(always)]
fn by_scalar<T: Lane>(c: &mut Core, x: i32, y: i32, lane: i32) {
    let factor = T::at(c.lanes(y), lane as usize);
    let factors = T::map(c.lanes(y), |_| factor).to_le_bytes();
    let x = *c.lanes(x);
    add_lanes::<T>(c, &x, &factors);
}

/// `qx, qy, sel`
fn scalar<T: Lane>(c: &mut Core, o: &Operands) -> Done {
    by_scalar::<T>(c, o[0], o[1], o[2]);
    Ok(())
}

/// `qu, as, qx, qy, sel`
fn scalar_load<T: Lane>(c: &mut Core, o: &Operands) -> Done {
    let loaded = c.load_q(c.a(o[1]))?;
    by_scalar::<T>(c, o[2], o[3], o[4]);
    c.set_q(o[0], loaded);
    c.advance(o[1], 16)
}

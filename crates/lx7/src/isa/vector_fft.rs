//! Radix-2 FFT helpers. Source: the operation sections of the ESP32-S3 Technical
//! Reference Manual, chapter "Processor Instruction Extensions"; no published
//! measurements, confidence medium to low.

use super::operand::*;
use super::{Done, Operands};
use super::{File::*, Instruction, State::*, Unit, row};
use crate::core::{Cause, Core, Trap};

#[rustfmt::skip] // one instruction a line
pub(super) fn rows() -> Vec<Instruction> {
    vec![
        row("ee.bitrev", "11 qa[2:1] 1101 qa[0] 1111011 ax[3:0] 0100", [Q.output("qa"), A.inout("ax")], bit_reverse).state([FftBitWidth.read()]).pie(),
        row("ee.fft.ams.s16.ld.incp", "110100 sel[0] qz1[2] qz[0] qy[2:0] qz1[1] qm[2:0] qx[1:0] qz[2:1] qz1[0] qu[2:0] as[3:0] 111 qx[2]", [Q.output_at("qu", 2), A.inout("as"), Q.inout_at("qz", 2, 2), Q.inout_at("qz1", 2, 2), Q.input("qx"), Q.input("qy"), Q.input("qm"), imm("sel", 0, 1, 1)], add_multiply_load).state([Sar.read()]).unit(Unit::FftAms).pie(),
        row("ee.fft.ams.s16.ld.incp.uaup", "110101 sel[0] qz1[2] qz[0] qy[2:0] qz1[1] qm[2:0] qx[1:0] qz[2:1] qz1[0] qu[2:0] as[3:0] 111 qx[2]", [Q.output_at("qu", 2), A.inout("as"), Q.inout_at("qz", 2, 2), Q.inout_at("qz1", 2, 2), Q.input("qx"), Q.input("qy"), Q.input("qm"), imm("sel", 0, 1, 1)], add_multiply_load_unaligned).state([Sar.read(), SarByte.read(), UaState.updated()]).unit(Unit::FftAms).pie(),
        row("ee.fft.ams.s16.ld.r32.decp", "110110 sel[0] qz1[2] qz[0] qy[2:0] qz1[1] qm[2:0] qx[1:0] qz[2:1] qz1[0] qu[2:0] as[3:0] 111 qx[2]", [Q.output_at("qu", 2), A.inout("as"), Q.inout_at("qz", 2, 2), Q.inout_at("qz1", 2, 2), Q.input("qx"), Q.input("qy"), Q.input("qm"), imm("sel", 0, 1, 1)], add_multiply_load_reversed).state([Sar.read()]).unit(Unit::FftAms).pie(),
        row("ee.fft.ams.s16.st.incp", "10100 sel[0] qz1[2:1] qm[0] qv[2:0] qz1[0] qx[2:0] qy[1:0] qm[2:1] as[3:0] as0[3:0] 111 qy[2]", [Q.input_at("qv", 2), Q.inout_at("qz1", 2, 2), A.inout_at("as0", 1, 2), A.inout("as"), Q.input("qx"), Q.input("qy"), Q.input("qm"), imm("sel", 0, 1, 1)], add_multiply_store).state([Sar.read()]).unit(Unit::FftAms).pie().vector_store(),
        row("ee.fft.cmul.s16.ld.xp", "110111 sel[2:1] qu[0] qy[2:0] sel[0] qz[2:0] qx[1:0] qu[2:1] ad[3:0] as[3:0] 111 qx[2]", [Q.output_at("qu", 2), A.inout("as"), A.input("ad"), Q.inout_at("qz", 2, 2), Q.input("qx"), Q.input("qy"), imm("sel", 0, 7, 1)], multiply_load).state([Sar.read()]).unit(Unit::FftCmul).pie(),
        row("ee.fft.cmul.s16.st.xp", "10101 sar[1:0] upd[1] sel[0] qy[2:0] upd[0] qv[2:0] qx[1:0] sel[2:1] ad[3:0] as[3:0] 111 qx[2]", [Q.input("qx"), Q.input("qy"), Q.input_at("qv", 2), A.inout("as"), A.input("ad"), imm("sel", 0, 7, 1), imm("upd", 0, 3, 1), imm("sar", 0, 3, 1)], multiply_store).state([Sar.read()]).unit(Unit::FftCmul).pie().vector_store(),
        row("ee.fft.r2bf.s16", "11 qa0[2:1] 1100 qa0[0] qa1[2:0] qy[2:1] 0 sel[0] qx[2:1] qy[0] qx[0] 0100", [Q.output("qa0"), Q.output("qa1"), Q.input("qx"), Q.input("qy"), imm("sel", 0, 1, 1)], butterfly).pie(),
        row("ee.fft.r2bf.s16.st.incp", "11101000 sar[0] qy[2:0] 1 qa0[2:0] qx[1:0] 0 sar[1] 0100 as[3:0] 111 qx[2]", [Q.output("qa0"), Q.input("qx"), Q.input("qy"), A.inout("as"), imm("sar", 0, 3, 1)], butterfly_store).pie().vector_store(),
        row("ee.fft.vst.r32.decp", "11 qv[2:1] 1101 qv[0] 0110 imm[0] 11 as[3:0] 0100", [Q.input_at("qv", 2), A.inout("as"), imm("imm", 0, 1, 1)], store_reversed).pie().vector_store(),
    ]
}
fn bit_reverse(_: &mut Core, _: &Operands) -> Done {
    Err(Trap::new(Cause::Unimplemented))
}
fn butterfly(_: &mut Core, _: &Operands) -> Done {
    Err(Trap::new(Cause::Unimplemented))
}
fn butterfly_store(_: &mut Core, _: &Operands) -> Done {
    Err(Trap::new(Cause::Unimplemented))
}
fn store_reversed(_: &mut Core, _: &Operands) -> Done {
    Err(Trap::new(Cause::Unimplemented))
}
fn multiply_load(_: &mut Core, _: &Operands) -> Done {
    Err(Trap::new(Cause::Unimplemented))
}
fn multiply_store(_: &mut Core, _: &Operands) -> Done {
    Err(Trap::new(Cause::Unimplemented))
}
fn add_multiply_load(_: &mut Core, _: &Operands) -> Done {
    Err(Trap::new(Cause::Unimplemented))
}
fn add_multiply_load_unaligned(_: &mut Core, _: &Operands) -> Done {
    Err(Trap::new(Cause::Unimplemented))
}
fn add_multiply_load_reversed(_: &mut Core, _: &Operands) -> Done {
    Err(Trap::new(Cause::Unimplemented))
}
fn add_multiply_store(_: &mut Core, _: &Operands) -> Done {
    Err(Trap::new(Cause::Unimplemented))
}

//! Processor state, exceptions, synchronisation, host calls.

use super::operand::*;
use super::{Done, Operands};
use super::{File::*, Instruction, State::*, row};
use crate::core::{Cause, Core, PS_EXCM, PS_INTLEVEL, Trap, special};

#[rustfmt::skip] // one instruction a line
pub(super) fn rows() -> Vec<Instruction> {
    vec![
        row("break", "000000000100 imm0[3:0] imm1[3:0] 0000", [imm("imm0", 0, 15, 1), imm("imm1", 0, 15, 1)], |_, o| Err(Trap::at(Cause::Debug, (o[0] << 4 | o[1]) as u32, 0))).state([Ps.read()]).control(),
        row("break.n", "1111 imm[3:0] 00101101", [imm("imm", 0, 15, 1)], |_, o| Err(Trap::at(Cause::Debug, o[0] as u32, 0))).state([Ps.read()]),
        row("dsync", "000000000010000000110000", [], |_, _| Ok(())),
        row("esync", "000000000010000000100000", [], |_, _| Ok(())),
        row("excw", "000000000010000010000000", [], |_, _| Ok(())),
        row("extw", "000000000010000011010000", [], |_, _| Ok(())),
        row("idtlb", "010100001100 as[3:0] 00000000", [A.input("as")], |_, _| Ok(())),
        row("iitlb", "010100000100 as[3:0] 00000000", [A.input("as")], |_, _| Ok(())),
        row("ill", "000000000000000000000000", [], |_, _| Err(Trap::new(Cause::IllegalInstruction))),
        row("ill.n", "1111000001101101", [], |_, _| Err(Trap::new(Cause::IllegalInstruction))),
        row("isync", "000000000010000000000000", [], |_, _| Ok(())),
        row("lddr32.p", "000000000111 as[3:0] 11100000", [A.inout_at("as", 1, 2)], unimplemented).state([Exception.written()]),
        row("memw", "000000000010000011000000", [], |_, _| Ok(())),
        row("pdtlb", "010100001101 as[3:0] at[3:0] 0000", [A.output("at"), A.input("as")], unimplemented),
        row("pitlb", "010100000101 as[3:0] at[3:0] 0000", [A.output("at"), A.input("as")], unimplemented),
        row("rdtlb0", "010100001011 as[3:0] at[3:0] 0000", [A.output("at"), A.input("as")], unimplemented),
        row("rdtlb1", "010100001111 as[3:0] at[3:0] 0000", [A.output("at"), A.input("as")], unimplemented),
        row("rer", "010000000110 as[3:0] at[3:0] 0000", [A.output_at("at", 2), A.input("as")], unimplemented),
        row("rfdd", "111100011110000000010000", [], unimplemented),
        row("rfde", "000000000011001000000000", [], rfde).state([Exception.read()]).control(),
        row("rfdo", "111100011110 imm[3:0] 00000000", [imm("imm", 0, 15, 1)], unimplemented).state([Exception.read(), Ps.written()]),
        row("rfe", "000000000011000000000000", [], rfe).state([Ps.written(), Exception.read()]).control(),
        row("rfi", "000000000011 imm[3:0] 00010000", [imm("imm", 0, 15, 1)], rfi).state([Ps.written(), Exception.read()]).control(),
        row("ritlb0", "010100000011 as[3:0] at[3:0] 0000", [A.output("at"), A.input("as")], unimplemented),
        row("ritlb1", "010100000111 as[3:0] at[3:0] 0000", [A.output("at"), A.input("as")], unimplemented),
        row("rsil", "000000000110 imm[3:0] at[3:0] 0000", [A.output("at"), imm("imm", 0, 15, 1)], rsil).state([Ps.updated()]),
        row("rsync", "000000000010000000010000", [], |_, _| Ok(())),
        row("sddr32.p", "000000000111 as[3:0] 11110000", [A.inout("as")], unimplemented).state([Exception.read()]),
        row("simcall", "000000000101000100000000", [], |_, _| Err(Trap::new(Cause::Simcall))).control(),
        row("syscall", "000000000101000000000000", [], |_, _| Err(Trap::new(Cause::Syscall))),
        row("waiti", "000000000111 imm[3:0] 00000000", [imm("imm", 0, 15, 1)], waiti).state([Ps.written()]),
        row("wdtlb", "010100001110 as[3:0] at[3:0] 0000", [A.input("at"), A.input("as")], |_, _| Ok(())),
        row("wer", "010000000111 as[3:0] at[3:0] 0000", [A.input("at"), A.input("as")], unimplemented),
        row("witlb", "010100000110 as[3:0] at[3:0] 0000", [A.input("at"), A.input("as")], |_, _| Ok(())),
    ]
}

/// Debug, TLB and external-register accesses, whose other side is not modelled.
fn unimplemented(_: &mut Core, _: &Operands) -> Done {
    Err(Trap::new(Cause::Unimplemented))
}

fn waiti(c: &mut Core, o: &Operands) -> Done {
    c.set_ps(c.ps & !PS_INTLEVEL | o[0] as u32);
    Err(Trap::new(Cause::WaitsForever))
}

fn rsil(c: &mut Core, o: &Operands) -> Done {
    let old = c.ps;
    c.set_ps(old & !PS_INTLEVEL | o[1] as u32);
    c.put(o[0], old)
}

fn rfe(c: &mut Core, _: &Operands) -> Done {
    c.set_ps(c.ps & !PS_EXCM);
    c.jump(c.special[special::EPC1])
}

fn rfde(c: &mut Core, _: &Operands) -> Done {
    c.jump(c.special[special::DEPC])
}

/// Returns from interrupt level `o[0]`.
fn rfi(c: &mut Core, o: &Operands) -> Done {
    let level = o[0] as usize;
    if !(2..=7).contains(&level) {
        return Err(Trap::new(Cause::IllegalInstruction));
    }
    c.set_ps(c.special[special::EPS2 + level - 2]);
    c.jump(c.special[special::EPC1 + level - 1])
}

//! Register windows.

use super::operand::*;
use super::{Done, Operands};
use super::{File::*, Instruction, State::*, row};
use crate::core::Core;

#[rustfmt::skip] // one instruction a line
pub(super) fn rows() -> Vec<Instruction> {
    vec![
        row("entry", "imm[11:0] as[3:0] 00110110", [A.input("as"), imm("imm", 0, 32760, 8)], |c, o| c.enter_frame(o[0], o[1] as u32)).state([Ps.read(), Window.updated()]),
        row("l32e", "00001001 imm[3:0] as[3:0] at[3:0] 0000", [A.output_at("at", 2), A.input("as"), imm("imm", -64, -4, 4)], l32i),
        row("movsp", "000000000001 as[3:0] at[3:0] 0000", [A.output("at"), A.input("as")], |c, o| c.move_stack_pointer(o[0], o[1])).state([Window.read()]),
        row("rfwo", "000000000011010000000000", [], |c, _| c.return_from_window(false)).state([Exception.read(), Ps.updated(), Window.updated()]).control(),
        row("rfwu", "000000000011010100000000", [], |c, _| c.return_from_window(true)).state([Exception.read(), Ps.updated(), Window.updated()]).control(),
        row("rotw", "0100000010000000 imm[3:0] 0000", [imm("imm", -8, 7, 1)], |c, o| { c.set_window_base(c.window_base.wrapping_add(o[0] as u32)); Ok(()) }).state([Window.updated()]),
        row("s32e", "01001001 imm[3:0] as[3:0] at[3:0] 0000", [A.input("at"), A.input("as"), imm("imm", -64, -4, 4)], s32i),
    ]
}

fn l32i(c: &mut Core, o: &Operands) -> Done {
    let value = c.load32(c.a(o[1]).wrapping_add(o[2] as u32))?;
    c.put(o[0], value)
}

fn s32i(c: &mut Core, o: &Operands) -> Done {
    c.store32(c.a(o[1]).wrapping_add(o[2] as u32), c.a(o[0]))
}

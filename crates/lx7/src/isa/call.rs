//! Jumps, calls and returns.

use super::Done;
use super::operand::*;
use super::{File::*, Instruction, State::*, row};
use crate::core::{Core, PS_CALLINC};

#[rustfmt::skip] // one instruction a line
pub(super) fn rows() -> Vec<Instruction> {
    vec![
        row("call0", "target[17:0] 000101", [call_target()], |c, o| call(c, o[0] as u32, 0)).control(),
        row("call12", "target[17:0] 110101", [call_target()], |c, o| call(c, o[0] as u32, 3)).state([Ps.written()]).control(),
        row("call4", "target[17:0] 010101", [call_target()], |c, o| call(c, o[0] as u32, 1)).state([Ps.written()]).control(),
        row("call8", "target[17:0] 100101", [call_target()], |c, o| call(c, o[0] as u32, 2)).state([Ps.written()]).control(),
        row("callx0", "000000000000 as[3:0] 11000000", [A.input("as")], |c, o| call(c, c.a(o[0]), 0)).control(),
        row("callx12", "000000000000 as[3:0] 11110000", [A.input("as")], |c, o| call(c, c.a(o[0]), 3)).state([Ps.written()]).control(),
        row("callx4", "000000000000 as[3:0] 11010000", [A.input("as")], |c, o| call(c, c.a(o[0]), 1)).state([Ps.written()]).control(),
        row("callx8", "000000000000 as[3:0] 11100000", [A.input("as")], |c, o| call(c, c.a(o[0]), 2)).state([Ps.written()]).control(),
        row("j", "target[17:0] 000110", [branch_target(-131068, 131075)], |c, o| c.jump(o[0] as u32)).control(),
        row("jx", "000000000000 as[3:0] 10100000", [A.input("as")], |c, o| c.jump(c.a(o[0]))).control(),
        row("ret", "000000000000000010000000", [], |c, _| c.jump(c.a(0))).control(),
        row("ret.n", "1111000000001101", [], |c, _| c.jump(c.a(0))).control(),
        row("retw", "000000000000000010010000", [], |c, _| c.leave_frame()).state([Window.updated(), Ps.updated()]).control(),
        row("retw.n", "1111000000011101", [], |c, _| c.leave_frame()).state([Window.updated(), Ps.updated()]).control(),
    ]
}

/// Calls `target`. A windowed call leaves the return address, marked with the
/// window increment, in the register that becomes the callee's `a0`; `entry`
/// does the rest.
fn call(c: &mut Core, target: u32, increment: u32) -> Done {
    let next = c.next;
    if increment == 0 {
        c.set_a(0, next);
    } else {
        c.ps = c.ps & !PS_CALLINC | increment << 16;
        c.set_a(increment as i32 * 4, increment << 30 | next & 0x3FFF_FFFF);
    }
    c.jump(target)
}

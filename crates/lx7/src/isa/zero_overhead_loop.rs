//! Zero-overhead loops.

use super::operand::*;
use super::{Done, Operands};
use super::{File::*, Instruction, State, row};
use crate::core::Core;

#[rustfmt::skip] // one instruction a line
pub(super) fn rows() -> Vec<Instruction> {
    vec![
        row("loop", "target[7:0] 1000 as[3:0] 01110110", [A.input("as"), loop_target()], |c, o| start(c, o, true)).state([State::Loop.written()]).control(),
        row("loopgtz", "target[7:0] 1010 as[3:0] 01110110", [A.input("as"), loop_target()], |c, o| start(c, o, c.a(o[0]) as i32 > 0)).state([State::Loop.written()]).control(),
        row("loopnez", "target[7:0] 1001 as[3:0] 01110110", [A.input("as"), loop_target()], |c, o| start(c, o, c.a(o[0]) != 0)).state([State::Loop.written()]).control(),
    ]
}

/// Starts a loop from the next instruction to the target, or skips it. A count
/// of 0 that enters (`loop` only) runs 2^32 times.
fn start(c: &mut Core, o: &Operands, enter: bool) -> Done {
    c.lcount = c.a(o[0]).wrapping_sub(1);
    c.lbeg = c.next;
    c.lend = o[1] as u32;
    c.branch(!enter, o[1])
}

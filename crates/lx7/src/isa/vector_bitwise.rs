//! Logic on whole vector registers.

use super::{File::*, Instruction, row};

#[rustfmt::skip] // one instruction a line
pub(super) fn rows() -> Vec<Instruction> {
    vec![
        row("ee.andq", "11 qa[2:1] 1101 qa[0] 011 qy[2:1] 00 qx[2:1] qy[0] qx[0] 0100", [Q.output("qa"), Q.input("qx"), Q.input("qy")], |c, o| c.put_q(o[0], c.q(o[1]) & c.q(o[2]))).pie(),
        row("ee.notq", "11 qa[2:1] 1101 qa[0] 1111111 qx[2:1] 0 qx[0] 0100", [Q.output("qa"), Q.input("qx")], |c, o| c.put_q(o[0], !c.q(o[1]))).pie(),
        row("ee.orq", "11 qa[2:1] 1101 qa[0] 111 qy[2:1] 00 qx[2:1] qy[0] qx[0] 0100", [Q.output("qa"), Q.input("qx"), Q.input("qy")], |c, o| c.put_q(o[0], c.q(o[1]) | c.q(o[2]))).pie(),
        row("ee.xorq", "11 qa[2:1] 1101 qa[0] 011 qy[2:1] 01 qx[2:1] qy[0] qx[0] 0100", [Q.output("qa"), Q.input("qx"), Q.input("qy")], |c, o| c.put_q(o[0], c.q(o[1]) ^ c.q(o[2]))).pie(),
    ]
}

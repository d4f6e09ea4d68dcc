//! Boolean registers.

use super::{File::*, Instruction, row};

#[rustfmt::skip] // one instruction a line
pub(super) fn rows() -> Vec<Instruction> {
    vec![
        row("all4", "000000001001 bs[1:0] 00 bt[3:0] 0000", [B.output("bt"), B.aligned_in("bs", 4)], |c, o| c.put_b(o[0], c.br >> o[1] & 15 == 15)),
        row("all8", "000000001011 bs[0] 000 bt[3:0] 0000", [B.output("bt"), B.aligned_in("bs", 8)], |c, o| c.put_b(o[0], c.br >> o[1] & 255 == 255)),
        row("andb", "00000010 br[3:0] bs[3:0] bt[3:0] 0000", [B.output("br"), B.input("bs"), B.input("bt")], |c, o| c.put_b(o[0], c.b(o[1]) & c.b(o[2]))),
        row("andbc", "00010010 br[3:0] bs[3:0] bt[3:0] 0000", [B.output("br"), B.input("bs"), B.input("bt")], |c, o| c.put_b(o[0], c.b(o[1]) & !c.b(o[2]))),
        row("any4", "000000001000 bs[1:0] 00 bt[3:0] 0000", [B.output("bt"), B.aligned_in("bs", 4)], |c, o| c.put_b(o[0], c.br >> o[1] & 15 != 0)),
        row("any8", "000000001010 bs[0] 000 bt[3:0] 0000", [B.output("bt"), B.aligned_in("bs", 8)], |c, o| c.put_b(o[0], c.br >> o[1] & 255 != 0)),
        row("orb", "00100010 br[3:0] bs[3:0] bt[3:0] 0000", [B.output("br"), B.input("bs"), B.input("bt")], |c, o| c.put_b(o[0], c.b(o[1]) | c.b(o[2]))),
        row("orbc", "00110010 br[3:0] bs[3:0] bt[3:0] 0000", [B.output("br"), B.input("bs"), B.input("bt")], |c, o| c.put_b(o[0], c.b(o[1]) | !c.b(o[2]))),
        row("xorb", "01000010 br[3:0] bs[3:0] bt[3:0] 0000", [B.output("br"), B.input("bs"), B.input("bt")], |c, o| c.put_b(o[0], c.b(o[1]) ^ c.b(o[2]))),
    ]
}

//! The CPU's own GPIO port, 8 bits out and 8 in.

use super::operand::*;
use super::{File::*, Instruction, State::*, row};

#[rustfmt::skip] // one instruction a line
pub(super) fn rows() -> Vec<Instruction> {
    vec![
        row("ee.clr_bit_gpio_out", "011101100100 imm[7:0] 0100", [imm("imm", 0, 255, 1)], |c, o| { c.gpio_out &= !(o[0] as u32); Ok(()) }).state([GpioOut.updated()]),
        row("ee.get_gpio_in", "0110010100001000 au[3:0] 0100", [A.output("au")], |c, o| c.put(o[0], c.gpio_in & 255)),
        row("ee.set_bit_gpio_out", "011101010100 imm[7:0] 0100", [imm("imm", 0, 255, 1)], |c, o| { c.gpio_out |= o[0] as u32; Ok(()) }).state([GpioOut.updated()]),
        row("ee.wr_mask_gpio_out", "011100100100 ax[3:0] as[3:0] 0100", [A.input("as"), A.input("ax")], |c, o| { let mask = c.a(o[1]) & 255; c.gpio_out = c.gpio_out & !mask | c.a(o[0]) & mask; Ok(()) }).state([GpioOut.updated()]),
    ]
}

//! Floating-point comparisons into boolean registers.

use super::float_round::{INVALID, is_signaling};
use super::{Done, Operands};
use super::{File::*, Instruction, State::*, row};
use crate::core::Core;
use std::cmp::Ordering::{self, Equal, Greater, Less};

#[rustfmt::skip] // one instruction a line
pub(super) fn rows() -> Vec<Instruction> {
    vec![
        row("oeq.s", "00101011 br[3:0] fs[3:0] ft[3:0] 0000", [B.output_at("br", 2), F.input("fs"), F.input("ft")], |c, o| compare(c, o, false, |o| o == Some(Equal))).state([Fsr.updated()]).fpu(),
        row("ole.s", "01101011 br[3:0] fs[3:0] ft[3:0] 0000", [B.output_at("br", 2), F.input("fs"), F.input("ft")], |c, o| compare(c, o, true, |o| matches!(o, Some(Less | Equal)))).state([Fsr.updated()]).fpu(),
        row("olt.s", "01001011 br[3:0] fs[3:0] ft[3:0] 0000", [B.output_at("br", 2), F.input("fs"), F.input("ft")], |c, o| compare(c, o, true, |o| o == Some(Less))).state([Fsr.updated()]).fpu(),
        row("ueq.s", "00111011 br[3:0] fs[3:0] ft[3:0] 0000", [B.output_at("br", 2), F.input("fs"), F.input("ft")], |c, o| compare(c, o, false, |o| matches!(o, None | Some(Equal)))).state([Fsr.updated()]).fpu(),
        row("ule.s", "01111011 br[3:0] fs[3:0] ft[3:0] 0000", [B.output_at("br", 2), F.input("fs"), F.input("ft")], |c, o| compare(c, o, true, |o| !matches!(o, Some(Greater)))).state([Fsr.updated()]).fpu(),
        row("ult.s", "01011011 br[3:0] fs[3:0] ft[3:0] 0000", [B.output_at("br", 2), F.input("fs"), F.input("ft")], |c, o| compare(c, o, true, |o| matches!(o, None | Some(Less)))).state([Fsr.updated()]).fpu(),
        row("un.s", "00011011 br[3:0] fs[3:0] ft[3:0] 0000", [B.output_at("br", 2), F.input("fs"), F.input("ft")], |c, o| compare(c, o, false, |o| o.is_none())).state([Fsr.updated()]).fpu(),
    ]
}

/// Compares `o[1]` with `o[2]`. Ordering comparisons are invalid with any NaN,
/// the others with signaling NaNs only (IEEE 754, section 5.11).
#[inline(always)]
fn compare(
    c: &mut Core,
    o: &Operands,
    ordering: bool,
    result: fn(Option<Ordering>) -> bool,
) -> Done {
    let (a, b) = (c.f(o[1]), c.f(o[2]));
    let order = f32::from_bits(a).partial_cmp(&f32::from_bits(b));
    if order.is_none() && (ordering || is_signaling(a) || is_signaling(b)) {
        c.fsr |= INVALID;
    }
    c.put_b(o[0], result(order))
}

//! MAC16: 16-bit multiply-accumulate into the 40-bit ACC.

use super::{Done, Operands};
use super::{File::*, Instruction, State::*, row};
use crate::core::Core;

#[rustfmt::skip] // one instruction a line
pub(super) fn rows() -> Vec<Instruction> {
    vec![
        row("lddec", "1001000000 mw[1:0] as[3:0] 00000100", [M.output_at("mw", 2), A.inout("as")], |c, o| load_data(c, o, 4u32.wrapping_neg())),
        row("ldinc", "1000000000 mw[1:0] as[3:0] 00000100", [M.output_at("mw", 2), A.inout("as")], |c, o| load_data(c, o, 4)),
        row("mul.aa.hh", "011101110000 as[3:0] at[3:0] 0100", [A.input("as"), A.input("at")], |c, o| multiply(c, high(c.a(o[0])), high(c.a(o[1])))).state([Acc.written()]),
        row("mul.aa.hl", "011101010000 as[3:0] at[3:0] 0100", [A.input("as"), A.input("at")], |c, o| multiply(c, high(c.a(o[0])), low(c.a(o[1])))).state([Acc.written()]),
        row("mul.aa.lh", "011101100000 as[3:0] at[3:0] 0100", [A.input("as"), A.input("at")], |c, o| multiply(c, low(c.a(o[0])), high(c.a(o[1])))).state([Acc.written()]),
        row("mul.aa.ll", "011101000000 as[3:0] at[3:0] 0100", [A.input("as"), A.input("at")], |c, o| multiply(c, low(c.a(o[0])), low(c.a(o[1])))).state([Acc.written()]),
        row("mul.ad.hh", "001101110000 as[3:0] 0 my[0] 000100", [A.input("as"), M.pair_in("my", 2)], |c, o| multiply(c, high(c.a(o[0])), high(c.m[o[1] as usize]))).state([Acc.written()]),
        row("mul.ad.hl", "001101010000 as[3:0] 0 my[0] 000100", [A.input("as"), M.pair_in("my", 2)], |c, o| multiply(c, high(c.a(o[0])), low(c.m[o[1] as usize]))).state([Acc.written()]),
        row("mul.ad.lh", "001101100000 as[3:0] 0 my[0] 000100", [A.input("as"), M.pair_in("my", 2)], |c, o| multiply(c, low(c.a(o[0])), high(c.m[o[1] as usize]))).state([Acc.written()]),
        row("mul.ad.ll", "001101000000 as[3:0] 0 my[0] 000100", [A.input("as"), M.pair_in("my", 2)], |c, o| multiply(c, low(c.a(o[0])), low(c.m[o[1] as usize]))).state([Acc.written()]),
        row("mul.da.hh", "011001110 mx[0] 000000 at[3:0] 0100", [M.pair_in("mx", 0), A.input("at")], |c, o| multiply(c, high(c.m[o[0] as usize]), high(c.a(o[1])))).state([Acc.written()]),
        row("mul.da.hl", "011001010 mx[0] 000000 at[3:0] 0100", [M.pair_in("mx", 0), A.input("at")], |c, o| multiply(c, high(c.m[o[0] as usize]), low(c.a(o[1])))).state([Acc.written()]),
        row("mul.da.lh", "011001100 mx[0] 000000 at[3:0] 0100", [M.pair_in("mx", 0), A.input("at")], |c, o| multiply(c, low(c.m[o[0] as usize]), high(c.a(o[1])))).state([Acc.written()]),
        row("mul.da.ll", "011001000 mx[0] 000000 at[3:0] 0100", [M.pair_in("mx", 0), A.input("at")], |c, o| multiply(c, low(c.m[o[0] as usize]), low(c.a(o[1])))).state([Acc.written()]),
        row("mul.dd.hh", "001001110 mx[0] 0000000 my[0] 000100", [M.pair_in("mx", 0), M.pair_in("my", 2)], |c, o| multiply(c, high(c.m[o[0] as usize]), high(c.m[o[1] as usize]))).state([Acc.written()]),
        row("mul.dd.hl", "001001010 mx[0] 0000000 my[0] 000100", [M.pair_in("mx", 0), M.pair_in("my", 2)], |c, o| multiply(c, high(c.m[o[0] as usize]), low(c.m[o[1] as usize]))).state([Acc.written()]),
        row("mul.dd.lh", "001001100 mx[0] 0000000 my[0] 000100", [M.pair_in("mx", 0), M.pair_in("my", 2)], |c, o| multiply(c, low(c.m[o[0] as usize]), high(c.m[o[1] as usize]))).state([Acc.written()]),
        row("mul.dd.ll", "001001000 mx[0] 0000000 my[0] 000100", [M.pair_in("mx", 0), M.pair_in("my", 2)], |c, o| multiply(c, low(c.m[o[0] as usize]), low(c.m[o[1] as usize]))).state([Acc.written()]),
        row("mula.aa.hh", "011110110000 as[3:0] at[3:0] 0100", [A.input("as"), A.input("at")], |c, o| multiply_add(c, high(c.a(o[0])), high(c.a(o[1])))).state([Acc.updated()]),
        row("mula.aa.hl", "011110010000 as[3:0] at[3:0] 0100", [A.input("as"), A.input("at")], |c, o| multiply_add(c, high(c.a(o[0])), low(c.a(o[1])))).state([Acc.updated()]),
        row("mula.aa.lh", "011110100000 as[3:0] at[3:0] 0100", [A.input("as"), A.input("at")], |c, o| multiply_add(c, low(c.a(o[0])), high(c.a(o[1])))).state([Acc.updated()]),
        row("mula.aa.ll", "011110000000 as[3:0] at[3:0] 0100", [A.input("as"), A.input("at")], |c, o| multiply_add(c, low(c.a(o[0])), low(c.a(o[1])))).state([Acc.updated()]),
        row("mula.ad.hh", "001110110000 as[3:0] 0 my[0] 000100", [A.input("as"), M.pair_in("my", 2)], |c, o| multiply_add(c, high(c.a(o[0])), high(c.m[o[1] as usize]))).state([Acc.updated()]),
        row("mula.ad.hl", "001110010000 as[3:0] 0 my[0] 000100", [A.input("as"), M.pair_in("my", 2)], |c, o| multiply_add(c, high(c.a(o[0])), low(c.m[o[1] as usize]))).state([Acc.updated()]),
        row("mula.ad.lh", "001110100000 as[3:0] 0 my[0] 000100", [A.input("as"), M.pair_in("my", 2)], |c, o| multiply_add(c, low(c.a(o[0])), high(c.m[o[1] as usize]))).state([Acc.updated()]),
        row("mula.ad.ll", "001110000000 as[3:0] 0 my[0] 000100", [A.input("as"), M.pair_in("my", 2)], |c, o| multiply_add(c, low(c.a(o[0])), low(c.m[o[1] as usize]))).state([Acc.updated()]),
        row("mula.da.hh", "011010110 mx[0] 000000 at[3:0] 0100", [M.pair_in("mx", 0), A.input("at")], |c, o| multiply_add(c, high(c.m[o[0] as usize]), high(c.a(o[1])))).state([Acc.updated()]),
        row("mula.da.hh.lddec", "010110110 mx[0] mw[1:0] as[3:0] at[3:0] 0100", [M.output_at("mw", 2), A.inout("as"), M.pair_in("mx", 0), A.input("at")], |c, o| { let (x, y) = (high(c.m[o[2] as usize]), high(c.a(o[3]))); load_data(c, o, 4u32.wrapping_neg())?; multiply_add(c, x, y) }).state([Acc.updated()]),
        row("mula.da.hh.ldinc", "010010110 mx[0] mw[1:0] as[3:0] at[3:0] 0100", [M.output_at("mw", 2), A.inout("as"), M.pair_in("mx", 0), A.input("at")], |c, o| { let (x, y) = (high(c.m[o[2] as usize]), high(c.a(o[3]))); load_data(c, o, 4)?; multiply_add(c, x, y) }).state([Acc.updated()]),
        row("mula.da.hl", "011010010 mx[0] 000000 at[3:0] 0100", [M.pair_in("mx", 0), A.input("at")], |c, o| multiply_add(c, high(c.m[o[0] as usize]), low(c.a(o[1])))).state([Acc.updated()]),
        row("mula.da.hl.lddec", "010110010 mx[0] mw[1:0] as[3:0] at[3:0] 0100", [M.output_at("mw", 2), A.inout("as"), M.pair_in("mx", 0), A.input("at")], |c, o| { let (x, y) = (high(c.m[o[2] as usize]), low(c.a(o[3]))); load_data(c, o, 4u32.wrapping_neg())?; multiply_add(c, x, y) }).state([Acc.updated()]),
        row("mula.da.hl.ldinc", "010010010 mx[0] mw[1:0] as[3:0] at[3:0] 0100", [M.output_at("mw", 2), A.inout("as"), M.pair_in("mx", 0), A.input("at")], |c, o| { let (x, y) = (high(c.m[o[2] as usize]), low(c.a(o[3]))); load_data(c, o, 4)?; multiply_add(c, x, y) }).state([Acc.updated()]),
        row("mula.da.lh", "011010100 mx[0] 000000 at[3:0] 0100", [M.pair_in("mx", 0), A.input("at")], |c, o| multiply_add(c, low(c.m[o[0] as usize]), high(c.a(o[1])))).state([Acc.updated()]),
        row("mula.da.lh.lddec", "010110100 mx[0] mw[1:0] as[3:0] at[3:0] 0100", [M.output_at("mw", 2), A.inout("as"), M.pair_in("mx", 0), A.input("at")], |c, o| { let (x, y) = (low(c.m[o[2] as usize]), high(c.a(o[3]))); load_data(c, o, 4u32.wrapping_neg())?; multiply_add(c, x, y) }).state([Acc.updated()]),
        row("mula.da.lh.ldinc", "010010100 mx[0] mw[1:0] as[3:0] at[3:0] 0100", [M.output_at("mw", 2), A.inout("as"), M.pair_in("mx", 0), A.input("at")], |c, o| { let (x, y) = (low(c.m[o[2] as usize]), high(c.a(o[3]))); load_data(c, o, 4)?; multiply_add(c, x, y) }).state([Acc.updated()]),
        row("mula.da.ll", "011010000 mx[0] 000000 at[3:0] 0100", [M.pair_in("mx", 0), A.input("at")], |c, o| multiply_add(c, low(c.m[o[0] as usize]), low(c.a(o[1])))).state([Acc.updated()]),
        row("mula.da.ll.lddec", "010110000 mx[0] mw[1:0] as[3:0] at[3:0] 0100", [M.output_at("mw", 2), A.inout("as"), M.pair_in("mx", 0), A.input("at")], |c, o| { let (x, y) = (low(c.m[o[2] as usize]), low(c.a(o[3]))); load_data(c, o, 4u32.wrapping_neg())?; multiply_add(c, x, y) }).state([Acc.updated()]),
        row("mula.da.ll.ldinc", "010010000 mx[0] mw[1:0] as[3:0] at[3:0] 0100", [M.output_at("mw", 2), A.inout("as"), M.pair_in("mx", 0), A.input("at")], |c, o| { let (x, y) = (low(c.m[o[2] as usize]), low(c.a(o[3]))); load_data(c, o, 4)?; multiply_add(c, x, y) }).state([Acc.updated()]),
        row("mula.dd.hh", "001010110 mx[0] 0000000 my[0] 000100", [M.pair_in("mx", 0), M.pair_in("my", 2)], |c, o| multiply_add(c, high(c.m[o[0] as usize]), high(c.m[o[1] as usize]))).state([Acc.updated()]),
        row("mula.dd.hh.lddec", "000110110 mx[0] mw[1:0] as[3:0] 0 my[0] 000100", [M.output_at("mw", 2), A.inout("as"), M.pair_in("mx", 0), M.pair_in("my", 2)], |c, o| { let (x, y) = (high(c.m[o[2] as usize]), high(c.m[o[3] as usize])); load_data(c, o, 4u32.wrapping_neg())?; multiply_add(c, x, y) }).state([Acc.updated()]),
        row("mula.dd.hh.ldinc", "000010110 mx[0] mw[1:0] as[3:0] 0 my[0] 000100", [M.output_at("mw", 2), A.inout("as"), M.pair_in("mx", 0), M.pair_in("my", 2)], |c, o| { let (x, y) = (high(c.m[o[2] as usize]), high(c.m[o[3] as usize])); load_data(c, o, 4)?; multiply_add(c, x, y) }).state([Acc.updated()]),
        row("mula.dd.hl", "001010010 mx[0] 0000000 my[0] 000100", [M.pair_in("mx", 0), M.pair_in("my", 2)], |c, o| multiply_add(c, high(c.m[o[0] as usize]), low(c.m[o[1] as usize]))).state([Acc.updated()]),
        row("mula.dd.hl.lddec", "000110010 mx[0] mw[1:0] as[3:0] 0 my[0] 000100", [M.output_at("mw", 2), A.inout("as"), M.pair_in("mx", 0), M.pair_in("my", 2)], |c, o| { let (x, y) = (high(c.m[o[2] as usize]), low(c.m[o[3] as usize])); load_data(c, o, 4u32.wrapping_neg())?; multiply_add(c, x, y) }).state([Acc.updated()]),
        row("mula.dd.hl.ldinc", "000010010 mx[0] mw[1:0] as[3:0] 0 my[0] 000100", [M.output_at("mw", 2), A.inout("as"), M.pair_in("mx", 0), M.pair_in("my", 2)], |c, o| { let (x, y) = (high(c.m[o[2] as usize]), low(c.m[o[3] as usize])); load_data(c, o, 4)?; multiply_add(c, x, y) }).state([Acc.updated()]),
        row("mula.dd.lh", "001010100 mx[0] 0000000 my[0] 000100", [M.pair_in("mx", 0), M.pair_in("my", 2)], |c, o| multiply_add(c, low(c.m[o[0] as usize]), high(c.m[o[1] as usize]))).state([Acc.updated()]),
        row("mula.dd.lh.lddec", "000110100 mx[0] mw[1:0] as[3:0] 0 my[0] 000100", [M.output_at("mw", 2), A.inout("as"), M.pair_in("mx", 0), M.pair_in("my", 2)], |c, o| { let (x, y) = (low(c.m[o[2] as usize]), high(c.m[o[3] as usize])); load_data(c, o, 4u32.wrapping_neg())?; multiply_add(c, x, y) }).state([Acc.updated()]),
        row("mula.dd.lh.ldinc", "000010100 mx[0] mw[1:0] as[3:0] 0 my[0] 000100", [M.output_at("mw", 2), A.inout("as"), M.pair_in("mx", 0), M.pair_in("my", 2)], |c, o| { let (x, y) = (low(c.m[o[2] as usize]), high(c.m[o[3] as usize])); load_data(c, o, 4)?; multiply_add(c, x, y) }).state([Acc.updated()]),
        row("mula.dd.ll", "001010000 mx[0] 0000000 my[0] 000100", [M.pair_in("mx", 0), M.pair_in("my", 2)], |c, o| multiply_add(c, low(c.m[o[0] as usize]), low(c.m[o[1] as usize]))).state([Acc.updated()]),
        row("mula.dd.ll.lddec", "000110000 mx[0] mw[1:0] as[3:0] 0 my[0] 000100", [M.output_at("mw", 2), A.inout("as"), M.pair_in("mx", 0), M.pair_in("my", 2)], |c, o| { let (x, y) = (low(c.m[o[2] as usize]), low(c.m[o[3] as usize])); load_data(c, o, 4u32.wrapping_neg())?; multiply_add(c, x, y) }).state([Acc.updated()]),
        row("mula.dd.ll.ldinc", "000010000 mx[0] mw[1:0] as[3:0] 0 my[0] 000100", [M.output_at("mw", 2), A.inout("as"), M.pair_in("mx", 0), M.pair_in("my", 2)], |c, o| { let (x, y) = (low(c.m[o[2] as usize]), low(c.m[o[3] as usize])); load_data(c, o, 4)?; multiply_add(c, x, y) }).state([Acc.updated()]),
        row("muls.aa.hh", "011111110000 as[3:0] at[3:0] 0100", [A.input("as"), A.input("at")], |c, o| multiply_subtract(c, high(c.a(o[0])), high(c.a(o[1])))).state([Acc.updated()]),
        row("muls.aa.hl", "011111010000 as[3:0] at[3:0] 0100", [A.input("as"), A.input("at")], |c, o| multiply_subtract(c, high(c.a(o[0])), low(c.a(o[1])))).state([Acc.updated()]),
        row("muls.aa.lh", "011111100000 as[3:0] at[3:0] 0100", [A.input("as"), A.input("at")], |c, o| multiply_subtract(c, low(c.a(o[0])), high(c.a(o[1])))).state([Acc.updated()]),
        row("muls.aa.ll", "011111000000 as[3:0] at[3:0] 0100", [A.input("as"), A.input("at")], |c, o| multiply_subtract(c, low(c.a(o[0])), low(c.a(o[1])))).state([Acc.updated()]),
        row("muls.ad.hh", "001111110000 as[3:0] 0 my[0] 000100", [A.input("as"), M.pair_in("my", 2)], |c, o| multiply_subtract(c, high(c.a(o[0])), high(c.m[o[1] as usize]))).state([Acc.updated()]),
        row("muls.ad.hl", "001111010000 as[3:0] 0 my[0] 000100", [A.input("as"), M.pair_in("my", 2)], |c, o| multiply_subtract(c, high(c.a(o[0])), low(c.m[o[1] as usize]))).state([Acc.updated()]),
        row("muls.ad.lh", "001111100000 as[3:0] 0 my[0] 000100", [A.input("as"), M.pair_in("my", 2)], |c, o| multiply_subtract(c, low(c.a(o[0])), high(c.m[o[1] as usize]))).state([Acc.updated()]),
        row("muls.ad.ll", "001111000000 as[3:0] 0 my[0] 000100", [A.input("as"), M.pair_in("my", 2)], |c, o| multiply_subtract(c, low(c.a(o[0])), low(c.m[o[1] as usize]))).state([Acc.updated()]),
        row("muls.da.hh", "011011110 mx[0] 000000 at[3:0] 0100", [M.pair_in("mx", 0), A.input("at")], |c, o| multiply_subtract(c, high(c.m[o[0] as usize]), high(c.a(o[1])))).state([Acc.updated()]),
        row("muls.da.hl", "011011010 mx[0] 000000 at[3:0] 0100", [M.pair_in("mx", 0), A.input("at")], |c, o| multiply_subtract(c, high(c.m[o[0] as usize]), low(c.a(o[1])))).state([Acc.updated()]),
        row("muls.da.lh", "011011100 mx[0] 000000 at[3:0] 0100", [M.pair_in("mx", 0), A.input("at")], |c, o| multiply_subtract(c, low(c.m[o[0] as usize]), high(c.a(o[1])))).state([Acc.updated()]),
        row("muls.da.ll", "011011000 mx[0] 000000 at[3:0] 0100", [M.pair_in("mx", 0), A.input("at")], |c, o| multiply_subtract(c, low(c.m[o[0] as usize]), low(c.a(o[1])))).state([Acc.updated()]),
        row("muls.dd.hh", "001011110 mx[0] 0000000 my[0] 000100", [M.pair_in("mx", 0), M.pair_in("my", 2)], |c, o| multiply_subtract(c, high(c.m[o[0] as usize]), high(c.m[o[1] as usize]))).state([Acc.updated()]),
        row("muls.dd.hl", "001011010 mx[0] 0000000 my[0] 000100", [M.pair_in("mx", 0), M.pair_in("my", 2)], |c, o| multiply_subtract(c, high(c.m[o[0] as usize]), low(c.m[o[1] as usize]))).state([Acc.updated()]),
        row("muls.dd.lh", "001011100 mx[0] 0000000 my[0] 000100", [M.pair_in("mx", 0), M.pair_in("my", 2)], |c, o| multiply_subtract(c, low(c.m[o[0] as usize]), high(c.m[o[1] as usize]))).state([Acc.updated()]),
        row("muls.dd.ll", "001011000 mx[0] 0000000 my[0] 000100", [M.pair_in("mx", 0), M.pair_in("my", 2)], |c, o| multiply_subtract(c, low(c.m[o[0] as usize]), low(c.m[o[1] as usize]))).state([Acc.updated()]),
        row("umul.aa.hh", "011100110000 as[3:0] at[3:0] 0100", [A.input("as"), A.input("at")], |c, o| multiply_unsigned(c, high(c.a(o[0])), high(c.a(o[1])))).state([Acc.written()]),
        row("umul.aa.hl", "011100010000 as[3:0] at[3:0] 0100", [A.input("as"), A.input("at")], |c, o| multiply_unsigned(c, high(c.a(o[0])), low(c.a(o[1])))).state([Acc.written()]),
        row("umul.aa.lh", "011100100000 as[3:0] at[3:0] 0100", [A.input("as"), A.input("at")], |c, o| multiply_unsigned(c, low(c.a(o[0])), high(c.a(o[1])))).state([Acc.written()]),
        row("umul.aa.ll", "011100000000 as[3:0] at[3:0] 0100", [A.input("as"), A.input("at")], |c, o| multiply_unsigned(c, low(c.a(o[0])), low(c.a(o[1])))).state([Acc.written()]),
    ]
}

#[inline(always)]
fn low(value: u32) -> u32 {
    value & 0xFFFF
}

#[inline(always)]
fn high(value: u32) -> u32 {
    value >> 16
}

fn signed_product(x: u32, y: u32) -> i64 {
    i64::from(x as i16) * i64::from(y as i16)
}

/// Keeps 40 bits, sign-extended: ACC wraps.
fn set_acc(c: &mut Core, value: i64) -> Done {
    c.acc = value << 24 >> 24;
    Ok(())
}

fn multiply_unsigned(c: &mut Core, x: u32, y: u32) -> Done {
    set_acc(c, i64::from(x) * i64::from(y))
}

fn multiply(c: &mut Core, x: u32, y: u32) -> Done {
    set_acc(c, signed_product(x, y))
}

fn multiply_add(c: &mut Core, x: u32, y: u32) -> Done {
    set_acc(c, c.acc + signed_product(x, y))
}

fn multiply_subtract(c: &mut Core, x: u32, y: u32) -> Done {
    set_acc(c, c.acc - signed_product(x, y))
}

/// Loads `m[o[0]]` from `o[1] + step`, which becomes the new `o[1]`.
fn load_data(c: &mut Core, o: &Operands, step: u32) -> Done {
    let address = c.a(o[1]).wrapping_add(step);
    c.m[o[0] as usize & 3] = c.load32(address)?;
    c.put(o[1], address)
}

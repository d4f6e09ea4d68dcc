//! Reading, writing and exchanging special and user registers.

use super::{CONSTANT, Done, File::*, Instruction, Operands, State, row};
use crate::core::{Core, special};

/// Special registers: name, number, and which of `r`sr, `w`sr, `x`sr exist.
const SPECIAL: &[(&str, u8, &str)] = &[
    ("lbeg", 0, "rwx"),
    ("lend", 1, "rwx"),
    ("lcount", 2, "rwx"),
    ("sar", 3, "rwx"),
    ("br", 4, "rwx"),
    ("litbase", 5, "rwx"),
    ("scompare1", 12, "rwx"),
    ("acclo", 16, "rwx"),
    ("acchi", 17, "rwx"),
    ("m0", 32, "rwx"),
    ("m1", 33, "rwx"),
    ("m2", 34, "rwx"),
    ("m3", 35, "rwx"),
    ("windowbase", 72, "rwx"),
    ("windowstart", 73, "rwx"),
    ("mmid", 89, "w"),
    ("eraccess", 95, "rwx"),
    ("ibreakenable", 96, "rwx"),
    ("memctl", 97, "rwx"),
    ("atomctl", 99, "rwx"),
    ("ddr", 104, "rwx"),
    ("ibreaka0", 128, "rwx"),
    ("ibreaka1", 129, "rwx"),
    ("dbreaka0", 144, "rwx"),
    ("dbreaka1", 145, "rwx"),
    ("dbreakc0", 160, "rwx"),
    ("dbreakc1", 161, "rwx"),
    ("configid0", 176, "rw"),
    ("epc1", 177, "rwx"),
    ("epc2", 178, "rwx"),
    ("epc3", 179, "rwx"),
    ("epc4", 180, "rwx"),
    ("epc5", 181, "rwx"),
    ("epc6", 182, "rwx"),
    ("epc7", 183, "rwx"),
    ("depc", 192, "rwx"),
    ("eps2", 194, "rwx"),
    ("eps3", 195, "rwx"),
    ("eps4", 196, "rwx"),
    ("eps5", 197, "rwx"),
    ("eps6", 198, "rwx"),
    ("eps7", 199, "rwx"),
    ("configid1", 208, "r"),
    ("excsave1", 209, "rwx"),
    ("excsave2", 210, "rwx"),
    ("excsave3", 211, "rwx"),
    ("excsave4", 212, "rwx"),
    ("excsave5", 213, "rwx"),
    ("excsave6", 214, "rwx"),
    ("excsave7", 215, "rwx"),
    ("cpenable", 224, "rwx"),
    ("interrupt", 226, "r"),
    ("intset", 226, "w"),
    ("intclear", 227, "w"),
    ("intenable", 228, "rwx"),
    ("ps", 230, "rwx"),
    ("vecbase", 231, "rwx"),
    ("exccause", 232, "rwx"),
    ("debugcause", 233, "rwx"),
    ("ccount", 234, "rwx"),
    ("prid", 235, "r"),
    ("icount", 236, "rwx"),
    ("icountlevel", 237, "rwx"),
    ("excvaddr", 238, "rwx"),
    ("ccompare0", 240, "rwx"),
    ("ccompare1", 241, "rwx"),
    ("ccompare2", 242, "rwx"),
    ("misc0", 244, "rwx"),
    ("misc1", 245, "rwx"),
    ("misc2", 246, "rwx"),
    ("misc3", 247, "rwx"),
];

/// User registers: name and number.
const USER: &[(&str, u8)] = &[
    ("accx_0", 0),
    ("accx_1", 1),
    ("qacc_h_0", 2),
    ("qacc_h_1", 3),
    ("qacc_h_2", 4),
    ("qacc_h_3", 5),
    ("qacc_h_4", 6),
    ("qacc_l_0", 7),
    ("qacc_l_1", 8),
    ("qacc_l_2", 9),
    ("qacc_l_3", 10),
    ("qacc_l_4", 11),
    ("gpio_out", 12),
    ("sar_byte", 13),
    ("fft_bit_width", 14),
    ("ua_state_0", 15),
    ("ua_state_1", 16),
    ("ua_state_2", 17),
    ("ua_state_3", 18),
    ("threadptr", 231),
    ("fcr", 232),
    ("fsr", 233),
];

/// Name of a special register, as in `rsr.NAME`.
pub fn special_register_name(number: u8) -> Option<&'static str> {
    SPECIAL.iter().find(|s| s.1 == number).map(|s| s.0)
}

/// Name of a user register, as in `rur.NAME`.
pub fn user_register_name(number: u8) -> Option<&'static str> {
    USER.iter().find(|u| u.1 == number).map(|u| u.0)
}

pub(super) fn rows() -> Vec<Instruction> {
    let mut rows = Vec::new();
    for &(name, number, kinds) in SPECIAL {
        let state = special_state(name);
        if kinds.contains('r') {
            let read = row(
                format!("rsr.{name}"),
                format!("00000011 {number:08b} at[3:0] 0000"),
                [A.output_at("at", 2)],
                read_special,
            )
            .constant(number);
            rows.push(read.state([state.read()]));
        }
        if kinds.contains('w') {
            let write = row(
                format!("wsr.{name}"),
                format!("00010011 {number:08b} at[3:0] 0000"),
                [A.input("at")],
                write_special,
            )
            .constant(number);
            rows.push(write.state([state.written()]));
        }
        if kinds.contains('x') {
            let exchange = row(
                format!("xsr.{name}"),
                format!("01100001 {number:08b} at[3:0] 0000"),
                [A.inout_at("at", 1, 2)],
                exchange_special,
            )
            .constant(number);
            rows.push(exchange.state([state.updated()]));
        }
    }
    for &(name, number) in USER {
        let state = user_state(name);
        let (high, low) = (number >> 4, number & 15);
        let pattern = format!("11100011 ar[3:0] {high:04b}{low:04b} 0000");
        let read =
            row(format!("rur.{name}"), pattern, [A.output("ar")], read_user).constant(number);
        let pattern = format!("11110011 {number:08b} at[3:0] 0000");
        let write =
            row(format!("wur.{name}"), pattern, [A.input("at")], write_user).constant(number);
        let guard = |row: Instruction| match name {
            "fcr" | "fsr" => row.fpu(),
            "threadptr" | "gpio_out" => row,
            _ => row.pie(),
        };
        rows.push(guard(read.state([state.read()])));
        rows.push(guard(write.state([state.written()])));
    }
    rows
}

fn special_state(name: &str) -> State {
    match name {
        "sar" => State::Sar,
        "lbeg" | "lend" | "lcount" => State::Loop,
        "acclo" | "acchi" => State::Acc,
        "windowbase" | "windowstart" => State::Window,
        "ps" => State::Ps,
        "scompare1" => State::Scompare1,
        _ => State::Exception,
    }
}

fn user_state(name: &str) -> State {
    match name {
        "fcr" => State::Fcr,
        "fsr" => State::Fsr,
        "threadptr" => State::ThreadPtr,
        "sar_byte" => State::SarByte,
        "fft_bit_width" => State::FftBitWidth,
        "gpio_out" => State::GpioOut,
        _ if name.starts_with("accx") => State::Accx,
        _ if name.starts_with("qacc_h") => State::QaccH,
        _ if name.starts_with("qacc_l") => State::QaccL,
        _ => State::UaState,
    }
}

/// Value of special register `number`.
fn special_value(c: &Core, number: i32) -> u32 {
    match number {
        0 => c.lbeg,
        1 => c.lend,
        2 => c.lcount,
        3 => c.sar,
        4 => c.br.into(),
        16 => c.acc as u32,
        17 => (c.acc >> 32) as u32,
        32..=35 => c.m[number as usize - 32],
        72 => c.window_base,
        73 => c.window_start,
        230 => c.ps,
        234 => c.cycle as u32,
        _ => c.special[number as usize & 255],
    }
}

/// Sets special register `number`. Registers keep only the bits they have.
fn set_special_value(c: &mut Core, number: i32, value: u32) {
    match number {
        0 => c.lbeg = value,
        1 => c.lend = value,
        2 => c.lcount = value,
        3 => c.sar = value & 63,
        4 => c.br = value as u16,
        16 => c.acc = c.acc & !0xFFFF_FFFF | i64::from(value),
        17 => c.acc = i64::from(value as i8) << 32 | c.acc & 0xFFFF_FFFF,
        32..=35 => c.m[number as usize - 32] = value,
        72 => c.set_window_base(value),
        73 => c.set_window_start(value),
        230 => c.set_ps(value & 0x7_0FFF),
        // INTERRUPT is set and cleared through INTSET (226) and INTCLEAR (227).
        226 => c.special[226] |= value,
        227 => c.special[226] &= !value,
        // CCOUNT counts from the new value.
        234 => c.cycle = c.cycle & !0xFFFF_FFFF | u64::from(value),
        _ => c.special[number as usize & 255] = value,
    }
    match number as usize {
        special::VECBASE => c.vectors_set = true,
        special::CPENABLE => c.disabled = !value as u8,
        _ => {}
    }
}

// The register number comes as the row's constant, behind the operands.

fn read_special(c: &mut Core, o: &Operands) -> Done {
    c.put(o[0], special_value(c, o[CONSTANT]))
}

fn write_special(c: &mut Core, o: &Operands) -> Done {
    set_special_value(c, o[CONSTANT], c.a(o[0]));
    Ok(())
}

fn exchange_special(c: &mut Core, o: &Operands) -> Done {
    let (old, new) = (special_value(c, o[CONSTANT]), c.a(o[0]));
    c.set_a(o[0], old);
    set_special_value(c, o[CONSTANT], new);
    Ok(())
}

/// Replaces 32-bit word `index` of a little-endian value.
fn with_word(bytes: &mut [u8], index: i32, value: u32) {
    let start = index as usize * 4;
    bytes[start..start + 4].copy_from_slice(&value.to_le_bytes());
}

fn word(bytes: &[u8], index: i32) -> u32 {
    let start = index as usize * 4;
    u32::from_le_bytes(bytes[start..start + 4].try_into().expect("4 bytes"))
}

fn read_user(c: &mut Core, o: &Operands) -> Done {
    let number = o[CONSTANT];
    let value = match number {
        0 => c.accx as u32,
        1 => (c.accx >> 32) as u32 & 0xFF,
        2..=6 => word(&c.qacc_bytes(1), number - 2),
        7..=11 => word(&c.qacc_bytes(0), number - 7),
        12 => c.gpio_out,
        13 => c.sar_byte,
        14 => c.fft_bit_width,
        15..=18 => word(&c.ua_state.to_le_bytes(), number - 15),
        231 => c.thread_pointer,
        232 => c.fcr,
        _ => c.fsr,
    };
    c.put(o[0], value)
}

fn write_user(c: &mut Core, o: &Operands) -> Done {
    let (number, value) = (o[CONSTANT], c.a(o[0]));
    match number {
        0 => c.accx = c.accx & !0xFFFF_FFFF | u64::from(value),
        1 => c.accx = c.accx & 0xFFFF_FFFF | u64::from(value & 0xFF) << 32,
        2..=11 => {
            let (half, first) = if number < 7 { (1, 2) } else { (0, 7) };
            let mut bytes = c.qacc_bytes(half);
            with_word(&mut bytes, number - first, value);
            c.set_qacc_bytes(half, &bytes);
        }
        12 => c.gpio_out = value & 0xFF,
        13 => c.sar_byte = value & 15,
        14 => c.fft_bit_width = value & 15,
        15..=18 => {
            let mut bytes = c.ua_state.to_le_bytes();
            with_word(&mut bytes, number - 15, value);
            c.ua_state = u128::from_le_bytes(bytes);
        }
        231 => c.thread_pointer = value,
        232 => c.fcr = value & 0xFFFF_F07F,
        _ => c.fsr = value & 0xFFFF_FF80,
    }
    Ok(())
}

//! Radix-2 FFT helpers.
//!
//! Source: behaviour of Espressif's emulator; nobody has published measurements.
//! Confidence medium, but low for the shift of `ee.fft.vst.r32.decp`, which the
//! emulator applies to 32-bit lanes and this crate to each 16-bit part. Selectors
//! that the emulator ignores count as unpublished.

use super::lanes::Lane;
use super::operand::*;
use super::{Done, Operands};
use super::{File::*, Instruction, State::*, Unit, row};
use crate::core::{Cause, Core, Trap};

#[rustfmt::skip] // one instruction a line
pub(super) fn rows() -> Vec<Instruction> {
    vec![
        row("ee.bitrev", "11 qa[2:1] 1101 qa[0] 1111011 ax[3:0] 0100", [Q.output("qa"), A.inout("ax")], bit_reverse).state([FftBitWidth.read()]).pie(),
        row("ee.fft.ams.s16.ld.incp", "110100 sel[0] qz1[2] qz[0] qy[2:0] qz1[1] qm[2:0] qx[1:0] qz[2:1] qz1[0] qu[2:0] as[3:0] 111 qx[2]", [Q.output_at("qu", 2), A.inout("as"), Q.inout_at("qz", 2, 2), Q.inout_at("qz1", 2, 2), Q.input("qx"), Q.input("qy"), Q.input("qm"), imm("sel", 0, 1, 1)], add_multiply_load).state([Sar.read()]).unit(Unit::FftAms).pie(),
        row("ee.fft.ams.s16.ld.incp.uaup", "110101 sel[0] qz1[2] qz[0] qy[2:0] qz1[1] qm[2:0] qx[1:0] qz[2:1] qz1[0] qu[2:0] as[3:0] 111 qx[2]", [Q.output_at("qu", 2), A.inout("as"), Q.inout_at("qz", 2, 2), Q.inout_at("qz1", 2, 2), Q.input("qx"), Q.input("qy"), Q.input("qm"), imm("sel", 0, 1, 1)], add_multiply_load_unaligned).state([Sar.read(), SarByte.read(), UaState.updated()]).unit(Unit::FftAms).pie(),
        row("ee.fft.ams.s16.ld.r32.decp", "110110 sel[0] qz1[2] qz[0] qy[2:0] qz1[1] qm[2:0] qx[1:0] qz[2:1] qz1[0] qu[2:0] as[3:0] 111 qx[2]", [Q.output_at("qu", 2), A.inout("as"), Q.inout_at("qz", 2, 2), Q.inout_at("qz1", 2, 2), Q.input("qx"), Q.input("qy"), Q.input("qm"), imm("sel", 0, 1, 1)], add_multiply_load_reversed).state([Sar.read()]).unit(Unit::FftAms).pie(),
        row("ee.fft.ams.s16.st.incp", "10100 sel[0] qz1[2:1] qm[0] qv[2:0] qz1[0] qx[2:0] qy[1:0] qm[2:1] as[3:0] as0[3:0] 111 qy[2]", [Q.input_at("qv", 2), Q.inout_at("qz1", 2, 2), A.inout_at("as0", 1, 2), A.inout("as"), Q.input("qx"), Q.input("qy"), Q.input("qm"), imm("sel", 0, 1, 1)], add_multiply_store).state([Sar.read()]).unit(Unit::FftAms).pie().vector_store(),
        row("ee.fft.cmul.s16.ld.xp", "110111 sel[2:1] qu[0] qy[2:0] sel[0] qz[2:0] qx[1:0] qu[2:1] ad[3:0] as[3:0] 111 qx[2]", [Q.output_at("qu", 2), A.inout("as"), A.input("ad"), Q.inout_at("qz", 2, 2), Q.input("qx"), Q.input("qy"), imm("sel", 0, 7, 1)], multiply_load).state([Sar.read()]).unit(Unit::FftCmul).pie(),
        row("ee.fft.cmul.s16.st.xp", "10101 sar[1:0] upd[1] sel[0] qy[2:0] upd[0] qv[2:0] qx[1:0] sel[2:1] ad[3:0] as[3:0] 111 qx[2]", [Q.input("qx"), Q.input("qy"), Q.input_at("qv", 2), A.inout("as"), A.input("ad"), imm("sel", 0, 7, 1), imm("upd", 0, 3, 1), imm("sar", 0, 3, 1)], multiply_store).state([Sar.read()]).unit(Unit::FftCmul).pie().vector_store(),
        row("ee.fft.r2bf.s16", "11 qa0[2:1] 1100 qa0[0] qa1[2:0] qy[2:1] 0 sel[0] qx[2:1] qy[0] qx[0] 0100", [Q.output("qa0"), Q.output("qa1"), Q.input("qx"), Q.input("qy"), imm("sel", 0, 1, 1)], butterfly).pie(),
        row("ee.fft.r2bf.s16.st.incp", "11101000 sar[0] qy[2:0] 1 qa0[2:0] qx[1:0] 0 sar[1] 0100 as[3:0] 111 qx[2]", [Q.output("qa0"), Q.input("qx"), Q.input("qy"), A.inout("as"), imm("sar", 0, 3, 1)], butterfly_store).pie().vector_store(),
        row("ee.fft.vst.r32.decp", "11 qv[2:1] 1101 qv[0] 0110 imm[0] 11 as[3:0] 0100", [Q.input_at("qv", 2), A.inout("as"), imm("imm", 0, 1, 1)], store_reversed).pie().vector_store(),
    ]
}

/// A complex number: real part in the even lane, imaginary part behind it.
#[derive(Clone, Copy)]
struct Complex {
    re: i64,
    im: i64,
}

/// Complex number `pair` (0-3) of a vector.
fn complex(vector: u128, pair: usize) -> Complex {
    let part = |lane| i16::get(vector, lane).into();
    Complex {
        re: part(2 * pair),
        im: part(2 * pair + 1),
    }
}

/// The low 16 bits of both parts.
fn pack(z: Complex) -> u32 {
    z.re as u16 as u32 | (z.im as u16 as u32) << 16
}

/// `vector` with its 32-bit lane `lane` replaced.
fn with_lane(vector: u128, lane: usize, value: u32) -> u128 {
    let position = 32 * lane;
    vector & !(0xFFFF_FFFF << position) | u128::from(value) << position
}

/// The 32-bit lanes in reverse order.
fn reversed(vector: u128) -> u128 {
    (0..4).fold(0, |result, lane| {
        with_lane(result, 3 - lane, (vector >> (32 * lane)) as u32)
    })
}

/// Lanes of 16 bits, each shifted right.
fn halved(vector: u128, shift: i32) -> u128 {
    i16::map(&vector.to_le_bytes(), |a| a >> shift)
}

/// `x * y`, conjugating `y` unless `selector` is odd, shifted right by SAR.
fn twiddled(c: &Core, x: Complex, y: Complex, selector: i32) -> Complex {
    let y = if selector & 1 == 0 {
        Complex { im: -y.im, ..y }
    } else {
        y
    };
    let (re, im) = (x.re * y.re - x.im * y.im, x.im * y.re + x.re * y.im);
    Complex {
        re: re >> c.sar,
        im: im >> c.sar,
    }
}

/// `qa, ax`: for eight numbers from `ax` on, the larger of the number and its
/// low FFT_BIT_WIDTH bits reversed.
fn bit_reverse(c: &mut Core, o: &Operands) -> Done {
    let (first, width) = (c.a(o[1]), c.fft_bit_width);
    let lane = |i: u32| {
        let number = first.wrapping_add(i) as u16;
        let reversed = if width == 0 {
            0
        } else {
            number.reverse_bits() >> (16 - width)
        };
        u128::from(number.max(reversed)) << (16 * i)
    };
    c.set_q(o[0], (0..8).fold(0, |vector, i| vector | lane(i)));
    c.advance(o[1], 8)
}

/// `qa0, qa1, qx, qy, sel`: sums, then differences, of the halves of each
/// vector (`sel` 0) or of its even and odd complex numbers (`sel` 1).
fn butterfly(c: &mut Core, o: &Operands) -> Done {
    let sums = |vector: u128| {
        let [a, b] = if o[4] == 0 {
            [[0, 1], [2, 3]]
        } else {
            [[0, 2], [1, 3]]
        };
        (0..2).fold(0, |result, i| {
            let (x, y) = (complex(vector, a[i]), complex(vector, b[i]));
            let sum = pack(Complex {
                re: x.re + y.re,
                im: x.im + y.im,
            });
            let difference = pack(Complex {
                re: x.re - y.re,
                im: x.im - y.im,
            });
            with_lane(with_lane(result, i, sum), i + 2, difference)
        })
    };
    let (first, second) = (sums(c.q(o[2])), sums(c.q(o[3])));
    c.set_q(o[0], first);
    c.put_q(o[1], second)
}

/// `qa0, qx, qy, as, sar`: stores the sums shifted right, keeps the differences.
fn butterfly_store(c: &mut Core, o: &Operands) -> Done {
    let (x, y) = (c.lanes(o[1]), c.lanes(o[2]));
    let sums = i16::map2(x, y, |a, b| ((i32::from(a) + i32::from(b)) >> o[4]) as i16);
    let differences = i16::map2(x, y, i16::wrapping_sub);
    c.store_q(c.a(o[3]), sums)?;
    c.set_q(o[0], differences);
    c.advance(o[3], 16)
}

/// `qv, as, sar`: stores the complex numbers in reverse order, shifted right.
fn store_reversed(c: &mut Core, o: &Operands) -> Done {
    c.store_q(c.a(o[1]), reversed(halved(c.q(o[0]), o[2])))?;
    c.advance(o[1], 16u32.wrapping_neg())
}

/// `qu, as, ad, qz, qx, qy, sel`: product `sel / 2` of the first three.
fn multiply_load(c: &mut Core, o: &Operands) -> Done {
    let pair = o[6] as usize / 2;
    if pair == 3 {
        return Err(Trap::new(Cause::Unimplemented));
    }
    let (loaded, step) = (c.load_q(c.a(o[1]))?, c.a(o[2]));
    let product = twiddled(c, complex(c.q(o[4]), pair), complex(c.q(o[5]), pair), o[6]);
    c.set_q(o[3], with_lane(c.q(o[3]), pair, pack(product)));
    c.set_q(o[0], loaded);
    c.advance(o[1], step)
}

/// `qx, qy, qv, as, ad, sel, upd, sar`: stores product `sel / 2` behind three
/// complex numbers that `upd` picks from `qv` and from `qx` shifted right.
fn multiply_store(c: &mut Core, o: &Operands) -> Done {
    let (x, y, v) = (c.q(o[0]), c.q(o[1]), c.q(o[2]));
    let pair = o[5] as usize / 2;
    let product = pack(twiddled(c, complex(x, pair), complex(y, pair), o[5]));
    let shifted = halved(x, o[7]);
    let lane = |vector: u128, lane: usize| (vector >> (32 * lane)) as u32;
    let front = match o[6] {
        0 => [lane(v, 0), lane(v, 1), lane(v, 2)],
        1 => [lane(shifted, 0), lane(shifted, 1), lane(v, 2)],
        2 => [lane(shifted, 0), lane(v, 2), lane(shifted, 1)],
        _ => return Err(Trap::new(Cause::Unimplemented)),
    };
    let stored = front
        .into_iter()
        .enumerate()
        .fold(0, |q, (i, word)| with_lane(q, i, word));
    c.store_q(c.a(o[3]), with_lane(stored, 3, product))?;
    let step = c.a(o[4]);
    c.advance(o[3], step)
}

/// Complex number `pair` of both results of an add-multiply-subtract step of a
/// real FFT: sum and difference of `x` and the conjugate of `y`, the latter
/// times `m` (conjugated if `selector` is 1).
fn add_multiply(c: &Core, pair: usize, registers: [i32; 3], selector: i32) -> (u32, u32) {
    let [x, y, m] = registers.map(|r| complex(c.q(r), pair));
    let truncate = |v: i64| i64::from(v as i16);
    let sum = Complex {
        re: truncate(x.re + y.re),
        im: truncate(x.im - y.im),
    };
    let difference = Complex {
        re: x.re - y.re,
        im: x.im + y.im,
    };
    let turned = twiddled(c, difference, m, 1 - selector);
    let turned = Complex {
        re: truncate(turned.re),
        im: truncate(turned.im),
    };
    (
        pack(Complex {
            re: sum.re + turned.re,
            im: sum.im + turned.im,
        }),
        pack(Complex {
            re: sum.re - turned.re,
            im: turned.im - sum.im,
        }),
    )
}

/// `qu, as, qz, qz1, qx, qy, qm, sel`: one step into pair `pair` of `qz` and
/// `qz1`, and a load that has been made already.
fn step_and_load(c: &mut Core, o: &Operands, pair: usize, loaded: u128, step: u32) -> Done {
    let (first, second) = add_multiply(c, pair, [o[4], o[5], o[6]], o[7]);
    c.set_q(o[2], with_lane(c.q(o[2]), pair, first));
    c.set_q(o[3], with_lane(c.q(o[3]), pair, second));
    c.set_q(o[0], loaded);
    c.advance(o[1], step)
}

fn add_multiply_load(c: &mut Core, o: &Operands) -> Done {
    let loaded = c.load_q(c.a(o[1]))?;
    step_and_load(c, o, 1, loaded, 16)
}

/// The load continues the unaligned stream held in UA_STATE.
fn add_multiply_load_unaligned(c: &mut Core, o: &Operands) -> Done {
    let line = c.load_q_stream(c.a(o[1]))?;
    let loaded = match c.sar_byte {
        0 => c.ua_state,
        bytes => c.ua_state >> (8 * bytes) | line << (128 - 8 * bytes),
    };
    c.ua_state = line;
    step_and_load(c, o, 0, loaded, 16)
}

fn add_multiply_load_reversed(c: &mut Core, o: &Operands) -> Done {
    let loaded = reversed(c.load_q(c.a(o[1]))?);
    step_and_load(c, o, 2, loaded, 16u32.wrapping_neg())
}

/// `qv, qz1, as0, as, qx, qy, qm, sel`: stores `as0` and the low three pairs of
/// `qv`, halved if `sel` is 0; pair 3 of the step goes to `as0` and `qz1`.
fn add_multiply_store(c: &mut Core, o: &Operands) -> Done {
    let words = c.q(o[0]) << 32 | u128::from(c.a(o[2]));
    c.store_q(c.a(o[3]), halved(words, 1 - o[7]))?;
    let (first, second) = add_multiply(c, 3, [o[4], o[5], o[6]], o[7]);
    c.set_q(o[1], with_lane(c.q(o[1]), 3, second));
    c.set_a(o[2], first);
    c.advance(o[3], 16)
}

#[cfg(test)]
mod tests {
    use crate::core::{Core, Memory, MemorySettings};
    use crate::{asm, isa};

    const DATA: u32 = 0x3FCA_0000;

    fn core() -> Core {
        let settings = MemorySettings {
            flash_size: 0,
            ..MemorySettings::default()
        };
        let mut core = Core::new(Memory::new(&settings));
        let bytes: Vec<u8> = (0..48).collect();
        core.memory.write(DATA, &bytes).unwrap();
        core.set_a(2, DATA);
        core
    }

    fn run(core: &mut Core, text: &str) {
        let code = asm::assemble_instruction(text, 0).unwrap();
        let instance = isa::decode(&code, 0).unwrap();
        (instance.instruction.execute)(core, &instance.operands).unwrap();
    }

    fn vector(lanes: [i16; 8]) -> u128 {
        lanes
            .iter()
            .rev()
            .fold(0, |v, lane| v << 16 | u128::from(*lane as u16))
    }

    #[test]
    fn bit_reversal_takes_the_larger_number() {
        let mut core = core();
        core.fft_bit_width = 3;
        core.set_a(3, 0);
        run(&mut core, "ee.bitrev q0, a3");
        assert_eq!(core.vector(0), vector([0, 4, 2, 6, 4, 5, 6, 7]));
        assert_eq!(core.a(3), 8);
    }

    #[test]
    fn butterflies_add_and_subtract_halves_or_neighbours() {
        let mut core = core();
        core.set_vector(1, vector([1, 2, 3, 4, 10, 20, 30, 40]));
        run(&mut core, "ee.fft.r2bf.s16 q2, q3, q1, q1, 0");
        assert_eq!(core.vector(2), vector([11, 22, 33, 44, -9, -18, -27, -36]));
        run(&mut core, "ee.fft.r2bf.s16 q2, q3, q1, q1, 1");
        assert_eq!(core.vector(3), vector([4, 6, 40, 60, -2, -2, -20, -20]));
        run(&mut core, "ee.fft.r2bf.s16.st.incp q2, q1, q1, a2, 1");
        assert_eq!(core.memory.read(DATA, 4).unwrap(), [1, 0, 2, 0]);
        assert_eq!((core.vector(2), core.a(2)), (0, DATA + 16));
    }

    #[test]
    fn products_are_conjugated_by_even_selectors() {
        let mut core = core();
        core.set_a(3, 32);
        core.set_vector(1, vector([0, 0, 3, 4, 0, 0, 0, 0]));
        core.set_vector(2, vector([0, 0, 5, 6, 0, 0, 0, 0]));
        run(&mut core, "ee.fft.cmul.s16.ld.xp q4, a2, a3, q3, q1, q2, 2");
        assert_eq!(core.vector(3), vector([0, 0, 39, 2, 0, 0, 0, 0]));
        core.set_a(2, DATA);
        run(&mut core, "ee.fft.cmul.s16.ld.xp q4, a2, a3, q3, q1, q2, 3");
        assert_eq!(core.vector(3), vector([0, 0, -9, 38, 0, 0, 0, 0]));
        assert_eq!(core.a(2), DATA + 32);
    }

    #[test]
    fn unaligned_and_reversed_loads() {
        let mut core = core();
        core.set_a(2, DATA + 18);
        core.sar_byte = 2;
        core.ua_state = u128::from_le_bytes(std::array::from_fn(|i| i as u8));
        run(
            &mut core,
            "ee.fft.ams.s16.ld.incp.uaup q0, a2, q1, q2, q3, q4, q5, 0",
        );
        assert_eq!(
            core.vector(0).to_le_bytes(),
            std::array::from_fn(|i| i as u8 + 2)
        );
        core.set_a(2, DATA);
        run(
            &mut core,
            "ee.fft.ams.s16.ld.r32.decp q0, a2, q1, q2, q3, q4, q5, 0",
        );
        assert_eq!(
            core.vector(0).to_le_bytes()[..8],
            [12, 13, 14, 15, 8, 9, 10, 11]
        );
        assert_eq!(core.a(2), DATA - 16);
    }

    #[test]
    fn a_step_turns_the_difference() {
        let mut core = core();
        core.set_vector(3, vector([0, 0, 10, 20, 0, 0, 0, 0]));
        core.set_vector(4, vector([0, 0, 4, 5, 0, 0, 0, 0]));
        core.set_vector(5, vector([0, 0, 2, 3, 0, 0, 0, 0]));
        // Sum (14, 15), difference (6, 25), times (2, 3): (-63, 68).
        run(
            &mut core,
            "ee.fft.ams.s16.ld.incp q0, a2, q1, q2, q3, q4, q5, 0",
        );
        assert_eq!(core.vector(1), vector([0, 0, -49, 83, 0, 0, 0, 0]));
        assert_eq!(core.vector(2), vector([0, 0, 77, 53, 0, 0, 0, 0]));
    }
}

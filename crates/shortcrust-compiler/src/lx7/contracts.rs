//! What every piece of code overwrites, as its bytes say, against its contract: neither more, over all shapes, nor less.

use lx7::asm::{A, Arg, Q};
use lx7::isa::{self, Kind, State};
use shortcrust_kernels::shape::{Activation, Image, Window};

use super::code::{CONSTANTS, Code, Constants, INPUT, OUTPUT};
use super::pool::Chunk;
use super::registers::Registers;
use super::requantise::Channel;
use super::scalar_requantise::{ScalarRequantiser, requantise};
use super::sums;
use super::vector_requantise::{Factors, VectorRequantiser};
use super::windows::{Gather, Rows, Width};

/// What the instructions of a piece define.
fn defined(piece: impl FnOnce(&mut Code)) -> Registers {
    let mut code = Code::kernel(32);
    piece(&mut code);
    let function = code.finish().expect("no fault");
    let mut defined = Registers::NONE;
    let mut at = function.entry;
    while at < function.bytes.len() {
        let instance = isa::decode(&function.bytes[at..], at as u32).expect("an instruction");
        let operands = instance.instruction.operands.iter();
        let arguments: Vec<Arg> = operands
            .zip(instance.operands())
            .map(|(operand, value)| match operand.kind {
                Kind::Register { file, .. } => Arg::Register(file, *value as u8),
                _ => Arg::Number(i64::from(*value)),
            })
            .collect();
        defined = defined.and(Registers::defined_by(instance.instruction, &arguments));
        at += instance.length() as usize;
    }
    // Of every function's frame.
    let frame = Registers::state(State::Window).and(Registers::state(State::Ps));
    defined.without(frame)
}

/// Compares what some shapes define together with a contract.
fn check(contract: Registers, shapes: impl IntoIterator<Item = Registers>) {
    let all = shapes.into_iter().fold(Registers::NONE, Registers::and);
    let (more, less) = (all.without(contract), contract.without(all));
    assert!(
        more == Registers::NONE,
        "overwrites {more} beyond its contract"
    );
    assert!(
        less == Registers::NONE,
        "never overwrites {less} of its contract"
    );
}

fn rows(width: usize, channels: usize, as_width: Width, columns: usize) -> Rows {
    let window = Window {
        height: 3,
        width: 3,
        stride_height: 1,
        stride_width: 1,
        dilation_height: 1,
        dilation_width: columns,
        pad_top: 1,
        pad_left: 1,
    };
    let input = Image {
        height: 3,
        width,
        channels,
    };
    Rows::new(input, window, width, as_width, 64).expect("little scratch memory")
}

#[test]
fn staging() {
    let temporaries = [A(8), A(9), A(10), A(11)];
    let shapes = [(4, 4), (5, 3), (2400, 8), (4500, 8), (3, 300)];
    let staged = shapes.into_iter().flat_map(|(width, channels)| {
        [(Width::Bytes, 1), (Width::Halves, 1), (Width::Bytes, 2)].map(|(as_width, spread)| {
            let mut rows = rows(width, channels, as_width, 1);
            rows.spread = (spread, spread);
            defined(|code| rows.stage(code, (A(3), A(13), A(12)), A(14), temporaries))
        })
    });
    check(Rows::staging(&temporaries), staged);
    let cleared = defined(|code| {
        rows(4500, 8, Width::Bytes, 1).clear(code, A(12), A(14), [A(8), A(9)]);
    });
    let more = cleared.without(Rows::staging(&[A(8), A(9)]));
    assert!(more == Registers::NONE, "{more}");
}

#[test]
fn gathering() {
    let (target, temporaries, slots) = (A(11), [A(8), A(9), A(10)], [24, 28]);
    let shapes = [
        (4, 4, 1),
        (5, 3, 2),
        (4500, 8, 1),
        (3, 1001, 1),
        (9, 1024, 2),
        (9, 1026, 1),
    ];
    let gathered = shapes.map(|(width, channels, dilation)| {
        let rows = rows(width, channels, Width::Bytes, dilation);
        let gather = Gather::new(&rows.window, channels, channels);
        defined(|code| gather.emit(code, &rows, (A(12), target), temporaries, slots))
    });
    check(Gather::overwritten(target, &temporaries, slots), gathered);
}

/// Channels whose scales lie up to some octaves apart.
fn channels(count: usize, octaves: usize, activation: Activation) -> Vec<Channel> {
    let channel = |index: usize| Channel {
        range: (-20_000, 20_000),
        bias: index as i32,
        multiplier: 1_340_000_017 + 7919 * index as i32,
        shift: -6 - (index % (octaves + 1)) as i32,
        // On one side of it, the reference's two roundings go the same way.
        zero_point: activation.min,
        activation,
    };
    (0..count).map(channel).collect()
}

#[test]
fn outputs_of_eight_sums() {
    let (sums, output) = (A(9), A(2));
    let relu = Activation { min: 3, max: 127 };
    let none = Activation {
        min: -128,
        max: 127,
    };
    let mut shapes = Vec::new();
    for (count, octaves) in [(32, 0), (2400, 0), (32, 12), (1200, 12), (5008, 0)] {
        for activation in [relu, none] {
            let factors = Factors::new(&channels(count, octaves, activation), count);
            let factors = factors.expect("exact factors");
            // All lanes, and behind their constants those of two slabs.
            let half = count / 32 * 16;
            let mut constants = Constants::default();
            for lanes in [0..count, 0..half, half..2 * half] {
                let requantiser = factors.pack(lanes, &mut constants);
                shapes.push(defined(|code| requantiser.emit(code, sums, output)));
            }
        }
    }
    let pointers = Registers::of(&[sums, output]);
    check(VectorRequantiser::OVERWRITTEN.and(pointers), shapes);
}

#[test]
fn outputs_one_by_one() {
    let (sums, output) = (A(9), A(2));
    let activation = Activation { min: 3, max: 127 };
    let shapes = [(1, 1), (7, 3), (5000, 2)].map(|(count, pixels)| {
        let mut constants = Constants::default();
        let _others = constants.bytes(vec![0; 70_000]);
        let requantiser = ScalarRequantiser::new(&channels(count, 20, activation), &mut constants);
        defined(|code| requantiser.emit(code, (sums, output), pixels, 28))
    });
    let places = Registers::of(&[sums, output]).and(Registers::slot(28));
    check(ScalarRequantiser::OVERWRITTEN.and(places), shapes);
    let registers = Registers::of(&[A(8), A(12), A(13), A(14), A(15)]);
    let one = defined(|code| requantise(code, (A(8), A(10)), (A(12), A(13)), (A(14), A(15))));
    check(registers.and(Registers::SAR), [one]);
}

#[test]
fn sums_of_products() {
    let resident = (1..=6).flat_map(|vectors| {
        [2, 7, 8, 96].map(|rows| {
            let rows = rows + rows * vectors % 2;
            defined(|code| {
                for vector in 0..vectors {
                    let register = Q(vector as u8);
                    code.op("ee.vld.128.ip", (register, sums::STREAM, 16));
                }
                sums::resident_sums(code, rows, vectors);
            })
        })
    });
    let streamed =
        (7..=24).map(|read| defined(|code| sums::streamed_sums(code, 5, read, read + read % 2)));
    let long = [25, 26, 300, 70_000].map(|read| {
        defined(|code| {
            sums::long_sum(code, read, read + read % 2);
            sums::take_sum(code, 0);
        })
    });
    let shapes: Vec<Registers> = resident.chain(streamed).chain(long).collect();
    check(sums::OVERWRITTEN, shapes);
}

#[test]
fn chunks() {
    for bytes in [16, 8, 4, 1, 2400, 33_000, 4_000_000] {
        let chunk = Chunk::of(bytes);
        let loaded = defined(|code| chunk.load(code, Q(3), INPUT, bytes as i32));
        let registers = Registers::of(&[INPUT]).and(Registers::vectors(&[Q(3)]));
        check(registers, [loaded]);
        let stored = defined(|code| chunk.store(code, Q(3), OUTPUT, CONSTANTS));
        let more = stored.without(Registers::of(&[OUTPUT, CONSTANTS]));
        assert!(more == Registers::NONE, "{more}");
    }
}

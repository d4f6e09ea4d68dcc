//! MAX_POOL_2D and AVERAGE_POOL_2D.
//!
//! Tables say for each output row and column which input rows and columns are under the window, so that borders need no code.

use lx7::asm::{A, Q};
use shortcrust_kernels::average_pool_2d::AveragePool2d;
use shortcrust_kernels::max_pool_2d::MaxPool2d;
use shortcrust_kernels::shape::{Activation, Image, Window};

use super::code::{CONSTANTS, Code, Constants, FRAME_COUNTER, INPUT, OUTPUT};
use super::registers::Registers;
use super::{Portable, Routine};

/// Channels up to which a hardware loop reaches from one pixel to the next.
const MOST_CHANNELS: usize = 1 << 20;

const ROW_TABLE: A = A(5);
const COLUMN_TABLE: A = A(6);
const TAP: A = A(7);
const ROW: A = A(8);
const ROWS: A = A(9);
const COLUMNS: A = A(10);
const COLUMN_LOOP: A = A(11);
const VALUE: A = A(12);
const CHANNEL: A = A(13);
const SUM: A = A(14);
const LARGEST: Q = Q(0);
const LOADED: Q = Q(1);

/// Slots of the stack frame.
mod frame {
    pub(super) const IMAGES: i32 = 0;
    pub(super) const ROWS: i32 = 4;
    pub(super) const COLUMNS: i32 = 8;
    pub(super) const CHANNELS: i32 = 12;
    pub(super) const COUNT: i32 = 16;
    pub(super) const BYTES: i32 = 32;
}

struct Pool {
    batches: usize,
    input: Image,
    output: Image,
    window: Window,
    activation: Activation,
}

/// MAX_POOL_2D.
pub(super) fn max(kernel: &MaxPool2d) -> Result<Routine, Portable> {
    let MaxPool2d {
        batches,
        input,
        output,
        window,
        activation,
    } = *kernel;
    let pool = Pool {
        batches,
        input,
        output,
        window,
        activation,
    };
    let mut constants = Constants::default();
    let bounds = constants.bytes([activation.min as u8; 16]);
    constants.bytes([activation.max as u8; 16]);
    let chunk = Chunk::of(input.channels);
    let (min, max, largest, loaded) = (Q(6), Q(7), LARGEST, LOADED);
    let before = |code: &mut Code| {
        code.offset(TAP, CONSTANTS, bounds);
        code.op("ee.vld.128.ip", (min, TAP, 16));
        code.op("ee.vld.128.ip", (max, TAP, 16));
    };
    let start = |code: &mut Code| code.op("ee.orq", (largest, min, min));
    let tap = |code: &mut Code| {
        chunk.load(code, loaded, TAP, input.channels as i32);
        code.op("ee.vmax.s8", (largest, largest, loaded));
    };
    let finish = |code: &mut Code| {
        code.op("ee.vmin.s8", (largest, largest, max));
        chunk.store(code, largest, OUTPUT, VALUE);
    };
    pool.routine(
        constants,
        chunk.bytes(),
        "largest bytes",
        before,
        start,
        tap,
        finish,
    )
}

/// AVERAGE_POOL_2D.
pub(super) fn average(kernel: &AveragePool2d) -> Result<Routine, Portable> {
    let AveragePool2d {
        batches,
        input,
        output,
        window,
        activation,
    } = *kernel;
    let pool = Pool {
        batches,
        input,
        output,
        window,
        activation,
    };
    let start = |code: &mut Code| code.op("movi.n", (SUM, 0));
    let tap = |code: &mut Code| {
        code.op("l8ui", (VALUE, TAP, 0));
        code.advance(TAP, input.channels as i32);
        code.op("sext", (VALUE, VALUE, 7));
        code.op("add.n", (SUM, SUM, VALUE));
    };
    let finish = |code: &mut Code| {
        // Half of the count, with the sign of the sum, then a division towards zero.
        let (count, half) = (TAP, VALUE);
        code.op("l32i.n", (count, A(1), frame::COUNT));
        code.op("srli", (half, count, 1));
        code.op("neg", (ROW, half));
        code.op("addi.n", (COLUMN_LOOP, SUM, -1));
        code.op("movltz", (half, ROW, COLUMN_LOOP));
        code.op("add.n", (SUM, SUM, half));
        code.op("quos", (SUM, SUM, count));
        code.op("movi", (VALUE, pool.activation.min));
        code.op("max", (SUM, SUM, VALUE));
        code.op("movi", (VALUE, pool.activation.max));
        code.op("min", (SUM, SUM, VALUE));
        code.op("s8i", (SUM, OUTPUT, 0));
        code.op("addi.n", (OUTPUT, OUTPUT, 1));
    };
    pool.routine(
        Constants::default(),
        1,
        "sums one by one",
        |_| {},
        start,
        tap,
        finish,
    )
}

impl Pool {
    /// The input positions under the window along one axis: (first, how many).
    fn positions(
        (outputs, inputs): (usize, usize),
        (taps, stride, padding): (usize, usize, usize),
    ) -> Vec<(usize, usize)> {
        (0..outputs)
            .map(|output| {
                let start = output * stride;
                let first = start.max(padding) - padding;
                let end = (start + taps).max(padding) - padding;
                (first, end.min(inputs).saturating_sub(first))
            })
            .collect()
    }

    /// [`Self::positions`] in words: where the first is, `step` bytes apart, and how many.
    fn table(positions: &[(usize, usize)], step: usize) -> Vec<i32> {
        let entries = positions.iter();
        let words = entries.map(|(first, count)| [(first * step) as i32, *count as i32]);
        words.flatten().collect()
    }

    /// Loops over images, rows, columns, blocks of `lanes` channels and taps. `tap` moves `TAP` on by a pixel.
    #[allow(clippy::too_many_arguments, reason = "four pieces of one loop nest")]
    fn routine(
        &self,
        mut constants: Constants,
        lanes: usize,
        method: &'static str,
        before: impl Fn(&mut Code),
        start: impl Fn(&mut Code),
        tap: impl Fn(&mut Code),
        finish: impl Fn(&mut Code),
    ) -> Result<Routine, Portable> {
        let window = self.window;
        let (input, output) = (self.input, self.output);
        let pitch = input.width * input.channels;
        if input.channels > MOST_CHANNELS {
            return Err(Portable::outside(format!(
                "it has {} channels, of at most {MOST_CHANNELS}",
                input.channels
            )));
        }
        let rows = Self::positions(
            (output.height, input.height),
            (window.height, window.stride_height, window.pad_top),
        );
        let columns = Self::positions(
            (output.width, input.width),
            (window.width, window.stride_width, window.pad_left),
        );
        let row_table = constants.words(Self::table(&rows, pitch));
        let column_table = constants.words(Self::table(&columns, input.channels));
        let taken = Registers::of(&[TAP, VALUE, SUM]).and(Registers::vectors(&[LARGEST, LOADED]));
        let finished = taken.and(Registers::of(&[ROW, COLUMN_LOOP, OUTPUT]));
        let mut code = Code::kernel(frame::BYTES);
        before(&mut code);
        code.repeat_on_stack((FRAME_COUNTER, frame::IMAGES), self.batches, |code| {
            code.offset(ROW_TABLE, CONSTANTS, row_table);
            code.repeat_on_stack((FRAME_COUNTER, frame::ROWS), output.height, |code| {
                code.offset(COLUMN_TABLE, CONSTANTS, column_table);
                code.repeat_on_stack((FRAME_COUNTER, frame::COLUMNS), output.width, |code| {
                    code.op("l32i.n", (ROWS, ROW_TABLE, 4));
                    code.op("l32i.n", (COLUMNS, COLUMN_TABLE, 4));
                    code.op("mull", (ROW, ROWS, COLUMNS));
                    code.op("s32i.n", (ROW, A(1), frame::COUNT));
                    code.op("l32i.n", (CHANNEL, ROW_TABLE, 0));
                    code.op("l32i.n", (TAP, COLUMN_TABLE, 0));
                    code.op("add.n", (CHANNEL, CHANNEL, INPUT));
                    code.op("add.n", (CHANNEL, CHANNEL, TAP));
                    code.repeat_on_stack(
                        (FRAME_COUNTER, frame::CHANNELS),
                        input.channels / lanes,
                        |code| {
                            code.op("mov.n", (ROW, CHANNEL));
                            code.op("l32i.n", (ROWS, ROW_TABLE, 4));
                            start(code);
                            code.while_not_zero(ROWS, |code| {
                                code.op("mov.n", (TAP, ROW));
                                code.repeat_register(COLUMNS, |code| {
                                    code.overwriting(taken, &tap);
                                });
                                code.advance(ROW, pitch as i32);
                            });
                            code.overwriting(finished, &finish);
                            code.advance(CHANNEL, lanes as i32);
                        },
                    );
                    code.op("addi.n", (COLUMN_TABLE, COLUMN_TABLE, 8));
                });
                code.op("addi.n", (ROW_TABLE, ROW_TABLE, 8));
            });
            code.advance(INPUT, input.len() as i32);
        });
        Ok(Routine {
            function: code.finish()?,
            constants: constants.finish(),
            scratch_bytes: 0,
            method,
        })
    }
}

/// Neighbouring bytes that are loaded and stored at a time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Chunk {
    Sixteen,
    Eight,
    Four,
    One,
}

impl Chunk {
    /// The most that the bytes of a pixel are a multiple of.
    pub(super) fn of(bytes: usize) -> Self {
        [Chunk::Sixteen, Chunk::Eight, Chunk::Four]
            .into_iter()
            .find(|chunk| bytes.is_multiple_of(chunk.bytes()))
            .unwrap_or(Chunk::One)
    }

    pub(super) fn bytes(self) -> usize {
        match self {
            Chunk::Sixteen => 16,
            Chunk::Eight => 8,
            Chunk::Four => 4,
            Chunk::One => 1,
        }
    }

    /// Loads a chunk into the lowest lanes and moves the pointer on.
    pub(super) fn load(self, code: &mut Code, register: Q, pointer: A, step: i32) {
        let (mnemonic, steps) = match self {
            Chunk::Sixteen => ("ee.vld.128.ip", -2048..=2032),
            Chunk::Eight => ("ee.vld.l.64.ip", -1024..=1016),
            Chunk::Four => ("ee.vldbc.32.ip", -512..=508),
            Chunk::One => ("ee.vldbc.8.ip", 0..=127),
        };
        if steps.contains(&step) {
            code.op(mnemonic, (register, pointer, step));
        } else {
            code.op(mnemonic, (register, pointer, 0));
            code.advance(pointer, step);
        }
    }

    /// Stores the lowest lanes and moves the pointer on by as much. `value` is overwritten.
    pub(super) fn store(self, code: &mut Code, register: Q, pointer: A, value: A) {
        match self {
            Chunk::Sixteen => code.op("ee.vst.128.ip", (register, pointer, 16)),
            Chunk::Eight => code.op("ee.vst.l.64.ip", (register, pointer, 8)),
            Chunk::Four | Chunk::One => {
                let bytes = self.bytes() as i32;
                code.op("ee.movi.32.a", (register, value, 0));
                let store = if bytes == 4 { "s32i.n" } else { "s8i" };
                code.op(store, (value, pointer, 0));
                code.op("addi.n", (pointer, pointer, bytes));
            }
        }
    }
}

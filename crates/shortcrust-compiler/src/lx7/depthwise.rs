//! DEPTHWISE_CONV_2D with one output channel for each input channel.
//!
//! Lanes are neighbouring elements of an output row, eight at a time. Requantisation is folded into the weights, and the window is
//! summed once for each level of [`super::scaled_weights`]: two where that is precise enough, else three.

use lx7::asm::{A, Q};
use shortcrust_kernels::shape::{Activation, Image, Window};

use super::code::{CONSTANTS, Code, Constants, FRAME_COUNTER, Function, INPUT, OUTPUT, SCRATCH};
use super::registers::Registers;
use super::requantise::Channel;
use super::scaled_weights::{LANES, LEVEL_BITS, ScaledWeights, rounding_factors};
use super::windows::{Rows, Width};
use super::{Portable, Routine};

/// Taps up to which the code for them is unrolled.
const MOST_TAPS: usize = 64;
/// The farthest that a store of half a vector moves its pointer.
const FARTHEST_STORE: i32 = 1016;

/// A depthwise layer.
pub(super) struct Depthwise {
    pub(super) batches: usize,
    pub(super) input: Image,
    pub(super) output: Image,
    pub(super) window: Window,
    pub(super) input_zero_point: i32,
    pub(super) output_zero_point: i32,
    pub(super) activation: Activation,
    /// `[window height, window width, channels]`
    pub(super) weights: Vec<i8>,
    pub(super) bias: Vec<i32>,
    pub(super) multiplier: Vec<i32>,
    pub(super) shift: Vec<i32>,
    pub(super) output_is_aligned: bool,
}

/// Slots of the stack frame.
mod frame {
    pub(super) const IMAGES: i32 = 0;
    pub(super) const ROWS: i32 = 4;
    /// The next input row to be staged.
    pub(super) const ROW: i32 = 8;
    pub(super) const BLOCKS: i32 = 12;
    /// Where a block's lanes start in a slot.
    pub(super) const LANE: i32 = 20;
    /// The slots of the window's rows.
    pub(super) const SLOTS: i32 = 24;
    pub(super) const BYTES: i32 = 48;
}

const STREAM: A = A(6);
/// Pointers to the window's rows, where it has no more than three of them; otherwise the first points to all.
const POINTERS: [A; 3] = [A(7), A(8), A(9)];
const BLOCK: A = A(10);
const LAST: A = A(11);
const COUNTER: A = A(12);
const TARGET: A = A(13);
const FIRST: A = A(14);
/// For a few instructions at a time.
const SCRAP: A = A(15);
/// Weights, of which one register is multiplied while the other is loaded.
const W: [Q; 2] = [Q(6), Q(7)];
/// What is not needed, and second lines of unaligned loads.
const SPARE: Q = Q(4);
/// The output.
const Y: Q = Q(5);

/// How eight lanes are loaded from staged rows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Load {
    Whole,
    Halves,
    Unaligned,
}

impl Depthwise {
    /// The lanes after which channels repeat.
    fn period(&self) -> usize {
        let channels = self.output.channels;
        (1..=LANES)
            .map(|pixels| pixels * channels)
            .find(|lanes| lanes.is_multiple_of(LANES))
            .unwrap_or(LANES * channels)
    }

    /// Whether this kernel can compute the layer.
    fn is_possible(&self) -> bool {
        let window = self.window;
        let channels = self.output.channels;
        channels == self.input.channels
            && (channels.is_multiple_of(LANES) || window.stride_width == 1)
            && (self.output.width * channels).is_multiple_of(self.period())
            && self.output_is_aligned
            && window.height * window.width <= MOST_TAPS
    }

    fn load(&self, rows: &Rows) -> Load {
        let offsets = (0..self.window.width)
            .map(|column| rows.at(column * self.window.dilation_width, 0))
            .collect::<Vec<_>>();
        if offsets.iter().all(|offset| offset % 16 == 0) {
            Load::Whole
        } else if offsets.iter().all(|offset| offset % 8 == 0) {
            Load::Halves
        } else {
            Load::Unaligned
        }
    }

    fn channel(&self, index: usize) -> Channel {
        let weights: Vec<i8> = self.channel_weights(index).collect();
        Channel {
            multiplier: self.multiplier[index],
            shift: self.shift[index],
            zero_point: self.output_zero_point,
            activation: self.activation,
            ..Channel::of_weights(&weights, self.bias[index], self.input_zero_point)
        }
    }

    fn channel_weights(&self, index: usize) -> impl Iterator<Item = i8> {
        let weights = self.weights.iter().copied();
        weights.skip(index).step_by(self.output.channels)
    }

    /// The kernel.
    ///
    /// # Errors
    /// Where it cannot compute the layer, or not exactly.
    pub(super) fn routine(&self) -> Result<Routine, Portable> {
        if !self.is_possible() {
            return Err(Portable::outside(
                "its channels, window or place are not those of lanes",
            ));
        }
        let inexact = || Portable::outside("no scaled weights are exact");
        let channels = self.output.channels;
        let (columns, width) = (self.output.width, Width::Halves);
        let rows = Rows::new(self.input, self.window, columns, width, 0)?;
        let factored = (0..channels)
            .map(|channel| {
                let weights: Vec<i8> = self.channel_weights(channel).collect();
                Some((self.channel(channel).staircase()?, weights))
            })
            .collect::<Option<Vec<_>>>()
            .ok_or_else(inexact)?;
        let channel = |block: usize, lane: usize| (block * LANES + lane) % channels;
        let blocks = (0..self.period() / LANES)
            .map(|block| {
                let lanes: Vec<_> = (0..LANES)
                    .map(|lane| &factored[channel(block, lane)])
                    .collect();
                lanes
            })
            .collect::<Vec<_>>();
        let exact = [2, 3].into_iter().find_map(|levels| {
            let blocks = blocks.iter().map(|lanes| ScaledWeights::new(lanes, levels));
            Some((levels, blocks.collect::<Option<Vec<_>>>()?))
        });
        let (levels, blocks) = exact.ok_or_else(inexact)?;
        let load = self.load(&rows);
        let schedule = Schedule::new(self.taps(), levels, load);
        let mut constants = Constants::default();
        // The blocks are the first of the constants.
        let start = 0;
        for block in blocks {
            constants.words([block.last_shift]);
            block.pack(&mut constants, |lane| lane, |level| schedule.taps(level));
            rounding_factors(&mut constants);
        }
        let bounds = ((self.activation.min, self.activation.max) != (-128, 127)).then(|| {
            let offset = constants.bytes([self.activation.min as u8; 16]);
            constants.bytes([self.activation.max as u8; 16]);
            offset
        });
        let pattern = constants.halves([self.input_zero_point as i16; LANES]);
        let kernel = Kernel {
            layer: self,
            rows,
            load,
            schedule,
            start,
            bounds,
            pattern,
        };
        Ok(Routine {
            function: kernel.code()?,
            constants: constants.finish(),
            scratch_bytes: rows.end(),
            method: if levels == 2 {
                "QACC, scaled weights of 30 bits"
            } else {
                "QACC, scaled weights of 45 bits"
            },
        })
    }

    fn taps(&self) -> usize {
        self.window.height * self.window.width
    }
}

/// In which order taps are multiplied, and which registers hold their elements.
struct Schedule {
    /// For each level, tap and register of each multiplication.
    levels: Vec<Vec<(usize, Q)>>,
    /// Registers that hold elements.
    held: usize,
}

impl Schedule {
    /// Each level starts with the taps that registers still hold.
    fn new(taps: usize, levels: usize, load: Load) -> Self {
        // SPARE holds an element, too, if nothing else needs it.
        let held = if load == Load::Unaligned { 4 } else { 5 };
        let mut order: Vec<(usize, Q)> =
            (0..taps).map(|tap| (tap, Q((tap % held) as u8))).collect();
        let mut all = vec![order.clone()];
        for _ in 1..levels {
            let (gone, kept) = order.split_at(taps.saturating_sub(held));
            let registers: Vec<Q> = kept.iter().map(|(_, register)| *register).collect();
            let next = kept.iter().chain(gone).enumerate();
            order = next
                .map(|(position, (tap, _))| (*tap, registers[position % registers.len()]))
                .collect();
            all.push(order.clone());
        }
        Self { levels: all, held }
    }

    /// The order of the taps of a level.
    fn taps(&self, level: usize) -> Vec<usize> {
        self.levels[level].iter().map(|(tap, _)| *tap).collect()
    }

    /// Every load in order: all taps at the first level, later those that no register holds.
    fn loads(&self) -> impl Iterator<Item = (usize, Q)> {
        let skip = |level: usize| if level == 0 { 0 } else { self.held };
        self.levels
            .iter()
            .enumerate()
            .flat_map(move |(level, order)| order.iter().copied().skip(skip(level)))
    }
}

/// What is emitted.
struct Kernel<'a> {
    layer: &'a Depthwise,
    rows: Rows,
    load: Load,
    schedule: Schedule,
    /// In the constants: blocks, bounds of the activation, the zero point of staged rows.
    start: i32,
    bounds: Option<i32>,
    pattern: i32,
}

impl Kernel<'_> {
    fn code(&self) -> Result<Function, Portable> {
        let layer = self.layer;
        let window = layer.window;
        let rows = &self.rows;
        let mut code = Code::kernel(frame::BYTES);
        code.offset(A(12), SCRATCH, rows.start);
        code.offset(A(9), CONSTANTS, self.pattern);
        rows.clear(&mut code, A(12), A(9), [A(8), A(10)]);
        code.set(FIRST, LEVEL_BITS as i32);
        for row in 0..self.pointers() {
            code.offset(A(8), SCRATCH, rows.start + row as i32 * rows.pitch);
            code.op("s32i", (A(8), A(1), frame::SLOTS + 4 * row as i32));
        }
        let held = Registers::of(&[CONSTANTS, SCRATCH, FIRST]);
        code.repeat_on_stack((FRAME_COUNTER, frame::IMAGES), layer.batches, |code| {
            code.set(A(8), -(window.pad_top as i32));
            code.op("s32i.n", (A(8), A(1), frame::ROW));
            code.keeping(held, |code| {
                self.stage(code, 0..self.kept());
                code.repeat_on_stack((FRAME_COUNTER, frame::ROWS), layer.output.height, |code| {
                    self.stage(code, self.kept()..window.height);
                    self.row(code);
                    self.turn(code);
                });
            });
            code.advance_through(SCRAP, INPUT, layer.input.len() as i32);
        });
        code.finish()
    }

    /// Rows of the window that have pointers of their own.
    fn pointers(&self) -> usize {
        match self.layer.window.height {
            rows @ 1..=3 => rows,
            _ => 1,
        }
    }

    /// Rows that one window has in common with the next, and that therefore stay in their slots.
    fn kept(&self) -> usize {
        let window = self.layer.window;
        if window.height <= 3 && window.dilation_height == 1 {
            window.height.saturating_sub(window.stride_height)
        } else {
            0
        }
    }

    /// Stages rows of the window.
    fn stage(&self, code: &mut Code, window_rows: std::ops::Range<usize>) {
        let (row, slot, pattern) = (A(7), A(8), A(9));
        let temporaries = [A(6), A(10), A(11), A(12)];
        let dilation = self.layer.window.dilation_height as i32;
        if window_rows.is_empty() {
            return;
        }
        code.op("l32i.n", (row, A(1), frame::ROW));
        code.offset(pattern, CONSTANTS, self.pattern);
        if self.layer.window.height <= 3 {
            for window_row in window_rows {
                code.op("l32i", (slot, A(1), frame::SLOTS + 4 * window_row as i32));
                self.rows
                    .stage(code, (INPUT, row, slot), pattern, temporaries);
                code.advance(row, dilation);
            }
        } else {
            code.op("l32i", (slot, A(1), frame::SLOTS));
            code.repeat(A(13), window_rows.len(), |code| {
                self.rows
                    .stage(code, (INPUT, row, slot), pattern, temporaries);
                code.advance(slot, self.rows.pitch);
                code.advance(row, dilation);
            });
        }
        code.op("s32i.n", (row, A(1), frame::ROW));
    }

    /// Makes the rows that stay the first of the next window.
    fn turn(&self, code: &mut Code) {
        let window = self.layer.window;
        let kept = self.kept();
        if kept > 0 {
            let slot = |row: usize| frame::SLOTS + 4 * row as i32;
            for (row, pointer) in POINTERS.into_iter().take(window.height).enumerate() {
                code.op("l32i", (pointer, A(1), slot(row)));
            }
            for row in 0..window.height {
                let from = (row + window.stride_height) % window.height;
                code.op("s32i", (POINTERS[from], A(1), slot(row)));
            }
        } else {
            // The rows staged for this window, all but the stride given back.
            let staged = window.height as i32 * window.dilation_height as i32;
            code.op("l32i.n", (A(8), A(1), frame::ROW));
            code.advance(A(8), window.stride_height as i32 - staged);
            code.op("s32i.n", (A(8), A(1), frame::ROW));
        }
    }

    /// One row of output pixels.
    fn row(&self, code: &mut Code) {
        let layer = self.layer;
        let period = layer.period();
        let columns = layer.output.width * layer.output.channels / period;
        let place = SCRAP;
        code.set(place, self.rows.at(0, 0));
        code.op("s32i.n", (place, A(1), frame::LANE));
        code.offset(BLOCK, CONSTANTS, self.start);
        code.repeat_on_stack((FRAME_COUNTER, frame::BLOCKS), period / LANES, |code| {
            code.op("mov.n", (TARGET, OUTPUT));
            code.op("l32i.n", (place, A(1), frame::LANE));
            for (row, pointer) in POINTERS.into_iter().take(self.pointers()).enumerate() {
                code.op("l32i", (pointer, A(1), frame::SLOTS + 4 * row as i32));
                code.op("add.n", (pointer, pointer, place));
            }
            code.op("addi", (place, place, 2 * LANES as i32));
            code.op("s32i.n", (place, A(1), frame::LANE));
            code.op("l32i.n", (LAST, BLOCK, 0));
            let overwritten = Registers::of(&[STREAM, TARGET, SCRAP])
                .and(Registers::of(&POINTERS))
                .and(Registers::VECTORS)
                .and(Registers::QACC)
                .and(Registers::SAR_BYTE);
            code.repeat_fast(COUNTER, columns, |code| {
                code.overwriting(overwritten, |code| self.lanes(code));
            });
            code.advance(BLOCK, self.block_bytes());
            code.advance(OUTPUT, LANES as i32);
        });
        let row = layer.output.width * layer.output.channels;
        code.advance(OUTPUT, row as i32 - period as i32);
    }

    /// Bytes of a block's constants.
    fn block_bytes(&self) -> i32 {
        let levels = self.schedule.levels.len();
        16 * (levels * (self.layer.taps() + 1) + 4) as i32
    }

    /// Eight lanes of output.
    fn lanes(&self, code: &mut Code) {
        let layer = self.layer;
        let Schedule { levels, held } = &self.schedule;
        let taps = layer.taps();
        let mut cursor = Cursor::new(self);
        let mut turn = 0;
        let mut multiply = |code: &mut Code, x: Q| {
            let w = W[turn % 2];
            turn += 1;
            code.op("ee.vmulas.s16.qacc.ld.ip", (w, STREAM, 16, w, x));
        };
        code.op("addi", (STREAM, BLOCK, 16));
        code.op("ee.ldqa.s16.128.ip", (STREAM, 16));
        for w in W {
            code.op("ee.vld.128.ip", (w, STREAM, 16));
        }
        for _ in 0..taps.min(2) {
            cursor.load(code);
        }
        for (level, order) in levels.iter().enumerate() {
            if level > 0 {
                // The vector that this shift gives is of no use.
                code.op("ee.srcmb.s16.qacc", (Y, FIRST, 0));
            }
            let ahead = if level == 0 { 2 } else { *held };
            for (position, (_, x)) in order.iter().enumerate() {
                multiply(code, *x);
                if position + ahead < taps {
                    cursor.load(code);
                }
            }
            if 0 < level && level + 1 < levels.len() {
                // A piece of the rounding constant, and the ones at the end of the block.
                code.offset(SCRAP, BLOCK, self.block_bytes() - 16);
                code.op("ee.vld.128.ip", (Y, SCRAP, 0));
                multiply(code, Y);
            }
        }
        // What was read ahead is the rest of the rounding constant.
        for x in [Q(0), Q(1)] {
            code.op("ee.vld.128.ip", (x, STREAM, 16));
        }
        code.op("ee.vmulas.s16.qacc", (W[turn % 2], Q(0)));
        code.op("ee.vmulas.s16.qacc", (W[(turn + 1) % 2], Q(1)));
        code.op("ee.srcmb.s16.qacc", (Y, LAST, 0));
        let output = SPARE;
        code.op("ee.vunzip.8", (Y, output));
        if let Some(bounds) = self.bounds {
            code.offset(SCRAP, CONSTANTS, bounds);
            code.op("ee.vld.128.ip", (Q(0), SCRAP, 16));
            code.op("ee.vld.128.ip", (Q(1), SCRAP, 16));
            code.op("ee.vmax.s8", (output, output, Q(0)));
            code.op("ee.vmin.s8", (output, output, Q(1)));
        }
        let period = layer.period() as i32;
        let step = if period <= FARTHEST_STORE { period } else { 0 };
        code.op("ee.vst.l.64.ip", (output, TARGET, step));
        code.advance(TARGET, period - step);
    }
}

/// The loads of one block of lanes, in order.
struct Cursor<'a> {
    kernel: &'a Kernel<'a>,
    /// Register, pointer, and offset from where the pointer starts.
    loads: Vec<(Q, A, i32)>,
    next: usize,
}

impl<'a> Cursor<'a> {
    fn new(kernel: &'a Kernel<'a>) -> Self {
        let window = kernel.layer.window;
        let loads = kernel.schedule.loads().map(|(tap, register)| {
            let (row, column) = (tap / window.width, tap % window.width);
            let (pointer, base) = if kernel.pointers() == window.height {
                (POINTERS[row], 0)
            } else {
                (POINTERS[0], row as i32 * kernel.rows.pitch)
            };
            let elements = column * window.dilation_width * kernel.layer.input.channels;
            (register, pointer, base + 2 * elements as i32)
        });
        Self {
            kernel,
            loads: loads.collect(),
            next: 0,
        }
    }

    /// The next load. It moves its pointer to where that is needed next: after the last load, to the next lanes.
    fn load(&mut self, code: &mut Code) {
        let (register, pointer, offset) = self.loads[self.next];
        self.next += 1;
        let layer = self.kernel.layer;
        let lanes = layer.period() as i32 * layer.window.stride_width as i32;
        let to = self.loads[self.next..]
            .iter()
            .find(|load| load.1 == pointer)
            .map_or(2 * lanes, |load| load.2);
        let distance = to - offset;
        match self.kernel.load {
            Load::Whole => {
                let step = Some(distance).filter(|step| (-2048..=2032).contains(step));
                code.op("ee.vld.128.ip", (register, pointer, step.unwrap_or(0)));
                if step.is_none() {
                    code.advance_through(SCRAP, pointer, distance);
                }
            }
            Load::Halves => {
                let step = Some(distance - 8).filter(|step| (-1024..=1016).contains(step));
                code.op("ee.vld.l.64.ip", (register, pointer, 8));
                code.op("ee.vld.h.64.ip", (register, pointer, step.unwrap_or(0)));
                if step.is_none() {
                    code.advance_through(SCRAP, pointer, distance - 8);
                }
            }
            Load::Unaligned => {
                code.op("ee.ld.128.usar.ip", (register, pointer, 16));
                code.op("ee.ld.128.usar.ip", (SPARE, pointer, -16));
                code.op("ee.src.q", (register, register, SPARE));
                code.advance_through(SCRAP, pointer, distance);
            }
        }
    }
}

//! Windows of an image, gathered into one run of bytes each: rows are staged in scratch memory with their padding, so that no
//! window has a border.

use lx7::asm::{A, Q};
use shortcrust_kernels::shape::{Image, Window};

use super::code::{Code, FRAME_COUNTER};
use super::portable::Portable;
use super::registers::Registers;

/// Bytes of scratch memory that a kernel may ask for: about what the chip has inside beside the stack.
pub(super) const MOST_SCRATCH: usize = 256 << 10;
/// Rows that a window may span.
const MOST_SPAN: usize = 1 << 16;
/// Channels of a pixel up to which the code that spreads it out is unrolled.
const UNROLLED_CHANNELS: usize = 32;
/// Units of a window up to which the code that gathers it is unrolled.
const UNROLLED_UNITS: usize = 2048;

/// How rows are staged: as they are, or every byte widened to 16 bits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Width {
    Bytes,
    Halves,
}

impl Width {
    /// Bytes of an element.
    pub(super) fn bytes(self) -> i32 {
        match self {
            Width::Bytes => 1,
            Width::Halves => 2,
        }
    }
}

/// The rows under a window, each in a slot of scratch memory.
#[derive(Clone, Copy, Debug)]
pub(super) struct Rows {
    pub(super) input: Image,
    pub(super) window: Window,
    pub(super) width: Width,
    /// Rows and columns from one pixel of the tensor to the next, where the image is the tensor spread out over zero points.
    pub(super) spread: (usize, usize),
    /// Where the first slot starts in scratch memory.
    pub(super) start: i32,
    /// From one slot to the next.
    pub(super) pitch: i32,
    /// From the start of a slot to the first element of the row.
    data: i32,
}

impl Rows {
    /// Slots, from `start` on in scratch memory, for the rows under a window of an operator with `output_width` columns.
    ///
    /// # Errors
    /// Where they need more than [`MOST_SCRATCH`], or span more than [`MOST_SPAN`].
    pub(super) fn new(
        input: Image,
        window: Window,
        output_width: usize,
        width: Width,
        start: usize,
    ) -> Result<Self, Portable> {
        // Sizes of a file can be anything: nothing overflows in 128 bits.
        let wide = |size: usize| size as i128;
        let pixel = wide(input.channels) * i128::from(width.bytes());
        let reach = wide(output_width.saturating_sub(1)) * wide(window.stride_width)
            + wide(window.width.saturating_sub(1)) * wide(window.dilation_width)
            - wide(window.pad_left)
            + 1;
        let data = (wide(window.pad_left) * pixel + 15) & !15;
        let columns = reach.max(wide(input.width));
        let pitch = (data + columns * pixel + 15 + 32) & !15;
        let needed = wide(start) + pitch * wide(window.height);
        if needed > wide(MOST_SCRATCH) {
            return Err(Portable::outside(format!(
                "the rows under its window need {needed} bytes of scratch memory, of at most {MOST_SCRATCH}"
            )));
        }
        let span = wide(window.height) * wide(window.dilation_height);
        if span > wide(MOST_SPAN) {
            return Err(Portable::outside(format!(
                "its window spans {span} rows, of at most {MOST_SPAN}"
            )));
        }
        Ok(Self {
            input,
            window,
            width,
            spread: (1, 1),
            start: start as i32,
            pitch: pitch as i32,
            data: data as i32,
        })
    }

    /// Bytes of all slots.
    fn bytes(&self) -> i32 {
        self.pitch * self.window.height as i32
    }

    /// Bytes of scratch memory up to the end of the slots.
    pub(super) fn end(&self) -> usize {
        (self.start + self.bytes()) as usize
    }

    /// Where an element of the padded row is in its slot; column 0 is the first of the padding.
    pub(super) fn at(&self, column: usize, channel: usize) -> i32 {
        let channels = self.input.channels as i32;
        let element = (column as i32 - self.window.pad_left as i32) * channels + channel as i32;
        self.data + element * self.width.bytes()
    }

    /// Elements of a row.
    fn elements(&self) -> usize {
        self.input.width * self.input.channels
    }

    /// [`Self::stage`] of a row of bytes whose pixels are spread out.
    fn stage_spread(
        &self,
        code: &mut Code,
        (image, row, slot): (A, A, A),
        pattern: A,
        [source, target, limit, counter]: [A; 4],
    ) {
        let (rows, columns) = self.spread;
        let channels = self.input.channels;
        let pixels = self.input.width.div_ceil(columns);
        let fill = |code: &mut Code| {
            code.offset(target, slot, self.data);
            code.op("ee.vld.128.ip", (Q(0), pattern, 0));
            code.repeat_fast(counter, self.elements().div_ceil(16), |code| {
                code.op("ee.vst.128.ip", (Q(0), target, 16));
            });
        };
        let copy = |code: &mut Code| {
            // The last row of pixels, if this row has any.
            code.set(limit, rows as i32);
            code.op("quou", (source, row, limit));
            code.op("mull", (limit, source, limit));
            code.op("sub", (limit, row, limit));
            code.set(target, 1);
            code.if_below(
                limit,
                target,
                |code| {
                    code.set(limit, (pixels * channels) as i32);
                    code.op("mull", (source, source, limit));
                    code.op("add.n", (source, source, image));
                    code.offset(target, slot, self.data);
                    code.repeat(counter, pixels, |code| {
                        if channels <= UNROLLED_CHANNELS {
                            for channel in 0..channels {
                                code.op("l8ui", (limit, source, 0));
                                code.op("addi.n", (source, source, 1));
                                code.op("s8i", (limit, target, channel as i32));
                            }
                            return code.advance(target, (columns * channels) as i32);
                        }
                        // A running hardware loop has no need of the register that it was started with.
                        code.repeat_fast(limit, channels, |code| {
                            code.op("l8ui", (limit, source, 0));
                            code.op("addi.n", (source, source, 1));
                            code.op("s8i", (limit, target, 0));
                            code.op("addi.n", (target, target, 1));
                        });
                        code.advance(target, ((columns - 1) * channels) as i32);
                    });
                },
                fill,
            );
        };
        code.set(limit, self.input.height as i32);
        code.if_below(row, limit, copy, fill);
    }

    /// Fills all slots with the zero point, of which `pattern` points to 16 bytes. `slots` points to the slots and is kept.
    /// Overwrites what [`Self::staging`] says of `temporaries`.
    pub(super) fn clear(&self, code: &mut Code, slots: A, pattern: A, temporaries: [A; 2]) {
        let [pointer, counter] = temporaries;
        code.overwriting(Self::staging(&temporaries), |code| {
            code.op("ee.vld.128.ip", (Q(0), pattern, 0));
            code.op("mov.n", (pointer, slots));
            code.repeat_fast(counter, (self.bytes() / 16) as usize, |code| {
                code.op("ee.vst.128.ip", (Q(0), pointer, 16));
            });
        });
    }

    /// What [`Self::stage`] overwrites.
    pub(super) fn staging(temporaries: &[A]) -> Registers {
        Registers::of(temporaries)
            .and(Registers::vectors(&[Q(0), Q(1), Q(2)]))
            .and(Registers::LOOP)
    }

    /// Stages the input row `row` at `slot`, or the zero point if there is no such row. `image` points to the input image.
    /// Overwrites what [`Self::staging`] says of `temporaries`.
    pub(super) fn stage(
        &self,
        code: &mut Code,
        places: (A, A, A),
        pattern: A,
        temporaries: [A; 4],
    ) {
        code.overwriting(Self::staging(&temporaries), |code| {
            if self.spread == (1, 1) {
                self.stage_whole(code, places, pattern, temporaries);
            } else {
                self.stage_spread(code, places, pattern, temporaries);
            }
        });
    }

    /// [`Self::stage`] of a row as it is.
    fn stage_whole(
        &self,
        code: &mut Code,
        (image, row, slot): (A, A, A),
        pattern: A,
        [source, target, limit, counter]: [A; 4],
    ) {
        let elements = self.elements();
        let vectors = elements / 16;
        let whole = elements.is_multiple_of(16);
        code.set(limit, self.input.height as i32);
        code.offset(target, slot, self.data);
        let fill = |code: &mut Code| {
            code.op("ee.vld.128.ip", (Q(0), pattern, 0));
            let stores = (elements as i32 * self.width.bytes() + 15) / 16;
            code.repeat_fast(counter, stores as usize, |code| {
                code.op("ee.vst.128.ip", (Q(0), target, 16));
            });
        };
        let copy = |code: &mut Code| {
            code.set(source, elements as i32);
            code.op("mull", (source, source, row));
            code.op("add.n", (source, source, image));
            match (whole, self.width) {
                (true, Width::Bytes) => code.repeat_fast(counter, vectors, |code| {
                    code.op("ee.vld.128.ip", (Q(0), source, 16));
                    code.op("nop.n", ());
                    code.op("ee.vst.128.ip", (Q(0), target, 16));
                }),
                (true, Width::Halves) => {
                    code.op("ee.zero.q", (Q(2),));
                    code.op("ee.vld.128.ip", (Q(0), source, 16));
                    let widen = |code: &mut Code| {
                        code.op("ee.vcmp.lt.s8", (Q(1), Q(0), Q(2)));
                        code.op("ee.vzip.8", (Q(0), Q(1)));
                        code.op("ee.vst.128.ip", (Q(0), target, 16));
                    };
                    code.repeat_fast(counter, vectors - 1, |code| {
                        widen(code);
                        code.op("ee.vld.128.ip", (Q(0), source, 16));
                        code.op("ee.vst.128.ip", (Q(1), target, 16));
                    });
                    widen(code);
                    code.op("ee.vst.128.ip", (Q(1), target, 16));
                }
                (false, Width::Bytes) => code.repeat_fast(counter, elements, |code| {
                    code.op("l8ui", (limit, source, 0));
                    code.op("addi.n", (source, source, 1));
                    code.op("s8i", (limit, target, 0));
                    code.op("addi.n", (target, target, 1));
                }),
                (false, Width::Halves) => code.repeat_fast(counter, elements, |code| {
                    code.op("l8ui", (limit, source, 0));
                    code.op("addi.n", (source, source, 1));
                    code.op("sext", (limit, limit, 7));
                    code.op("s16i", (limit, target, 0));
                    code.op("addi.n", (target, target, 2));
                }),
            }
        };
        code.if_below(row, limit, copy, fill);
    }
}

/// How a window is copied from its rows into one run of bytes.
#[derive(Clone, Copy, Debug)]
pub(super) struct Gather {
    /// Bytes that follow one another in a row.
    run: usize,
    /// Runs of a row.
    runs: usize,
    /// Bytes copied at a time.
    unit: usize,
}

impl Gather {
    /// For windows over `depth` of `channels` channels.
    pub(super) fn new(window: &Window, channels: usize, depth: usize) -> Self {
        let (run, runs) = if window.dilation_width == 1 && depth == channels {
            (window.width * depth, 1)
        } else {
            (depth, window.width)
        };
        // What every source address is a sum of.
        let mut steps = vec![window.stride_width * channels, window.pad_left * channels];
        if depth != channels {
            steps.push(depth);
        }
        if runs > 1 {
            steps.push(window.dilation_width * channels);
        }
        let unit = [4, 2, 1]
            .into_iter()
            .find(|unit| steps.iter().all(|step| step.is_multiple_of(*unit)))
            .unwrap_or(1);
        Self { run, runs, unit }
    }

    /// Bytes from one run to the next in the gathered window.
    fn pitch(&self) -> usize {
        self.run.next_multiple_of(self.unit)
    }

    /// Bytes of the gathered window.
    pub(super) fn bytes(&self, window: &Window) -> usize {
        window.height * self.runs * self.pitch()
    }

    /// The weights of one output channel (`[window height, window width, depth]`) in the order of the gathered window.
    pub(super) fn arrange(&self, weights: &[i8]) -> Vec<i8> {
        weights
            .chunks(self.run)
            .flat_map(|run| {
                let mut run = run.to_vec();
                run.resize(self.pitch(), 0);
                run
            })
            .collect()
    }

    /// What [`Self::emit`] overwrites.
    pub(super) fn overwritten(target: A, temporaries: &[A], slots: [i32; 2]) -> Registers {
        Registers::of(temporaries)
            .and(Registers::of(&[target, FRAME_COUNTER]))
            .and(Registers::LOOP)
            .and(Registers::slot(slots[0]))
            .and(Registers::slot(slots[1]))
    }

    /// Copies a window. `source` points to its first byte in the first slot and is kept, `target` to where it goes. `slots` are words
    /// of the stack frame. Overwrites what [`Self::overwritten`] says.
    pub(super) fn emit(
        &self,
        code: &mut Code,
        rows: &Rows,
        (source, target): (A, A),
        temporaries: [A; 3],
        slots: [i32; 2],
    ) {
        let units = rows.window.height * self.runs * self.run.div_ceil(self.unit);
        code.overwriting(Self::overwritten(target, &temporaries, slots), |code| {
            if units <= UNROLLED_UNITS {
                self.unrolled(code, rows, (source, target), temporaries);
            } else {
                self.looped(code, rows, (source, target), temporaries, slots);
            }
        });
    }

    /// The instructions that load and store a unit.
    fn mnemonics(&self) -> (&'static str, &'static str) {
        match self.unit {
            4 => ("l32i", "s32i"),
            2 => ("l16ui", "s16i"),
            _ => ("l8ui", "s8i"),
        }
    }

    /// From one run to the next in a row.
    fn step(rows: &Rows) -> i32 {
        rows.window.dilation_width as i32 * rows.input.channels as i32
    }

    fn unrolled(
        &self,
        code: &mut Code,
        rows: &Rows,
        (source, target): (A, A),
        [read_pointer, first, second]: [A; 3],
    ) {
        let (load, store) = self.mnemonics();
        let write_pointer = FRAME_COUNTER;
        let reach = 255 * self.unit;
        let step = Self::step(rows);
        // (offset in the slots, offset in the window) of every unit.
        let mut moves = Vec::new();
        for row in 0..rows.window.height {
            for run in 0..self.runs {
                let from = row as i32 * rows.pitch + run as i32 * step;
                let to = (row * self.runs + run) * self.pitch();
                for byte in (0..self.run).step_by(self.unit) {
                    moves.push((from + byte as i32, to + byte));
                }
            }
        }
        let (mut read_base, mut write_base) = (0i32, 0usize);
        code.op("mov.n", (read_pointer, source));
        code.op("mov.n", (write_pointer, target));
        for pair in moves.chunks(2) {
            for (register, (from, _)) in [first, second].into_iter().zip(pair) {
                if !(0..=reach as i32).contains(&(from - read_base)) {
                    code.advance(read_pointer, from - read_base);
                    read_base = *from;
                }
                code.op(load, (register, read_pointer, from - read_base));
            }
            for (register, (_, to)) in [first, second].into_iter().zip(pair) {
                if to - write_base > reach {
                    code.advance(write_pointer, (to - write_base) as i32);
                    write_base = *to;
                }
                code.op(store, (register, write_pointer, (to - write_base) as i32));
            }
        }
    }

    fn looped(
        &self,
        code: &mut Code,
        rows: &Rows,
        (source, target): (A, A),
        [from, first, second]: [A; 3],
        [rows_slot, runs_slot]: [i32; 2],
    ) {
        let (load, store) = self.mnemonics();
        let (unit, step) = (self.unit as i32, Self::step(rows));
        let units = self.run.div_ceil(self.unit);
        let copy = |code: &mut Code, values: &[A]| {
            for (index, value) in (0..).zip(values) {
                code.op(load, (*value, from, index * unit));
            }
            for (index, value) in (0..).zip(values) {
                code.op(store, (*value, target, index * unit));
            }
            code.advance(from, values.len() as i32 * unit);
            code.advance(target, values.len() as i32 * unit);
        };
        code.op("mov.n", (from, source));
        code.repeat_on_stack((FRAME_COUNTER, rows_slot), rows.window.height, |code| {
            code.repeat_on_stack((FRAME_COUNTER, runs_slot), self.runs, |code| {
                code.repeat_fast(FRAME_COUNTER, units / 2, |code| {
                    copy(code, &[first, second]);
                });
                if units % 2 == 1 {
                    copy(code, &[first]);
                }
                code.advance(from, step - units as i32 * unit);
            });
            code.advance(from, rows.pitch - self.runs as i32 * step);
        });
    }
}

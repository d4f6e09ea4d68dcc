//! Windows of an image, gathered into one run of bytes each: rows are staged in scratch memory with their padding, so that no
//! window has a border.

use lx7::asm::{A, Q};
use shortcrust_kernels::shape::{Image, Window};

use super::code::Code;

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
    /// Slots, from the start of scratch memory, for the rows under a window of an operator with `output_width` columns.
    pub(super) fn new(input: Image, window: Window, output_width: usize, width: Width) -> Self {
        let element = width.bytes();
        let channels = input.channels as i32;
        let reach = (output_width as i32 - 1) * window.stride_width as i32
            + (window.width as i32 - 1) * window.dilation_width as i32
            - window.pad_left as i32
            + 1;
        let data = (window.pad_left as i32 * channels * element + 15) & !15;
        let columns = reach.max(input.width as i32);
        let pitch = (data + columns * channels * element + 15 + 32) & !15;
        Self {
            input,
            window,
            width,
            spread: (1, 1),
            start: 0,
            pitch,
            data,
        }
    }

    /// Bytes of all slots.
    pub(super) fn bytes(&self) -> i32 {
        self.pitch * self.window.height as i32
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
                        for channel in 0..channels {
                            code.op("l8ui", (limit, source, 0));
                            code.op("addi.n", (source, source, 1));
                            code.op("s8i", (limit, target, channel as i32));
                        }
                        code.advance(target, (columns * channels) as i32);
                    });
                },
                fill,
            );
        };
        code.set(limit, self.input.height as i32);
        code.if_below(row, limit, copy, fill);
    }

    /// Fills all slots with the zero point, of which `pattern` points to 16 bytes. `slots` points to the slots and is kept.
    pub(super) fn clear(&self, code: &mut Code, slots: A, pattern: A, pointer: A, counter: A) {
        code.op("ee.vld.128.ip", (Q(0), pattern, 0));
        code.op("mov.n", (pointer, slots));
        code.repeat_fast(counter, (self.bytes() / 16) as usize, |code| {
            code.op("ee.vst.128.ip", (Q(0), pointer, 16));
        });
    }

    /// Stages the input row `row` at `slot`, or the zero point if there is no such row. `image` points to the input image.
    /// `temporaries` and q0 to q2 are overwritten.
    pub(super) fn stage(
        &self,
        code: &mut Code,
        (image, row, slot): (A, A, A),
        pattern: A,
        temporaries: [A; 4],
    ) {
        let [source, target, limit, counter] = temporaries;
        let elements = self.elements();
        let vectors = elements / 16;
        let whole = elements.is_multiple_of(16);
        if self.spread != (1, 1) {
            return self.stage_spread(code, (image, row, slot), pattern, temporaries);
        }
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
    /// For windows of `depth` channels.
    pub(super) fn new(rows: &Rows, depth: usize) -> Self {
        let window = rows.window;
        let channels = rows.input.channels;
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

    /// Copies a window. `source` points to its first byte in the first slot, `target` to where it goes; both are kept. `pointer`
    /// and `values` are overwritten.
    pub(super) fn emit(
        &self,
        code: &mut Code,
        rows: &Rows,
        (source, target): (A, A),
        pointer: A,
        values: [A; 2],
    ) {
        let (load, store) = match self.unit {
            4 => ("l32i", "s32i"),
            2 => ("l16ui", "s16i"),
            _ => ("l8ui", "s8i"),
        };
        let reach = 255 * self.unit;
        let step = rows.window.dilation_width as i32 * rows.input.channels as i32;
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
        let (read_pointer, write_pointer) = (pointer, A(15));
        code.op("mov.n", (read_pointer, source));
        code.op("mov.n", (write_pointer, target));
        for pair in moves.chunks(2) {
            for (register, (from, _)) in values.iter().zip(pair) {
                if !(0..=reach as i32).contains(&(from - read_base)) {
                    far(code, read_pointer, from - read_base);
                    read_base = *from;
                }
                code.op(load, (*register, read_pointer, from - read_base));
            }
            for (register, (_, to)) in values.iter().zip(pair) {
                if to - write_base > reach {
                    far(code, write_pointer, (to - write_base) as i32);
                    write_base = *to;
                }
                code.op(store, (*register, write_pointer, (to - write_base) as i32));
            }
        }
    }
}

/// Moves a pointer within 32 KiB, without a further register.
fn far(code: &mut Code, pointer: A, distance: i32) {
    let low = (distance + 128).rem_euclid(256) - 128;
    if distance != low {
        code.op("addmi", (pointer, pointer, distance - low));
    }
    if low != 0 {
        code.op("addi", (pointer, pointer, low));
    }
}

//! The code of a layer of dot products: runs of pixels, each of them sums that become outputs.

use lx7::asm::{A, Q};

use super::super::code::{CONSTANTS, Code, FRAME_COUNTER, Function, INPUT, OUTPUT, SCRATCH};
use super::super::registers::Registers;
use super::super::sums::{
    self, COUNTER, START, STREAM, SUMS, VALUE, W, WEIGHTS, ZERO, long_sum, resident_sums,
    streamed_sums, take_sum,
};
use super::super::windows::{Gather, Rows};
use super::{Kernel, Portable, RESIDENT, Requantiser, SUMS_START, Source};

/// Vectors of a window up to which the code for them is unrolled.
const UNROLLED: usize = 24;

/// Counts pixels whose sums are requantised together.
const PIXEL: A = A(6);
/// The window in the first row.
const WINDOW: A = A(12);
/// What a run of pixels holds all along.
const HELD: Registers = Registers::of(&[CONSTANTS, SCRATCH]);

/// Slots of the stack frame.
mod frame {
    pub(super) const IMAGES: i32 = 0;
    pub(super) const ROWS: i32 = 4;
    pub(super) const ROW: i32 = 8;
    pub(super) const IMAGE: i32 = 12;
    pub(super) const PIXELS: i32 = 16;
    pub(super) const GROUPS: i32 = 20;
    pub(super) const SUMS: i32 = 24;
    pub(super) const SLABS: i32 = 28;
    /// Where windows are gathered there are no slabs, and sums come later.
    pub(super) const GATHERED: [i32; 2] = [SUMS, SLABS];
    /// With slabs, no output is requantised by itself.
    pub(super) const SCALAR: i32 = SLABS;
    pub(super) const BYTES: i32 = 32;
}

impl Kernel<'_> {
    pub(super) fn code(&self) -> Result<Function, Portable> {
        let (layer, layout) = (self.layer, &self.layout);
        let mut code = Code::kernel(frame::BYTES + layout.on_stack as i32);
        self.prepare(&mut code);
        code.repeat_on_stack((FRAME_COUNTER, frame::IMAGES), self.runs.images, |code| {
            code.set(A(8), -(layer.window.pad_top as i32));
            code.op("s32i.n", (A(8), A(1), frame::ROW));
            code.repeat_on_stack((FRAME_COUNTER, frame::ROWS), self.runs.rows, |code| {
                if layout.slabs == 1 {
                    self.row(code);
                } else {
                    self.slabs(code);
                }
            });
            let read = match layout.source {
                Source::Pixels => {
                    let rows = self.runs.rows * layer.window.stride_height;
                    rows * layer.input.width * layer.input.channels
                }
                Source::Gathered(..) => 0,
            };
            if self.runs.images > 1 {
                let (rows, columns) = layer.spread;
                let (height, width) = (layer.input.height, layer.input.width);
                let pixels = height.div_ceil(rows) * width.div_ceil(columns);
                let bytes = pixels * layer.input.channels;
                code.advance(INPUT, bytes as i32 - read as i32);
            }
        });
        code.finish()
    }

    /// Little scratch memory is taken from the stack, and cleared because it is read where no sum was stored yet. Slots of rows are
    /// filled with the zero point.
    fn prepare(&self, code: &mut Code) {
        let on_stack = self.layout.on_stack;
        if on_stack > 0 {
            code.op("ee.zero.q", (Q(0),));
            code.offset(SCRATCH, A(1), frame::BYTES);
            code.repeat_fast(A(10), on_stack / 16, |code| {
                code.op("ee.vst.128.ip", (Q(0), SCRATCH, 16));
            });
            code.offset(SCRATCH, A(1), frame::BYTES);
        }
        if let Source::Gathered(rows, _) = &self.layout.source {
            code.offset(A(12), SCRATCH, rows.start);
            code.offset(A(9), CONSTANTS, self.packed.pattern);
            rows.clear(code, A(12), A(9), [A(8), A(10)]);
        }
        if let Requantiser::Vector(vector) = &self.packed.requantiser {
            vector.prepare(code);
        }
    }

    /// All pixels, once for each slab.
    fn slabs(&self, code: &mut Code) {
        let (layer, layout) = (self.layer, &self.layout);
        code.repeat_on_stack((FRAME_COUNTER, frame::SLABS), layout.slabs, |code| {
            self.pixels(code);
            let read = (self.runs.pixels * layer.input.channels) as i32;
            let written = (self.runs.pixels * layer.output.channels - layout.channels) as i32;
            code.advance_through(FRAME_COUNTER, INPUT, -read);
            code.advance_through(FRAME_COUNTER, OUTPUT, -written);
            code.advance_through(FRAME_COUNTER, CONSTANTS, self.slab_bytes);
        });
    }

    /// One row of output pixels, or all of them where they follow one another.
    fn row(&self, code: &mut Code) {
        match &self.layout.source {
            Source::Pixels => {
                self.pixels(code);
                let read =
                    self.runs.pixels * self.layer.input.channels * self.layer.window.stride_width;
                let pitch = self.layer.input.width
                    * self.layer.input.channels
                    * self.layer.window.stride_height;
                code.advance(INPUT, pitch as i32 - read as i32);
            }
            Source::Gathered(rows, _) => {
                let row = A(13);
                code.op("l32i.n", (row, A(1), frame::ROW));
                code.offset(A(12), SCRATCH, rows.start);
                code.offset(A(14), CONSTANTS, self.packed.pattern);
                code.repeat(A(6), self.layer.window.height, |code| {
                    let temporaries = [A(7), A(8), A(9), A(10)];
                    rows.stage(code, (INPUT, row, A(12)), A(14), temporaries);
                    code.advance(A(12), rows.pitch);
                    code.advance(row, self.layer.window.dilation_height as i32);
                });
                code.op("l32i.n", (row, A(1), frame::ROW));
                code.advance(row, self.layer.window.stride_height as i32);
                code.op("s32i.n", (row, A(1), frame::ROW));
                code.op("s32i.n", (INPUT, A(1), frame::IMAGE));
                code.offset(INPUT, SCRATCH, rows.start + rows.at(0, 0));
                self.pixels(code);
                code.op("l32i.n", (INPUT, A(1), frame::IMAGE));
            }
        }
    }

    /// A run of output pixels. `INPUT` points to the first window.
    fn pixels(&self, code: &mut Code) {
        let step = self.layer.input.channels as i32 * self.layer.window.stride_width as i32;
        code.op("movi.n", (ZERO, 0));
        code.offset(START, CONSTANTS, self.packed.start);
        let pixels = |code: &mut Code| {
            code.offset(SUMS, SCRATCH, SUMS_START - 4);
            code.repeat(PIXEL, self.layout.pixels, |code| {
                code.offset(WEIGHTS, CONSTANTS, self.packed.weights);
                let held = Registers::of(&[INPUT, OUTPUT, ZERO]);
                code.keeping(held, |code| match &self.layout.source {
                    Source::Pixels => self.sums(code, &|code, target| {
                        code.offset(target, INPUT, 0);
                    }),
                    Source::Gathered(rows, gather) => {
                        self.gathered_sums(code, rows, gather);
                    }
                });
                code.advance(INPUT, step);
            });
            code.offset(SUMS, SCRATCH, SUMS_START);
            let held = Registers::of(&[INPUT]);
            code.keeping(held, |code| self.requantise(code));
        };
        let held = self.packed.requantiser.held().and(HELD);
        code.repeat_on_stack(
            (FRAME_COUNTER, frame::PIXELS),
            self.runs.pixels / self.layout.pixels,
            |code| {
                code.keeping(held, pixels);
            },
        );
    }

    /// The sums over a window of staged rows, to which `INPUT` points.
    fn gathered_sums(&self, code: &mut Code, rows: &Rows, gather: &Gather) {
        code.op("mov.n", (WINDOW, INPUT));
        code.repeat_on_stack((FRAME_COUNTER, frame::GROUPS), self.layer.groups, |code| {
            let held = Registers::of(&[WINDOW, WEIGHTS, SUMS]);
            code.keeping(held, |code| {
                code.offset(COUNTER, SCRATCH, self.layout.window);
                let places = (WINDOW, COUNTER);
                gather.emit(code, rows, places, [STREAM, VALUE, START], frame::GATHERED);
            });
            code.op("l32i.n", (VALUE, SUMS, 0));
            code.offset(START, CONSTANTS, self.packed.start);
            code.keeping(Registers::of(&[WINDOW]), |code| {
                self.sums(code, &|code, target| {
                    code.offset(target, SCRATCH, self.layout.window);
                });
            });
            if self.layer.groups > 1 {
                code.advance(WINDOW, self.layer.depth() as i32);
            }
        });
    }

    /// Outputs of the sums, to which `SUMS` points.
    fn requantise(&self, code: &mut Code) {
        // To where the slab's channels of the next pixel are.
        let step_of_slabs = (self.layer.output.channels - self.layout.channels) as i32;
        let held = Registers::of(&[ZERO, START]);
        match &self.packed.requantiser {
            Requantiser::Scalar(scalar) => {
                scalar.emit(code, (SUMS, OUTPUT), self.layout.pixels, frame::SCALAR);
                code.op("movi.n", (ZERO, 0));
                code.offset(START, CONSTANTS, self.packed.start);
            }
            Requantiser::Vector(vector) if self.layout.direct => {
                code.keeping(held, |code| vector.emit(code, SUMS, OUTPUT));
                code.advance(OUTPUT, step_of_slabs);
            }
            Requantiser::Vector(vector) => {
                let (bounce, byte) = (A(8), A(9));
                code.offset(bounce, SCRATCH, self.layout.bounce);
                let held = held.and(Registers::of(&[OUTPUT]));
                code.keeping(held, |code| vector.emit(code, SUMS, bounce));
                code.offset(bounce, SCRATCH, self.layout.bounce);
                code.repeat_fast(COUNTER, self.layout.channels, |code| {
                    code.op("l8ui", (byte, bounce, 0));
                    code.op("addi.n", (bounce, bounce, 1));
                    code.op("s8i", (byte, OUTPUT, 0));
                    code.op("addi.n", (OUTPUT, OUTPUT, 1));
                });
            }
        }
    }

    /// The sums of a group's output channels over a window, to which `point` points a register.
    fn sums(&self, code: &mut Code, point: &dyn Fn(&mut Code, A)) {
        let channels = self.layout.channels / self.layer.groups;
        for w in W {
            code.op("ee.vld.128.ip", (w, WEIGHTS, 16));
        }
        point(code, STREAM);
        if self.layout.vectors <= RESIDENT {
            self.load_window(code, self.layout.vectors);
            code.overwriting(sums::OVERWRITTEN, |code| {
                resident_sums(code, self.layout.rows, self.layout.vectors);
            });
        } else if self.layout.vectors <= UNROLLED {
            code.overwriting(sums::OVERWRITTEN, |code| {
                streamed_sums(
                    code,
                    self.layout.rows,
                    self.layout.read,
                    self.layout.vectors,
                );
            });
        } else {
            code.repeat_on_stack((FRAME_COUNTER, frame::SUMS), self.layout.rows, |code| {
                point(code, STREAM);
                code.overwriting(sums::OVERWRITTEN, |code| {
                    long_sum(code, self.layout.read, self.layout.vectors);
                    take_sum(code, 0);
                });
                code.advance(SUMS, 4);
            });
        }
        code.op("s32i.n", (VALUE, SUMS, 0));
        // The next group's weights, of which two vectors were read.
        code.advance(WEIGHTS, -32);
        if self.layout.rows > channels {
            code.advance(SUMS, -4);
            code.op("l32i.n", (VALUE, SUMS, 0));
        }
    }

    /// Loads a window of up to [`RESIDENT`] vectors into q0 and up.
    fn load_window(&self, code: &mut Code, vectors: usize) {
        let bytes = if self.layer.reads_pixels() {
            self.layer.input.channels
        } else {
            16
        };
        match bytes {
            // What is in the other lanes meets weights of 0.
            4 => code.op("ee.vldbc.32.ip", (Q(0), STREAM, 0)),
            8 => code.op("ee.vld.l.64.ip", (Q(0), STREAM, 0)),
            _ => {
                for vector in 0..vectors {
                    code.op("ee.vld.128.ip", (Q(vector as u8), STREAM, 16));
                }
            }
        }
    }
}

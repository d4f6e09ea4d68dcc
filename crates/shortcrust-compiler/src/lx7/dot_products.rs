//! Output channels that are dot products of a window and a row of weights: convolutions and fully connected layers.
//!
//! A window's bytes stay in vector registers while the weights of all output channels stream past them, 16 products an
//! instruction into ACCX. The 32-bit sums go to scratch memory; [`super::vector_requantise`] makes outputs of them.

use lx7::asm::{A, AssemblyError, Q};
use shortcrust_kernels::shape::{Activation, Image, Window};

use super::Routine;
use super::code::{CONSTANTS, Code, Constants, INPUT, OUTPUT, SCRATCH};
use super::requantise::Channel;
use super::scalar_requantise::ScalarRequantiser;
use super::vector_requantise::VectorRequantiser;
use super::windows::{Gather, Rows, Width};

/// A layer of dot products.
pub(super) struct DotProducts {
    pub(super) batches: usize,
    pub(super) input: Image,
    pub(super) output: Image,
    pub(super) window: Window,
    /// Groups of input channels, each read by as large a group of output channels.
    pub(super) groups: usize,
    pub(super) input_zero_point: i32,
    pub(super) output_zero_point: i32,
    pub(super) activation: Activation,
    /// `[output channels, window height, window width, input channels / groups]`
    pub(super) weights: Vec<i8>,
    pub(super) bias: Vec<i32>,
    pub(super) multiplier: Vec<i32>,
    pub(super) shift: Vec<i32>,
    /// Whether the output starts at a multiple of 16.
    pub(super) output_is_aligned: bool,
    /// Rows and columns from one pixel of the input tensor to the next in the input image; zero points are in between.
    pub(super) spread: (usize, usize),
}

/// Vectors of a window that registers can hold for all output channels.
const RESIDENT: usize = 6;
/// Vectors of a window up to which the code for them is unrolled.
const UNROLLED: usize = 24;
/// Bytes of scratch memory up to which it is on the stack.
const STACK_SCRATCH: i32 = 512;
/// Where the sums start in scratch memory; the first store of a pixel touches the word in front.
const SUMS_START: i32 = 16;

const WEIGHTS: A = A(7);
const VALUE: A = A(8);
/// Four bytes before the next sum.
const SUMS: A = A(9);
const STREAM: A = A(10);
const COUNTER: A = A(11);
/// What ACCX starts with.
const START: A = A(13);
const ZERO: A = A(14);

/// Slots of the stack frame.
mod frame {
    pub(super) const IMAGES: i32 = 0;
    pub(super) const ROWS: i32 = 4;
    pub(super) const ROW: i32 = 8;
    pub(super) const IMAGE: i32 = 12;
    pub(super) const PIXELS: i32 = 16;
    pub(super) const GROUPS: i32 = 20;
    pub(super) const SUMS: i32 = 24;
    pub(super) const BYTES: i32 = 32;
}

/// Weights, of which one register is multiplied while the other is loaded.
const W: [Q; 2] = [Q(6), Q(7)];

/// How windows become vectors.
enum Source {
    /// Every window is a pixel, in a place that vector loads can read.
    Pixels,
    /// Windows are gathered from staged rows.
    Gathered(Rows, Gather),
}

/// What turns sums into outputs.
enum Requantiser {
    Vector(VectorRequantiser),
    Scalar(ScalarRequantiser),
}

/// Where things are.
struct Layout {
    /// Vectors of a window.
    read: usize,
    /// Vectors of a row of weights.
    vectors: usize,
    /// Rows of weights of a group.
    rows: usize,
    /// Pixels whose sums are requantised together.
    pixels: usize,
    /// Whether requantised bytes go to the output directly.
    direct: bool,
    weights: i32,
    start: i32,
    pattern: i32,
    /// In scratch memory.
    bounce: i32,
    window: i32,
}

impl DotProducts {
    fn depth(&self) -> usize {
        self.input.channels / self.groups
    }

    /// Whether every output pixel reads just the input pixel at its place.
    pub(super) fn is_pixel_by_pixel(&self) -> bool {
        let w = self.window;
        (w.height, w.width, w.pad_top, w.pad_left, self.groups) == (1, 1, 0, 0, 1)
            && (w.stride_height, w.stride_width, self.spread) == (1, 1, (1, 1))
            && (self.input.height, self.input.width) == (self.output.height, self.output.width)
    }

    fn reads_pixels(&self) -> bool {
        let w = self.window;
        let channels = self.input.channels;
        (w.height, w.width, w.pad_top, w.pad_left, self.groups) == (1, 1, 0, 0, 1)
            && self.spread == (1, 1)
            && (matches!(channels, 4 | 8) || channels.is_multiple_of(16))
            && (self.output.height - 1) * w.stride_height < self.input.height
            && (self.output.width - 1) * w.stride_width < self.input.width
    }

    /// The sums and what they become, for each output channel.
    pub(super) fn channels(&self) -> Vec<Channel> {
        let row = self.weights.len() / self.output.channels;
        self.weights
            .chunks(row)
            .enumerate()
            .map(|(index, weights)| Channel {
                multiplier: self.multiplier[index],
                shift: self.shift[index],
                zero_point: self.output_zero_point,
                activation: self.activation,
                ..Channel::of_weights(weights, self.bias[index], self.input_zero_point)
            })
            .collect()
    }

    /// The kernel.
    pub(super) fn routine(&self) -> Result<Routine, AssemblyError> {
        let co = self.output.channels;
        let flat = self.reads_pixels() && self.is_pixel_by_pixel();
        let (images, rows_of_pixels, run) = if flat {
            (1, 1, self.batches * self.output.height * self.output.width)
        } else {
            (self.batches, self.output.height, self.output.width)
        };
        let direct = self.output_is_aligned && (run * co).is_multiple_of(16);
        let pixels = if direct { 16 / gcd(co, 16) } else { 1 };
        let lanes = (pixels * co).next_multiple_of(16);
        let mut constants = Constants::default();
        let channels = self.channels();
        let requantiser = match VectorRequantiser::new(&channels, lanes, &mut constants) {
            Some(vector) => Requantiser::Vector(vector),
            None => Requantiser::Scalar(ScalarRequantiser::new(&channels, &mut constants)),
        };
        let bounce = SUMS_START + 4 * lanes as i32 + 16;
        let window = bounce + lanes as i32;
        let (source, bytes, scratch) = if self.reads_pixels() {
            (Source::Pixels, self.input.channels, window)
        } else {
            let mut rows = Rows::new(self.input, self.window, self.output.width, Width::Bytes);
            rows.spread = self.spread;
            let gather = Gather::new(&rows, self.depth());
            let bytes = gather.bytes(&self.window);
            rows.start = window + bytes.next_multiple_of(16) as i32;
            let scratch = rows.start + rows.bytes();
            (Source::Gathered(rows, gather), bytes, scratch)
        };
        let mut vectors = bytes.div_ceil(16);
        let mut rows = co / self.groups;
        // The two registers that weights alternate between must have changed roles an even number of times.
        if vectors <= RESIDENT {
            rows += vectors * rows % 2;
        } else {
            vectors += vectors % 2;
        }
        let weights = constants.bytes(self.packed_weights(&source, vectors, rows));
        let start = constants.words([requantiser.start(), 0]);
        let pattern = constants.bytes([self.input_zero_point as u8; 16]);
        let layout = Layout {
            read: bytes.div_ceil(16),
            vectors,
            rows,
            pixels,
            direct,
            weights,
            start,
            pattern,
            bounce,
            window,
        };
        // Little scratch memory is taken from the stack, and cleared because it is read where no sum was stored yet.
        let on_stack = if scratch <= STACK_SCRATCH {
            (scratch + 15) & !15
        } else {
            0
        };
        let mut code = Code::kernel(frame::BYTES + on_stack);
        if on_stack > 0 {
            code.op("ee.zero.q", (Q(0),));
            code.offset(SCRATCH, A(1), frame::BYTES);
            code.repeat_fast(A(10), (on_stack / 16) as usize, |code| {
                code.op("ee.vst.128.ip", (Q(0), SCRATCH, 16));
            });
            code.offset(SCRATCH, A(1), frame::BYTES);
        }
        if let Source::Gathered(rows, _) = &source {
            code.offset(A(12), SCRATCH, rows.start);
            code.offset(A(9), CONSTANTS, pattern);
            rows.clear(&mut code, A(12), A(9), A(8), A(10));
        }
        if let Requantiser::Vector(vector) = &requantiser {
            vector.prepare(&mut code);
        }
        code.repeat_on_stack(frame::IMAGES, images, |code| {
            code.set(A(8), -(self.window.pad_top as i32));
            code.op("s32i.n", (A(8), A(1), frame::ROW));
            code.repeat_on_stack(frame::ROWS, rows_of_pixels, |code| {
                self.row(code, &source, &requantiser, &layout, run);
            });
            let read = match source {
                Source::Pixels => {
                    let rows = rows_of_pixels * self.window.stride_height;
                    rows * self.input.width * self.input.channels
                }
                Source::Gathered(..) => 0,
            };
            if images > 1 {
                let (rows, columns) = self.spread;
                let pixels = self.input.height.div_ceil(rows) * self.input.width.div_ceil(columns);
                let bytes = pixels * self.input.channels;
                code.advance(INPUT, bytes as i32 - read as i32);
            }
        });
        Ok(Routine {
            function: code.finish()?,
            constants: constants.finish(),
            scratch_bytes: if on_stack > 0 { 0 } else { scratch as usize },
            method: match &requantiser {
                Requantiser::Vector(_) => "ACCX, 8 requantised at a time",
                Requantiser::Scalar(_) => "ACCX, requantised one by one",
            },
        })
    }

    /// Rows of weights, in the order in which the kernel multiplies them.
    fn packed_weights(&self, source: &Source, vectors: usize, rows: usize) -> Vec<u8> {
        let co = self.output.channels;
        let row = self.weights.len() / co;
        let mut packed = Vec::new();
        for group in self.weights.chunks(row * (co / self.groups)) {
            let start = packed.len();
            for weights in group.chunks(row) {
                let mut bytes = match source {
                    Source::Pixels => weights.to_vec(),
                    Source::Gathered(_, gather) => gather.arrange(weights),
                };
                bytes.resize(vectors * 16, 0);
                packed.extend(bytes.into_iter().map(|weight| weight as u8));
            }
            packed.resize(start + rows * vectors * 16, 0);
        }
        packed
    }

    /// One row of output pixels, or all of them where they follow one another.
    fn row(
        &self,
        code: &mut Code,
        source: &Source,
        requantiser: &Requantiser,
        layout: &Layout,
        run: usize,
    ) {
        match source {
            Source::Pixels => {
                self.pixels(code, source, requantiser, layout, run);
                let read = run * self.input.channels * self.window.stride_width;
                let pitch = self.input.width * self.input.channels * self.window.stride_height;
                code.advance(INPUT, pitch as i32 - read as i32);
            }
            Source::Gathered(rows, _) => {
                let row = A(13);
                code.op("l32i.n", (row, A(1), frame::ROW));
                code.offset(A(12), SCRATCH, rows.start);
                code.offset(A(14), CONSTANTS, layout.pattern);
                code.repeat(A(6), self.window.height, |code| {
                    let temporaries = [A(7), A(8), A(9), A(10)];
                    rows.stage(code, (INPUT, row, A(12)), A(14), temporaries);
                    code.advance(A(12), rows.pitch);
                    code.advance(row, self.window.dilation_height as i32);
                });
                code.op("l32i.n", (row, A(1), frame::ROW));
                code.advance(row, self.window.stride_height as i32);
                code.op("s32i.n", (row, A(1), frame::ROW));
                code.op("s32i.n", (INPUT, A(1), frame::IMAGE));
                code.offset(INPUT, SCRATCH, rows.start + rows.at(0, 0));
                self.pixels(code, source, requantiser, layout, run);
                code.op("l32i.n", (INPUT, A(1), frame::IMAGE));
            }
        }
    }

    /// A run of output pixels. `INPUT` points to the first window.
    fn pixels(
        &self,
        code: &mut Code,
        source: &Source,
        requantiser: &Requantiser,
        layout: &Layout,
        run: usize,
    ) {
        let step = self.input.channels as i32 * self.window.stride_width as i32;
        code.op("movi.n", (ZERO, 0));
        code.offset(START, CONSTANTS, layout.start);
        code.repeat_on_stack(frame::PIXELS, run / layout.pixels, |code| {
            code.offset(SUMS, SCRATCH, SUMS_START - 4);
            code.repeat(A(6), layout.pixels, |code| {
                code.offset(WEIGHTS, CONSTANTS, layout.weights);
                match source {
                    Source::Pixels => self.sums(code, layout, &|code, target| {
                        code.offset(target, INPUT, 0);
                    }),
                    Source::Gathered(rows, gather) => {
                        let window = A(12);
                        code.op("mov.n", (window, INPUT));
                        code.repeat_on_stack(frame::GROUPS, self.groups, |code| {
                            code.offset(A(11), SCRATCH, layout.window);
                            gather.emit(code, rows, (window, A(11)), A(10), [A(8), A(13)]);
                            code.op("l32i.n", (VALUE, SUMS, 0));
                            code.offset(START, CONSTANTS, layout.start);
                            self.sums(code, layout, &|code, target| {
                                code.offset(target, SCRATCH, layout.window);
                            });
                            if self.groups > 1 {
                                code.advance(window, self.depth() as i32);
                            }
                        });
                    }
                }
                code.advance(INPUT, step);
            });
            code.offset(SUMS, SCRATCH, SUMS_START);
            match requantiser {
                Requantiser::Scalar(scalar) => {
                    scalar.emit(code, SUMS, OUTPUT, layout.pixels);
                    code.op("movi.n", (ZERO, 0));
                    code.offset(START, CONSTANTS, layout.start);
                }
                Requantiser::Vector(vector) if layout.direct => vector.emit(code, SUMS, OUTPUT),
                Requantiser::Vector(vector) => {
                    let (bounce, byte) = (A(8), A(9));
                    code.offset(bounce, SCRATCH, layout.bounce);
                    vector.emit(code, SUMS, bounce);
                    code.offset(bounce, SCRATCH, layout.bounce);
                    code.repeat_fast(COUNTER, self.output.channels, |code| {
                        code.op("l8ui", (byte, bounce, 0));
                        code.op("addi.n", (bounce, bounce, 1));
                        code.op("s8i", (byte, OUTPUT, 0));
                        code.op("addi.n", (OUTPUT, OUTPUT, 1));
                    });
                }
            }
        });
    }

    /// The sums of a group's output channels over a window, to which `point` points a register.
    fn sums(&self, code: &mut Code, layout: &Layout, point: &dyn Fn(&mut Code, A)) {
        let channels = self.output.channels / self.groups;
        for w in W {
            code.op("ee.vld.128.ip", (w, WEIGHTS, 16));
        }
        point(code, STREAM);
        if layout.vectors <= RESIDENT {
            self.load_window(code, layout.vectors);
            resident_sums(code, layout.rows, layout.vectors);
        } else if layout.vectors <= UNROLLED {
            streamed_sums(code, layout.rows, layout.read, layout.vectors);
        } else {
            code.repeat_on_stack(frame::SUMS, layout.rows, |code| {
                point(code, STREAM);
                long_sum(code, layout.read, layout.vectors);
                take_sum(code, 0);
                code.advance(SUMS, 4);
            });
        }
        code.op("s32i.n", (VALUE, SUMS, 0));
        // The next group's weights, of which two vectors were read.
        code.advance(WEIGHTS, -32);
        if layout.rows > channels {
            code.advance(SUMS, -4);
            code.op("l32i.n", (VALUE, SUMS, 0));
        }
    }

    /// Loads a window of up to [`RESIDENT`] vectors into q0 and up.
    fn load_window(&self, code: &mut Code, vectors: usize) {
        let bytes = if self.reads_pixels() {
            self.input.channels
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

/// Stores the sum before this one while ACCX settles, then takes this one: the `row`th since `SUMS` was moved.
fn take_sum(code: &mut Code, row: usize) {
    code.op("s32i", (VALUE, SUMS, 4 * row as i32));
    code.op("ee.srs.accx", (VALUE, ZERO, 0));
}

/// Multiplies a vector of the window by the next weights, and loads the weights after the next.
fn multiply(code: &mut Code, turn: &mut usize, x: Q) {
    let w = W[*turn % 2];
    *turn += 1;
    code.op("ee.vmulas.s8.accx.ld.ip", (w, WEIGHTS, 16, w, x));
}

/// Sums over windows that registers hold.
fn resident_sums(code: &mut Code, rows: usize, vectors: usize) {
    let bytes = 4 * vectors + 9;
    let unrolled = (1..=rows)
        .rev()
        .find(|count| {
            rows.is_multiple_of(*count)
                && (count * vectors).is_multiple_of(2)
                && (count * bytes <= 230 || *count <= 2)
        })
        .unwrap_or(1);
    code.repeat_fast(COUNTER, rows / unrolled, |code| {
        let mut turn = 0;
        for row in 0..unrolled {
            code.op("ee.ld.accx.ip", (START, 0));
            for vector in 0..vectors {
                multiply(code, &mut turn, Q(vector as u8));
            }
            take_sum(code, row);
        }
        code.advance(SUMS, 4 * unrolled as i32);
    });
}

/// Sums over windows that registers hold in part: the first four vectors stay, the others stream. `read` of the `vectors` are the
/// window's; where there is one more, its weights are 0.
fn streamed_sums(code: &mut Code, rows: usize, read: usize, vectors: usize) {
    let resident = 4;
    for vector in 0..resident {
        code.op("ee.vld.128.ip", (Q(vector as u8), STREAM, 16));
    }
    let streamed = read - resident;
    let rewind = -16 * (streamed as i32 - 1);
    code.repeat_fast(COUNTER, rows, |code| {
        let (mut turn, mut next) = (0, 0);
        let mut load = |code: &mut Code| {
            if next < streamed {
                let step = if next + 1 == streamed { rewind } else { 16 };
                code.op("ee.vld.128.ip", (Q(4 + (next % 2) as u8), STREAM, step));
                next += 1;
            }
        };
        code.op("ee.ld.accx.ip", (START, 0));
        load(code);
        multiply(code, &mut turn, Q(0));
        load(code);
        for x in 1..resident {
            multiply(code, &mut turn, Q(x as u8));
        }
        for vector in resident..vectors {
            multiply(code, &mut turn, Q(4 + (vector % 2) as u8));
            load(code);
        }
        take_sum(code, 0);
        code.advance(SUMS, 4);
    });
}

/// One sum over a window of any length, which `STREAM` points to.
fn long_sum(code: &mut Code, read: usize, vectors: usize) {
    code.op("ee.ld.accx.ip", (START, 0));
    for x in [Q(0), Q(1)] {
        code.op("ee.vld.128.ip", (x, STREAM, 16));
    }
    // Pairs whose multiplication loads the next pair; then what remains.
    let loads = (read - 2) / 2;
    code.repeat_fast(COUNTER, loads, |code| {
        let mut turn = 0;
        for x in [Q(0), Q(1)] {
            multiply(code, &mut turn, x);
            code.op("ee.vld.128.ip", (x, STREAM, 16));
        }
    });
    let mut turn = 0;
    multiply(code, &mut turn, Q(0));
    if read % 2 == 1 {
        code.op("ee.vld.128.ip", (Q(0), STREAM, 16));
    }
    multiply(code, &mut turn, Q(1));
    for _ in 2 * loads + 2..vectors {
        multiply(code, &mut turn, Q(0));
    }
}

impl Requantiser {
    /// What ACCX starts with.
    fn start(&self) -> i32 {
        match self {
            Requantiser::Vector(vector) => vector.start(),
            Requantiser::Scalar(_) => 0,
        }
    }
}

fn gcd(a: usize, b: usize) -> usize {
    if b == 0 { a } else { gcd(b, a % b) }
}

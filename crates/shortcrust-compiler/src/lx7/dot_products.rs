//! Output channels that are dot products of a window and a row of weights: convolutions and fully connected layers.
//!
//! A window's bytes stay in vector registers while the weights of all output channels stream past them, 16 products an
//! instruction into ACCX. The 32-bit sums go to scratch memory; [`super::vector_requantise`] makes outputs of them.
//!
//! Weights that are larger than the data cache would be read from flash again for every window. Where windows are pixels, such a
//! layer is computed in slabs: the output channels whose weights fit, for all pixels, then the next ones.

use std::ops::Range;

use lx7::asm::{A, Q};
use shortcrust_kernels::shape::{Activation, Image, Window};

use super::code::{CONSTANTS, Code, Constants, FRAME_COUNTER, INPUT, OUTPUT, SCRATCH};
use super::registers::Registers;
use super::requantise::Channel;
use super::scalar_requantise::ScalarRequantiser;
use super::sums::{
    self, COUNTER, START, STREAM, SUMS, VALUE, W, WEIGHTS, ZERO, long_sum, resident_sums,
    streamed_sums, take_sum,
};
use super::vector_requantise::{Factors, VectorRequantiser};
use super::windows::{Gather, MOST_SCRATCH, Rows, Width};
use super::{Portable, Routine};

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
const STACK_SCRATCH: usize = 512;
/// Bytes of constants that stay in the data cache of 32 KB while they are used again and again.
const CACHED: usize = 24 << 10;
/// About what a channel's requantisation takes of the constants.
const BYTES_OF_CHANNEL: usize = 14;
/// Where the sums start in scratch memory; the first store of a pixel touches the word in front.
const SUMS_START: i32 = 16;
/// Sums up to which those of several pixels are requantised together.
const MOST_LANES: usize = 4096;

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

/// The constants of a slab.
struct Packed {
    requantiser: Requantiser,
    weights: i32,
    start: i32,
    pattern: i32,
}

/// Where things are.
struct Layout {
    /// Output channels of a slab.
    channels: usize,
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
    /// In scratch memory.
    bounce: i32,
    window: i32,
    packed: Packed,
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
        // What is behind the only pixel meets weights of 0.
        let is_one = self.batches * self.input.height * self.input.width == 1;
        (w.height, w.width, w.pad_top, w.pad_left, self.groups) == (1, 1, 0, 0, 1)
            && self.spread == (1, 1)
            && (is_one || matches!(channels, 4 | 8) || channels.is_multiple_of(16))
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

    /// Slabs in which the weights stay in the data cache: as few as divide the output channels into multiples of 16.
    fn slabs(&self) -> usize {
        let blocks = self.output.channels / 16;
        let bytes = self.weights.len() + self.output.channels * BYTES_OF_CHANNEL;
        let divisors = (1..=blocks).filter(|slabs| blocks.is_multiple_of(*slabs));
        let mut fitting = divisors.filter(|slabs| bytes <= slabs * CACHED);
        fitting.next().unwrap_or(blocks)
    }

    /// The kernel.
    ///
    /// # Errors
    /// Where its windows are outside of what [`Rows`] stages.
    pub(super) fn routine(&self) -> Result<Routine, Portable> {
        let co = self.output.channels;
        let flat = self.reads_pixels() && self.is_pixel_by_pixel();
        let (images, rows_of_pixels, run) = if flat {
            (1, 1, self.batches * self.output.height * self.output.width)
        } else {
            (self.batches, self.output.height, self.output.width)
        };
        let together = 16 / gcd(co, 16);
        let direct = self.output_is_aligned
            && (run * co).is_multiple_of(16)
            && (together == 1 || together * co <= MOST_LANES);
        let pixels = if direct { together } else { 1 };
        let lanes = (pixels * co).next_multiple_of(16);
        let channels = self.channels();
        let factors = Factors::new(&channels, lanes);
        let slabs = match factors {
            Some(_) if flat && direct && pixels == 1 && run > 1 => self.slabs(),
            _ => 1,
        };
        let (lanes, channels_of_slab) = (lanes / slabs, co / slabs);
        let bounce = SUMS_START as usize + 4 * lanes + 16;
        let window = bounce + lanes;
        let (source, bytes, scratch) = if self.reads_pixels() {
            (Source::Pixels, self.input.channels, window)
        } else {
            let gather = Gather::new(&self.window, self.input.channels, self.depth());
            let bytes = gather.bytes(&self.window);
            let start = window + bytes.next_multiple_of(16);
            let (columns, width) = (self.output.width, Width::Bytes);
            let mut rows = Rows::new(self.input, self.window, columns, width, start)?;
            rows.spread = self.spread;
            let scratch = rows.end();
            (Source::Gathered(rows, gather), bytes, scratch)
        };
        if scratch > MOST_SCRATCH {
            return Err(Portable::outside(format!(
                "its sums need {scratch} bytes of scratch memory, of at most {MOST_SCRATCH}"
            )));
        }
        let mut vectors = bytes.div_ceil(16);
        let mut rows = channels_of_slab / self.groups;
        // The two registers that weights alternate between must have changed roles an even number of times.
        if vectors <= RESIDENT {
            rows += vectors * rows % 2;
        } else {
            vectors += vectors % 2;
        }
        let mut constants = Constants::default();
        let mut packed = Vec::new();
        for slab in 0..slabs {
            let requantiser = match &factors {
                Some(factors) => {
                    let lanes = slab * lanes..(slab + 1) * lanes;
                    Requantiser::Vector(factors.pack(lanes, &mut constants))
                }
                None => Requantiser::Scalar(ScalarRequantiser::new(&channels, &mut constants)),
            };
            let channels = slab * channels_of_slab..(slab + 1) * channels_of_slab;
            let weights = self.packed_weights(&source, channels, vectors, rows);
            packed.push(Packed {
                weights: constants.bytes(weights),
                start: constants.words([requantiser.start(), 0]),
                pattern: constants.bytes([self.input_zero_point as u8; 16]),
                requantiser,
            });
        }
        let slab_bytes = match &packed[..] {
            [first, second, ..] => second.weights - first.weights,
            _ => 0,
        };
        let layout = Layout {
            read: bytes.div_ceil(16),
            vectors,
            rows,
            channels: channels_of_slab,
            pixels,
            direct,
            bounce: bounce as i32,
            window: window as i32,
            packed: packed.swap_remove(0),
        };
        // Little scratch memory is taken from the stack, and cleared because it is read where no sum was stored yet.
        let on_stack = if scratch <= STACK_SCRATCH {
            scratch.next_multiple_of(16)
        } else {
            0
        };
        let mut code = Code::kernel(frame::BYTES + on_stack as i32);
        if on_stack > 0 {
            code.op("ee.zero.q", (Q(0),));
            code.offset(SCRATCH, A(1), frame::BYTES);
            code.repeat_fast(COUNTER, on_stack / 16, |code| {
                code.op("ee.vst.128.ip", (Q(0), SCRATCH, 16));
            });
            code.offset(SCRATCH, A(1), frame::BYTES);
        }
        if let Source::Gathered(rows, _) = &source {
            code.offset(A(12), SCRATCH, rows.start);
            code.offset(A(9), CONSTANTS, layout.packed.pattern);
            rows.clear(&mut code, A(12), A(9), [A(8), A(10)]);
        }
        if let Requantiser::Vector(vector) = &layout.packed.requantiser {
            vector.prepare(&mut code);
        }
        code.repeat_on_stack((FRAME_COUNTER, frame::IMAGES), images, |code| {
            code.set(A(8), -(self.window.pad_top as i32));
            code.op("s32i.n", (A(8), A(1), frame::ROW));
            code.repeat_on_stack((FRAME_COUNTER, frame::ROWS), rows_of_pixels, |code| {
                if slabs == 1 {
                    return self.row(code, &source, &layout, run);
                }
                code.repeat_on_stack((FRAME_COUNTER, frame::SLABS), slabs, |code| {
                    self.pixels(code, &source, &layout, run);
                    let read = (run * self.input.channels) as i32;
                    let written = (run * co) as i32 - channels_of_slab as i32;
                    code.advance_through(FRAME_COUNTER, INPUT, -read);
                    code.advance_through(FRAME_COUNTER, OUTPUT, -written);
                    code.advance_through(FRAME_COUNTER, CONSTANTS, slab_bytes);
                });
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
            scratch_bytes: if on_stack > 0 { 0 } else { scratch },
            method: match (&layout.packed.requantiser, slabs) {
                (Requantiser::Vector(_), 1) => "ACCX, 8 requantised at a time",
                (Requantiser::Vector(_), _) => "ACCX in slabs, 8 requantised at a time",
                (Requantiser::Scalar(_), _) => "ACCX, requantised one by one",
            },
        })
    }

    /// The weights of some output channels, in the order in which the kernel multiplies them: `rows` for each group.
    fn packed_weights(
        &self,
        source: &Source,
        channels: Range<usize>,
        vectors: usize,
        rows: usize,
    ) -> Vec<u8> {
        let row = self.weights.len() / self.output.channels;
        let group = row * channels.len() / self.groups;
        let mut packed = Vec::new();
        for group in self.weights[row * channels.start..row * channels.end].chunks(group) {
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
    fn row(&self, code: &mut Code, source: &Source, layout: &Layout, run: usize) {
        match source {
            Source::Pixels => {
                self.pixels(code, source, layout, run);
                let read = run * self.input.channels * self.window.stride_width;
                let pitch = self.input.width * self.input.channels * self.window.stride_height;
                code.advance(INPUT, pitch as i32 - read as i32);
            }
            Source::Gathered(rows, _) => {
                let row = A(13);
                code.op("l32i.n", (row, A(1), frame::ROW));
                code.offset(A(12), SCRATCH, rows.start);
                code.offset(A(14), CONSTANTS, layout.packed.pattern);
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
                self.pixels(code, source, layout, run);
                code.op("l32i.n", (INPUT, A(1), frame::IMAGE));
            }
        }
    }

    /// A run of output pixels. `INPUT` points to the first window.
    fn pixels(&self, code: &mut Code, source: &Source, layout: &Layout, run: usize) {
        let step = self.input.channels as i32 * self.window.stride_width as i32;
        code.op("movi.n", (ZERO, 0));
        code.offset(START, CONSTANTS, layout.packed.start);
        let pixels = |code: &mut Code| {
            code.offset(SUMS, SCRATCH, SUMS_START - 4);
            code.repeat(PIXEL, layout.pixels, |code| {
                code.offset(WEIGHTS, CONSTANTS, layout.packed.weights);
                let held = Registers::of(&[INPUT, OUTPUT, ZERO]);
                code.keeping(held, |code| match source {
                    Source::Pixels => self.sums(code, layout, &|code, target| {
                        code.offset(target, INPUT, 0);
                    }),
                    Source::Gathered(rows, gather) => {
                        self.gathered_sums(code, layout, rows, gather);
                    }
                });
                code.advance(INPUT, step);
            });
            code.offset(SUMS, SCRATCH, SUMS_START);
            let held = Registers::of(&[INPUT]);
            code.keeping(held, |code| self.requantise(code, layout));
        };
        let held = layout.packed.requantiser.held().and(HELD);
        code.repeat_on_stack(
            (FRAME_COUNTER, frame::PIXELS),
            run / layout.pixels,
            |code| {
                code.keeping(held, pixels);
            },
        );
    }

    /// The sums over a window of staged rows, to which `INPUT` points.
    fn gathered_sums(&self, code: &mut Code, layout: &Layout, rows: &Rows, gather: &Gather) {
        code.op("mov.n", (WINDOW, INPUT));
        code.repeat_on_stack((FRAME_COUNTER, frame::GROUPS), self.groups, |code| {
            let held = Registers::of(&[WINDOW, WEIGHTS, SUMS]);
            code.keeping(held, |code| {
                code.offset(COUNTER, SCRATCH, layout.window);
                let places = (WINDOW, COUNTER);
                gather.emit(code, rows, places, [STREAM, VALUE, START], frame::GATHERED);
            });
            code.op("l32i.n", (VALUE, SUMS, 0));
            code.offset(START, CONSTANTS, layout.packed.start);
            code.keeping(Registers::of(&[WINDOW]), |code| {
                self.sums(code, layout, &|code, target| {
                    code.offset(target, SCRATCH, layout.window);
                });
            });
            if self.groups > 1 {
                code.advance(WINDOW, self.depth() as i32);
            }
        });
    }

    /// Outputs of the sums, to which `SUMS` points.
    fn requantise(&self, code: &mut Code, layout: &Layout) {
        // To where the slab's channels of the next pixel are.
        let step_of_slabs = (self.output.channels - layout.channels) as i32;
        let held = Registers::of(&[ZERO, START]);
        match &layout.packed.requantiser {
            Requantiser::Scalar(scalar) => {
                scalar.emit(code, (SUMS, OUTPUT), layout.pixels, frame::SCALAR);
                code.op("movi.n", (ZERO, 0));
                code.offset(START, CONSTANTS, layout.packed.start);
            }
            Requantiser::Vector(vector) if layout.direct => {
                code.keeping(held, |code| vector.emit(code, SUMS, OUTPUT));
                code.advance(OUTPUT, step_of_slabs);
            }
            Requantiser::Vector(vector) => {
                let (bounce, byte) = (A(8), A(9));
                code.offset(bounce, SCRATCH, layout.bounce);
                let held = held.and(Registers::of(&[OUTPUT]));
                code.keeping(held, |code| vector.emit(code, SUMS, bounce));
                code.offset(bounce, SCRATCH, layout.bounce);
                code.repeat_fast(COUNTER, layout.channels, |code| {
                    code.op("l8ui", (byte, bounce, 0));
                    code.op("addi.n", (bounce, bounce, 1));
                    code.op("s8i", (byte, OUTPUT, 0));
                    code.op("addi.n", (OUTPUT, OUTPUT, 1));
                });
            }
        }
    }

    /// The sums of a group's output channels over a window, to which `point` points a register.
    fn sums(&self, code: &mut Code, layout: &Layout, point: &dyn Fn(&mut Code, A)) {
        let channels = layout.channels / self.groups;
        for w in W {
            code.op("ee.vld.128.ip", (w, WEIGHTS, 16));
        }
        point(code, STREAM);
        if layout.vectors <= RESIDENT {
            self.load_window(code, layout.vectors);
            code.overwriting(sums::OVERWRITTEN, |code| {
                resident_sums(code, layout.rows, layout.vectors);
            });
        } else if layout.vectors <= UNROLLED {
            code.overwriting(sums::OVERWRITTEN, |code| {
                streamed_sums(code, layout.rows, layout.read, layout.vectors);
            });
        } else {
            code.repeat_on_stack((FRAME_COUNTER, frame::SUMS), layout.rows, |code| {
                point(code, STREAM);
                code.overwriting(sums::OVERWRITTEN, |code| {
                    long_sum(code, layout.read, layout.vectors);
                    take_sum(code, 0);
                });
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

impl Requantiser {
    /// What ACCX starts with.
    fn start(&self) -> i32 {
        match self {
            Requantiser::Vector(vector) => vector.start(),
            Requantiser::Scalar(_) => 0,
        }
    }

    /// What must stay from one call to the next.
    fn held(&self) -> Registers {
        match self {
            Requantiser::Vector(_) => Registers::SAR,
            Requantiser::Scalar(_) => Registers::NONE,
        }
    }
}

fn gcd(a: usize, b: usize) -> usize {
    if b == 0 { a } else { gcd(b, a % b) }
}

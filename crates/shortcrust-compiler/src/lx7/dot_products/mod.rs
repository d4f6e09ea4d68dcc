//! Output channels that are dot products of a window and a row of weights: convolutions and fully connected layers.
//!
//! A window's bytes stay in vector registers while the weights of all output channels stream past them, 16 products an
//! instruction into ACCX. The 32-bit sums go to scratch memory; [`super::vector_requantise`] makes outputs of them.
//!
//! Weights that are larger than the data cache would be read from flash again for every window. Where windows are pixels, such a
//! layer is computed in slabs: the output channels whose weights fit, for all pixels, then the next ones.

mod kernel;

use std::ops::Range;

use shortcrust_kernels::shape::{Activation, Image, Window};

use super::code::Constants;
use super::registers::Registers;
use super::requantise::Channel;
use super::scalar_requantise::ScalarRequantiser;
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

/// The runs of output pixels that follow one another.
struct Runs {
    /// Whether all pixels are one run.
    flat: bool,
    images: usize,
    /// Of an image.
    rows: usize,
    /// Of a row.
    pixels: usize,
}

/// Where things are.
struct Layout {
    source: Source,
    slabs: usize,
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
    /// Bytes of scratch memory, and those of the stack where it is there.
    scratch: usize,
    on_stack: usize,
}

/// What is emitted.
struct Kernel<'a> {
    layer: &'a DotProducts,
    runs: Runs,
    layout: Layout,
    /// The constants of the first slab.
    packed: Packed,
    /// From the constants of one slab to those of the next.
    slab_bytes: i32,
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
        let runs = self.runs();
        let (pixels, direct) = self.together(runs.pixels);
        let lanes = (pixels * self.output.channels).next_multiple_of(16);
        let channels = self.channels();
        let factors = Factors::new(&channels, lanes);
        let slabs = match factors {
            Some(_) if runs.flat && direct && pixels == 1 && runs.pixels > 1 => self.slabs(),
            _ => 1,
        };
        let layout = self.layout(slabs, lanes / slabs, (pixels, direct))?;
        let mut constants = Constants::default();
        let mut packed = Vec::new();
        for slab in 0..slabs {
            let part = |size: usize| slab * size..(slab + 1) * size;
            let requantiser = match &factors {
                Some(factors) => {
                    Requantiser::Vector(factors.pack(part(lanes / slabs), &mut constants))
                }
                None => Requantiser::Scalar(ScalarRequantiser::new(&channels, &mut constants)),
            };
            packed.push(Packed {
                weights: constants.bytes(self.packed_weights(&layout, part(layout.channels))),
                start: constants.words([requantiser.start(), 0]),
                pattern: constants.bytes([self.input_zero_point as u8; 16]),
                requantiser,
            });
        }
        let slab_bytes = match &packed[..] {
            [first, second, ..] => second.weights - first.weights,
            _ => 0,
        };
        let method = match (&packed[0].requantiser, slabs) {
            (Requantiser::Vector(_), 1) => "ACCX, 8 requantised at a time",
            (Requantiser::Vector(_), _) => "ACCX in slabs, 8 requantised at a time",
            (Requantiser::Scalar(_), _) => "ACCX, requantised one by one",
        };
        let scratch_bytes = if layout.on_stack > 0 {
            0
        } else {
            layout.scratch
        };
        let kernel = Kernel {
            layer: self,
            runs,
            packed: packed.swap_remove(0),
            slab_bytes,
            layout,
        };
        Ok(Routine {
            function: kernel.code()?,
            constants: constants.finish(),
            scratch_bytes,
            method,
        })
    }

    /// In which runs the output is computed.
    fn runs(&self) -> Runs {
        let flat = self.reads_pixels() && self.is_pixel_by_pixel();
        let (images, rows, pixels) = if flat {
            (1, 1, self.batches * self.output.height * self.output.width)
        } else {
            (self.batches, self.output.height, self.output.width)
        };
        Runs {
            flat,
            images,
            rows,
            pixels,
        }
    }

    /// Pixels of a run that are requantised together, and whether their bytes go to the output directly.
    fn together(&self, run: usize) -> (usize, bool) {
        let channels = self.output.channels;
        let together = 16 / gcd(channels, 16);
        let direct = self.output_is_aligned
            && (run * channels).is_multiple_of(16)
            && (together == 1 || together * channels <= MOST_LANES);
        (if direct { together } else { 1 }, direct)
    }

    /// Where things are, for slabs of so many lanes.
    fn layout(
        &self,
        slabs: usize,
        lanes: usize,
        (pixels, direct): (usize, bool),
    ) -> Result<Layout, Portable> {
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
        let channels = self.output.channels / slabs;
        let read = bytes.div_ceil(16);
        let (mut vectors, mut rows) = (read, channels / self.groups);
        // The two registers that weights alternate between must have changed roles an even number of times.
        if vectors <= RESIDENT {
            rows += vectors * rows % 2;
        } else {
            vectors += vectors % 2;
        }
        let on_stack = if scratch <= STACK_SCRATCH {
            scratch.next_multiple_of(16)
        } else {
            0
        };
        Ok(Layout {
            source,
            slabs,
            channels,
            read,
            vectors,
            rows,
            pixels,
            direct,
            bounce: bounce as i32,
            window: window as i32,
            scratch,
            on_stack,
        })
    }

    /// The weights of some output channels, in the order in which the kernel multiplies them.
    fn packed_weights(&self, layout: &Layout, channels: Range<usize>) -> Vec<u8> {
        let bytes_of_row = layout.vectors * 16;
        let row = self.weights.len() / self.output.channels;
        let group = row * channels.len() / self.groups;
        let mut packed = Vec::new();
        for group in self.weights[row * channels.start..row * channels.end].chunks(group) {
            let start = packed.len();
            for weights in group.chunks(row) {
                let mut bytes = match &layout.source {
                    Source::Pixels => weights.to_vec(),
                    Source::Gathered(_, gather) => gather.arrange(weights),
                };
                bytes.resize(bytes_of_row, 0);
                packed.extend(bytes.into_iter().map(|weight| weight as u8));
            }
            packed.resize(start + layout.rows * bytes_of_row, 0);
        }
        packed
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

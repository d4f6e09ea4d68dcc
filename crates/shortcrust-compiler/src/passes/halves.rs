//! Splits large steps into two halves, one for each core: a range of rows, of pixels, of channels or of elements each.
//!
//! A half is the same kernel on parts of the same tensors. Both write their own part, which starts at a multiple of 16 bytes, so
//! that no vector store of one reaches into the other's.

use std::iter;

use shortcrust_kernels::add::Add;
use shortcrust_kernels::average_pool_2d::AveragePool2d;
use shortcrust_kernels::conv_2d::Conv2d;
use shortcrust_kernels::depthwise_conv_2d::DepthwiseConv2d;
use shortcrust_kernels::fully_connected::FullyConnected;
use shortcrust_kernels::max_pool_2d::MaxPool2d;
use shortcrust_kernels::maximum::Maximum;
use shortcrust_kernels::minimum::Minimum;
use shortcrust_kernels::mul::Mul;
use shortcrust_kernels::resize_nearest_neighbor::ResizeNearestNeighbor;
use shortcrust_kernels::shape::{Broadcast, Image, Window};
use shortcrust_kernels::softmax::Softmax;
use shortcrust_kernels::sub::Sub;

use crate::constants::{ALIGNMENT, Constant};
use crate::kernel::Kernel;
use crate::program::{Operand, Part, Program, Step};

/// The work, in multiply-accumulates or bytes of output, from which on a step is worth handing half of it over.
const LARGE: u64 = 8192;

/// The most that one half may have of a step, in quarters.
const LARGER_HALF: usize = 3;

/// Bytes of an int32 or of a float32.
const WORD: usize = 4;

/// Splits every large step whose kernel can be split.
pub fn split(program: &mut Program) {
    let steps = std::mem::take(&mut program.steps);
    for step in steps {
        let work = program.macs[step.node].max(step.output.bytes as u64);
        match (work >= LARGE).then(|| halves(&step)).flatten() {
            Some([first, second]) => program.steps.extend([
                first,
                Step {
                    beside: true,
                    ..second
                },
            ]),
            None => program.steps.push(step),
        }
    }
}

/// The two halves of a step, if it can be split.
fn halves(step: &Step) -> Option<[Step; 2]> {
    let cuts = cuts(step)?;
    let half = |from: usize, to: usize| Step {
        kernel: (cuts.kernel)(from, to),
        operands: step
            .operands
            .iter()
            .zip(cuts.operands.iter().chain(iter::repeat(&Cut::Whole)))
            .map(|(operand, cut)| cut.of(*operand, from, to))
            .collect(),
        output: Part {
            offset: step.output.offset + from * cuts.output,
            bytes: (to - from) * cuts.output,
            ..step.output
        },
        ..step.clone()
    };
    let mut places: Vec<usize> = (1..cuts.count).collect();
    places.sort_by_key(|&at| at.abs_diff(cuts.count - at));
    let at = places
        .into_iter()
        .find(|&at| is_sound(&half(0, at)) && is_sound(&half(at, cuts.count)))?;
    let larger = at.max(cuts.count - at);
    (4 * larger <= LARGER_HALF * cuts.count).then(|| [half(0, at), half(at, cuts.count)])
}

/// Whether a half reads and writes something, from multiples of 16 on.
fn is_sound(half: &Step) -> bool {
    let tensors = half.operands.iter().filter_map(|operand| match operand {
        Operand::Tensor(part) => Some(part),
        Operand::Constant(_) => None,
    });
    tensors
        .chain([&half.output])
        .all(|part| part.bytes > 0 && part.offset.is_multiple_of(ALIGNMENT))
}

/// How a step can be cut.
struct Cuts {
    /// What it is cut into: rows, pixels, channels, elements.
    count: usize,
    /// Bytes of output of each.
    output: usize,
    /// What each operand has to do with it; operands without an entry are used whole.
    operands: Vec<Cut>,
    /// The kernel for a range.
    kernel: Box<dyn Fn(usize, usize) -> Kernel>,
}

/// What a range has to do with an operand.
enum Cut {
    /// Every range uses all of it.
    Whole,
    /// Each has so many bytes of its own.
    Each(usize),
    /// Rows of output see windows of rows.
    Rows(Rows),
}

impl Cut {
    /// What a range uses of an operand.
    fn of(&self, operand: Operand, from: usize, to: usize) -> Operand {
        let (start, bytes) = match self {
            Cut::Whole => return operand,
            Cut::Each(bytes) => (from * bytes, (to - from) * bytes),
            Cut::Rows(rows) => {
                let (first, last) = rows.seen(from, to);
                let row = rows.input.width * rows.input.channels;
                (first * row, (last - first) * row)
            }
        };
        match operand {
            Operand::Tensor(part) => Operand::Tensor(Part {
                offset: part.offset + start,
                bytes,
                ..part
            }),
            Operand::Constant(constant) => Operand::Constant(Constant {
                offset: constant.offset + start,
                bytes,
            }),
        }
    }
}

/// Rows of an image that a sliding window makes of rows of another.
#[derive(Clone, Copy)]
struct Rows {
    input: Image,
    output: Image,
    window: Window,
}

impl Rows {
    /// The input rows (first, one past the last) that a range of output rows sees.
    fn seen(&self, from: usize, to: usize) -> (usize, usize) {
        let Window {
            height,
            stride_height,
            dilation_height,
            pad_top,
            ..
        } = self.window;
        let last = (to - 1) * stride_height + (height - 1) * dilation_height + 1;
        let last = last.saturating_sub(pad_top).min(self.input.height);
        let first = (from * stride_height).saturating_sub(pad_top);
        (first.min(last), last)
    }

    /// What makes a range of output rows of the input rows that it sees.
    fn range(&self, from: usize, to: usize) -> Self {
        let (first, last) = self.seen(from, to);
        let above = self.window.pad_top + first;
        Self {
            input: of_height(self.input, last - first),
            output: of_height(self.output, to - from),
            window: Window {
                pad_top: above.saturating_sub(from * self.window.stride_height),
                ..self.window
            },
        }
    }

    /// The cuts of a kernel that slides this window.
    fn cuts(self, kernel: impl Fn(Self) -> Kernel + 'static) -> Cuts {
        Cuts {
            count: self.output.height,
            output: self.output.width * self.output.channels,
            operands: vec![Cut::Rows(self)],
            kernel: Box::new(move |from, to| kernel(self.range(from, to))),
        }
    }
}

fn of_height(image: Image, height: usize) -> Image {
    Image { height, ..image }
}

/// The cuts of a kernel that slides a window.
macro_rules! sliding {
    ($kernel:ident, $parameters:expr) => {
        Rows {
            input: $parameters.input,
            output: $parameters.output,
            window: $parameters.window,
        }
        .cuts(move |rows| {
            $kernel {
                input: rows.input,
                output: rows.output,
                window: rows.window,
                ..$parameters
            }
            .into()
        })
    };
}

/// How a step can be cut; `None` where it cannot.
fn cuts(step: &Step) -> Option<Cuts> {
    let bytes = step.output.bytes;
    Some(match step.kernel {
        Kernel::Conv2d(conv) if is_pointwise(&conv.window, conv.input, conv.output) => {
            match conv.batches * conv.output.height * conv.output.width {
                1 if conv.groups == 1 => {
                    let (count, depth) = (conv.output.channels, conv.input.channels);
                    channels(count, depth, move |channels| {
                        let output = Image {
                            channels,
                            ..conv.output
                        };
                        Conv2d { output, ..conv }.into()
                    })
                }
                pixels => pointwise(conv, pixels),
            }
        }
        Kernel::Conv2d(conv) if conv.batches == 1 => sliding!(Conv2d, conv),
        Kernel::DepthwiseConv2d(conv) if conv.batches == 1 => sliding!(DepthwiseConv2d, conv),
        Kernel::AveragePool2d(pool) if pool.batches == 1 => sliding!(AveragePool2d, pool),
        Kernel::MaxPool2d(pool) if pool.batches == 1 => sliding!(MaxPool2d, pool),
        Kernel::FullyConnected(layer) if layer.batches == 1 => {
            channels(layer.output_depth, layer.input_depth, move |channels| {
                FullyConnected {
                    output_depth: channels,
                    ..layer
                }
                .into()
            })
        }
        Kernel::FullyConnected(layer) => Cuts {
            count: layer.batches,
            output: layer.output_depth,
            operands: vec![Cut::Each(layer.input_depth)],
            kernel: Box::new(move |from, to| {
                FullyConnected {
                    batches: to - from,
                    ..layer
                }
                .into()
            }),
        },
        Kernel::ResizeNearestNeighbor(resize) if resize.batches == 1 => Cuts {
            count: resize.output.height,
            output: resize.output.width * resize.output.channels,
            // Behind the image: the input row of each output row, and the input column of each output column.
            operands: vec![Cut::Whole, Cut::Each(WORD)],
            kernel: Box::new(move |from, to| {
                let output = of_height(resize.output, to - from);
                ResizeNearestNeighbor { output, ..resize }.into()
            }),
        },
        Kernel::Softmax(softmax) => Cuts {
            count: softmax.rows,
            output: softmax.depth,
            operands: vec![Cut::Each(softmax.depth)],
            kernel: Box::new(move |from, to| {
                Softmax {
                    rows: to - from,
                    ..softmax
                }
                .into()
            }),
        },
        Kernel::Add(add) => binary(add.broadcast, move |broadcast| {
            Add { broadcast, ..add }.into()
        })?,
        Kernel::Sub(sub) => binary(sub.broadcast, move |broadcast| {
            Sub { broadcast, ..sub }.into()
        })?,
        Kernel::Mul(mul) => binary(mul.broadcast, move |broadcast| {
            Mul { broadcast, ..mul }.into()
        })?,
        Kernel::Maximum(maximum) => {
            binary(maximum.broadcast, |broadcast| Maximum { broadcast }.into())?
        }
        Kernel::Minimum(minimum) => {
            binary(minimum.broadcast, |broadcast| Minimum { broadcast }.into())?
        }
        kernel @ Kernel::LookupTable(_) => elements(bytes, [1, 1], kernel),
        Kernel::Quantize(kernel) => elements(bytes, [WORD, kernel.output.bytes], kernel.into()),
        Kernel::Dequantize(kernel) => elements(bytes, [kernel.input.bytes, WORD], kernel.into()),
        Kernel::RescaleIntegers(kernel) => {
            let widths = [kernel.input.bytes, kernel.output.bytes];
            elements(bytes, widths, kernel.into())
        }
        // What moves bytes waits for memory, and the rest is rare.
        _ => return None,
    })
}

/// Whether each output pixel sees the input pixel at its own place and no other.
fn is_pointwise(window: &Window, input: Image, output: Image) -> bool {
    (window.height, window.width) == (1, 1)
        && (window.pad_top, window.pad_left) == (0, 0)
        && (window.stride_height, window.stride_width) == (1, 1)
        && (input.height, input.width) == (output.height, output.width)
}

/// The cuts of a convolution that makes each of its pixels of one pixel: a line of them is as good as an image.
fn pointwise(conv: Conv2d, pixels: usize) -> Cuts {
    let line = |image: Image, width: usize| Image {
        height: 1,
        width,
        ..image
    };
    Cuts {
        count: pixels,
        output: conv.output.channels,
        operands: vec![Cut::Each(conv.input.channels)],
        kernel: Box::new(move |from, to| {
            Conv2d {
                batches: 1,
                input: line(conv.input, to - from),
                output: line(conv.output, to - from),
                ..conv
            }
            .into()
        }),
    }
}

/// The cuts of a layer that makes one pixel: each channel has weights, a bias, a multiplier and a shift of its own.
fn channels(count: usize, depth: usize, kernel: impl Fn(usize) -> Kernel + 'static) -> Cuts {
    let word = || Cut::Each(WORD);
    Cuts {
        count,
        output: 1,
        operands: vec![Cut::Whole, Cut::Each(depth), word(), word(), word()],
        kernel: Box::new(move |from, to| kernel(to - from)),
    }
}

/// The cuts of an element-wise operator along its outermost axis.
fn binary(broadcast: Broadcast, kernel: impl Fn(Broadcast) -> Kernel + 'static) -> Option<Cuts> {
    let axis = broadcast.shape.iter().position(|&size| size > 1)?;
    let operand = |stride: usize| match stride {
        0 => Cut::Whole,
        stride => Cut::Each(stride),
    };
    Some(Cuts {
        count: broadcast.shape[axis],
        output: broadcast.shape[axis + 1..].iter().product(),
        operands: vec![
            operand(broadcast.left[axis]),
            operand(broadcast.right[axis]),
        ],
        kernel: Box::new(move |from, to| {
            let mut broadcast = broadcast;
            broadcast.shape[axis] = to - from;
            kernel(broadcast)
        }),
    })
}

/// The cuts of a kernel that makes each element of one, with so many bytes of input and of output.
fn elements(bytes: usize, [input, output]: [usize; 2], kernel: Kernel) -> Cuts {
    Cuts {
        count: bytes / output,
        output,
        operands: vec![Cut::Each(input)],
        kernel: Box::new(move |_, _| kernel),
    }
}

//! Machine code for the ESP32-S3's core and its vector unit.
//!
//! [`MachineCode`] has, for each step of a program, a kernel specialised for the step's shapes, or none: then the step runs its
//! portable kernel. A kernel is called with the windowed ABI: `kernel(output, first input, constants, scratch, second input)`, all
//! addresses, those of tensors and constants multiples of 16.
//!
//! `dot_products`, `depthwise`, `pool` and the other operators → `windows`, `vector_requantise`, `scalar_requantise` →
//! `requantise` → `code`.

mod axes;
mod choose;
mod code;
mod convolutions;
mod copies;
mod depthwise;
mod dot_products;
mod elementwise;
mod link;
mod lookup_table;
mod mean;
mod pointwise;
mod pool;
mod requantise;
mod resize;
mod scalar_requantise;
mod scaled_weights;
pub mod simulation;
mod softmax;
mod sums;
mod vector_requantise;
mod windows;

pub use code::Function;
pub use link::{Call, MachineCode};

use lx7::asm::AssemblyError;

use crate::kernel::Kernel;
use crate::program::{Operand, Program, Step};

/// The kernel of one step.
#[derive(Clone, Debug)]
pub(crate) struct Routine {
    function: Function,
    /// What `constants` points to.
    constants: Vec<u8>,
    /// Bytes that `scratch` points to; a multiple of 16 or rounded up to one.
    scratch_bytes: usize,
    /// How it computes, in words.
    method: &'static str,
}

/// What a kernel is generated from: a step and the constants it reads.
struct Source<'a> {
    program: &'a Program,
    step: &'a Step,
}

impl Source<'_> {
    /// The bytes of an operand that is a constant.
    fn constant(&self, operand: usize) -> Option<&[u8]> {
        match self.step.operands.get(operand)? {
            Operand::Constant(constant) => self
                .program
                .constants
                .bytes()
                .get(constant.offset..constant.offset + constant.bytes),
            Operand::Tensor(_) => None,
        }
    }

    fn bytes(&self, operand: usize) -> Option<Vec<i8>> {
        Some(bytemuck::cast_slice(self.constant(operand)?).to_vec())
    }

    fn words(&self, operand: usize) -> Option<Vec<i32>> {
        Some(
            self.constant(operand)?
                .chunks_exact(4)
                .map(|word| i32::from_le_bytes([word[0], word[1], word[2], word[3]]))
                .collect(),
        )
    }

    /// Whether the output starts at a multiple of 16.
    fn output_is_aligned(&self) -> bool {
        self.step.output.offset.is_multiple_of(16)
    }
}

/// The kernel of a step; `None` where there is no machine code for it.
pub(crate) fn routine(program: &Program, step: &Step) -> Option<Result<Routine, AssemblyError>> {
    let source = Source { program, step };
    match &step.kernel {
        Kernel::Conv2d(kernel) => convolutions::conv_2d(&source, kernel),
        Kernel::FullyConnected(kernel) => convolutions::fully_connected(&source, kernel),
        Kernel::DepthwiseConv2d(kernel) => convolutions::depthwise_conv_2d(&source, kernel),
        Kernel::MaxPool2d(kernel) => Some(pool::max(kernel)),
        Kernel::AveragePool2d(kernel) => Some(pool::average(kernel)),
        Kernel::ResizeNearestNeighbor(kernel) => resize::nearest_neighbor(&source, kernel),
        Kernel::ResizeBilinear(kernel) => Some(resize::bilinear(kernel)),
        Kernel::Softmax(kernel) => Some(softmax::routine(kernel)),
        Kernel::Add(_)
        | Kernel::Sub(_)
        | Kernel::Mul(_)
        | Kernel::Maximum(_)
        | Kernel::Minimum(_) => elementwise::routine(&source, &step.kernel),
        Kernel::LookupTable(_) => lookup_table::routine(&source),
        Kernel::Mean(kernel) => mean::mean(kernel),
        Kernel::Sum(kernel) => mean::sum(kernel),
        Kernel::TransposeConv(kernel) => convolutions::transpose_conv(&source, kernel),
        Kernel::StridedCopy(kernel) => copies::strided_copy(&source, kernel),
        Kernel::Fill(kernel) => Some(copies::fill(&source, kernel)),
        _ => None,
    }
}

//! Machine code for the ESP32-S3's core and its vector unit.
//!
//! [`MachineCode`] has, for each step of a program, a kernel specialised for the step's shapes, or says why there is none: then the
//! step runs its portable kernel. A kernel is called with the windowed ABI: `kernel(output, first input, constants, scratch, second input)`, all
//! addresses, those of tensors and constants multiples of 16.
//!
//! `dot_products`, `depthwise`, `pool` and the other operators → `windows`, `vector_requantise`, `scalar_requantise` →
//! `requantise` → `code` → `registers`.
//!
//! A piece of code says which registers it overwrites, and a caller which it holds meanwhile: `code::Code` compares that with what
//! the core's instruction table says of every instruction, whenever a kernel is generated.

mod axes;
mod choose;
mod code;
#[cfg(test)]
mod contracts;
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
mod portable;
mod registers;
mod requantise;
mod resize;
mod scalar_requantise;
mod scaled_weights;
mod schedule;
pub mod simulation;
mod softmax;
mod sums;
mod vector_requantise;
mod windows;

pub use code::Function;
pub use link::{Call, MachineCode};
pub use portable::Portable;

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
    ///
    /// # Errors
    /// Where it is none.
    fn constant(&self, operand: usize) -> Result<&[u8], Portable> {
        let bytes = match self.step.operands.get(operand) {
            Some(Operand::Constant(constant)) => self
                .program
                .constants
                .bytes()
                .get(constant.offset..constant.offset + constant.bytes),
            _ => None,
        };
        bytes.ok_or_else(|| Portable::outside(format!("its operand {operand} is not a constant")))
    }

    fn bytes(&self, operand: usize) -> Result<Vec<i8>, Portable> {
        Ok(bytemuck::cast_slice(self.constant(operand)?).to_vec())
    }

    fn words(&self, operand: usize) -> Result<Vec<i32>, Portable> {
        let words = self.constant(operand)?.chunks_exact(4);
        Ok(words
            .map(|word| i32::from_le_bytes([word[0], word[1], word[2], word[3]]))
            .collect())
    }

    /// Refuses steps without elements, and those with tensors or constants that are too large.
    fn check_sizes(&self) -> Result<(), Portable> {
        let operands = self.step.operands.iter().map(|operand| match operand {
            Operand::Constant(constant) => (constant.bytes, constant.bytes),
            Operand::Tensor(part) => (part.bytes, self.program.whole(part.tensor).bytes),
        });
        let output = self.step.output;
        let whole = self.program.whole(output.tensor).bytes;
        let (least, most) = operands.fold((output.bytes, whole), |(least, most), (part, whole)| {
            (least.min(part), most.max(whole))
        });
        if least == 0 {
            return Err(Portable::outside("a tensor of it has no elements"));
        }
        if most > MOST_BYTES {
            return Err(Portable::outside(format!(
                "a tensor of it has {most} bytes; the chip reaches {MOST_BYTES}"
            )));
        }
        Ok(())
    }

    /// Whether the output starts at a multiple of 16.
    fn output_is_aligned(&self) -> bool {
        self.step.output.offset.is_multiple_of(16)
    }
}

/// Bytes of a tensor or of constants: what the core's buses reach of flash and external memory.
const MOST_BYTES: usize = 32 << 20;

/// The kernel of a step.
///
/// # Errors
/// Why there is no machine code for it.
pub(crate) fn routine(program: &Program, step: &Step) -> Result<Routine, Portable> {
    let source = Source { program, step };
    source.check_sizes()?;
    match &step.kernel {
        Kernel::Conv2d(kernel) => convolutions::conv_2d(&source, kernel),
        Kernel::FullyConnected(kernel) => convolutions::fully_connected(&source, kernel),
        Kernel::DepthwiseConv2d(kernel) => convolutions::depthwise_conv_2d(&source, kernel),
        Kernel::MaxPool2d(kernel) => pool::max(kernel),
        Kernel::AveragePool2d(kernel) => pool::average(kernel),
        Kernel::ResizeNearestNeighbor(kernel) => resize::nearest_neighbor(&source, kernel),
        Kernel::ResizeBilinear(kernel) => resize::bilinear(kernel),
        Kernel::Softmax(kernel) => softmax::routine(kernel),
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
        Kernel::Fill(kernel) => copies::fill(&source, kernel),
        _ => Err(Portable::outside("no machine code computes its operator")),
    }
}

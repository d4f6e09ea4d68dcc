//! Shape arithmetic of the operators that move data: axes, strides, and the walk that a copy takes.

use shortcrust_kernels::shape::RANK;
use shortcrust_kernels::strided_copy::StridedCopy;

use super::Lowering;
use crate::error::{ErrorKind, Result};
use crate::graph::TensorId;
use crate::program::Part;

/// The axis that an option means; negative ones count from the end.
pub(super) fn axis(lowering: &Lowering, axis: i32, rank: usize) -> Result<usize> {
    let from_end = if axis < 0 {
        axis.saturating_add_unsigned(rank as u32)
    } else {
        axis
    };
    usize::try_from(from_end)
        .ok()
        .filter(|&axis| axis < rank)
        .ok_or_else(|| {
            lowering.error(
                ErrorKind::Shape,
                format!("its axis {axis} is outside of {rank} axes"),
                "convert the model again",
            )
        })
}

/// Row-major strides in elements.
pub(super) fn strides(shape: &[usize]) -> Vec<usize> {
    let mut strides = vec![1; shape.len()];
    for axis in (1..shape.len()).rev() {
        strides[axis - 1] = strides[axis] * shape[axis];
    }
    strides
}

/// A copy between two layouts, in elements.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Walk {
    /// How often each axis is walked.
    pub(super) shape: Vec<usize>,
    /// The input's first element.
    pub(super) input_offset: usize,
    /// The input's step along each axis.
    pub(super) input_strides: Vec<isize>,
    /// The output's first element.
    pub(super) output_offset: usize,
    /// The output's step along each axis.
    pub(super) output_strides: Vec<usize>,
}

impl Walk {
    /// A walk over a part of the input, in the output's own order.
    pub(super) fn gather(shape: &[usize], input_offset: usize, input_strides: Vec<isize>) -> Self {
        Self {
            shape: shape.to_vec(),
            input_offset,
            input_strides,
            output_offset: 0,
            output_strides: strides(shape),
        }
    }

    /// The same walk in bytes, with as few axes as possible: sizes of one go, and axes that follow each other on both sides
    /// become one.
    fn bytes(&self, element: usize) -> Vec<(usize, isize, usize)> {
        let mut axes: Vec<(usize, isize, usize)> = Vec::new();
        let elements = self
            .shape
            .iter()
            .zip(&self.input_strides)
            .zip(&self.output_strides);
        let elements =
            elements.map(|((&size, &from), &to)| (size, from * element as isize, to * element));
        for (size, from, to) in elements.chain([(element, 1, 1)]) {
            if size == 1 {
                continue;
            }
            match axes.last_mut() {
                Some((outer, outer_from, outer_to))
                    if *outer_from == from * size as isize && *outer_to == to * size =>
                {
                    (*outer, *outer_from, *outer_to) = (*outer * size, from, to);
                }
                _ => axes.push((size, from, to)),
            }
        }
        axes
    }

    /// The first byte of the input, when the walk is one plain run of bytes.
    fn run(&self, element: usize) -> Option<usize> {
        matches!(self.bytes(element)[..], [] | [(_, 1, 1)]).then_some(self.input_offset * element)
    }

    /// The kernel; `None` where too many axes remain.
    fn kernel(&self, element: usize) -> Option<StridedCopy> {
        let axes = self.bytes(element);
        let first = RANK.checked_sub(axes.len())?;
        let mut kernel = StridedCopy {
            input_offset: self.input_offset * element,
            output_offset: self.output_offset * element,
            ..StridedCopy::contiguous(1)
        };
        for (place, (size, from, to)) in (first..).zip(axes) {
            kernel.shape[place] = size;
            kernel.input_strides[place] = from;
            kernel.output_strides[place] = to;
        }
        Some(kernel)
    }
}

/// Lowers a walk whose output is a tensor of its own. Where it is one run of the input, the output shares the input's storage.
pub(super) fn read_part(
    lowering: &mut Lowering,
    input: TensorId,
    output: TensorId,
    walk: &Walk,
) -> Result<()> {
    let element = lowering.tensor(output).element.bytes();
    if let Some(offset) = walk.run(element)
        && lowering.share(output, input, offset)
    {
        return Ok(());
    }
    let whole = lowering.whole(output);
    copy(lowering, input, walk, whole)
}

/// Lowers a walk that writes a whole input into a part of the output, of which it is `[outer, one block]`: a block of
/// `block` elements, `blocks` of them, `stride` elements apart, from `offset` on. One block shares the output's storage.
pub(super) fn write_part(
    lowering: &mut Lowering,
    input: TensorId,
    output: TensorId,
    (blocks, block): (usize, usize),
    (offset, stride): (usize, usize),
) -> Result<()> {
    let element = lowering.tensor(output).element.bytes();
    if blocks == 1 && lowering.share(input, output, offset * element) {
        return Ok(());
    }
    let walk = Walk {
        shape: vec![blocks, block],
        input_offset: 0,
        input_strides: vec![block as isize, 1],
        output_offset: 0,
        output_strides: vec![stride, 1],
    };
    // From the first byte that is written to the last: other parts may hold storage that is shared.
    let bytes = ((blocks - 1) * stride + block) * element;
    copy(
        lowering,
        input,
        &walk,
        Part {
            tensor: output,
            offset: offset * element,
            bytes,
        },
    )
}

/// Adds the copy.
pub(super) fn copy(
    lowering: &mut Lowering,
    input: TensorId,
    walk: &Walk,
    output: Part,
) -> Result<()> {
    let element = lowering.tensor(output.tensor).element.bytes();
    let kernel = walk.kernel(element).ok_or_else(|| {
        lowering.error(
            ErrorKind::Unsupported,
            format!("it moves data along more than {RANK} axes"),
            "merge axes with a RESHAPE before it",
        )
    })?;
    let operand = lowering.operand(input);
    lowering.partial_step(kernel, vec![operand], output);
    Ok(())
}

/// Fails unless two tensors hold the same element type.
pub(super) fn expect_same_element(
    lowering: &Lowering,
    input: TensorId,
    output: TensorId,
) -> Result<()> {
    let element = lowering.tensor(output).element;
    lowering.expect_element(input, element)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn axes_that_follow_each_other_become_one() {
        let whole = Walk::gather(&[1, 4, 5, 6], 0, vec![120, 30, 6, 1]);
        assert_eq!(whole.bytes(1), [(120, 1, 1)]);
        assert_eq!(whole.bytes(4), [(480, 1, 1)]);
        assert_eq!(whole.run(4), Some(0));
        let rows = Walk::gather(&[2, 5, 6], 30, vec![60, 6, 1]);
        assert_eq!(rows.bytes(1), [(2, 60, 30), (30, 1, 1)]);
        assert_eq!(rows.run(1), None);
    }

    #[test]
    fn one_element_is_a_run() {
        let one = Walk::gather(&[1, 1], 7, vec![9, 1]);
        assert_eq!(one.run(1), Some(7));
        assert_eq!(one.kernel(1).expect("few axes").shape, [1; RANK]);
    }

    #[test]
    fn a_transposition_of_words_keeps_their_bytes_together() {
        let walk = Walk::gather(&[3, 2], 0, vec![1, 3]);
        let kernel = walk.kernel(4).expect("few axes");
        assert_eq!(kernel.shape, [1, 1, 1, 3, 2, 4]);
        assert_eq!(kernel.input_strides[3..], [4, 12, 1]);
        assert_eq!(kernel.output_strides[3..], [8, 4, 1]);
    }
}

//! How the two inputs of a binary operator spread over its output.

use shortcrust_kernels::shape::{Broadcast, RANK};

use super::Lowering;
use crate::error::{ErrorKind, Result};
use crate::graph::{Element, TensorId};
use crate::program::Operand;

/// A binary operator's operands, checked.
pub(super) struct Binary {
    /// The input that has the output's shape, where one of them has it.
    pub(super) left: TensorId,
    /// The other input.
    pub(super) right: TensorId,
    /// The output.
    pub(super) output: TensorId,
    /// Their shapes.
    pub(super) broadcast: Broadcast,
}

impl Binary {
    /// Checks int8 inputs and output. A commutative operator has the input with the output's shape on the left, where it can be
    /// overwritten.
    pub(super) fn new(lowering: &Lowering, commutative: bool) -> Result<Self> {
        let (mut left, mut right, output) =
            (lowering.input(0)?, lowering.input(1)?, lowering.output(0)?);
        for tensor in [left, right, output] {
            lowering.expect_element(tensor, Element::Int8)?;
        }
        let shape = lowering.tensor(output).shape.clone();
        if commutative
            && (lowering.tensor(left).shape != shape || lowering.tensor(left).data.is_some())
        {
            (left, right) = (right, left);
        }
        if shape.len() > RANK {
            return Err(lowering.tensor(output).blame(lowering.error(
                ErrorKind::Unsupported,
                format!("it has {} axes, at most {RANK} are supported", shape.len()),
                "merge axes with a RESHAPE before it",
            )));
        }
        let first = RANK - shape.len();
        let mut broadcast = Broadcast {
            shape: [1; RANK],
            left: [0; RANK],
            right: [0; RANK],
        };
        broadcast.shape[first..].copy_from_slice(&shape);
        broadcast.left = strides(lowering, left, &shape)?;
        broadcast.right = strides(lowering, right, &shape)?;
        let joint = (0..shape.len()).all(|axis| {
            let size = |tensor: TensorId| {
                let input = &lowering.tensor(tensor).shape;
                (axis + input.len())
                    .checked_sub(shape.len())
                    .map_or(1, |axis| input[axis])
            };
            size(left).max(size(right)) == shape[axis]
        });
        if !joint {
            return Err(lowering.tensor(output).blame(lowering.error(
                ErrorKind::Shape,
                "both inputs are smaller than it along an axis",
                "convert the model again",
            )));
        }
        Ok(Self {
            left,
            right,
            output,
            broadcast,
        })
    }

    /// The inputs as operands.
    pub(super) fn operands(&self, lowering: &mut Lowering) -> Vec<Operand> {
        vec![lowering.operand(self.left), lowering.operand(self.right)]
    }
}

/// An input's strides along the output's axes: 0 where it has one element for all.
fn strides(lowering: &Lowering, input: TensorId, output: &[usize]) -> Result<[usize; RANK]> {
    let tensor = lowering.tensor(input);
    let mut strides = [0; RANK];
    let mut stride = 1;
    for distance in 1..=tensor.shape.len() {
        let size = tensor.shape[tensor.shape.len() - distance];
        let target = output
            .len()
            .checked_sub(distance)
            .map_or(1, |axis| output[axis]);
        if size != target && size != 1 {
            return Err(tensor.blame(lowering.error(
                ErrorKind::Shape,
                format!("its shape does not spread over the output's {output:?}"),
                "make the sizes equal, or 1",
            )));
        }
        if size > 1 {
            strides[RANK - distance] = stride;
        }
        stride *= size;
    }
    Ok(strides)
}

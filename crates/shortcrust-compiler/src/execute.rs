//! Runs a planned program on the host with the portable kernels.

use crate::constants::ALIGNMENT;
use crate::graph::TensorId;
use crate::plan::Plan;
use crate::program::{Operand, Part, Program, Step};

/// Bytes that start at a multiple of 16.
pub(crate) struct AlignedBytes {
    words: Vec<u128>,
    bytes: usize,
}

impl AlignedBytes {
    pub(crate) fn copy_of(bytes: &[u8]) -> Self {
        let mut copy = Self::zeroed(bytes.len());
        copy.get_mut().copy_from_slice(bytes);
        copy
    }

    pub(crate) fn zeroed(bytes: usize) -> Self {
        Self {
            words: vec![0; bytes.div_ceil(ALIGNMENT)],
            bytes,
        }
    }

    pub(crate) fn get(&self) -> &[u8] {
        &bytemuck::cast_slice(&self.words)[..self.bytes]
    }

    pub(crate) fn get_mut(&mut self) -> &mut [u8] {
        &mut bytemuck::cast_slice_mut(&mut self.words)[..self.bytes]
    }
}

/// An arena, and the program that runs in it.
pub struct Execution<'p> {
    program: &'p Program,
    plan: &'p Plan,
    arena: AlignedBytes,
    constants: AlignedBytes,
}

impl<'p> Execution<'p> {
    /// A zeroed arena for a program.
    pub fn new(program: &'p Program, plan: &'p Plan) -> Self {
        Self {
            program,
            plan,
            arena: AlignedBytes::zeroed(plan.arena_bytes),
            constants: AlignedBytes::copy_of(program.constants.bytes()),
        }
    }

    /// The bytes of the network's input of a number, to be filled before each run: running may overwrite them.
    pub fn input_mut(&mut self, index: usize) -> &mut [u8] {
        let range = self.range(self.program.whole(self.program.graph.inputs[index]));
        &mut self.arena.get_mut()[range]
    }

    /// The bytes of the network's output of a number.
    pub fn output(&self, index: usize) -> &[u8] {
        self.tensor(self.program.graph.outputs[index])
    }

    /// The bytes of a tensor: meaningful from the step that completes it until its storage is used again.
    ///
    /// # Panics
    /// If the tensor has no place in the arena.
    pub fn tensor(&self, tensor: TensorId) -> &[u8] {
        &self.arena.get()[self.range(self.program.whole(tensor))]
    }

    /// Runs the whole program.
    pub fn run(&mut self) {
        self.run_observed(|_, _| {});
    }

    /// Runs the whole program, and shows each operator's index with the arena as it is after the operator's last step.
    pub fn run_observed(&mut self, mut observe: impl FnMut(usize, &Self)) {
        let steps = &self.program.steps;
        for (index, step) in steps.iter().enumerate() {
            self.step(step);
            if steps
                .get(index + 1)
                .is_none_or(|next| next.node != step.node)
            {
                observe(step.node, self);
            }
        }
    }

    /// Runs one step.
    ///
    /// # Panics
    /// If the plan lets an operand overlap the output; plans do not.
    fn step(&mut self, step: &Step) {
        let start = self.range(step.output).start;
        let read: Vec<_> = step.operands[usize::from(step.in_place)..]
            .iter()
            .map(|operand| match operand {
                Operand::Tensor(part) => Ok(self.range(*part)),
                Operand::Constant(constant) => {
                    Err(constant.offset..constant.offset + constant.bytes)
                }
            })
            .collect();
        let (below, rest) = self.arena.get_mut().split_at_mut(start);
        let (output, above) = rest.split_at_mut(step.output.bytes);
        let end = start + step.output.bytes;
        let operands: Vec<&[u8]> = read
            .into_iter()
            .map(|range| match range {
                Ok(range) if range.end <= start => &below[range],
                Ok(range) => &above[range.start - end..range.end - end],
                Err(range) => &self.constants.get()[range],
            })
            .collect();
        if step.in_place {
            step.kernel.run_in_place(operands[0], output);
        } else {
            step.kernel.run(&operands, output);
        }
    }

    fn range(&self, part: Part) -> std::ops::Range<usize> {
        let offset = self.plan.offset(self.program, part.tensor);
        let start = offset.expect("a tensor in the arena") + part.offset;
        start..start + part.bytes
    }
}

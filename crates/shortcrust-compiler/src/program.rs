//! A lowered network: steps in execution order, each one kernel call.

use std::ops::RangeInclusive;

use crate::constants::{Constant, Constants};
use crate::graph::{Graph, TensorId};
use crate::kernel::Kernel;

/// Where a step reads.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Operand {
    /// An activation or a part of it.
    Tensor(Part),
    /// A constant of the program.
    Constant(Constant),
}

/// A tensor or a part of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Part {
    /// The tensor.
    pub tensor: TensorId,
    /// First byte within the tensor.
    pub offset: usize,
    /// Length in bytes.
    pub bytes: usize,
}

/// One kernel call.
#[derive(Clone, Debug, PartialEq)]
pub struct Step {
    /// Index into [`Graph::nodes`] of the operator that this step belongs to.
    pub node: usize,
    /// The kernel and its parameters.
    pub kernel: Kernel,
    /// What it reads, in the kernel's order.
    pub operands: Vec<Operand>,
    /// What it writes.
    pub output: Part,
    /// Whether the output overwrites the first operand.
    pub in_place: bool,
    /// Whether it may run at the same time as the step before it, on another core.
    pub beside: bool,
}

/// The numbers of the steps that may run at the same time: one, or the two halves of a layer.
pub type Moment = RangeInclusive<usize>;

/// Where a tensor lives: inside the storage of another, or (`None` in [`Program::views`]) in storage of its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct View {
    /// The tensor whose storage is shared.
    pub of: TensorId,
    /// First byte within it, a multiple of 16.
    pub offset: usize,
}

/// A network as a list of kernel calls over tensors and constants.
#[derive(Clone, Debug)]
pub struct Program {
    /// The graph after the passes; tensors and names come from here.
    pub graph: Graph,
    /// The kernel calls.
    pub steps: Vec<Step>,
    /// For each tensor, whose storage it shares.
    pub views: Vec<Option<View>>,
    /// For each operator of the graph, its multiply-accumulates.
    pub macs: Vec<u64>,
    /// Weights, biases, requantisation constants and tables.
    pub constants: Constants,
}

impl Program {
    /// The tensor in whose storage a tensor lies, and the offset there.
    pub fn root(&self, mut tensor: TensorId) -> (TensorId, usize) {
        let mut offset = 0;
        while let Some(view) = self.views[tensor.0] {
            offset += view.offset;
            tensor = view.of;
        }
        (tensor, offset)
    }

    /// A whole tensor.
    pub fn whole(&self, tensor: TensorId) -> Part {
        Part {
            tensor,
            offset: 0,
            bytes: self.graph.tensor(tensor).bytes(),
        }
    }

    /// The steps that may run at the same time as one, itself included: two halves of a layer, or the one.
    pub fn moment(&self, step: usize) -> Moment {
        let beside = |step: usize| self.steps.get(step).is_some_and(|step| step.beside);
        step - usize::from(beside(step))..=step + usize::from(beside(step + 1))
    }

    /// The moments of a run.
    pub fn moments(&self) -> impl Iterator<Item = Moment> {
        let steps = self.steps.iter().enumerate();
        steps
            .filter(|(_, step)| !step.beside)
            .map(|(index, _)| self.moment(index))
    }

    /// The cores that large layers are split for: 1 or 2.
    pub fn cores(&self) -> usize {
        1 + usize::from(self.steps.iter().any(|step| step.beside))
    }

    /// Multiply-accumulates of one run.
    pub fn total_macs(&self) -> u64 {
        self.macs.iter().sum()
    }
}

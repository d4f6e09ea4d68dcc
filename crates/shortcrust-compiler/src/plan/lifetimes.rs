//! From which step to which step each storage is in use.

use crate::graph::TensorId;
use crate::program::{Operand, Program};

/// The steps during which a storage is in use, both ends included.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Lifetime {
    /// The first step; 0 for an input of the network.
    pub first: usize,
    /// The last step; the number of steps for an output of the network.
    pub last: usize,
}

impl Lifetime {
    /// Whether the storage is in use during a step.
    pub fn contains(&self, step: usize) -> bool {
        (self.first..=self.last).contains(&step)
    }

    /// Whether two storages are in use at the same time.
    pub fn overlaps(&self, other: &Lifetime) -> bool {
        self.first <= other.last && other.first <= self.last
    }
}

/// The lifetime of each tensor's own storage: `None` for constants, for views and for tensors that nobody uses.
pub fn lifetimes(program: &Program) -> Vec<Option<Lifetime>> {
    let mut lifetimes: Vec<Option<Lifetime>> = vec![None; program.graph.tensors.len()];
    // Halves of a layer run at the same time: what one of them uses is in use during both.
    let mut touch = |tensor: TensorId, step: usize| {
        let (root, _) = program.root(tensor);
        let (first, last) = program.moment(step).into_inner();
        let lifetime = lifetimes[root.0].get_or_insert(Lifetime { first, last });
        lifetime.first = lifetime.first.min(first);
        lifetime.last = lifetime.last.max(last);
    };
    for &input in &program.graph.inputs {
        touch(input, 0);
    }
    for (index, step) in program.steps.iter().enumerate() {
        for operand in &step.operands {
            if let Operand::Tensor(part) = operand {
                touch(part.tensor, index);
            }
        }
        touch(step.output.tensor, index);
    }
    for &output in &program.graph.outputs {
        touch(output, program.steps.len());
    }
    lifetimes
}

//! The memory plan: one arena, an offset for every activation.

mod lifetimes;
mod offsets;

pub use lifetimes::{Lifetime, lifetimes};

use crate::constants::ALIGNMENT;
use crate::graph::TensorId;
use crate::program::Program;

/// An activation with storage of its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Allocation {
    /// The tensor; tensors that are views of it live inside.
    pub tensor: TensorId,
    /// First byte in the arena, a multiple of 16.
    pub offset: usize,
    /// Bytes, rounded up to a multiple of 16.
    pub bytes: usize,
    /// The steps during which it is alive.
    pub lifetime: Lifetime,
}

/// Where every activation lives, and when.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Plan {
    /// Every storage, in the order of the tensors.
    pub allocations: Vec<Allocation>,
    /// The size of the arena.
    pub arena_bytes: usize,
    /// The most bytes that are alive during one step: no plan of whole tensors can need less.
    pub lower_bound_bytes: usize,
    /// The step that sets the lower bound; 0 in a program without steps.
    pub peak_step: usize,
    /// For each step, its scratch memory.
    pub scratch: Vec<Scratch>,
}

/// Memory that one step of machine code works in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Scratch {
    /// First byte in the arena, a multiple of 16.
    pub offset: usize,
    /// Bytes.
    pub bytes: usize,
}

impl Plan {
    /// Plans the arena of a program whose steps need no scratch memory.
    pub fn new(program: &Program) -> Self {
        Self::with_scratch(program, &vec![0; program.steps.len()])
    }

    /// Plans the arena of a program whose steps need so many bytes of scratch memory each.
    pub fn with_scratch(program: &Program, scratch_bytes: &[usize]) -> Self {
        let mut allocations: Vec<Allocation> = lifetimes(program)
            .into_iter()
            .enumerate()
            .filter_map(|(index, lifetime)| {
                let tensor = TensorId(index);
                Some(Allocation {
                    tensor,
                    offset: 0,
                    bytes: program
                        .graph
                        .tensor(tensor)
                        .bytes()
                        .next_multiple_of(ALIGNMENT),
                    lifetime: lifetime?,
                })
            })
            .collect();
        let alive = |step: usize| -> usize {
            allocations
                .iter()
                .filter(|a| a.lifetime.contains(step))
                .map(|a| a.bytes)
                .sum::<usize>()
                + scratch_bytes
                    .get(program.moment(step))
                    .into_iter()
                    .flatten()
                    .map(|bytes| bytes.next_multiple_of(ALIGNMENT))
                    .sum::<usize>()
        };
        let (peak_step, lower_bound_bytes) = (0..program.steps.len().max(1))
            .map(|step| (step, alive(step)))
            .rev()
            .max_by_key(|&(_, bytes)| bytes)
            .unwrap_or_default();
        let mut arena_bytes = offsets::assign(&mut allocations, lower_bound_bytes);
        let mut scratch: Vec<Scratch> = Vec::new();
        for (step, &bytes) in scratch_bytes.iter().enumerate() {
            let alive = allocations.iter().filter(|a| a.lifetime.contains(step));
            let alive = alive.map(|a| (a.offset, a.bytes));
            let beside = &scratch[*program.moment(step).start()..];
            let beside = beside.iter().map(|s| (s.offset, s.bytes));
            let bytes = bytes.next_multiple_of(ALIGNMENT);
            let offset = first_gap(alive.chain(beside), bytes);
            arena_bytes = arena_bytes.max(offset + bytes);
            scratch.push(Scratch { offset, bytes });
        }
        Self {
            scratch,
            allocations,
            arena_bytes,
            lower_bound_bytes,
            peak_step,
        }
    }

    /// What is alive during a step, in the order of the arena.
    pub fn alive(&self, step: usize) -> Vec<Allocation> {
        let mut alive: Vec<_> = self
            .allocations
            .iter()
            .copied()
            .filter(|a| a.lifetime.contains(step))
            .collect();
        alive.sort_by_key(|a| a.offset);
        alive
    }

    /// The first byte of a tensor in the arena; `None` for a constant or a tensor that no step uses.
    pub fn offset(&self, program: &Program, tensor: TensorId) -> Option<usize> {
        let (root, offset) = program.root(tensor);
        let found = self
            .allocations
            .binary_search_by_key(&root, |a| a.tensor)
            .ok()?;
        Some(self.allocations[found].offset + offset)
    }
}

/// The lowest place for `bytes` between storages (first byte, bytes).
fn first_gap(storages: impl Iterator<Item = (usize, usize)>, bytes: usize) -> usize {
    let mut taken: Vec<(usize, usize)> = storages
        .map(|(offset, bytes)| (offset, offset + bytes))
        .collect();
    taken.sort_unstable();
    let mut start = 0;
    for (from, to) in taken {
        if start + bytes <= from {
            break;
        }
        start = start.max(to);
    }
    start
}

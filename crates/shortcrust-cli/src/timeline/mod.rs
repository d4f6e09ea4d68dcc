//! The arena over time: which tensors are alive during which step, ready to be drawn.

pub mod picture;
pub mod terminal;

use serde::Serialize;
use shortcrust_compiler::network::Network;

use crate::cost::Storage;

/// Every step and every storage of a plan.
#[derive(Serialize)]
pub struct Timeline {
    /// The steps of a run.
    pub steps: Vec<Step>,
    /// The number of the step that sets the lower bound.
    pub peak_step: usize,
    /// Every tensor that has storage of its own, and the scratch memory of the kernels.
    pub allocations: Vec<Storage>,
}

/// One kernel call.
#[derive(Serialize)]
pub struct Step {
    /// The number of the operator that it belongs to.
    pub operator_number: usize,
    /// That operator's kind.
    pub operator: &'static str,
    /// Bytes in use during the step.
    pub alive_bytes: usize,
}

impl Timeline {
    /// The timeline of a compiled network.
    pub fn of(network: &Network) -> Self {
        let (program, plan) = (&network.program, &network.plan);
        let allocations = Storage::all(network);
        let steps = program.steps.iter().enumerate().map(|(index, step)| {
            let node = &program.graph.nodes[step.node];
            Step {
                operator_number: node.number,
                operator: node.kind,
                alive_bytes: allocations
                    .iter()
                    .filter(|storage| storage.is_alive(index))
                    .map(|storage| storage.bytes)
                    .sum(),
            }
        });
        Self {
            steps: steps.collect(),
            peak_step: plan.peak_step,
            allocations,
        }
    }

    /// A colour of `0..colours` for each allocation: neighbours in time differ where there are enough colours.
    pub fn colours(&self, colours: usize) -> Vec<usize> {
        let mut order: Vec<usize> = (0..self.allocations.len()).collect();
        order.sort_by_key(|&index| {
            (
                self.allocations[index].first_step,
                self.allocations[index].offset,
            )
        });
        let mut chosen: Vec<Option<usize>> = vec![None; order.len()];
        for (turn, &index) in order.iter().enumerate() {
            let this = &self.allocations[index];
            let taken = |colour: usize| {
                self.allocations.iter().zip(&chosen).any(|(other, &of)| {
                    of == Some(colour)
                        && other.first_step <= this.last_step + 1
                        && this.first_step <= other.last_step + 1
                })
            };
            let wanted = (0..colours).map(|shift| (turn + shift) % colours);
            chosen[index] = Some(
                wanted
                    .clone()
                    .find(|&colour| !taken(colour))
                    .unwrap_or(turn % colours),
            );
        }
        chosen.into_iter().flatten().collect()
    }
}

#[cfg(test)]
pub mod tests {
    use super::*;

    /// A timeline of tensors `(offset, bytes, first step, last step)`.
    pub fn timeline(steps: usize, tensors: &[(usize, usize, usize, usize)]) -> Timeline {
        let allocations =
            tensors
                .iter()
                .enumerate()
                .map(|(index, &(offset, bytes, first_step, last_step))| Storage {
                    tensor: format!("tensor {index}"),
                    shape: vec![bytes],
                    offset,
                    bytes,
                    first_step,
                    last_step,
                });
        let allocations: Vec<_> = allocations.collect();
        let alive = |step| {
            allocations
                .iter()
                .filter(move |a| (a.first_step..=a.last_step).contains(&step))
        };
        let steps: Vec<_> = (0..steps)
            .map(|step| Step {
                operator_number: step,
                operator: "CONV_2D",
                alive_bytes: alive(step).map(|allocation| allocation.bytes).sum(),
            })
            .collect();
        let peak_step = (0..steps.len())
            .rev()
            .max_by_key(|&step| steps[step].alive_bytes)
            .unwrap_or(0);
        Timeline {
            steps,
            peak_step,
            allocations,
        }
    }

    #[test]
    fn neighbours_have_different_colours() {
        let timeline = timeline(
            4,
            &[(0, 16, 0, 1), (16, 32, 1, 2), (48, 16, 1, 3), (0, 16, 2, 4)],
        );
        let colours = timeline.colours(4);
        for (i, a) in timeline.allocations.iter().enumerate() {
            for (j, b) in timeline.allocations.iter().enumerate().take(i) {
                let together = a.first_step <= b.last_step && b.first_step <= a.last_step;
                assert!(!together || colours[i] != colours[j], "{i} and {j}");
            }
        }
    }
}

//! Lets element-wise steps overwrite their first operand where nobody reads it afterwards.

use crate::plan::lifetimes;
use crate::program::{Operand, Program, View};

/// Marks the steps and merges the storage of their output with that of their first operand.
pub fn mark(program: &mut Program) {
    for index in 0..program.steps.len() {
        if let Some(view) = overwritten(program, index) {
            let output = program.steps[index].output.tensor;
            program.views[output.0] = Some(view);
            program.steps[index].in_place = true;
        }
    }
}

/// The storage that a step may overwrite with its output.
fn overwritten(program: &Program, index: usize) -> Option<View> {
    let step = &program.steps[index];
    let [Operand::Tensor(first), others @ ..] = step.operands.as_slice() else {
        return None;
    };
    let output = step.output.tensor;
    let bytes = program.graph.tensor(output).bytes();
    let (root, offset) = program.root(first.tensor);
    let read_again = others.iter().any(
        |operand| matches!(operand, Operand::Tensor(other) if program.root(other.tensor).0 == root),
    );
    let whole = step.output.bytes == bytes
        && first.bytes == bytes
        && program.graph.tensor(root).bytes() == bytes;
    let free = program.root(output) == (output, 0) && output != root;
    let lifetimes = lifetimes(program);
    let dies = lifetimes[root.0].is_some_and(|life| life.last == index);
    let is_born = lifetimes[output.0].is_some_and(|life| life.first == index);
    (step.kernel.works_in_place() && !read_again && whole && free && dies && is_born)
        .then_some(View { of: root, offset })
}

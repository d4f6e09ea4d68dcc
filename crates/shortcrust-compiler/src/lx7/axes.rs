//! Loops over the axes of tensors, with a pointer into each.

use lx7::asm::A;

use super::code::{Code, FRAME_COUNTER};

/// One axis: how often it is walked, and the step of each of `N` pointers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Axis<const N: usize> {
    pub(super) size: usize,
    pub(super) steps: [i32; N],
}

/// Drops axes of size 1, and joins axes that follow one another without a gap. At least one axis is left.
pub(super) fn simplify<const N: usize>(axes: impl IntoIterator<Item = Axis<N>>) -> Vec<Axis<N>> {
    let mut result: Vec<Axis<N>> = Vec::new();
    for axis in axes {
        if axis.size == 1 {
            continue;
        }
        match result.last_mut() {
            Some(outer) if outer.steps == axis.steps.map(|step| step * axis.size as i32) => {
                outer.size *= axis.size;
                outer.steps = axis.steps;
            }
            _ => result.push(axis),
        }
    }
    if result.is_empty() {
        result.push(Axis {
            size: 1,
            steps: [1; N],
        });
    }
    result
}

/// Walks the outer axes with counters in the stack frame from `slot` on, and emits `inner` for the innermost: it moves every pointer
/// by the axis' size times its step and keeps the counters. Overwrites the pointers and [`FRAME_COUNTER`] beside what `inner` does.
pub(super) fn walk<const N: usize>(
    code: &mut Code,
    axes: &[Axis<N>],
    pointers: [A; N],
    slot: i32,
    inner: &dyn Fn(&mut Code, &Axis<N>),
) {
    match axes {
        [] => {}
        [innermost] => inner(code, innermost),
        [outer, rest @ ..] => code.repeat_on_stack((FRAME_COUNTER, slot), outer.size, |code| {
            walk(code, rest, pointers, slot + 4, inner);
            for (index, pointer) in pointers.into_iter().enumerate() {
                let moved = rest[0].steps[index] * rest[0].size as i32;
                code.advance(pointer, outer.steps[index] - moved);
            }
        }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn neighbours_are_joined() {
        let axis = |size, from, to| Axis {
            size,
            steps: [from, to],
        };
        let joined = simplify([
            axis(1, 99, 99),
            axis(2, 12, 24),
            axis(3, 4, 4),
            axis(4, 1, 1),
        ]);
        assert_eq!(joined, [axis(2, 12, 24), axis(12, 1, 1)]);
        assert_eq!(simplify([axis(1, 5, 5)]), [axis(1, 1, 1)]);
    }
}

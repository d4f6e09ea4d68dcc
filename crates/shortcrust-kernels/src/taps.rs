//! Which taps of a window meet the input, and the small blocks that kernels work on.

use core::ops::Range;

/// Along one axis, the taps of a window that lie inside an input of `size`.
///
/// Tap `k` reads position `start + k * dilation`, where `start = stride * output position` less the padding before the input.
#[inline(always)]
pub(crate) fn inside(
    start: usize,
    padding: usize,
    taps: usize,
    dilation: usize,
    size: usize,
) -> Range<usize> {
    let steps = |distance: usize| match dilation {
        0 | 1 => distance,
        _ => distance
            .wrapping_add(dilation - 1)
            .checked_div(dilation)
            .unwrap_or(distance),
    };
    let first = steps(padding.saturating_sub(start)).min(taps);
    let end = steps((size.wrapping_add(padding)).saturating_sub(start)).min(taps);
    first..end.max(first)
}

/// Elements `start..start + N` of a slice; what lies beyond its end is `T::default()`.
#[inline(always)]
pub(crate) fn block<T: Copy + Default, const N: usize>(values: &[T], start: usize) -> [T; N] {
    let rest = values.get(start..).unwrap_or_default();
    match rest.first_chunk() {
        Some(block) => *block,
        None => core::array::from_fn(|lane| rest.get(lane).copied().unwrap_or_default()),
    }
}

/// Writes a block at the start of a slice; what lies beyond the slice's end is dropped.
#[inline(always)]
pub(crate) fn store<const N: usize>(values: &mut [i8], block: [i8; N]) {
    match values.first_chunk_mut() {
        Some(target) => *target = block,
        None => values
            .iter_mut()
            .zip(block)
            .for_each(|(target, value)| *target = value),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn inside_is_where_the_input_is(
            start in 0..40usize,
            padding in 0..20usize,
            taps in 0..9usize,
            dilation in 1..5usize,
            size in 0..20usize,
        ) {
            let range = inside(start, padding, taps, dilation, size);
            for tap in 0..taps {
                let position = (start + tap * dilation) as isize - padding as isize;
                prop_assert_eq!(range.contains(&tap), (0..size as isize).contains(&position), "tap {}", tap);
            }
            prop_assert!(range.end <= taps);
        }
    }
}

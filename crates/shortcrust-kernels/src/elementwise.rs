//! The loop of the binary operators: equal shapes in one pass, others along their strides.

use crate::shape::Broadcast;

/// Applies `f` to every pair of elements.
#[inline]
pub(crate) fn zip(
    broadcast: &Broadcast,
    left: &[i8],
    right: &[i8],
    output: &mut [i8],
    f: impl Fn(i8, i8) -> i8,
) {
    debug_assert_eq!(output.len(), broadcast.shape.iter().product::<usize>());
    if broadcast.left == broadcast.right {
        for ((output, &left), &right) in output.iter_mut().zip(left).zip(right) {
            *output = f(left, right);
        }
        return;
    }
    let mut output = output;
    rows(broadcast, |left_start, right_start| {
        let [.., size] = broadcast.shape;
        let ([.., left_stride], [.., right_stride]) = (broadcast.left, broadcast.right);
        let Some((row, rest)) = core::mem::take(&mut output).split_at_mut_checked(size) else {
            return;
        };
        output = rest;
        let left = left.get(left_start..).unwrap_or_default();
        let right = right.get(right_start..).unwrap_or_default();
        match (left_stride, right_stride, left.first(), right.first()) {
            (_, 0, _, Some(&right)) => {
                for (output, &left) in row.iter_mut().zip(left) {
                    *output = f(left, right);
                }
            }
            (0, _, Some(&left), _) => {
                for (output, &right) in row.iter_mut().zip(right) {
                    *output = f(left, right);
                }
            }
            _ => {
                for ((output, &left), &right) in row.iter_mut().zip(left).zip(right) {
                    *output = f(left, right);
                }
            }
        }
    });
}

/// Applies `f` to every pair of elements, and writes over the left one, which has the output's shape.
#[inline]
pub(crate) fn zip_in_place(
    broadcast: &Broadcast,
    left: &mut [i8],
    right: &[i8],
    f: impl Fn(i8, i8) -> i8,
) {
    debug_assert_eq!(left.len(), broadcast.shape.iter().product::<usize>());
    if broadcast.left == broadcast.right {
        for (left, &right) in left.iter_mut().zip(right) {
            *left = f(*left, right);
        }
        return;
    }
    let mut left = left;
    rows(broadcast, |_, right_start| {
        let [.., size] = broadcast.shape;
        let [.., right_stride] = broadcast.right;
        let Some((row, rest)) = core::mem::take(&mut left).split_at_mut_checked(size) else {
            return;
        };
        left = rest;
        let right = right.get(right_start..).unwrap_or_default();
        match (right_stride, right.first()) {
            (0, Some(&right)) => row.iter_mut().for_each(|left| *left = f(*left, right)),
            _ => row
                .iter_mut()
                .zip(right)
                .for_each(|(left, &right)| *left = f(*left, right)),
        }
    });
}

/// Calls `f` with the first left and right element of every row, rows in the output's order.
#[inline]
fn rows(broadcast: &Broadcast, mut f: impl FnMut(usize, usize)) {
    let [size_0, size_1, size_2, size_3, size_4, _] = broadcast.shape;
    let [left_0, left_1, left_2, left_3, left_4, _] = broadcast.left;
    let [right_0, right_1, right_2, right_3, right_4, _] = broadcast.right;
    for i in 0..size_0 {
        let (left, right) = (i.wrapping_mul(left_0), i.wrapping_mul(right_0));
        for i in 0..size_1 {
            let (left, right) = (
                left.wrapping_add(i.wrapping_mul(left_1)),
                right.wrapping_add(i.wrapping_mul(right_1)),
            );
            for i in 0..size_2 {
                let (left, right) = (
                    left.wrapping_add(i.wrapping_mul(left_2)),
                    right.wrapping_add(i.wrapping_mul(right_2)),
                );
                for i in 0..size_3 {
                    let (left, right) = (
                        left.wrapping_add(i.wrapping_mul(left_3)),
                        right.wrapping_add(i.wrapping_mul(right_3)),
                    );
                    for i in 0..size_4 {
                        f(
                            left.wrapping_add(i.wrapping_mul(left_4)),
                            right.wrapping_add(i.wrapping_mul(right_4)),
                        );
                    }
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::shape::RANK;
    use proptest::prelude::*;

    /// Row-major strides of `shape`, 0 along axes of one.
    fn strides(shape: [usize; RANK]) -> [usize; RANK] {
        let mut stride = 1;
        let mut strides = [0; RANK];
        for axis in (0..RANK).rev() {
            if shape[axis] > 1 {
                strides[axis] = stride;
            }
            stride *= shape[axis];
        }
        strides
    }

    proptest! {
        #[test]
        fn every_element_meets_its_partner(
            shape in prop::array::uniform6(1..4usize),
            left_repeats in prop::array::uniform6(any::<bool>()),
            right_repeats in prop::array::uniform6(any::<bool>()),
        ) {
            let one = |repeats: [bool; RANK]| core::array::from_fn(|axis| if repeats[axis] { 1 } else { shape[axis] });
            let (left_shape, right_shape): ([usize; RANK], [usize; RANK]) = (one(left_repeats), one(right_repeats));
            let out: [usize; RANK] = core::array::from_fn(|axis| left_shape[axis].max(right_shape[axis]));
            let broadcast = Broadcast { shape: out, left: strides(left_shape), right: strides(right_shape) };
            let mut left = [0i8; 729];
            let mut right = [0i8; 729];
            for (i, (left, right)) in left.iter_mut().zip(&mut right).enumerate() {
                (*left, *right) = (i as i8, (i * 7 + 3) as i8);
            }
            let (left, right) = (&mut left[..left_shape.iter().product()], &right[..right_shape.iter().product()]);
            let count: usize = out.iter().product();
            let mut output = [0i8; 729];
            let f = |a: i8, b: i8| a.wrapping_mul(3).wrapping_add(b);
            zip(&broadcast, left, right, &mut output[..count], f);
            let place = |mut index: usize, strides: [usize; RANK]| {
                let mut place = 0;
                for axis in (0..RANK).rev() {
                    place += index % out[axis] * strides[axis];
                    index /= out[axis];
                }
                place
            };
            for (index, &output) in output[..count].iter().enumerate() {
                prop_assert_eq!(output, f(left[place(index, broadcast.left)], right[place(index, broadcast.right)]));
            }
            if left_shape == out {
                zip_in_place(&broadcast, left, right, f);
                prop_assert_eq!(&*left, &output[..count]);
            }
        }
    }
}

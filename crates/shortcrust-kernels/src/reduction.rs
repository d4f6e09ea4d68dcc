//! Sums along axes, for MEAN and SUM.

use crate::shape::RANK;

/// Calls `f` with each output element and the sum of its inputs. `shape` is the input's; axes that are `reduced` are summed.
#[inline]
pub(crate) fn sums(
    shape: &[usize; RANK],
    reduced: &[bool; RANK],
    input: &[i8],
    output: &mut [i8],
    f: impl Fn(i32) -> i8,
) {
    debug_assert_eq!(input.len(), shape.iter().product::<usize>());
    let (kept_shape, summed_shape) = (sizes(shape, reduced, false), sizes(shape, reduced, true));
    let strides = strides(shape);
    let mut output = output.iter_mut();
    walk(&kept_shape, &strides, |start| {
        let mut sum = 0i32;
        walk(&summed_shape, &strides, |offset| {
            let value = input
                .get(start.wrapping_add(offset))
                .copied()
                .unwrap_or_default();
            sum = sum.wrapping_add(i32::from(value));
        });
        if let Some(output) = output.next() {
            *output = f(sum);
        }
    });
}

/// The sizes of the axes that are reduced, or of those that are not; the others become 1.
fn sizes(shape: &[usize; RANK], reduced: &[bool; RANK], which: bool) -> [usize; RANK] {
    let mut sizes = *shape;
    for (size, &reduced) in sizes.iter_mut().zip(reduced) {
        if reduced != which {
            *size = 1;
        }
    }
    sizes
}

fn strides(shape: &[usize; RANK]) -> [usize; RANK] {
    let mut strides = [1; RANK];
    let mut stride = 1usize;
    for (place, &size) in strides.iter_mut().zip(shape).rev() {
        *place = stride;
        stride = stride.wrapping_mul(size);
    }
    strides
}

/// Calls `f` with the offset of every element of a box.
#[inline]
fn walk(shape: &[usize; RANK], strides: &[usize; RANK], mut f: impl FnMut(usize)) {
    let [size_0, size_1, size_2, size_3, size_4, size_5] = *shape;
    let [stride_0, stride_1, stride_2, stride_3, stride_4, stride_5] = *strides;
    for i in 0..size_0 {
        let offset = i.wrapping_mul(stride_0);
        for i in 0..size_1 {
            let offset = offset.wrapping_add(i.wrapping_mul(stride_1));
            for i in 0..size_2 {
                let offset = offset.wrapping_add(i.wrapping_mul(stride_2));
                for i in 0..size_3 {
                    let offset = offset.wrapping_add(i.wrapping_mul(stride_3));
                    for i in 0..size_4 {
                        let offset = offset.wrapping_add(i.wrapping_mul(stride_4));
                        for i in 0..size_5 {
                            f(offset.wrapping_add(i.wrapping_mul(stride_5)));
                        }
                    }
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn inner_and_outer_axes() {
        let input: [i8; 6] = [1, 2, 3, 4, 5, 6];
        let shape = [1, 1, 1, 1, 2, 3];
        let mut rows = [0; 2];
        sums(
            &shape,
            &[false, false, false, false, false, true],
            &input,
            &mut rows,
            |sum| sum as i8,
        );
        assert_eq!(rows, [6, 15]);
        let mut columns = [0; 3];
        sums(
            &shape,
            &[false, false, false, false, true, false],
            &input,
            &mut columns,
            |sum| sum as i8,
        );
        assert_eq!(columns, [5, 7, 9]);
        let mut all = [0];
        sums(&shape, &[true; RANK], &input, &mut all, |sum| sum as i8);
        assert_eq!(all, [21]);
    }
}

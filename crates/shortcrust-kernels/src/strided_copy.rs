//! Moves bytes from one layout to another: CONCATENATION, SPLIT, the inside of PAD, TRANSPOSE, SLICE, STRIDED_SLICE, PACK, UNPACK.

use crate::shape::RANK;

/// A walk over both layouts at once. Everything is in bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct StridedCopy {
    /// How often each axis is walked, with leading ones.
    pub shape: [usize; RANK],
    /// Where the input's walk starts.
    pub input_offset: usize,
    /// The input's step along each axis; negative ones walk backwards.
    pub input_strides: [isize; RANK],
    /// Where the output's walk starts.
    pub output_offset: usize,
    /// The output's step along each axis.
    pub output_strides: [usize; RANK],
}

impl StridedCopy {
    /// A plain copy of a number of bytes.
    pub const fn contiguous(bytes: usize) -> Self {
        Self {
            shape: [1, 1, 1, 1, 1, bytes],
            input_offset: 0,
            input_strides: [0, 0, 0, 0, 0, 1],
            output_offset: 0,
            output_strides: [0, 0, 0, 0, 0, 1],
        }
    }

    /// Copies. What the walk does not reach of `output` stays.
    #[inline]
    pub fn run(&self, input: &[i8], output: &mut [i8]) {
        let [size_0, size_1, size_2, size_3, size_4, size_5] = self.shape;
        let [from_0, from_1, from_2, from_3, from_4, from_5] = self.input_strides;
        let [to_0, to_1, to_2, to_3, to_4, to_5] = self.output_strides;
        let step = |position: usize, index: usize, stride: isize| {
            position.wrapping_add_signed((index as isize).wrapping_mul(stride))
        };
        for i in 0..size_0 {
            let (from, to) = (
                step(self.input_offset, i, from_0),
                self.output_offset.wrapping_add(i.wrapping_mul(to_0)),
            );
            for i in 0..size_1 {
                let (from, to) = (step(from, i, from_1), to.wrapping_add(i.wrapping_mul(to_1)));
                for i in 0..size_2 {
                    let (from, to) = (step(from, i, from_2), to.wrapping_add(i.wrapping_mul(to_2)));
                    for i in 0..size_3 {
                        let (from, to) =
                            (step(from, i, from_3), to.wrapping_add(i.wrapping_mul(to_3)));
                        for i in 0..size_4 {
                            let (from, to) =
                                (step(from, i, from_4), to.wrapping_add(i.wrapping_mul(to_4)));
                            row(input, (from, from_5), output, (to, to_5), size_5);
                        }
                    }
                }
            }
        }
    }
}

/// Copies one row of `size` bytes; each side has a first byte and a stride.
#[inline]
fn row(
    input: &[i8],
    (from, from_stride): (usize, isize),
    output: &mut [i8],
    (to, to_stride): (usize, usize),
    size: usize,
) {
    if from_stride == 1 && to_stride == 1 {
        let source = input.get(from..from.wrapping_add(size));
        let target = output.get_mut(to..to.wrapping_add(size));
        debug_assert!(
            source.is_some() && target.is_some(),
            "the row lies inside both"
        );
        if let (Some(source), Some(target)) = (source, target) {
            for (target, source) in target.iter_mut().zip(source) {
                *target = *source;
            }
        }
        return;
    }
    let (mut from, mut to) = (from, to);
    for _ in 0..size {
        let (source, target) = (input.get(from), output.get_mut(to));
        debug_assert!(
            source.is_some() && target.is_some(),
            "the row lies inside both"
        );
        if let (Some(source), Some(target)) = (source, target) {
            *target = *source;
        }
        from = from.wrapping_add_signed(from_stride);
        to = to.wrapping_add(to_stride);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_plain_copy() {
        let mut output = [0; 4];
        StridedCopy::contiguous(3).run(&[1, 2, 3, 4], &mut output);
        assert_eq!(output, [1, 2, 3, 0]);
    }

    #[test]
    fn a_transposition() {
        let copy = StridedCopy {
            shape: [1, 1, 1, 1, 3, 2],
            input_offset: 0,
            input_strides: [0, 0, 0, 0, 1, 3],
            output_offset: 0,
            output_strides: [0, 0, 0, 0, 2, 1],
        };
        let mut output = [0; 6];
        copy.run(&[1, 2, 3, 4, 5, 6], &mut output);
        assert_eq!(output, [1, 4, 2, 5, 3, 6]);
    }

    #[test]
    fn backwards_into_a_frame() {
        let copy = StridedCopy {
            shape: [1, 1, 1, 1, 2, 3],
            input_offset: 5,
            input_strides: [0, 0, 0, 0, -3, -1],
            output_offset: 1,
            output_strides: [0, 0, 0, 0, 5, 1],
        };
        let mut output = [9; 10];
        copy.run(&[1, 2, 3, 4, 5, 6], &mut output);
        assert_eq!(output, [9, 6, 5, 4, 9, 9, 3, 2, 1, 9]);
    }
}

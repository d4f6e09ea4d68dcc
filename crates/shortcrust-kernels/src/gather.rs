//! GATHER: slices of an axis, chosen by index.

/// The shapes of a gathering, axes multiplied together.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Gather {
    /// The product of the axes that input and indices have in common.
    pub batches: usize,
    /// The product of the other axes before the one that is indexed.
    pub outer: usize,
    /// The size of the axis that is indexed.
    pub axis_length: usize,
    /// The bytes behind one index: the product of the inner axes and of the element's size.
    pub inner: usize,
    /// Indices for each batch.
    pub indices: usize,
}

impl Gather {
    /// `input` is `[batches, outer, axis_length, inner]`, `indices` `[batches, indices]`, `output` `[batches, outer, indices, inner]`.
    ///
    /// An index out of range leaves its part of the output as it was: TFLite Micro's kernel reads out of bounds there.
    #[inline]
    pub fn run(&self, input: &[i8], indices: &[i32], output: &mut [i8]) {
        debug_assert_eq!(
            input.len(),
            self.batches * self.outer * self.axis_length * self.inner
        );
        debug_assert_eq!(indices.len(), self.batches * self.indices);
        debug_assert_eq!(
            output.len(),
            self.batches * self.outer * self.indices * self.inner
        );
        let block = self.axis_length.wrapping_mul(self.inner);
        let mut output = output;
        for batch in 0..self.batches {
            let first = batch.wrapping_mul(self.indices);
            let Some(indices) = indices.get(first..first.wrapping_add(self.indices)) else {
                return;
            };
            for outer in 0..self.outer {
                let start = batch
                    .wrapping_mul(self.outer)
                    .wrapping_add(outer)
                    .wrapping_mul(block);
                let Some(axis) = input.get(start..start.wrapping_add(block)) else {
                    return;
                };
                for &index in indices {
                    let Some((target, rest)) = output.split_at_mut_checked(self.inner) else {
                        return;
                    };
                    output = rest;
                    let source = usize::try_from(index)
                        .ok()
                        .and_then(|index| index.checked_mul(self.inner))
                        .and_then(|start| axis.get(start..start.checked_add(self.inner)?));
                    for (target, source) in target.iter_mut().zip(source.unwrap_or_default()) {
                        *target = *source;
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
    fn rows_by_index() {
        let gather = Gather {
            batches: 1,
            outer: 2,
            axis_length: 3,
            inner: 2,
            indices: 2,
        };
        let input: [i8; 12] = core::array::from_fn(|i| i as i8);
        let mut output = [0; 8];
        gather.run(&input, &[2, 0], &mut output);
        assert_eq!(output, [4, 5, 0, 1, 10, 11, 6, 7]);
    }

    #[test]
    fn each_batch_has_its_indices() {
        let gather = Gather {
            batches: 2,
            outer: 1,
            axis_length: 3,
            inner: 1,
            indices: 1,
        };
        let mut output = [0; 2];
        gather.run(&[1, 2, 3, 4, 5, 6], &[1, 2], &mut output);
        assert_eq!(output, [2, 6]);
    }

    #[test]
    fn an_index_out_of_range_is_harmless() {
        let gather = Gather {
            batches: 1,
            outer: 1,
            axis_length: 2,
            inner: 1,
            indices: 3,
        };
        let mut output = [9; 3];
        gather.run(&[1, 2], &[-1, 1, i32::MAX], &mut output);
        assert_eq!(output, [9, 2, 9]);
    }
}

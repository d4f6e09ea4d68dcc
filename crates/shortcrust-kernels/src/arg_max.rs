//! ARG_MAX: where the largest value of an axis is.

/// The shapes, axes multiplied together.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ArgMax {
    /// The product of the axes before.
    pub outer: usize,
    /// The size of the axis that is searched.
    pub axis_length: usize,
    /// The product of the axes behind.
    pub inner: usize,
}

impl ArgMax {
    /// `input` is `[outer, axis_length, inner]`, `output` `[outer, inner]`. Of equal values the first wins
    /// (`ArgMinMax` of TensorFlow Lite's `reference/arg_min_max.h`).
    #[inline]
    pub fn run(&self, input: &[i8], output: &mut [i32]) {
        debug_assert_eq!(input.len(), self.outer * self.axis_length * self.inner);
        debug_assert_eq!(output.len(), self.outer * self.inner);
        let mut output = output.iter_mut();
        for outer in 0..self.outer {
            for inner in 0..self.inner {
                let first = outer
                    .wrapping_mul(self.axis_length)
                    .wrapping_mul(self.inner)
                    .wrapping_add(inner);
                let candidates = input
                    .get(first..)
                    .unwrap_or_default()
                    .iter()
                    .step_by(self.inner.max(1));
                let mut best = (i16::MIN, 0);
                for (index, &value) in (0..).zip(candidates.take(self.axis_length)) {
                    if i16::from(value) > best.0 {
                        best = (i16::from(value), index);
                    }
                }
                if let Some(output) = output.next() {
                    *output = best.1;
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_of_equals_wins() {
        let mut output = [9; 2];
        ArgMax {
            outer: 2,
            axis_length: 4,
            inner: 1,
        }
        .run(&[-128, -128, -128, -128, 1, 5, -2, 5], &mut output);
        assert_eq!(output, [0, 1]);
    }

    #[test]
    fn an_outer_axis() {
        let mut output = [9; 3];
        ArgMax {
            outer: 1,
            axis_length: 2,
            inner: 3,
        }
        .run(&[1, 7, 3, 4, 6, 3], &mut output);
        assert_eq!(output, [1, 0, 0]);
    }
}

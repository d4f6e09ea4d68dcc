//! MINIMUM with broadcasting; both inputs and the output have one scale.

use crate::elementwise::{zip, zip_in_place};
use crate::shape::Broadcast;

/// MINIMUM of quantised values.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Minimum {
    /// How the inputs spread over the output.
    pub broadcast: Broadcast,
}

impl Minimum {
    /// Writes every result to `output`.
    #[inline]
    pub fn run(&self, left: &[i8], right: &[i8], output: &mut [i8]) {
        zip(&self.broadcast, left, right, output, |left, right| {
            left.min(right)
        });
    }

    /// Writes every result over the left input, which has the output's shape.
    #[inline]
    pub fn run_in_place(&self, left: &mut [i8], right: &[i8]) {
        zip_in_place(&self.broadcast, left, right, |left, right| left.min(right));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_value_for_all() {
        let kernel = Minimum {
            broadcast: Broadcast {
                shape: [1, 1, 1, 1, 1, 3],
                left: [0, 0, 0, 0, 0, 1],
                right: [0; 6],
            },
        };
        let mut output = [0; 3];
        kernel.run(&[-5, 0, 9], &[1], &mut output);
        assert_eq!(output, [-5, 0, 1]);
    }
}

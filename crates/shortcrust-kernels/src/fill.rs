//! One value everywhere: the frame of PAD and PADV2.

/// Fills with a value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Fill {
    /// The value.
    pub value: i8,
}

impl Fill {
    /// Fills the whole output.
    #[inline]
    pub fn run(&self, output: &mut [i8]) {
        output.fill(self.value);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_whole_output_is_filled() {
        let mut output = [1; 5];
        Fill { value: -7 }.run(&mut output);
        assert_eq!(output, [-7; 5]);
    }
}

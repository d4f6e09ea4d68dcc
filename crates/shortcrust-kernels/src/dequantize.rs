//! DEQUANTIZE from int8 to float32.

/// The input's scale and zero point.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Dequantize {
    /// The scale, a float32 that the reference widens.
    pub scale: f64,
    /// The zero point.
    pub zero_point: i32,
}

impl Dequantize {
    /// The real numbers: a product of doubles, narrowed (TensorFlow Lite's `reference/dequantize.h`).
    #[inline]
    pub fn run(&self, input: &[i8], output: &mut [f32]) {
        debug_assert_eq!(input.len(), output.len());
        for (output, &input) in output.iter_mut().zip(input) {
            *output =
                (self.scale * f64::from(i32::from(input).wrapping_sub(self.zero_point))) as f32;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_at_a_scale() {
        let mut output = [0.0; 3];
        Dequantize {
            scale: f64::from(0.1f32),
            zero_point: 5,
        }
        .run(&[5, 6, -128], &mut output);
        assert_eq!(output, [0.0, 0.1, -13.3]);
    }
}

//! QUANTIZE from float32 to int8.

/// The output's scale and zero point.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Quantize {
    /// The scale, a float32 that the reference widens.
    pub scale: f64,
    /// The zero point.
    pub zero_point: i32,
}

impl Quantize {
    /// The nearest quantised values, halves away from zero, saturating (`AffineQuantize` of TensorFlow Lite's
    /// `reference/quantize.h`). What is not a number becomes the zero point.
    #[inline]
    pub fn run(&self, input: &[f32], output: &mut [i8]) {
        debug_assert_eq!(input.len(), output.len());
        // The reference divides floats: the scale it keeps as a double is a float32.
        let scale = self.scale as f32;
        for (output, &input) in output.iter_mut().zip(input) {
            *output = round(input / scale)
                .saturating_add(self.zero_point)
                .clamp(-128, 127) as i8;
        }
    }
}

/// The nearest integer, halves away from zero, saturating; `core` has no `round`.
#[inline]
fn round(value: f32) -> i32 {
    let towards_zero = value as i32;
    // Exact: above 2^23 a float32 has no fraction.
    let fraction = value - towards_zero as f32;
    if fraction >= 0.5 {
        towards_zero.saturating_add(1)
    } else if fraction <= -0.5 {
        towards_zero.saturating_sub(1)
    } else {
        towards_zero
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rounding_is_that_of_the_standard_library() {
        for bits in (0..u32::MAX).step_by(65_537) {
            let value = f32::from_bits(bits);
            assert_eq!(round(value), value.round() as i32, "{value}");
        }
        for value in [0.5, -0.5, 1.5, 0.499_999_97, -2.5, 8_388_607.5] {
            assert_eq!(round(value), value.round() as i32, "{value}");
        }
    }

    #[test]
    fn values_saturate() {
        let mut output = [0; 5];
        Quantize {
            scale: 0.5,
            zero_point: -3,
        }
        .run(&[0.25, -0.25, 1e30, f32::NEG_INFINITY, 10.0], &mut output);
        assert_eq!(output, [-2, -4, 127, -128, 17]);
    }
}

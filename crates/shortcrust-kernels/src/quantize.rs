//! QUANTIZE from float32 to int8 or int16.

use crate::integer::Integer;

/// The output's type, scale and zero point.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Quantize {
    /// The scale, a float32 that the reference widens.
    pub scale: f64,
    /// The zero point.
    pub zero_point: i32,
    /// What the output holds.
    pub output: Integer,
}

impl Quantize {
    /// The nearest quantised values, halves away from zero, saturating (`AffineQuantize` of TensorFlow Lite's
    /// `reference/quantize.h`), as little-endian bytes. What is not a number becomes the zero point.
    #[inline]
    pub fn run(&self, input: &[f32], output: &mut [i8]) {
        debug_assert_eq!(input.len() * self.output.bytes, output.len());
        // The reference divides floats: the scale it keeps as a double is a float32.
        let scale = self.scale as f32;
        for (output, &input) in self.output.each_mut(output).zip(input) {
            let value = round(input / scale).saturating_add(self.zero_point);
            self.output.write(value, output);
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
            output: Integer::INT8,
        }
        .run(&[0.25, -0.25, 1e30, f32::NEG_INFINITY, 10.0], &mut output);
        assert_eq!(output, [-2, -4, 127, -128, 17]);
    }

    #[test]
    fn sixteen_bits_are_two_bytes() {
        let mut output = [0; 4];
        Quantize {
            scale: 0.5,
            zero_point: 0,
            output: Integer::INT16,
        }
        .run(&[129.0, -1e9], &mut output);
        assert_eq!(output, [2, 1, 0, -128]);
    }
}

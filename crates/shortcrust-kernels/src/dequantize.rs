//! DEQUANTIZE from int8, uint8 or int16 to float32.

use crate::integer::Integer;

/// The input's type, scale and zero point.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Dequantize {
    /// The scale, a float32 that the reference widens.
    pub scale: f64,
    /// The zero point.
    pub zero_point: i32,
    /// What the input holds.
    pub input: Integer,
}

impl Dequantize {
    /// The real numbers of little-endian integers: a product of doubles, narrowed (TensorFlow Lite's `reference/dequantize.h`).
    #[inline]
    pub fn run(&self, input: &[i8], output: &mut [f32]) {
        debug_assert_eq!(input.len(), output.len() * self.input.bytes);
        for (output, input) in output.iter_mut().zip(self.input.each(input)) {
            let steps = self.input.read(input).wrapping_sub(self.zero_point);
            *output = (self.scale * f64::from(steps)) as f32;
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
            input: Integer::INT8,
        }
        .run(&[5, 6, -128], &mut output);
        assert_eq!(output, [0.0, 0.1, -13.3]);
        Dequantize {
            scale: 0.5,
            zero_point: 131,
            input: Integer::UINT8,
        }
        .run(&[-128, -125, 0], &mut output);
        assert_eq!(output, [-1.5, 0.0, -65.5]);
    }
}

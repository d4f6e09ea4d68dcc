//! QUANTIZE from integers of one width and scale to integers of another.

use crate::integer::Integer;
use crate::requantise::multiply_by_quantized_multiplier;

/// The constants (`Requantize` of TensorFlow Lite's `reference/requantize.h`).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RescaleIntegers {
    /// What the input holds.
    pub input: Integer,
    /// What the output holds.
    pub output: Integer,
    /// The input's zero point.
    pub input_zero_point: i32,
    /// The output's zero point.
    pub output_zero_point: i32,
    /// The ratio of the scales.
    pub multiplier: i32,
    /// The multiplier's shift.
    pub shift: i32,
}

impl RescaleIntegers {
    /// Both slices are the integers' little-endian bytes, of as many integers.
    #[inline]
    pub fn run(&self, input: &[i8], output: &mut [i8]) {
        debug_assert_eq!(
            input.len() * self.output.bytes,
            output.len() * self.input.bytes
        );
        for (output, input) in self.output.each_mut(output).zip(self.input.each(input)) {
            let input = self.input.read(input).wrapping_sub(self.input_zero_point);
            let value = multiply_by_quantized_multiplier(input, self.multiplier, self.shift)
                .wrapping_add(self.output_zero_point);
            self.output.write(value, output);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn twice_the_resolution_from_8_to_16_bits_and_back() {
        let widen = RescaleIntegers {
            input: Integer::INT8,
            output: Integer::INT16,
            input_zero_point: 3,
            output_zero_point: 0,
            multiplier: 1 << 30,
            shift: 2,
        };
        let mut wide = [0; 6];
        widen.run(&[3, -128, 127], &mut wide);
        let (low, high) = ([0, -262, 248].map(i16::to_le_bytes), wide);
        assert_eq!(low.as_flattened(), high.map(|byte| byte as u8));
        let narrow = RescaleIntegers {
            input: Integer::INT16,
            output: Integer::INT8,
            input_zero_point: 0,
            output_zero_point: 3,
            multiplier: 1 << 30,
            shift: 0,
        };
        let mut back = [0; 3];
        narrow.run(&wide, &mut back);
        assert_eq!(back, [3, -128, 127]);
    }

    #[test]
    fn wide_integers_saturate() {
        let kernel = RescaleIntegers {
            input: Integer::INT32,
            output: Integer::INT8,
            input_zero_point: 0,
            output_zero_point: 1,
            multiplier: 1 << 30,
            shift: 1,
        };
        let input = [100_000, -100_000, 41].map(i32::to_le_bytes);
        let input: [i8; 12] = core::array::from_fn(|index| input.as_flattened()[index] as i8);
        let mut output = [0; 3];
        kernel.run(&input, &mut output);
        assert_eq!(output, [127, -128, 42]);
    }
}

//! A value at another scale: RELU and its kin, and QUANTIZE from one int8 scale to another.

use crate::requantise::requantise;
use crate::shape::Activation;

/// The constants (`ReluQuantized` and `Requantize` of TensorFlow Lite).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rescale {
    /// The input's zero point.
    pub input_zero_point: i32,
    /// The output's zero point.
    pub output_zero_point: i32,
    /// The ratio of the scales.
    pub multiplier: i32,
    /// The multiplier's shift.
    pub shift: i32,
    /// The range of the output.
    pub activation: Activation,
}

impl Rescale {
    /// The output for an input.
    pub fn apply(&self, input: i32) -> i8 {
        let input = input.wrapping_sub(self.input_zero_point);
        requantise(
            input,
            self.multiplier,
            self.shift,
            self.output_zero_point,
            self.activation,
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn half_the_scale_with_a_floor() {
        let rescale = Rescale {
            input_zero_point: 10,
            output_zero_point: -5,
            multiplier: 1 << 30,
            shift: 2,
            activation: Activation { min: -5, max: 127 },
        };
        assert_eq!(
            [10, 11, 9, 127, 76].map(|input| rescale.apply(input)),
            [-5, -3, -5, 127, 127]
        );
    }
}

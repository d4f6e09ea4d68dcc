//! Between real numbers and quantised ones.

/// The scale and zero point of a tensor: `real = scale * (value - zero_point)`.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Quantisation {
    /// The distance of neighbouring values.
    pub scale: f32,
    /// The value that stands for 0.
    pub zero_point: i32,
}

impl Quantisation {
    /// The nearest quantised value, halves away from zero; what is out of range becomes the nearest end.
    pub fn quantise(&self, real: f32) -> i8 {
        let scaled = real / self.scale;
        let half = if scaled < 0.0 { -0.5 } else { 0.5 };
        let rounded = (scaled + half) as i32;
        rounded.saturating_add(self.zero_point).clamp(-128, 127) as i8
    }

    /// The real number that a quantised value stands for.
    pub fn dequantise(&self, value: i8) -> f32 {
        self.scale * (i32::from(value) - self.zero_point) as f32
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const HALVES: Quantisation = Quantisation {
        scale: 0.5,
        zero_point: -3,
    };

    #[test]
    fn every_value_survives_the_round_trip() {
        for value in i8::MIN..=i8::MAX {
            assert_eq!(HALVES.quantise(HALVES.dequantise(value)), value);
        }
    }

    #[test]
    fn halves_round_away_from_zero_and_the_ends_saturate() {
        assert_eq!(HALVES.quantise(0.25), -2);
        assert_eq!(HALVES.quantise(-0.25), -4);
        assert_eq!(HALVES.quantise(1e9), 127);
        assert_eq!(HALVES.quantise(f32::NEG_INFINITY), -128);
    }
}

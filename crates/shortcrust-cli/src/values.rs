//! The contents of a tensor as numbers.

use serde::Serialize;
use shortcrust_compiler::graph::Element;

/// Numbers in row-major order.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(untagged)]
pub enum Values {
    /// Integers of any width, and booleans.
    Integers(Vec<i64>),
    /// 32-bit floats.
    Reals(Vec<f32>),
}

impl Values {
    /// Decodes little-endian contents.
    pub fn decode(element: Element, bytes: &[u8]) -> Self {
        match element {
            Element::Int8 => Values::Integers(bytes.iter().map(|&b| i64::from(b as i8)).collect()),
            Element::UInt8 | Element::Bool | Element::Other(_) => {
                Values::Integers(bytes.iter().map(|&b| i64::from(b)).collect())
            }
            Element::Int16 => Values::Integers(
                words(bytes)
                    .map(|w| i64::from(i16::from_le_bytes(w)))
                    .collect(),
            ),
            Element::Int32 => Values::Integers(
                words(bytes)
                    .map(|w| i64::from(i32::from_le_bytes(w)))
                    .collect(),
            ),
            Element::Int64 => Values::Integers(words(bytes).map(i64::from_le_bytes).collect()),
            Element::Float32 => Values::Reals(words(bytes).map(f32::from_le_bytes).collect()),
        }
    }

    /// How many numbers there are.
    pub fn len(&self) -> usize {
        match self {
            Values::Integers(values) => values.len(),
            Values::Reals(values) => values.len(),
        }
    }

    /// A number as text.
    pub fn text(&self, index: usize) -> String {
        match self {
            Values::Integers(values) => values[index].to_string(),
            Values::Reals(values) => values[index].to_string(),
        }
    }

    /// The real numbers: integers through a scale and a zero point, where there are any.
    pub fn reals(&self, quantisation: Option<(f32, i32)>) -> Option<Vec<f32>> {
        match (self, quantisation) {
            (Values::Reals(values), _) => Some(values.clone()),
            (Values::Integers(values), Some((scale, zero_point))) => Some(
                values
                    .iter()
                    .map(|&value| scale * (value - i64::from(zero_point)) as f32)
                    .collect(),
            ),
            (Values::Integers(_), None) => None,
        }
    }

    /// The index of the largest number, the first of several.
    pub fn largest(&self) -> Option<usize> {
        match self {
            Values::Integers(values) => largest(values, |a, b| a > b),
            Values::Reals(values) => largest(values, |a, b| a > b),
        }
    }

    /// The distance between two values of the same tensor.
    pub fn distance(&self, other: &Self, index: usize) -> f64 {
        match (self, other) {
            (Values::Integers(a), Values::Integers(b)) => a[index].abs_diff(b[index]) as f64,
            (Values::Reals(a), Values::Reals(b)) => f64::from((a[index] - b[index]).abs()),
            _ => f64::NAN,
        }
    }
}

fn words<const N: usize>(bytes: &[u8]) -> impl Iterator<Item = [u8; N]> {
    bytes.as_chunks().0.iter().copied()
}

fn largest<T>(values: &[T], is_greater: impl Fn(&T, &T) -> bool) -> Option<usize> {
    (0..values.len()).reduce(|best, index| {
        if is_greater(&values[index], &values[best]) {
            index
        } else {
            best
        }
    })
}

/// The nearest quantised value of a real number, as the bytes of an element; what is out of range becomes the nearest end.
pub fn quantise(real: f32, element: Element, (scale, zero_point): (f32, i32)) -> Vec<u8> {
    let value = f64::from(real) / f64::from(scale);
    let value = value.round() + f64::from(zero_point);
    // `as` saturates, and takes what is not a number for 0.
    match element {
        Element::Int8 => (value as i8).to_le_bytes().to_vec(),
        Element::UInt8 | Element::Bool | Element::Other(_) => (value as u8).to_le_bytes().to_vec(),
        Element::Int16 => (value as i16).to_le_bytes().to_vec(),
        Element::Int32 => (value as i32).to_le_bytes().to_vec(),
        Element::Int64 => (value as i64).to_le_bytes().to_vec(),
        Element::Float32 => real.to_le_bytes().to_vec(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn contents_are_little_endian() {
        assert_eq!(
            Values::decode(Element::Int8, &[0x80, 0x7f]),
            Values::Integers(vec![-128, 127])
        );
        assert_eq!(
            Values::decode(Element::UInt8, &[0x80]),
            Values::Integers(vec![128])
        );
        assert_eq!(
            Values::decode(Element::Int32, &[1, 0, 0, 0xff]),
            Values::Integers(vec![-16_777_215])
        );
        assert_eq!(
            Values::decode(Element::Float32, &1.5f32.to_le_bytes()),
            Values::Reals(vec![1.5])
        );
    }

    #[test]
    fn quantisation_rounds_halves_away_from_zero_and_saturates() {
        let halves = (0.5, -3);
        let quantise = |real| quantise(real, Element::Int8, halves)[0] as i8;
        assert_eq!([0.25, -0.25, 1e9, -1e9].map(quantise), [-2, -4, 127, -128]);
    }

    #[test]
    fn reals_need_a_scale() {
        let values = Values::Integers(vec![-128, 127]);
        assert_eq!(
            values.reals(Some((1.0 / 256.0, -128))),
            Some(vec![0.0, 255.0 / 256.0])
        );
        assert_eq!(values.reals(None), None);
        assert_eq!(values.largest(), Some(1));
    }
}

//! Where the contents of a tensor differ from what they should be.

use serde::Serialize;
use shortcrust_compiler::graph::Tensor;

use crate::page;
use crate::values::Values;

/// How the contents of a tensor differ from the expected ones.
#[derive(Debug, PartialEq, Serialize)]
pub struct Difference {
    /// The tensor's name.
    pub tensor: String,
    /// Its shape.
    pub shape: Vec<usize>,
    /// How many values differ.
    pub differing: usize,
    /// How many there are.
    pub values: usize,
    /// The place of the first one.
    pub first_index: Vec<usize>,
    /// What it should be.
    pub expected: String,
    /// What it is.
    pub actual: String,
    /// The largest distance of two values.
    pub largest: f64,
}

impl Difference {
    /// Compares contents of a tensor, bit for bit; `None` when they are equal.
    pub fn between(tensor: &Tensor, expected: &[u8], actual: &[u8]) -> Option<Self> {
        if expected == actual {
            return None;
        }
        let size = tensor.element.bytes();
        let differing: Vec<usize> = expected
            .chunks(size)
            .zip(actual.chunks(size))
            .enumerate()
            .filter_map(|(index, (expected, actual))| (expected != actual).then_some(index))
            .collect();
        let first = *differing.first()?;
        let expected = Values::decode(tensor.element, expected);
        let actual = Values::decode(tensor.element, actual);
        let distances = differing
            .iter()
            .map(|&index| expected.distance(&actual, index));
        Some(Self {
            tensor: tensor.name.clone(),
            shape: tensor.shape.clone(),
            differing: differing.len(),
            values: expected.len(),
            first_index: index(&tensor.shape, first),
            expected: expected.text(first),
            actual: actual.text(first),
            largest: distances.fold(0.0, f64::max),
        })
    }

    /// The difference as a sentence.
    pub fn text(&self) -> String {
        format!(
            "`{}` {}: {} of {} values differ, by at most {}; first at {:?}: {} instead of {}",
            page::name(&self.tensor, 60),
            page::shape(&self.shape),
            page::count(self.differing as u64),
            page::count(self.values as u64),
            self.largest,
            self.first_index,
            self.actual,
            self.expected,
        )
    }
}

/// The coordinates of an element in row-major order.
fn index(shape: &[usize], mut element: usize) -> Vec<usize> {
    let mut index: Vec<usize> = shape
        .iter()
        .rev()
        .map(|&size| {
            let coordinate = element % size.max(1);
            element /= size.max(1);
            coordinate
        })
        .collect();
    index.reverse();
    index
}

#[cfg(test)]
mod tests {
    use shortcrust_compiler::graph::Element;

    use super::*;

    #[test]
    fn the_first_difference_is_named() {
        let tensor = Tensor {
            name: "x".into(),
            shape: vec![2, 3],
            element: Element::Int8,
            quantisation: None,
            data: None,
        };
        assert_eq!(Difference::between(&tensor, &[1; 6], &[1; 6]), None);
        let difference =
            Difference::between(&tensor, &[1, 2, 3, 4, 0x80, 6], &[1, 2, 3, 4, 0x7f, 5]).unwrap();
        assert_eq!(
            difference.text(),
            "`x` 2×3: 2 of 6 values differ, by at most 255; first at [1, 1]: 127 instead of -128"
        );
    }
}

//! What a network is fed in a test, where nothing better is known.

use shortcrust_compiler::graph::{Element, Tensor};

/// A pattern over all values: bytes of every size, floats from -1 to 1, and zeros for integers that may be indices.
pub fn test_input(tensor: &Tensor) -> Vec<u8> {
    let elements = tensor.bytes() / tensor.element.bytes();
    // 37 and 256 have no common factor: every byte comes.
    let pattern = (0..elements).map(|index| (index * 37 + index / 256) as u8);
    match tensor.element {
        Element::Int8 | Element::UInt8 => pattern.collect(),
        Element::Float32 => {
            let real = |byte| f32::from(byte) / 127.5 - 1.0;
            pattern.flat_map(|byte| real(byte).to_le_bytes()).collect()
        }
        Element::Int16 | Element::Int32 | Element::Int64 | Element::Bool | Element::Other(_) => {
            vec![0; tensor.bytes()]
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(element: Element, shape: Vec<usize>) -> Vec<u8> {
        test_input(&Tensor {
            name: "x".to_owned(),
            shape,
            element,
            quantisation: None,
            data: None,
        })
    }

    #[test]
    fn bytes_take_every_value() {
        let mut bytes = of(Element::Int8, vec![1, 16, 16]);
        bytes.sort_unstable();
        assert_eq!(bytes, (0..=255).collect::<Vec<u8>>());
    }

    #[test]
    fn floats_span_their_range() {
        let bytes = of(Element::Float32, vec![256]);
        let words = bytes.chunks_exact(4);
        let mut reals: Vec<f32> = words
            .map(|word| f32::from_le_bytes(word.try_into().unwrap()))
            .collect();
        reals.sort_by(f32::total_cmp);
        assert_eq!((reals[0], reals[255], reals.len()), (-1.0, 1.0, 256));
    }

    #[test]
    fn indices_are_zero() {
        assert_eq!(of(Element::Int32, vec![3]), [0; 12]);
    }
}

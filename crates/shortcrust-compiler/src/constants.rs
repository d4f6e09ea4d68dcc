//! The constants of a program: one block of bytes, every entry at a multiple of 16.

use std::collections::HashMap;

use bytemuck::NoUninit;

/// Every constant and every tensor starts at a multiple of this many bytes, the width of the chip's vector loads.
pub const ALIGNMENT: usize = 16;

/// A range of the constant block.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Constant {
    /// First byte: a multiple of 16, or in a part of an entry that of an element.
    pub offset: usize,
    /// Length in bytes.
    pub bytes: usize,
}

/// The block under construction. Equal contents share one entry.
#[derive(Clone, Debug, Default)]
pub struct Constants {
    bytes: Vec<u8>,
    entries: HashMap<Vec<u8>, Constant>,
}

impl Constants {
    /// Adds values, little-endian.
    pub fn add<T: NoUninit>(&mut self, values: &[T]) -> Constant {
        self.add_bytes(bytemuck::cast_slice(values))
    }

    /// Adds bytes.
    pub fn add_bytes(&mut self, contents: &[u8]) -> Constant {
        if let Some(&constant) = self.entries.get(contents) {
            return constant;
        }
        self.bytes
            .resize(self.bytes.len().next_multiple_of(ALIGNMENT), 0);
        let constant = Constant {
            offset: self.bytes.len(),
            bytes: contents.len(),
        };
        self.bytes.extend_from_slice(contents);
        self.entries.insert(contents.to_vec(), constant);
        constant
    }

    /// The block.
    pub fn bytes(&self) -> &[u8] {
        &self.bytes
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn entries_are_aligned_and_shared() {
        let mut constants = Constants::default();
        let first = constants.add(&[1i8, 2, 3]);
        let second = constants.add(&[7i32]);
        assert_eq!(
            first,
            Constant {
                offset: 0,
                bytes: 3
            }
        );
        assert_eq!(
            second,
            Constant {
                offset: 16,
                bytes: 4
            }
        );
        assert_eq!(constants.add(&[1u8, 2, 3]), first);
        assert_eq!(constants.bytes()[16..], 7i32.to_le_bytes());
    }
}

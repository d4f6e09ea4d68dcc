//! Integers of several widths in plain bytes: what QUANTIZE and DEQUANTIZE read and write.

/// A type of integers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Integer {
    /// Bytes of one: 1, 2 or 4.
    pub bytes: usize,
    /// Whether there are negative ones.
    pub signed: bool,
}

impl Integer {
    /// 8-bit signed integers.
    pub const INT8: Self = Self::new(1, true);
    /// 8-bit unsigned integers.
    pub const UINT8: Self = Self::new(1, false);
    /// 16-bit signed integers.
    pub const INT16: Self = Self::new(2, true);
    /// 32-bit signed integers.
    pub const INT32: Self = Self::new(4, true);

    const fn new(bytes: usize, signed: bool) -> Self {
        Self { bytes, signed }
    }

    /// The smallest and the largest value.
    pub const fn range(self) -> (i32, i32) {
        match (self.bytes, self.signed) {
            (1, true) => (-128, 127),
            (1, false) => (0, 255),
            (2, _) => (-32_768, 32_767),
            _ => (i32::MIN, i32::MAX),
        }
    }

    /// The value of an integer's little-endian bytes.
    #[inline]
    pub(crate) fn read(self, bytes: &[i8]) -> i32 {
        let is_negative = self.signed && bytes.last().is_some_and(|&byte| byte < 0);
        let mut value = [if is_negative { u8::MAX } else { 0 }; 4];
        for (to, from) in value.iter_mut().zip(bytes) {
            *to = *from as u8;
        }
        i32::from_le_bytes(value)
    }

    /// Writes a value into an integer's bytes; one outside of the range becomes the nearest end.
    #[inline]
    pub(crate) fn write(self, value: i32, bytes: &mut [i8]) {
        let (smallest, largest) = self.range();
        let value = value.clamp(smallest, largest).to_le_bytes();
        for (to, from) in bytes.iter_mut().zip(value) {
            *to = from as i8;
        }
    }

    /// The bytes of each integer.
    #[inline]
    pub(crate) fn each(self, bytes: &[i8]) -> impl Iterator<Item = &[i8]> {
        bytes.chunks_exact(self.bytes.max(1))
    }

    /// The bytes of each integer, to be written.
    #[inline]
    pub(crate) fn each_mut(self, bytes: &mut [i8]) -> impl Iterator<Item = &mut [i8]> {
        bytes.chunks_exact_mut(self.bytes.max(1))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ends_of_every_type_come_back() {
        for integer in [
            Integer::INT8,
            Integer::UINT8,
            Integer::INT16,
            Integer::INT32,
        ] {
            let (smallest, largest) = integer.range();
            for value in [smallest, smallest + 1, 0, 1, 100, largest - 1, largest] {
                let mut bytes = [0; 4];
                let bytes = &mut bytes[..integer.bytes];
                integer.write(value, bytes);
                assert_eq!(integer.read(bytes), value, "{integer:?}");
            }
        }
    }

    #[test]
    fn values_out_of_range_become_the_nearest_end() {
        let written = |integer: Integer, value| {
            let mut bytes = [0; 2];
            integer.write(value, &mut bytes[..integer.bytes]);
            integer.read(&bytes[..integer.bytes])
        };
        assert_eq!(written(Integer::UINT8, -1), 0);
        assert_eq!(written(Integer::UINT8, 256), 255);
        assert_eq!(written(Integer::INT16, 40_000), 32_767);
    }
}

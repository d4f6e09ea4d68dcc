//! Vector registers as lanes, lane 0 lowest.

/// A lane type.
pub(super) trait Lane: Copy + Default + Into<i64> {
    /// Bits of a lane.
    const BITS: u32;
    /// Truncates.
    fn wrap(value: i64) -> Self;
    /// Saturates.
    fn saturate(value: i64) -> Self;
    /// Lane `index` of a vector.
    fn get(vector: u128, index: usize) -> Self {
        Self::wrap((vector >> (index as u32 * Self::BITS)) as i64)
    }
    /// The vector of the results for two vectors' lanes.
    fn map2(x: u128, y: u128, f: impl Fn(Self, Self) -> Self) -> u128;
}

macro_rules! lane {
    ($type:ty, $lanes:literal) => {
        impl Lane for $type {
            const BITS: u32 = <$type>::BITS;

            #[inline(always)]
            fn wrap(value: i64) -> Self {
                value as $type
            }

            #[inline(always)]
            fn saturate(value: i64) -> Self {
                value.clamp(<$type>::MIN.into(), <$type>::MAX.into()) as $type
            }

            #[inline(always)]
            fn map2(x: u128, y: u128, f: impl Fn(Self, Self) -> Self) -> u128 {
                const SIZE: usize = size_of::<$type>();
                let (x, y) = (x.to_le_bytes(), y.to_le_bytes());
                let mut result = [0; 16];
                for lane in 0..$lanes {
                    let bytes = lane * SIZE..(lane + 1) * SIZE;
                    let a = <$type>::from_le_bytes(x[bytes.clone()].try_into().expect("lane"));
                    let b = <$type>::from_le_bytes(y[bytes.clone()].try_into().expect("lane"));
                    result[bytes].copy_from_slice(&f(a, b).to_le_bytes());
                }
                u128::from_le_bytes(result)
            }
        }
    };
}

lane!(i8, 16);
lane!(u8, 16);
lane!(i16, 8);
lane!(u16, 8);
lane!(i32, 4);
lane!(u32, 4);

/// Number of lanes of `T` in a vector.
pub(super) const fn count<T: Lane>() -> usize {
    (128 / T::BITS) as usize
}

/// An operation on two vectors.
pub(super) trait Binary {
    fn apply(c: &crate::core::Core, x: u128, y: u128) -> u128;
}

//! Vector registers as lanes, lane 0 lowest.

/// Bytes of a vector register.
pub(super) type Bytes = [u8; 16];

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
    /// Lane `index` of the bytes of a vector.
    fn at(bytes: &Bytes, index: usize) -> Self;
    /// The sum of the products of two vectors' lanes.
    fn dot(x: &Bytes, y: &Bytes) -> i64;
    /// The vector of `f` of each lane.
    fn map(x: &Bytes, f: impl Fn(Self) -> Self) -> u128 {
        Self::map2(x, x, |a, _| f(a))
    }
    /// The vector of `f` of each pair of lanes.
    fn map2(x: &Bytes, y: &Bytes, f: impl Fn(Self, Self) -> Self) -> u128;
}

macro_rules! lane {
    ($type:ty, $sum:ty) => {
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
            fn at(bytes: &Bytes, index: usize) -> Self {
                const SIZE: usize = size_of::<$type>();
                let lane = &bytes[index * SIZE..(index + 1) * SIZE];
                <$type>::from_le_bytes(lane.try_into().expect("lane"))
            }

            #[inline(always)]
            fn dot(x: &Bytes, y: &Bytes) -> i64 {
                let lane = |bytes: &[u8]| <$type>::from_le_bytes(bytes.try_into().expect("lane"));
                let pairs = x
                    .chunks_exact(size_of::<$type>())
                    .zip(y.chunks_exact(size_of::<$type>()));
                pairs
                    .map(|(a, b)| <$sum>::from(lane(a)) * <$sum>::from(lane(b)))
                    .sum::<$sum>()
                    .into()
            }

            #[inline(always)]
            fn map2(x: &Bytes, y: &Bytes, f: impl Fn(Self, Self) -> Self) -> u128 {
                const SIZE: usize = size_of::<$type>();
                let lane = |bytes: &[u8]| <$type>::from_le_bytes(bytes.try_into().expect("lane"));
                let mut result = [0; 16];
                let pairs = x.chunks_exact(SIZE).zip(y.chunks_exact(SIZE));
                for ((a, b), out) in pairs.zip(result.chunks_exact_mut(SIZE)) {
                    out.copy_from_slice(&f(lane(a), lane(b)).to_le_bytes());
                }
                u128::from_le_bytes(result)
            }
        }
    };
}

// Each type with one that holds the sum of all products.
lane!(i8, i32);
lane!(u8, i32);
lane!(i16, i64);
lane!(u16, i64);
lane!(i32, i64);
lane!(u32, i64);

/// Number of lanes of `T` in a vector.
pub(super) const fn count<T: Lane>() -> usize {
    (128 / T::BITS) as usize
}

/// An operation on two vectors.
pub(super) trait Binary {
    fn apply(c: &crate::core::Core, x: &Bytes, y: &Bytes) -> u128;
}

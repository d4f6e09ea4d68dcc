//! Arrays with their shape in the type, aligned for vector loads.

use core::ops::{Deref, DerefMut};

mod sealed {
    pub trait Sealed {}
    impl Sealed for i8 {}
    impl Sealed for u8 {}
    impl Sealed for i16 {}
    impl Sealed for i32 {}
    impl Sealed for i64 {}
    impl Sealed for f32 {}
}

/// What a buffer may hold: a number of which every bit pattern is a value.
pub trait Scalar: sealed::Sealed + Copy + 'static {
    /// The number 0.
    const ZERO: Self;
}

impl Scalar for i8 {
    const ZERO: Self = 0;
}

impl Scalar for u8 {
    const ZERO: Self = 0;
}

impl Scalar for i16 {
    const ZERO: Self = 0;
}

impl Scalar for i32 {
    const ZERO: Self = 0;
}

impl Scalar for i64 {
    const ZERO: Self = 0;
}

impl Scalar for f32 {
    const ZERO: Self = 0.0;
}

/// A buffer of this module: an array of [`Scalar`]s and nothing else, at a multiple of 16.
pub trait Buffer: sealed::Sealed {
    /// What it holds.
    type Scalar: Scalar;
    /// Its shape, outermost first.
    const SHAPE: &'static [usize];
}

macro_rules! buffer {
    ($(#[$doc:meta])* $name:ident<$($size:ident),*> = $array:ty, $slice:ident => $flat:expr, $slice_mut:ident => $flat_mut:expr) => {
        $(#[$doc])*
        ///
        /// It starts at a multiple of 16 bytes, and it is neither `Copy` nor `Clone`, so that no image crosses the stack by
        /// accident. It dereferences to the flat slice of its elements.
        #[derive(Debug, PartialEq)]
        #[repr(C, align(16))]
        pub struct $name<T, $(const $size: usize),*>(
            /// The elements, row-major.
            pub $array,
        );

        impl<T: Scalar, $(const $size: usize),*> $name<T, $($size),*> {
            /// A buffer of zeros.
            pub const fn new() -> Self {
                let zero = T::ZERO;
                Self(buffer!(@zeros zero, $($size),*))
            }
        }

        impl<T: Scalar, $(const $size: usize),*> Default for $name<T, $($size),*> {
            fn default() -> Self {
                Self::new()
            }
        }

        impl<T, $(const $size: usize),*> Deref for $name<T, $($size),*> {
            type Target = [T];

            fn deref(&self) -> &[T] {
                let $slice = &self.0;
                $flat
            }
        }

        impl<T, $(const $size: usize),*> DerefMut for $name<T, $($size),*> {
            fn deref_mut(&mut self) -> &mut [T] {
                let $slice_mut = &mut self.0;
                $flat_mut
            }
        }

        impl<T: Scalar, $(const $size: usize),*> sealed::Sealed for $name<T, $($size),*> {}

        impl<T: Scalar, $(const $size: usize),*> Buffer for $name<T, $($size),*> {
            type Scalar = T;
            const SHAPE: &'static [usize] = &[$($size),*];
        }
    };
    (@zeros $zero:expr, $size:ident) => { [$zero; $size] };
    (@zeros $zero:expr, $size:ident, $($more:ident),+) => { [buffer!(@zeros $zero, $($more),+); $size] };
}

buffer! {
    /// `N` elements.
    Buffer1D<N> = [T; N], array => array, array => array
}
buffer! {
    /// `N` rows of `C` elements.
    Buffer2D<N, C> = [[T; C]; N], array => array.as_flattened(), array => array.as_flattened_mut()
}
buffer! {
    /// `N` times `W` rows of `C` elements.
    Buffer3D<N, W, C> = [[[T; C]; W]; N],
    array => array.as_flattened().as_flattened(),
    array => array.as_flattened_mut().as_flattened_mut()
}
buffer! {
    /// `N` images of `H` rows, `W` columns and `C` channels (NHWC).
    Buffer4D<N, H, W, C> = [[[[T; C]; W]; H]; N],
    array => array.as_flattened().as_flattened().as_flattened(),
    array => array.as_flattened_mut().as_flattened_mut().as_flattened_mut()
}
buffer! {
    /// `N` volumes of depth `D`, `H` rows, `W` columns and `C` channels.
    Buffer5D<N, D, H, W, C> = [[[[[T; C]; W]; H]; D]; N],
    array => array.as_flattened().as_flattened().as_flattened().as_flattened(),
    array => array.as_flattened_mut().as_flattened_mut().as_flattened_mut().as_flattened_mut()
}
buffer! {
    /// `N` times `G` volumes of depth `D`, `H` rows, `W` columns and `C` channels.
    Buffer6D<N, G, D, H, W, C> = [[[[[[T; C]; W]; H]; D]; G]; N],
    array => array.as_flattened().as_flattened().as_flattened().as_flattened().as_flattened(),
    array => array.as_flattened_mut().as_flattened_mut().as_flattened_mut().as_flattened_mut().as_flattened_mut()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_buffer_is_aligned_and_row_major() {
        let mut buffer = Buffer4D::<i8, 1, 2, 3, 4>::new();
        buffer[2 * 4 + 3] = 7;
        assert_eq!(buffer.0[0][0][2][3], 7);
        assert_eq!(buffer.len(), 24);
        assert_eq!(align_of::<Buffer4D<i8, 1, 2, 3, 4>>(), 16);
        assert_eq!(<Buffer4D<i8, 1, 2, 3, 4> as Buffer>::SHAPE, [1, 2, 3, 4]);
    }
}

//! Sums of eight channels side by side: each tap multiplies eight values by eight weights.

use core::array::from_fn;

use crate::channels::LANES;

/// Taps that are added in one go.
const TAPS: usize = 16;

/// Values and their weights.
type Tap<'a> = (&'a [i8; LANES], &'a [i8; LANES]);

/// Taps that wait to be added to the sums of their channels.
pub(crate) struct Taps<'a> {
    zero_point: i16,
    taps: [Tap<'a>; TAPS],
    count: usize,
}

impl<'a> Taps<'a> {
    /// No taps. The values' zero point lies within `i8`.
    pub(crate) fn new(zero_point: i32) -> Self {
        Taps { zero_point: zero_point as i16, taps: [(&[0; LANES], &[0; LANES]); TAPS], count: 0 }
    }

    /// Takes a tap, and adds those that wait if there are many.
    #[inline(always)]
    pub(crate) fn push(&mut self, values: &'a [i8; LANES], weights: &'a [i8; LANES], sums: &mut [i32; LANES]) {
        if let Some(tap) = self.taps.get_mut(self.count) {
            *tap = (values, weights);
            self.count = self.count.wrapping_add(1);
        }
        if self.count == TAPS {
            self.flush(sums);
        }
    }

    /// Adds the taps that wait.
    #[inline(always)]
    pub(crate) fn flush(&mut self, sums: &mut [i32; LANES]) {
        add(self.taps.get(..self.count).unwrap_or_default(), self.zero_point, sums);
        self.count = 0;
    }
}

/// The same with values and weights of its own.
pub(crate) struct CopiedTaps {
    zero_point: i16,
    values: [[i8; LANES]; TAPS],
    weights: [[i8; LANES]; TAPS],
    count: usize,
}

impl CopiedTaps {
    /// No taps. The values' zero point lies within `i8`.
    pub(crate) fn new(zero_point: i32) -> Self {
        CopiedTaps { zero_point: zero_point as i16, values: [[0; LANES]; TAPS], weights: [[0; LANES]; TAPS], count: 0 }
    }

    /// Takes a tap, and adds those that wait if there are many.
    #[inline(always)]
    pub(crate) fn push(&mut self, values: [i8; LANES], weights: [i8; LANES], sums: &mut [i32; LANES]) {
        if let (Some(value), Some(weight)) = (self.values.get_mut(self.count), self.weights.get_mut(self.count)) {
            (*value, *weight) = (values, weights);
            self.count = self.count.wrapping_add(1);
        }
        if self.count == TAPS {
            self.flush(sums);
        }
    }

    /// Adds the taps that wait.
    #[inline(always)]
    pub(crate) fn flush(&mut self, sums: &mut [i32; LANES]) {
        let mut taps = self.values.iter().zip(&self.weights);
        let taps: [Tap; TAPS] = from_fn(|_| taps.next().unwrap_or((&[0; LANES], &[0; LANES])));
        add(taps.get(..self.count).unwrap_or_default(), self.zero_point, sums);
        self.count = 0;
    }
}

/// Adds the products of up to [`TAPS`] taps.
#[inline(always)]
fn add(taps: &[Tap], zero_point: i16, sums: &mut [i32; LANES]) {
    let [low, high] = products(taps, zero_point);
    for ((sum, low), high) in sums.iter_mut().zip(low).zip(high) {
        *sum = sum.wrapping_add((i32::from(high) << 8).wrapping_add(i32::from(low)));
    }
}

/// The sums of the lower and of the upper bytes of the products of some taps.
///
/// A product (at most 255 * 128) fits `i16`, a sum of products does not; that of 128 lower bytes or of 128 upper bytes does. So
/// this loop knows one width only, and a vector instruction covers all eight lanes. It is a function of its own, as the compiler
/// vectorises it when it sees no more than it.
#[inline(never)]
#[allow(clippy::needless_range_loop, clippy::indexing_slicing, reason = "all four arrays have LANES elements")]
fn products(taps: &[Tap], zero_point: i16) -> [[i16; LANES]; 2] {
    let (mut low, mut high) = ([0i16; LANES], [0i16; LANES]);
    for (values, weights) in taps {
        for lane in 0..LANES {
            let value = i16::from(values[lane]).wrapping_sub(zero_point);
            let product = value.wrapping_mul(i16::from(weights[lane]));
            low[lane] = low[lane].wrapping_add(product & 0xff);
            high[lane] = high[lane].wrapping_add(product >> 8);
        }
    }
    [low, high]
}

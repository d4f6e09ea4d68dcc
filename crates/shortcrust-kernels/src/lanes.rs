//! Sums of eight channels side by side: each tap multiplies eight values by eight weights.

use crate::channels::LANES;

/// Eight values or eight weights.
pub(crate) type Lanes = [i8; LANES];

/// Taps whose products' bytes can be summed in `i16`.
const TAPS: usize = 128;

/// Where rows and columns of taps lie in a slice.
#[derive(Clone, Copy)]
pub(crate) struct Walk {
    /// The index of the first tap.
    pub(crate) first: usize,
    /// From one row of taps to the next, and from one column to the next.
    pub(crate) row: usize,
    pub(crate) column: usize,
}

impl Walk {
    fn at(self, row: usize, column: usize) -> Self {
        let row = row.wrapping_mul(self.row);
        Walk {
            first: self
                .first
                .wrapping_add(row)
                .wrapping_add(column.wrapping_mul(self.column)),
            ..self
        }
    }
}

/// Taps in a slice of values and a slice of weights.
#[derive(Clone, Copy)]
pub(crate) struct Taps<'a> {
    pub(crate) values: &'a [Lanes],
    pub(crate) values_walk: Walk,
    pub(crate) weights: &'a [Lanes],
    pub(crate) weights_walk: Walk,
    pub(crate) rows: usize,
    pub(crate) columns: usize,
}

impl<'a> Taps<'a> {
    /// Taps that follow one another in both slices.
    #[inline(always)]
    pub(crate) fn in_a_row(values: &'a [Lanes], weights: &'a [Lanes]) -> Self {
        let walk = Walk {
            first: 0,
            row: 0,
            column: 1,
        };
        Taps {
            values,
            values_walk: walk,
            weights,
            weights_walk: walk,
            rows: 1,
            columns: values.len(),
        }
    }

    /// Adds the products of all taps to the sums. The values' zero point lies within `i8`.
    #[inline(always)]
    pub(crate) fn add(&self, zero_point: i32, sums: &mut [i32; LANES]) {
        let columns = self.columns.clamp(1, TAPS);
        let rows = TAPS.checked_div(columns).unwrap_or(1);
        for row in (0..self.rows).step_by(rows.max(1)) {
            for column in (0..self.columns).step_by(columns) {
                let part = Taps {
                    values_walk: self.values_walk.at(row, column),
                    weights_walk: self.weights_walk.at(row, column),
                    rows: rows.min(self.rows.wrapping_sub(row)),
                    columns: columns.min(self.columns.wrapping_sub(column)),
                    ..*self
                };
                let [low, high] = part.products(zero_point as i16);
                for ((sum, low), high) in sums.iter_mut().zip(low).zip(high) {
                    *sum = sum.wrapping_add((i32::from(high) << 8).wrapping_add(i32::from(low)));
                }
            }
        }
    }

    /// The sums of the lower and of the upper bytes of the products of up to [`TAPS`] taps.
    ///
    /// A product (at most 255 * 128) fits `i16`, a sum of products does not; that of 128 lower bytes or of 128 upper bytes does. So
    /// this loop knows one width only, and a vector instruction covers all eight lanes. It is a function of its own, as the compiler
    /// vectorises it when it sees no more than it.
    #[inline(never)]
    #[allow(
        clippy::needless_range_loop,
        clippy::indexing_slicing,
        reason = "all four arrays have LANES elements"
    )]
    fn products(&self, zero_point: i16) -> [[i16; LANES]; 2] {
        let Taps {
            values,
            values_walk,
            weights,
            weights_walk,
            rows,
            columns,
        } = *self;
        let (mut low, mut high) = ([0i16; LANES], [0i16; LANES]);
        let (mut values_row, mut weights_row) = (values_walk.first, weights_walk.first);
        for _ in 0..rows {
            let (mut value, mut weight) = (values_row, weights_row);
            for _ in 0..columns {
                let (Some(values), Some(weights)) = (values.get(value), weights.get(weight)) else {
                    break;
                };
                for lane in 0..LANES {
                    let value = i16::from(values[lane]).wrapping_sub(zero_point);
                    let product = value.wrapping_mul(i16::from(weights[lane]));
                    low[lane] = low[lane].wrapping_add(product & 0xff);
                    high[lane] = high[lane].wrapping_add(product >> 8);
                }
                value = value.wrapping_add(values_walk.column);
                weight = weight.wrapping_add(weights_walk.column);
            }
            values_row = values_row.wrapping_add(values_walk.row);
            weights_row = weights_row.wrapping_add(weights_walk.row);
        }
        [low, high]
    }
}

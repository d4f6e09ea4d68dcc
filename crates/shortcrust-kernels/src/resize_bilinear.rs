//! RESIZE_BILINEAR.

use crate::shape::Image;

/// Bits behind the point of a coordinate.
const FRACTION: i32 = 10;

/// The sizes and the coordinate rule.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ResizeBilinear {
    /// How many images.
    pub batches: usize,
    /// One input image.
    pub input: Image,
    /// One output image, with as many channels.
    pub output: Image,
    /// Whether the corners of input and output coincide.
    pub align_corners: bool,
    /// Whether pixels are taken at their centres.
    pub half_pixel_centers: bool,
}

/// Where one output row or column lies between two input rows or columns.
#[derive(Clone, Copy)]
struct Position {
    lower: usize,
    upper: usize,
    /// The upper one's weight, of 1024. It may be negative or above 1024 at the borders, as in the reference.
    weight: i32,
}

impl ResizeBilinear {
    /// `ResizeBilinearInteger` of TensorFlow Lite's `reference/resize_bilinear.h`.
    ///
    /// Scales are rounded, so that positions of large outputs can lead beyond the input's last row or column: one pixel becomes 97
    /// columns, and the last of them lies between the pixel and the next. The reference reads on in memory there; this does, too, up to
    /// the tensor's last pixel, behind which the reference has no answer.
    #[inline]
    pub fn run(&self, input: &[i8], output: &mut [i8]) {
        debug_assert_eq!(input.len(), self.batches * self.input.len());
        debug_assert_eq!(output.len(), self.batches * self.output.len());
        let channels = self.output.channels;
        let pixels = self.input.height.wrapping_mul(self.input.width);
        let last = self.batches.wrapping_mul(pixels).saturating_sub(1);
        let height_scale = self.scale(self.input.height, self.output.height);
        let width_scale = self.scale(self.input.width, self.output.width);
        let mut output = output;
        for image in 0..self.batches {
            let pixel = |row: usize, column: usize| {
                let image = image.wrapping_mul(pixels);
                let line = image.wrapping_add(row.wrapping_mul(self.input.width));
                let start = line.wrapping_add(column).min(last).wrapping_mul(channels);
                input.get(start..).unwrap_or_default()
            };
            for y in 0..self.output.height {
                let y = self.position(y, height_scale, self.input.height);
                for x in 0..self.output.width {
                    let x = self.position(x, width_scale, self.input.width);
                    let Some((blended, rest)) = output.split_at_mut_checked(channels) else {
                        return;
                    };
                    output = rest;
                    let corners = [
                        pixel(y.lower, x.lower),
                        pixel(y.upper, x.lower),
                        pixel(y.lower, x.upper),
                        pixel(y.upper, x.upper),
                    ];
                    blend(corners, weights(y.weight, x.weight), blended);
                }
            }
        }
    }

    /// Whether some output row or column leads beyond the input's last.
    pub fn leads_beyond(&self) -> bool {
        let (row, ..) = self.row(self.output.height.saturating_sub(1));
        let (column, ..) = self.column(self.output.width.saturating_sub(1));
        row >= self.input.height || column >= self.input.width
    }

    /// The two input rows that an output row lies between, and the upper one's weight, of 1024.
    pub fn row(&self, y: usize) -> (usize, usize, i32) {
        let scale = self.scale(self.input.height, self.output.height);
        let position = self.position(y, scale, self.input.height);
        (position.lower, position.upper, position.weight)
    }

    /// The two input columns that an output column lies between, and the upper one's weight, of 1024.
    pub fn column(&self, x: usize) -> (usize, usize, i32) {
        let scale = self.scale(self.input.width, self.output.width);
        let position = self.position(x, scale, self.input.width);
        (position.lower, position.upper, position.weight)
    }

    /// Input positions per output position, of 1024, rounded.
    fn scale(&self, input: usize, output: usize) -> i32 {
        let (input, output) = match self.align_corners && output > 1 {
            true => (input.wrapping_sub(1), output.wrapping_sub(1)),
            false => (input, output),
        };
        let (input, output) = (input as i32, output as i32);
        (1i32 << FRACTION)
            .wrapping_mul(input)
            .wrapping_add(output / 2)
            .checked_div(output)
            .unwrap_or_default()
    }

    fn position(&self, index: usize, scale: i32, input_size: usize) -> Position {
        let mut scaled = (index as i32).wrapping_mul(scale);
        if self.half_pixel_centers {
            scaled = scaled
                .wrapping_add(scale / 2)
                .wrapping_sub(1 << (FRACTION - 1));
        }
        let one = 1i32 << FRACTION;
        let lower = (scaled / one).max(0);
        let upper = (scaled.wrapping_add(one - 1) / one).min((input_size as i32).wrapping_sub(1));
        Position {
            lower: lower as usize,
            upper: upper as usize,
            weight: scaled.wrapping_sub(one.wrapping_mul(lower)),
        }
    }
}

/// The weights of the corners lower left, upper left, lower right, upper right, of 2^20.
fn weights(y: i32, x: i32) -> [i64; 4] {
    let one = 1i64 << FRACTION;
    let (y, x) = (i64::from(y), i64::from(x));
    [(one - y) * (one - x), y * (one - x), (one - y) * x, y * x]
}

/// One output pixel, rounded to the nearest, halves away from zero.
fn blend([a, b, c, d]: [&[i8]; 4], weights: [i64; 4], pixel: &mut [i8]) {
    let [weight_a, weight_b, weight_c, weight_d] = weights;
    for ((((pixel, &a), &b), &c), &d) in pixel.iter_mut().zip(a).zip(b).zip(c).zip(d) {
        let sum = i64::from(a) * weight_a
            + i64::from(b) * weight_b
            + i64::from(c) * weight_c
            + i64::from(d) * weight_d;
        let half = if sum > 0 {
            1 << (2 * FRACTION - 1)
        } else {
            -(1 << (2 * FRACTION - 1))
        };
        *pixel = ((sum + half) / (1 << (2 * FRACTION))) as i8;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn resize<const N: usize>(
        align_corners: bool,
        half_pixel_centers: bool,
        input: [i8; 2],
    ) -> [i8; N] {
        let image = |width| Image {
            height: 1,
            width,
            channels: 1,
        };
        let mut output = [0; N];
        let kernel = ResizeBilinear {
            batches: 1,
            input: image(2),
            output: image(N),
            align_corners,
            half_pixel_centers,
        };
        kernel.run(&input, &mut output);
        output
    }

    #[test]
    fn the_three_coordinate_rules() {
        assert_eq!(resize(false, false, [0, 40]), [0, 20, 40, 40]);
        assert_eq!(resize(true, false, [0, 40]), [0, 20, 40]);
        assert_eq!(resize(false, true, [0, 40]), [0, 10, 30, 40]);
    }

    /// Resizes an image of one channel to one row.
    fn to_row<const N: usize>(input: &[i8], height: usize, width: usize) -> (bool, [i8; N]) {
        let image = |height, width| Image {
            height,
            width,
            channels: 1,
        };
        let mut output = [0; N];
        let kernel = ResizeBilinear {
            batches: 1,
            input: image(height, width),
            output: image(1, N),
            align_corners: false,
            half_pixel_centers: false,
        };
        kernel.run(input, &mut output);
        (kernel.leads_beyond(), output)
    }

    #[test]
    fn rounded_scales_lead_beyond_the_last_column() {
        assert_eq!(to_row(&[100], 1, 1), (true, [100; 97]));
        assert_eq!(to_row(&[100], 1, 1), (false, [100; 64]));
        // To the next row's first pixel, where there is one.
        let (beyond, output) = to_row::<97>(&[100, -100], 2, 1);
        assert!(beyond);
        assert_eq!(output[93..], [100, -98, -96, -94]);
    }

    #[test]
    fn halves_round_away_from_zero() {
        assert_eq!(resize(false, false, [1, 2]), [1, 2, 2, 2]);
        assert_eq!(resize(false, false, [-1, -2]), [-1, -2, -2, -2]);
    }
}

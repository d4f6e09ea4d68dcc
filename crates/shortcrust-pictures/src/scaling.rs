//! Scaling pictures exactly as Pillow does with `Image.resize(size, Image.BILINEAR)`, on which networks are trained: so that a
//! picture file becomes the same bytes here and there. No library rounds like it.
//!
//! Pillow's `Resample.c`: a triangle filter as wide as two pixels of the smaller picture, weights of 22 fractional bits, first
//! along the rows, then along the columns, rounded to 8 bits after each.

use crate::Picture;

/// Fractional bits of a weight.
const PRECISION: u32 = 22;

/// What an output pixel takes from a line of input pixels.
struct Taps {
    first: usize,
    weights: Vec<i32>,
}

impl Picture {
    /// The picture in another size.
    pub fn scaled(&self, height: usize, width: usize) -> Self {
        self.with_width(width)
            .transposed()
            .with_width(height)
            .transposed()
    }

    /// Scales every row.
    fn with_width(&self, width: usize) -> Self {
        let taps = taps(self.width, width);
        let channels = self.channels;
        let mut values = Vec::with_capacity(self.height * width * channels);
        for row in self.values.chunks_exact(self.width * channels) {
            for taps in &taps {
                let pixels = &row[taps.first * channels..];
                values.extend((0..channels).map(|channel| {
                    let inputs = pixels[channel..].iter().step_by(channels);
                    let products = inputs
                        .zip(&taps.weights)
                        .map(|(&value, &weight)| i32::from(value) * weight);
                    let sum = products.sum::<i32>() + (1 << (PRECISION - 1));
                    (sum >> PRECISION).clamp(0, 255) as u8
                }));
            }
        }
        Self {
            height: self.height,
            width,
            channels,
            values,
        }
    }

    /// Rows become columns.
    fn transposed(&self) -> Self {
        let mut values = Vec::with_capacity(self.values.len());
        for column in 0..self.width {
            for row in 0..self.height {
                let at = (row * self.width + column) * self.channels;
                values.extend_from_slice(&self.values[at..at + self.channels]);
            }
        }
        Self {
            height: self.width,
            width: self.height,
            channels: self.channels,
            values,
        }
    }
}

/// The taps of each pixel of a line of `to` pixels on a line of `from`.
fn taps(from: usize, to: usize) -> Vec<Taps> {
    let scale = from as f64 / to as f64;
    let reach = scale.max(1.0);
    (0..to)
        .map(|index| {
            let centre = (index as f64 + 0.5) * scale;
            let first = (centre - reach + 0.5).max(0.0) as usize;
            let end = ((centre + reach + 0.5) as usize).min(from);
            let triangle =
                |pixel: usize| (1.0 - ((pixel as f64 - centre + 0.5) / reach).abs()).max(0.0);
            let sum: f64 = (first..end).map(triangle).sum();
            let weight = |pixel| (triangle(pixel) / sum * f64::from(1 << PRECISION) + 0.5) as i32;
            Taps {
                first,
                weights: (first..end).map(weight).collect(),
            }
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn grey(height: usize, width: usize, values: impl IntoIterator<Item = u8>) -> Picture {
        Picture {
            height,
            width,
            channels: 1,
            values: values.into_iter().collect(),
        }
    }

    /// A picture without structure, the same on every machine.
    fn noise(height: usize, width: usize, channels: usize) -> Picture {
        let value = |index: usize| ((index * index * 7919 + index * 104_729) >> 7) as u8;
        Picture {
            height,
            width,
            channels,
            values: (0..height * width * channels).map(value).collect(),
        }
    }

    #[test]
    fn the_same_size_is_the_same_picture() {
        let picture = noise(9, 14, 3);
        assert_eq!(picture.scaled(9, 14), picture);
    }

    #[test]
    fn one_colour_stays_one_colour() {
        for value in [0, 1, 127, 254, 255] {
            let picture = grey(20, 31, [value; 20 * 31]);
            for (height, width) in [(1, 1), (7, 13), (40, 33)] {
                assert!(
                    picture
                        .scaled(height, width)
                        .values
                        .iter()
                        .all(|&scaled| scaled == value),
                    "{value}"
                );
            }
        }
    }

    #[test]
    fn small_pictures_are_what_pillow_makes_of_them() {
        // Pillow 13.0.0 on the same pixels.
        assert_eq!(noise(5, 5, 1).scaled(2, 2).values, [84, 95, 83, 131]);
        let enlarged = [
            0, 11, 56, 101, 112, 57, 67, 110, 154, 164, 119, 119, 122, 124, 124, 166, 150, 86, 21,
            5,
        ];
        assert_eq!(noise(3, 2, 1).scaled(4, 5).values, enlarged);
        let colours = [
            140, 152, 107, 117, 119, 149, 107, 91, 115, 133, 148, 144, 83, 150, 143, 81, 111, 107,
        ];
        assert_eq!(noise(6, 7, 3).scaled(2, 3).values, colours);
    }

    #[test]
    fn large_pictures_are_what_pillow_makes_of_them() {
        // The sum of each value times 31 to the power of its distance from the end, in 32 bits, of Pillow 13.0.0's result.
        for (picture, height, width, expected) in [
            (noise(240, 240, 1), 96, 96, 2_438_529_816),
            (noise(101, 77, 3), 48, 50, 1_794_287_641),
            (noise(480, 640, 3), 60, 80, 3_741_035_834),
        ] {
            let scaled = picture.scaled(height, width);
            let sum = scaled.values.iter().fold(0u32, |sum, &value| {
                sum.wrapping_mul(31).wrapping_add(value.into())
            });
            assert_eq!(sum, expected, "{height} x {width}");
        }
    }
}

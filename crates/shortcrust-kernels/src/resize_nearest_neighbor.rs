//! RESIZE_NEAREST_NEIGHBOR.

use crate::shape::Image;

/// The sizes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ResizeNearestNeighbor {
    /// How many images.
    pub batches: usize,
    /// One input image.
    pub input: Image,
    /// One output image, with as many channels.
    pub output: Image,
}

impl ResizeNearestNeighbor {
    /// `rows` and `columns` hold the source of every output row and column, as [`source_index`] gives it.
    #[inline]
    pub fn run(&self, input: &[i8], rows: &[i32], columns: &[i32], output: &mut [i8]) {
        debug_assert_eq!(input.len(), self.batches * self.input.len());
        debug_assert_eq!(output.len(), self.batches * self.output.len());
        debug_assert_eq!(
            (rows.len(), columns.len()),
            (self.output.height, self.output.width)
        );
        let channels = self.output.channels;
        let row_size = self.input.width.wrapping_mul(channels);
        let mut output = output;
        for image in input.chunks_exact(self.input.len().max(1)) {
            for &row in rows {
                let start = (row as usize).wrapping_mul(row_size);
                let source = image
                    .get(start..start.wrapping_add(row_size))
                    .unwrap_or_default();
                for &column in columns {
                    let Some((pixel, rest)) = output.split_at_mut_checked(channels) else {
                        return;
                    };
                    output = rest;
                    let start = (column as usize).wrapping_mul(channels);
                    let source = source
                        .get(start..start.wrapping_add(channels))
                        .unwrap_or_default();
                    for (pixel, source) in pixel.iter_mut().zip(source) {
                        *pixel = *source;
                    }
                }
            }
        }
    }
}

/// The input row or column that an output row or column shows (`GetNearestNeighbor` of TensorFlow Lite's
/// `reference/resize_nearest_neighbor.h`, in float32 as there).
pub fn source_index(
    output_index: usize,
    input_size: usize,
    output_size: usize,
    align_corners: bool,
    half_pixel_centers: bool,
) -> usize {
    let scale = if align_corners && output_size > 1 {
        input_size.wrapping_sub(1) as f32 / output_size.wrapping_sub(1) as f32
    } else {
        input_size as f32 / output_size as f32
    };
    let offset = if half_pixel_centers { 0.5 } else { 0.0 };
    let position = (output_index as f32 + offset) * scale;
    // Positions are not negative: narrowing rounds down, and half more to the nearest.
    let floor = position as usize;
    let index = if align_corners && position - floor as f32 >= 0.5 {
        floor.wrapping_add(1)
    } else {
        floor
    };
    index.min(input_size.wrapping_sub(1))
}

#[cfg(test)]
mod tests {
    use super::*;
    use core::array::from_fn;

    #[test]
    fn twice_as_large() {
        let image = |height, width| Image {
            height,
            width,
            channels: 1,
        };
        let kernel = ResizeNearestNeighbor {
            batches: 1,
            input: image(1, 2),
            output: image(2, 4),
        };
        let mut output = [0; 8];
        kernel.run(&[3, 7], &[0, 0], &[0, 0, 1, 1], &mut output);
        assert_eq!(output, [3, 3, 7, 7, 3, 3, 7, 7]);
    }

    #[test]
    fn the_three_coordinate_rules() {
        assert_eq!(
            from_fn(|i| source_index(i, 3, 5, false, false)),
            [0, 0, 1, 1, 2]
        );
        assert_eq!(
            from_fn(|i| source_index(i, 3, 5, true, false)),
            [0, 1, 1, 2, 2]
        );
        assert_eq!(
            from_fn(|i| source_index(i, 3, 5, false, true)),
            [0, 0, 1, 2, 2]
        );
        assert_eq!(from_fn(|i| source_index(i, 7, 3, false, true)), [1, 3, 5]);
    }
}

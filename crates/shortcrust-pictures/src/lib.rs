//! Pictures as networks are trained on them: the same bytes that Pillow makes of a picture file.
//!
//! The command uses it for files that it is given, the firmware's build script for the photographs that it bundles.

mod scaling;

use image::DynamicImage;

/// Interleaved 8-bit pixels, row by row.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Picture {
    /// Rows.
    pub height: usize,
    /// Columns.
    pub width: usize,
    /// Values of a pixel.
    pub channels: usize,
    /// `height * width * channels` values.
    pub values: Vec<u8>,
}

impl Picture {
    /// A picture of one grey value a pixel, Pillow's `Image.convert("L")`.
    pub fn grey(picture: &DynamicImage) -> Self {
        let colours = picture.to_rgb8();
        Self {
            height: colours.height() as usize,
            width: colours.width() as usize,
            channels: 1,
            values: colours.pixels().map(|pixel| luma(pixel.0)).collect(),
        }
    }

    /// A picture of red, green and blue.
    pub fn colours(picture: &DynamicImage) -> Self {
        let colours = picture.to_rgb8();
        Self {
            height: colours.height() as usize,
            width: colours.width() as usize,
            channels: 3,
            values: colours.into_raw(),
        }
    }
}

/// ITU-R BT.601: 0.299 red, 0.587 green, 0.114 blue, in sixteen bits and rounded, as Pillow computes it.
fn luma([red, green, blue]: [u8; 3]) -> u8 {
    let sum = u32::from(red) * 19595 + u32::from(green) * 38470 + u32::from(blue) * 7471;
    ((sum + 0x8000) >> 16) as u8
}

#[cfg(test)]
mod tests {
    use image::{Rgb, RgbImage};

    use super::*;

    #[test]
    fn grey_is_weighed_as_pillow_does() {
        // Image.convert("L") of Pillow.
        assert_eq!(
            [[255, 0, 0], [0, 255, 0], [0, 0, 255], [12, 200, 77]].map(luma),
            [76, 150, 29, 130]
        );
    }

    #[test]
    fn pixels_are_in_rows_and_interleaved() {
        let mut picture = RgbImage::new(2, 1);
        picture.put_pixel(0, 0, Rgb([1, 2, 3]));
        picture.put_pixel(1, 0, Rgb([255, 0, 0]));
        let picture = DynamicImage::from(picture);
        let colours = Picture::colours(&picture);
        assert_eq!((colours.height, colours.width, colours.channels), (1, 2, 3));
        assert_eq!(colours.values, [1, 2, 3, 255, 0, 0]);
        assert_eq!(Picture::grey(&picture).values, [2, 76]);
    }
}

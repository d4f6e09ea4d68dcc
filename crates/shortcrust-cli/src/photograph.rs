//! Pictures as the contents of a network's input.

use std::io::{BufRead, Cursor, Seek};
use std::path::Path;

use clap::ValueEnum;
use image::{DynamicImage, ImageDecoder, ImageReader};
use shortcrust_compiler::graph::{Element, Tensor};
use shortcrust_pictures::Picture;

use crate::failure::{Failure, Result};
use crate::{files, page, values};

/// What real number a pixel of 0 to 255 stands for, before the input's scale and zero point make it an integer.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum Normalisation {
    /// `range` where the input's reals span 0..1, -1..1 or 0..255 (which are the same); `unit` for float inputs; else an error
    #[default]
    Auto,
    /// The pixels fill the input's type: pixel - 128 for int8, the pixel itself for uint8
    Range,
    /// pixel / 255, in 0..1
    Unit,
    /// pixel / 127.5 - 1, in -1..1
    Signed,
    /// The pixel, in 0..255
    Pixels,
}

/// Endings of the files that are read as pictures.
pub const EXTENSIONS: [&str; 4] = ["png", "jpg", "jpeg", "bmp"];

/// The most bytes that a decoded picture may have.
const LARGEST: u64 = 512 << 20;

/// Reads a picture file as the contents of a tensor.
pub fn read(path: &Path, tensor: &Tensor, normalisation: Normalisation) -> Result<Vec<u8>> {
    let reader = ImageReader::open(path).map_err(|error| files::unreadable(path, &error))?;
    decode(reader, path, tensor, normalisation)
}

/// Reads a picture that is in memory; `name` is for messages.
pub fn from_memory(
    bytes: &[u8],
    name: &str,
    tensor: &Tensor,
    normalisation: Normalisation,
) -> Result<Vec<u8>> {
    decode(
        ImageReader::new(Cursor::new(bytes)),
        Path::new(name),
        tensor,
        normalisation,
    )
}

fn decode<R: BufRead + Seek>(
    reader: ImageReader<R>,
    path: &Path,
    tensor: &Tensor,
    normalisation: Normalisation,
) -> Result<Vec<u8>> {
    let (height, width, channels) = dimensions(tensor).map_err(|problem| {
        Failure::file(
            path,
            problem,
            "give a .npy file, or a file of the input's raw bytes",
        )
    })?;
    let elements = elements(tensor, normalisation).map_err(|problem| {
        let remedy =
            "say with --normalise what the network was trained on: unit, signed, pixels or range";
        Failure::file(path, problem, remedy)
    })?;
    let broken = |error: &dyn std::fmt::Display| {
        Failure::file(
            path,
            format!("it is not a sound picture: {error}"),
            "give a PNG, JPEG or BMP file",
        )
    };
    let mut decoder = reader
        .with_guessed_format()
        .map_err(|error| files::unreadable(path, &error))?
        .into_decoder()
        .map_err(|error| broken(&error))?;
    if decoder.total_bytes() > LARGEST {
        let (width, height) = decoder.dimensions();
        return Err(broken(&format!("{width}×{height} pixels are too many")));
    }
    let orientation = decoder.orientation().map_err(|error| broken(&error))?;
    let mut picture = DynamicImage::from_decoder(decoder).map_err(|error| broken(&error))?;
    picture.apply_orientation(orientation);
    let whole = match channels {
        1 => Picture::grey(&picture),
        _ => Picture::colours(&picture),
    };
    let scaled = whole.scaled(height, width);
    Ok(scaled
        .values
        .iter()
        .flat_map(|&pixel| elements[usize::from(pixel)].iter().copied())
        .collect())
}

/// Height, width and channels of an input that a picture fits.
fn dimensions(tensor: &Tensor) -> std::result::Result<(usize, usize, usize), String> {
    match tensor.shape[..] {
        [1, height, width, channels @ (1 | 3)] | [height, width, channels @ (1 | 3)]
            if height * width > 0 =>
        {
            Ok((height, width, channels))
        }
        _ => {
            let (name, shape) = (page::name(&tensor.name, 60), page::shape(&tensor.shape));
            Err(format!(
                "a picture does not fit the network's input `{name}` of shape {shape}"
            ))
        }
    }
}

/// The bytes of an input's element for each of the 256 values of a pixel.
fn elements(
    tensor: &Tensor,
    normalisation: Normalisation,
) -> std::result::Result<Vec<Vec<u8>>, String> {
    let element = tensor.element;
    let quantisation = match element {
        Element::Float32 => (1.0, 0),
        _ => tensor.per_tensor().map_err(|error| error.to_string())?,
    };
    let normalisation = match normalisation {
        Normalisation::Auto if element == Element::Float32 => Normalisation::Unit,
        Normalisation::Auto if spans_pixels(element, quantisation) => Normalisation::Range,
        Normalisation::Auto => {
            let (low, high) = span(element, quantisation);
            return Err(format!(
                "the network's input spans {low:.3} to {high:.3}: what a pixel stands for there is unknown"
            ));
        }
        Normalisation::Range if !matches!(element, Element::Int8 | Element::UInt8) => {
            return Err(format!(
                "pixels cannot fill the range of an input of {}",
                element.name()
            ));
        }
        normalisation => normalisation,
    };
    let element_of = |pixel: u8| {
        let real = f32::from(pixel);
        match normalisation {
            Normalisation::Unit => values::quantise(real / 255.0, element, quantisation),
            Normalisation::Signed => values::quantise(real / 127.5 - 1.0, element, quantisation),
            Normalisation::Pixels => values::quantise(real, element, quantisation),
            _ if element == Element::UInt8 => vec![pixel],
            _ => vec![pixel.wrapping_sub(128)],
        }
    };
    Ok((0..=255).map(element_of).collect())
}

/// The real numbers that the lowest and the highest element stand for.
fn span(element: Element, (scale, zero_point): (f32, i32)) -> (f32, f32) {
    let lowest = if element == Element::UInt8 { 0 } else { -128 };
    (
        scale * (lowest - zero_point) as f32,
        scale * (lowest + 255 - zero_point) as f32,
    )
}

/// Whether an 8-bit input's real numbers are those of a usual normalisation, up to one step at either end.
fn spans_pixels(element: Element, quantisation: (f32, i32)) -> bool {
    let (low, high) = span(element, quantisation);
    let near = |real: f32, wanted: f32| (real - wanted).abs() <= 1.01 * quantisation.0;
    matches!(element, Element::Int8 | Element::UInt8)
        && [(0.0, 1.0), (-1.0, 1.0), (0.0, 255.0)]
            .iter()
            .any(|&(from, to)| near(low, from) && near(high, to))
}

#[cfg(test)]
mod tests {
    use image::{ImageFormat, Rgb, RgbImage};
    use shortcrust_compiler::graph::Quantisation;

    use super::*;

    fn tensor(shape: &[usize], element: Element, scale: f32, zero_point: i32) -> Tensor {
        let quantisation = Quantisation {
            scales: vec![scale],
            zero_points: vec![zero_point],
            axis: 0,
        };
        Tensor {
            name: "x".into(),
            shape: shape.into(),
            element,
            quantisation: Some(quantisation),
            data: None,
        }
    }

    fn picture(colours: &[[u8; 3]], width: u32) -> Vec<u8> {
        let mut picture = RgbImage::new(width, colours.len() as u32 / width);
        picture
            .pixels_mut()
            .zip(colours)
            .for_each(|(pixel, &colour)| *pixel = Rgb(colour));
        let mut bytes = Cursor::new(Vec::new());
        picture.write_to(&mut bytes, ImageFormat::Png).unwrap();
        bytes.into_inner()
    }

    #[test]
    fn usual_normalisations_make_a_pixel_itself_less_128() {
        let png = picture(&[[0; 3], [100; 3], [200; 3], [255; 3]], 2);
        for (scale, zero_point) in [
            (1.0 / 255.0, -128),
            (2.0 / 255.0, -1),
            (2.0 / 255.0, 0),
            (1.0, -128),
        ] {
            let tensor = tensor(&[1, 2, 2, 1], Element::Int8, scale, zero_point);
            let bytes = from_memory(&png, "p.png", &tensor, Normalisation::Auto).unwrap();
            assert_eq!(
                bytes,
                [-128i8, -28, 72, 127].map(|value| value as u8),
                "scale {scale}"
            );
        }
        let bytes = from_memory(
            &png,
            "p.png",
            &tensor(&[2, 2, 1], Element::UInt8, 1.0 / 255.0, 0),
            Normalisation::Auto,
        );
        assert_eq!(bytes.unwrap(), [0, 100, 200, 255]);
    }

    #[test]
    fn other_inputs_need_a_normalisation() {
        let png = picture(&[[0, 128, 255]], 1);
        let tensor = tensor(&[1, 1, 1, 3], Element::Int8, 0.02, -4);
        let failure = from_memory(&png, "p.png", &tensor, Normalisation::Auto).unwrap_err();
        assert!(failure.to_string().contains("-2.480 to 2.620"), "{failure}");
        let bytes = from_memory(&png, "p.png", &tensor, Normalisation::Signed).unwrap();
        assert_eq!(bytes, [-54i8, -4, 46].map(|value| value as u8));
    }

    #[test]
    fn pictures_that_do_not_fit_or_are_broken_are_refused() {
        let png = picture(&[[0; 3]], 1);
        let list = tensor(&[1, 1960], Element::Int8, 1.0, -128);
        let failure = from_memory(&png, "p.png", &list, Normalisation::Auto).unwrap_err();
        assert!(failure.to_string().contains("1×1960"), "{failure}");
        let image = tensor(&[1, 1, 1, 1], Element::Int8, 1.0, -128);
        for length in 0..png.len() - 12 {
            assert!(
                from_memory(&png[..length], "p.png", &image, Normalisation::Auto).is_err(),
                "{length} bytes"
            );
        }
    }
}

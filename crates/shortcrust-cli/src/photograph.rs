//! Pictures as the contents of a network's input.

use std::io::{BufRead, Cursor, Seek};
use std::path::Path;

use image::{DynamicImage, ImageDecoder, ImageReader};
use shortcrust_compiler::graph::{Graph, Tensor, TensorId};
use shortcrust_pictures::Picture;

use crate::failure::{Failure, Result};
use crate::normalisation::{Normalisation, Pixels};
use crate::{files, page};

/// Endings of the files that are read as pictures.
pub const EXTENSIONS: [&str; 4] = ["png", "jpg", "jpeg", "bmp"];

/// The most bytes that a decoded picture may have.
const LARGEST: u64 = 512 << 20;

/// Reads a picture file as the contents of a network's input; also says what its pixels stand for.
pub fn read(
    path: &Path,
    graph: &Graph,
    input: TensorId,
    normalisation: Normalisation,
) -> Result<(Vec<u8>, Pixels)> {
    let reader = ImageReader::open(path).map_err(|error| files::unreadable(path, &error))?;
    decode(reader, path, graph, input, normalisation)
}

/// Reads a picture that is in memory; `name` is for messages.
pub fn from_memory(bytes: &[u8], name: &str, graph: &Graph, input: TensorId) -> Result<Vec<u8>> {
    let reader = ImageReader::new(Cursor::new(bytes));
    let (contents, _) = decode(reader, Path::new(name), graph, input, Normalisation::Auto)?;
    Ok(contents)
}

fn decode<R: BufRead + Seek>(
    reader: ImageReader<R>,
    path: &Path,
    graph: &Graph,
    input: TensorId,
    normalisation: Normalisation,
) -> Result<(Vec<u8>, Pixels)> {
    let tensor = graph.tensor(input);
    let (height, width, channels) = dimensions(tensor).map_err(|problem| {
        Failure::file(
            path,
            problem,
            "give a .npy file, or a file of the input's raw bytes",
        )
    })?;
    let unknown = |problem| {
        let remedy = "say with --normalise what the network was trained on (unit, signed, pixels, or range for 8-bit inputs), \
                      or give a .npy file of the numbers that it takes";
        Failure::file(path, problem, remedy)
    };
    let pixels = Pixels::of(graph, input, normalisation).map_err(unknown)?;
    let elements = pixels.elements(tensor).map_err(unknown)?;
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
    let contents = scaled
        .values
        .iter()
        .flat_map(|&pixel| elements[usize::from(pixel)].iter().copied());
    Ok((contents.collect(), pixels))
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

#[cfg(test)]
mod tests {
    use image::{ImageFormat, Rgb, RgbImage};
    use shortcrust_compiler::graph::{Element, Quantisation};

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

    /// A picture as the contents of a network's only input.
    fn contents(png: &[u8], tensor: &Tensor, normalisation: Normalisation) -> Result<Vec<u8>> {
        let sine = include_bytes!("../../../models/sine.tflite");
        let mut graph = shortcrust_compiler::tflite::read(sine).unwrap();
        graph.tensors = vec![tensor.clone()];
        graph.nodes.clear();
        let reader = ImageReader::new(Cursor::new(png));
        let decoded = decode(
            reader,
            Path::new("p.png"),
            &graph,
            TensorId(0),
            normalisation,
        );
        decoded.map(|(contents, _)| contents)
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
            let bytes = contents(&png, &tensor, Normalisation::Auto).unwrap();
            assert_eq!(
                bytes,
                [-128i8, -28, 72, 127].map(|value| value as u8),
                "scale {scale}"
            );
        }
        let bytes = contents(
            &png,
            &tensor(&[2, 2, 1], Element::UInt8, 1.0 / 255.0, 0),
            Normalisation::Auto,
        );
        assert_eq!(bytes.unwrap(), [0, 100, 200, 255]);
    }

    #[test]
    fn other_inputs_need_a_normalisation() {
        let png = picture(&[[0, 128, 255]], 1);
        let tensor = tensor(&[1, 1, 1, 3], Element::Int8, 0.02, -4);
        let failure = contents(&png, &tensor, Normalisation::Auto).unwrap_err();
        assert!(failure.to_string().contains("-2.480 to 2.620"), "{failure}");
        let bytes = contents(&png, &tensor, Normalisation::Signed).unwrap();
        assert_eq!(bytes, [-54i8, -4, 46].map(|value| value as u8));
    }

    #[test]
    fn pictures_that_do_not_fit_or_are_broken_are_refused() {
        let png = picture(&[[0; 3]], 1);
        let list = tensor(&[1, 1960], Element::Int8, 1.0, -128);
        let failure = contents(&png, &list, Normalisation::Auto).unwrap_err();
        assert!(failure.to_string().contains("1×1960"), "{failure}");
        let image = tensor(&[1, 1, 1, 1], Element::Int8, 1.0, -128);
        for length in 0..png.len() - 12 {
            assert!(
                contents(&png[..length], &image, Normalisation::Auto).is_err(),
                "{length} bytes"
            );
        }
    }
}

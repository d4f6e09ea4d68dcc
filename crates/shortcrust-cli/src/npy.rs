//! NumPy's `.npy` files as tensors, and tensors as `.npy` files.

use std::path::Path;

use npyz::{AutoSerialize, DType, NpyFile, Order, TypeChar, WriterBuilder};
use shortcrust_compiler::graph::{Element, Tensor};

use crate::failure::{Failure, Result};
use crate::values::{self, Values};
use crate::{files, page};

/// More than the header of any array that a network takes.
const HEADER_LIMIT: u64 = 1 << 16;

/// Reads an array as the contents of a tensor: of the tensor's type as it is, of floats through scale and zero point.
pub fn read(path: &Path, tensor: &Tensor) -> Result<Vec<u8>> {
    let bytes = files::read_at_most(path, 8 * tensor.len() as u64 + HEADER_LIMIT)?;
    decode(&bytes, tensor).map_err(|(problem, remedy)| Failure::file(path, problem, remedy))
}

fn decode(bytes: &[u8], tensor: &Tensor) -> std::result::Result<Vec<u8>, (String, String)> {
    let again = || "save the array again with numpy.save".to_owned();
    let broken = |error: std::io::Error| (format!("it is not a sound .npy file: {error}"), again());
    if !header_is_plausible(bytes) {
        return Err((
            "it is not a .npy file of a sensible shape".to_owned(),
            again(),
        ));
    }
    let file = NpyFile::new(bytes).map_err(broken)?;
    let wanted = format!("{} {}", page::shape(&tensor.shape), tensor.element.name());
    let shape: Vec<usize> = file
        .shape()
        .iter()
        .map(|&size| usize::try_from(size).unwrap_or(usize::MAX))
        .collect();
    if significant(&shape) != significant(&tensor.shape) {
        let problem = format!(
            "its shape is {}, the network's input is {wanted}",
            page::shape(&shape)
        );
        return Err((problem, "reshape the array to the input's shape".to_owned()));
    }
    if file.order() == Order::Fortran && significant(&shape).len() > 1 {
        let remedy = "save numpy.ascontiguousarray(array)".to_owned();
        return Err((
            "it is stored column by column (Fortran order)".to_owned(),
            remedy,
        ));
    }
    let kind = match file.dtype() {
        DType::Plain(kind) => kind,
        _ => {
            return Err((
                "it holds records".to_owned(),
                format!("save an array of {}", tensor.element.name()),
            ));
        }
    };
    let quantisation = tensor.per_tensor().ok();
    match (kind.type_char(), kind.size_field(), tensor.element, quantisation) {
        (TypeChar::Int, 1, Element::Int8, _) | (TypeChar::Uint, 1, Element::UInt8, _) | (TypeChar::Int, 2, Element::Int16, _) | (TypeChar::Int, 4, Element::Int32, _) => {
            integers(file, tensor.element).map_err(broken)
        }
        (TypeChar::Float, 4 | 8, Element::Float32, _) => {
            Ok(floats(file).map_err(broken)?.into_iter().flat_map(f32::to_le_bytes).collect())
        }
        (TypeChar::Float, 4 | 8, element, Some(quantisation)) => {
            let reals = floats(file).map_err(broken)?;
            Ok(reals.into_iter().flat_map(|real| values::quantise(real, element, quantisation)).collect())
        }
        _ => Err((
            format!("its elements are `{kind}`, the network's input is {wanted}"),
            "save it with array.astype(...), or as floats, which become integers through the input's scale and zero point".to_owned(),
        )),
    }
}

/// Whether the header lies in the file and its shape cannot overflow: with at most 19 digits together, the product of the
/// sizes fits 64 bits. The library allocates and multiplies before it returns.
fn header_is_plausible(bytes: &[u8]) -> bool {
    let header = match bytes {
        [0x93, b'N', b'U', b'M', b'P', b'Y', 1, _, a, b, rest @ ..] => {
            rest.get(..usize::from(u16::from_le_bytes([*a, *b])))
        }
        [
            0x93,
            b'N',
            b'U',
            b'M',
            b'P',
            b'Y',
            _,
            _,
            a,
            b,
            c,
            d,
            rest @ ..,
        ] => rest.get(..u32::from_le_bytes([*a, *b, *c, *d]) as usize),
        _ => None,
    };
    header.is_some_and(|header| header.iter().filter(|byte| byte.is_ascii_digit()).count() <= 19)
}

/// A shape without its sizes of 1, which do not change what is where.
fn significant(shape: &[usize]) -> Vec<usize> {
    shape.iter().copied().filter(|&size| size != 1).collect()
}

fn integers(file: NpyFile<&[u8]>, element: Element) -> std::io::Result<Vec<u8>> {
    Ok(match element {
        Element::Int8 => file
            .into_vec::<i8>()?
            .into_iter()
            .flat_map(i8::to_le_bytes)
            .collect(),
        Element::UInt8 => file.into_vec::<u8>()?,
        Element::Int16 => file
            .into_vec::<i16>()?
            .into_iter()
            .flat_map(i16::to_le_bytes)
            .collect(),
        _ => file
            .into_vec::<i32>()?
            .into_iter()
            .flat_map(i32::to_le_bytes)
            .collect(),
    })
}

fn floats(file: NpyFile<&[u8]>) -> std::io::Result<Vec<f32>> {
    match file.dtype() {
        DType::Plain(kind) if kind.size_field() == 8 => Ok(file
            .into_vec::<f64>()?
            .into_iter()
            .map(|real| real as f32)
            .collect()),
        _ => file.into_vec::<f32>(),
    }
}

/// The `.npy` file of a tensor's contents.
pub fn encode(tensor: &Tensor, contents: &[u8]) -> std::io::Result<Vec<u8>> {
    let shape: Vec<u64> = tensor.shape.iter().map(|&size| size as u64).collect();
    match (Values::decode(tensor.element, contents), tensor.element) {
        (Values::Reals(values), _) => array(&shape, values),
        (Values::Integers(values), Element::Int8) => {
            array(&shape, values.into_iter().map(|value| value as i8))
        }
        (Values::Integers(values), Element::UInt8 | Element::Bool) => {
            array(&shape, values.into_iter().map(|value| value as u8))
        }
        (Values::Integers(values), Element::Int16) => {
            array(&shape, values.into_iter().map(|value| value as i16))
        }
        (Values::Integers(values), Element::Int32) => {
            array(&shape, values.into_iter().map(|value| value as i32))
        }
        (Values::Integers(values), _) => array(&shape, values),
    }
}

fn array<T: AutoSerialize>(
    shape: &[u64],
    values: impl IntoIterator<Item = T>,
) -> std::io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    let mut writer = npyz::WriteOptions::new()
        .default_dtype()
        .shape(shape)
        .writer(&mut bytes)
        .begin_nd()?;
    writer.extend(values)?;
    writer.finish()?;
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    use shortcrust_compiler::graph::Quantisation;

    use super::*;

    fn tensor(shape: &[usize], element: Element) -> Tensor {
        let quantisation = Quantisation {
            scales: vec![0.5],
            zero_points: vec![-3],
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

    #[test]
    fn what_is_written_is_read_again() {
        for (element, contents) in [
            (Element::Int8, vec![0x80, 0xff, 0, 0x7f]),
            (Element::UInt8, vec![0, 1, 128, 255]),
            (Element::Int16, (1..9).collect()),
            (Element::Int32, (1..17).collect()),
            (
                Element::Float32,
                [1.5f32, -2.0, 0.0, 1e9].map(f32::to_le_bytes).concat(),
            ),
        ] {
            let tensor = tensor(&[1, 2, 2], element);
            assert_eq!(
                decode(&encode(&tensor, &contents).unwrap(), &tensor),
                Ok(contents)
            );
        }
    }

    #[test]
    fn floats_are_quantised() {
        let file = array(&[2], [0.5f32, -1.0]).unwrap();
        assert_eq!(
            decode(&file, &tensor(&[1, 2], Element::Int8)),
            Ok(vec![-2i8 as u8, -5i8 as u8])
        );
        let file = array(&[2], [0.5f64, -1.0]).unwrap();
        assert_eq!(
            decode(&file, &tensor(&[1, 2], Element::Int8)),
            Ok(vec![-2i8 as u8, -5i8 as u8])
        );
    }

    #[test]
    fn other_shapes_and_types_are_refused() {
        let file = array(&[3], [1i8, 2, 3]).unwrap();
        assert!(
            decode(&file, &tensor(&[1, 2], Element::Int8))
                .unwrap_err()
                .0
                .contains("its shape is 3")
        );
        let file = array(&[2], [1i16, 2]).unwrap();
        assert!(
            decode(&file, &tensor(&[1, 2], Element::Int8))
                .unwrap_err()
                .0
                .contains("<i2")
        );
    }

    #[test]
    fn broken_files_are_refused() {
        let tensor = tensor(&[4], Element::Int8);
        let sound = array(&[4], [1i8, 2, 3, 4]).unwrap();
        for length in 0..sound.len() {
            assert!(decode(&sound[..length], &tensor).is_err(), "{length} bytes");
        }
        let mut huge = sound.clone();
        let header =
            b"{'descr':'|i1','fortran_order':False,'shape':(9999999999,9999999999,9999)}\n";
        huge.splice(
            10..128.min(sound.len()),
            header
                .iter()
                .copied()
                .chain(std::iter::repeat_n(b' ', 118 - header.len())),
        );
        assert!(decode(&huge, &tensor).is_err());
    }
}

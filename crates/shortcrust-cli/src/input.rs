//! Files as the contents of a network's input.

use std::path::Path;

use shortcrust_compiler::graph::Tensor;

use crate::failure::{Failure, Result};
use crate::photograph::{self, Normalisation};
use crate::{files, npy, page};

/// Reads a file as the contents of a tensor: a picture, a `.npy` array, or else the bytes themselves.
pub fn read(path: &Path, tensor: &Tensor, normalisation: Normalisation) -> Result<Vec<u8>> {
    let extension = path
        .extension()
        .and_then(|extension| extension.to_str())
        .unwrap_or_default()
        .to_lowercase();
    if photograph::EXTENSIONS.contains(&extension.as_str()) {
        photograph::read(path, tensor, normalisation)
    } else if extension == "npy" {
        npy::read(path, tensor)
    } else {
        raw(path, tensor)
    }
}

fn raw(path: &Path, tensor: &Tensor) -> Result<Vec<u8>> {
    let bytes = files::read_at_most(path, tensor.bytes() as u64)?;
    if bytes.len() == tensor.bytes() {
        return Ok(bytes);
    }
    let length = if bytes.len() > tensor.bytes() {
        "more".to_owned()
    } else {
        page::count(bytes.len() as u64)
    };
    let problem = format!(
        "the network's input `{}` of shape {} takes {} bytes, the file has {length}",
        page::name(&tensor.name, 60),
        page::shape(&tensor.shape),
        page::count(tensor.bytes() as u64),
    );
    let remedy = "give a picture (.png, .jpg, .bmp), an array (.npy), or exactly the input's bytes";
    Err(Failure::file(path, problem, remedy))
}

#[cfg(test)]
mod tests {
    use shortcrust_compiler::graph::Element;

    use super::*;

    #[test]
    fn raw_bytes_must_be_as_many_as_the_input_has() {
        let tensor = Tensor {
            name: "x".into(),
            shape: vec![1, 4],
            element: Element::Int8,
            quantisation: None,
            data: None,
        };
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("input.bin");
        for (length, fits) in [(3, false), (4, true), (5, false), (0, false)] {
            std::fs::write(&path, vec![1; length]).unwrap();
            assert_eq!(
                read(&path, &tensor, Normalisation::Auto).is_ok(),
                fits,
                "{length} bytes"
            );
        }
    }
}

//! Files as the contents of a network's input.

use std::path::Path;

use shortcrust_compiler::graph::Tensor;

use crate::failure::{Failure, Result};
use crate::photograph::{self, Normalisation};
use crate::{files, npy, page};

/// What a file holds, by the ending of its name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// A picture.
    Picture,
    /// A `.npy` array.
    Array,
    /// A tensor's bytes: every other file.
    Bytes,
}

impl Kind {
    /// What a file of this name holds.
    pub fn of(path: &Path) -> Self {
        let extension = path.extension().and_then(|extension| extension.to_str());
        match extension.unwrap_or_default().to_lowercase().as_str() {
            "npy" => Self::Array,
            extension if photograph::EXTENSIONS.contains(&extension) => Self::Picture,
            _ => Self::Bytes,
        }
    }
}

/// Reads a file as the contents of a tensor.
pub fn read(path: &Path, tensor: &Tensor, normalisation: Normalisation) -> Result<Vec<u8>> {
    match Kind::of(path) {
        Kind::Picture => photograph::read(path, tensor, normalisation),
        Kind::Array => npy::read(path, tensor),
        Kind::Bytes => raw(path, tensor),
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

//! Files as the contents of a network's input.

use std::path::Path;

use serde::Serialize;
use shortcrust_compiler::graph::{Graph, Tensor};

use crate::failure::{Failure, Result};
use crate::loss::{self, Loss};
use crate::normalisation::{Normalisation, Pixels};
use crate::page::{FAINT, paint};
use crate::{files, npy, page, photograph};

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

/// What a network's input is fed.
#[derive(Debug)]
pub struct Fed {
    /// The input's contents.
    pub bytes: Vec<u8>,
    /// What the pixels of a picture stand for.
    pub pixels: Option<Pixels>,
    /// Numbers that the file has and the input cannot hold, or no network can compute with.
    pub losses: Vec<Loss>,
}

/// What reports say of what a network was fed.
#[derive(Debug, Default, Serialize)]
pub struct Notes {
    /// What the pixels of pictures stand for, each input once.
    pub pixels: Vec<Pixels>,
    /// Numbers of files that do not reach the network as they are.
    pub warnings: Vec<Loss>,
}

impl Notes {
    /// Takes down what there is to say; returns the contents.
    pub fn note(&mut self, fed: Fed) -> Vec<u8> {
        self.pixels
            .extend(fed.pixels.filter(|pixels| !self.pixels.contains(pixels)));
        self.warnings.extend(fed.losses);
        fed.bytes
    }

    /// Lines for people, each after an indentation; `None` where there is nothing to say.
    pub fn text(&self) -> Option<String> {
        let pixels = self.pixels.iter().filter_map(Pixels::text);
        let pixels = pixels.map(|text| paint(FAINT, format!("  {text}")));
        let lines: Vec<String> = pixels.chain(loss::text(&self.warnings)).collect();
        (!lines.is_empty()).then(|| lines.join("\n"))
    }
}

/// Reads a file as the contents of a network's input of a number.
pub fn read(path: &Path, graph: &Graph, input: usize, normalisation: Normalisation) -> Result<Fed> {
    let id = graph.inputs[input];
    let tensor = graph.tensor(id);
    let (bytes, pixels, losses) = match Kind::of(path) {
        Kind::Picture => {
            let (bytes, pixels) = photograph::read(path, graph, id, normalisation)?;
            (bytes, Some(pixels), Vec::new())
        }
        Kind::Array => {
            let (bytes, losses) = npy::read(path, tensor)?;
            (bytes, None, losses)
        }
        Kind::Bytes => {
            let bytes = raw(path, tensor)?;
            let losses = loss::in_contents(tensor, &bytes);
            (bytes, None, losses)
        }
    };
    let in_file = |loss| Loss {
        file: path.to_owned(),
        ..loss
    };
    Ok(Fed {
        bytes,
        pixels,
        losses: losses.into_iter().map(in_file).collect(),
    })
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
            assert_eq!(raw(&path, &tensor).is_ok(), fits, "{length} bytes");
        }
    }
}

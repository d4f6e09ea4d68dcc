//! Golden files: inputs with the outputs of TFLite Micro's reference kernels, `NAME.golden.json` beside `NAME.tflite`.
//!
//! `{"model", "reference", "cases": [{"name", "inputs": [T], "outputs": [T], "layers": [T]}]}` with
//! `T = {"tensor", "shape", "dtype", "data"}`, `data` the base64 of the little-endian contents; `layers` may be missing.

use std::path::{Path, PathBuf};

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde::{Deserialize, Deserializer, de};
use shortcrust_compiler::graph::{Element, Tensor};

use crate::failure::{Failure, Result};
use crate::{files, page};

/// What a golden file's name ends in, where its model's ends in `.tflite`.
const EXTENSION: &str = "golden.json";

/// A golden file.
#[derive(Debug, Deserialize)]
pub struct Golden {
    /// What to feed, and what must come out.
    pub cases: Vec<Case>,
}

/// One run.
#[derive(Debug, Deserialize)]
pub struct Case {
    /// The case's name, for messages.
    #[serde(default)]
    pub name: String,
    /// The contents of the network's inputs, in their order.
    pub inputs: Vec<Contents>,
    /// The contents of its outputs.
    pub outputs: Vec<Contents>,
    /// The contents of every operator's outputs in execution order, where the file has them.
    #[serde(default)]
    pub layers: Vec<Contents>,
}

/// A tensor with its contents.
#[derive(Debug, Deserialize)]
pub struct Contents {
    /// Its name.
    pub tensor: String,
    /// Its sizes, outermost first.
    pub shape: Vec<usize>,
    /// The type of its elements.
    #[serde(rename = "dtype")]
    pub data_type: DataType,
    /// Little-endian, row-major.
    #[serde(deserialize_with = "base64_bytes")]
    pub data: Vec<u8>,
}

/// The element types of golden files.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum DataType {
    /// 8-bit signed integers.
    Int8,
    /// 8-bit unsigned integers.
    UInt8,
    /// 16-bit signed integers.
    Int16,
    /// 32-bit signed integers.
    Int32,
    /// 64-bit signed integers.
    Int64,
    /// Booleans, a byte each.
    Bool,
    /// 32-bit floats.
    Float32,
}

impl DataType {
    /// The element that it stands for.
    fn element(self) -> Element {
        match self {
            DataType::Int8 => Element::Int8,
            DataType::UInt8 => Element::UInt8,
            DataType::Int16 => Element::Int16,
            DataType::Int32 => Element::Int32,
            DataType::Int64 => Element::Int64,
            DataType::Bool => Element::Bool,
            DataType::Float32 => Element::Float32,
        }
    }
}

fn base64_bytes<'de, D: Deserializer<'de>>(
    deserializer: D,
) -> std::result::Result<Vec<u8>, D::Error> {
    let text = String::deserialize(deserializer)?;
    STANDARD
        .decode(text)
        .map_err(|error| de::Error::custom(format!("`data` is not base64: {error}")))
}

impl Contents {
    /// What keeps these contents from belonging to a tensor.
    pub fn mismatch(&self, tensor: &Tensor) -> Option<String> {
        let wanted = format!("{} {}", page::shape(&tensor.shape), tensor.element.name());
        if self.shape != tensor.shape || self.data_type.element() != tensor.element {
            return Some(format!(
                "it is {} {}, the network's is {wanted}",
                page::shape(&self.shape),
                self.data_type.element().name()
            ));
        }
        (self.data.len() != tensor.bytes()).then(|| {
            format!(
                "its data has {} bytes, {wanted} needs {}",
                self.data.len(),
                tensor.bytes()
            )
        })
    }
}

/// The golden file of a model.
pub fn path_of(model: &Path) -> PathBuf {
    model.with_extension(EXTENSION)
}

/// The model of a golden file; `None` for another file.
pub fn model_of(path: &Path) -> Option<PathBuf> {
    let name = path
        .file_name()?
        .to_str()?
        .strip_suffix(EXTENSION)?
        .strip_suffix('.')?;
    Some(path.with_file_name(format!("{name}.tflite")))
}

impl Golden {
    /// Reads a golden file.
    pub fn open(path: &Path) -> Result<Self> {
        let bytes = std::fs::read(path).map_err(|error| files::unreadable(path, &error))?;
        let golden: Self = serde_json::from_slice(&bytes).map_err(|error| {
            Failure::file(
                path,
                format!("it is not a golden file: {error}"),
                "make it again from its model",
            )
        })?;
        if golden.cases.is_empty() {
            return Err(Failure::file(
                path,
                "it has no cases",
                "make it again with at least one case",
            ));
        }
        Ok(golden)
    }
}

impl Case {
    /// What keeps this case from belonging to a network with these inputs and outputs.
    pub fn mismatch<'t>(
        &self,
        inputs: impl ExactSizeIterator<Item = &'t Tensor>,
        outputs: impl ExactSizeIterator<Item = &'t Tensor>,
    ) -> Option<String> {
        mismatch("input", &self.inputs, inputs)
            .or_else(|| mismatch("output", &self.outputs, outputs))
    }
}

fn mismatch<'t>(
    role: &str,
    contents: &[Contents],
    tensors: impl ExactSizeIterator<Item = &'t Tensor>,
) -> Option<String> {
    if contents.len() != tensors.len() {
        let several = format!("{role}s");
        let has = page::plural(contents.len(), role, &several);
        return Some(format!("it has {has}, the network has {}", tensors.len()));
    }
    contents
        .iter()
        .zip(tensors)
        .enumerate()
        .find_map(|(index, (contents, tensor))| {
            let problem = contents.mismatch(tensor)?;
            Some(format!(
                "{role} {index} `{}`: {problem}",
                page::name(&contents.tensor, 60)
            ))
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tensor(shape: &[usize], element: Element) -> Tensor {
        Tensor {
            name: "x".into(),
            shape: shape.into(),
            element,
            quantisation: None,
            data: None,
        }
    }

    #[test]
    fn names_belong_together() {
        let (model, golden) = (
            Path::new("a/net.v2.tflite"),
            Path::new("a/net.v2.golden.json"),
        );
        assert_eq!(path_of(model), golden);
        assert_eq!(model_of(golden).as_deref(), Some(model));
        assert_eq!(model_of(Path::new("notes.json")), None);
    }

    #[test]
    fn contents_are_compared_with_the_network() {
        let text = r#"{"tensor": "x", "shape": [1, 2], "dtype": "int8", "data": "gH8="}"#;
        let contents: Contents = serde_json::from_str(text).unwrap();
        assert_eq!(contents.data, [0x80, 0x7f]);
        assert_eq!(contents.mismatch(&tensor(&[1, 2], Element::Int8)), None);
        assert!(
            contents
                .mismatch(&tensor(&[2, 1], Element::Int8))
                .unwrap()
                .contains("1×2 int8, ")
        );
        assert!(
            contents
                .mismatch(&tensor(&[1, 2], Element::UInt8))
                .is_some()
        );
        let short = Contents {
            data: vec![0],
            ..contents
        };
        assert!(
            short
                .mismatch(&tensor(&[1, 2], Element::Int8))
                .unwrap()
                .contains("has 1 bytes")
        );
    }

    #[test]
    fn data_must_be_base64() {
        let text = r#"{"tensor": "x", "shape": [1], "dtype": "int8", "data": "%%"}"#;
        let error = serde_json::from_str::<Contents>(text).unwrap_err();
        assert!(error.to_string().contains("not base64"), "{error}");
    }
}

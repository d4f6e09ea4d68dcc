//! What reports say about tensors, and a network's ends.

use serde::Serialize;
use shortcrust_compiler::graph::{Graph, Tensor, TensorId};
use thiserror::Error;

use crate::page;

/// A tensor's name, shape and quantisation.
#[derive(Clone, Debug, Serialize)]
pub struct Summary {
    /// The name in the file.
    pub tensor: String,
    /// Sizes, outermost first.
    pub shape: Vec<usize>,
    /// The elements' type as TensorFlow calls it, `int8`.
    pub element: &'static str,
    /// The size of the contents.
    pub bytes: usize,
    /// The scale of a tensor that is quantised as a whole.
    pub scale: Option<f32>,
    /// Its zero point.
    pub zero_point: Option<i32>,
}

impl From<&Tensor> for Summary {
    fn from(tensor: &Tensor) -> Self {
        let (scale, zero_point) = tensor.per_tensor().ok().unzip();
        Self {
            tensor: tensor.name.clone(),
            shape: tensor.shape.clone(),
            element: tensor.element.name(),
            bytes: tensor.bytes(),
            scale,
            zero_point,
        }
    }
}

/// A network has none or several of what it should have one of.
#[derive(Debug, Error)]
#[error("the network has {} {end}s ({})", names.len(), names.join(", "))]
pub struct NotOne {
    /// `input` or `output`.
    pub end: &'static str,
    names: Vec<String>,
}

/// The one input and the one output of a network.
pub fn ends(graph: &Graph) -> Result<[&Tensor; 2], NotOne> {
    let one = |ids: &[TensorId], end| match ids {
        [id] => Ok(graph.tensor(*id)),
        _ => {
            let name = |id: &TensorId| format!("`{}`", page::name(&graph.tensor(*id).name, 40));
            let names = ids.iter().map(name).collect();
            Err(NotOne { end, names })
        }
    };
    Ok([one(&graph.inputs, "input")?, one(&graph.outputs, "output")?])
}

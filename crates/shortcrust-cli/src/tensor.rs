//! What reports say about a tensor.

use serde::Serialize;
use shortcrust_compiler::graph::Tensor;

/// A tensor's name, shape and quantisation.
#[derive(Clone, Debug, Serialize)]
pub struct Summary {
    /// The name in the file.
    pub tensor: String,
    /// Sizes, outermost first.
    pub shape: Vec<usize>,
    /// The elements' type as in Rust, `i8`.
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
            element: tensor.element.rust_name(),
            bytes: tensor.bytes(),
            scale,
            zero_point,
        }
    }
}

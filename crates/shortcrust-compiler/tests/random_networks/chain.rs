//! Chains of layers as image classifiers have them.

use shortcrust_compiler::graph::{Element, Graph, TensorId};
use shortcrust_compiler::tflite::Options;
use shortcrust_compiler::tflite::ReducerOptions;

use crate::model::Model;
use crate::random::Random;

/// Layers that are larger than these are not tried.
const LARGEST: usize = 60_000;
const MOST_MACS: usize = 4_000_000;

/// A chain that begins with an image of some of `channels`.
pub fn start(seed: u64, channels: &[usize]) -> Model {
    let mut model = Model::new(Random::seeded(seed), LARGEST, MOST_MACS);
    let channels = model.random.of(channels);
    let (height, width) = (model.random.between(1, 12), model.random.between(1, 12));
    model.input(vec![1, height, width, channels], Element::Int8);
    model
}

/// The chain of a seed, and the random numbers that follow it.
pub fn chain(seed: u64) -> (Graph, Random) {
    let mut model = start(seed, &[1, 2, 3, 4, 5, 8, 12, 16, 24, 32, 48, 64]);
    let mut end = model.graph.inputs[0];
    for _ in 0..model.random.between(1, 4) {
        end = grow(&mut model, end).unwrap_or(end);
    }
    if model.random.once_in(3) {
        end = classify(&mut model, end).unwrap_or(end);
    }
    if model.graph.nodes.is_empty() {
        end = model.pointwise(end, 1);
    }
    model.graph.outputs.push(end);
    (model.graph, model.random)
}

/// Appends a layer.
fn grow(model: &mut Model, input: TensorId) -> Option<TensorId> {
    match model.random.below(8) {
        0..=2 => model.convolution(input),
        3 | 4 => model.depthwise(input),
        5 => model.pool(input),
        6 => {
            model.pool = vec![input];
            model.arithmetic()
        }
        _ => model.resize(input),
    }
}

/// Appends a classifier: mean over the image, fully connected, softmax.
fn classify(model: &mut Model, input: TensorId) -> Option<TensorId> {
    let shape = model.shape(input);
    let axes = model.numbers([1, 2]);
    let scale = model.scale(input);
    let mean = model.activation_near(vec![shape[0], shape[3]], scale);
    let options = Options::Reducer(ReducerOptions { keep_dims: false });
    model.node("MEAN", &[input, axes], &[mean], options);
    let classes = model.random.between(1, 20);
    let logits = model.fully_connected(mean, classes)?;
    model.pool = vec![logits];
    model.softmax()
}

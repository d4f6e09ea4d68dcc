//! Graphs that random ones were reduced to when they failed.

use shortcrust_compiler::graph::{Element, Graph};
use shortcrust_compiler::tflite::{
    DepthwiseConv2DOptions, FusedActivation, Options, Padding, SoftmaxOptions,
};

use crate::model::Model;
use crate::random::Random;

/// Makes a graph, and what its inputs are drawn from.
type Make = fn() -> (Graph, Random);

/// What is special about each, and how it is made.
pub const GRAPHS: &[(&str, Make)] = &[
    (
        "a frame makes the image longer than the stride",
        frame_and_stride,
    ),
    (
        "an output is computed from a constant",
        output_of_a_constant,
    ),
    ("511 equal exponentials", || equal_exponentials(511)),
    ("512 equal exponentials", || equal_exponentials(512)),
    ("4,096 equal exponentials", || equal_exponentials(4_096)),
];

fn model() -> Model {
    Model::new(Random::seeded(0), 100_000, 1_000_000)
}

/// The frame is folded into the convolution, whose stride exceeds what is left of the image.
fn frame_and_stride() -> (Graph, Random) {
    let mut model = model();
    let input = model.input(vec![1, 2, 2, 48], Element::Int8);
    let framed = model.like(input, vec![1, 5, 5, 48]);
    let amounts = model.numbers([0, 0, 1, 2, 2, 1, 0, 0]);
    model.graph.tensors[amounts.0].shape = vec![4, 2];
    model.node("PAD", &[input, amounts], &[framed], Options::None);
    let output = model.activation(vec![1, 2, 2, 48]);
    let weights = model.weights(vec![1, 9, 3, 48], Some(3), 0.01);
    let options = DepthwiseConv2DOptions {
        padding: Padding::Same,
        stride_w: 3,
        stride_h: 3,
        depth_multiplier: 1,
        fused_activation_function: FusedActivation::None,
        ..DepthwiseConv2DOptions::default()
    };
    let options = Options::DepthwiseConv2D(options);
    model.node("DEPTHWISE_CONV_2D", &[framed, weights], &[output], options);
    model.graph.outputs.push(output);
    (model.graph, model.random)
}

/// Kernels that read activations must not be called for constants.
fn output_of_a_constant() -> (Graph, Random) {
    let mut model = model();
    model.input(vec![1, 16], Element::Int8);
    let quantisation = model.quantisation();
    let constant = model.constant(vec![1, 4, 4, 16], quantisation);
    model.pool = vec![constant];
    model.function();
    model.pool = vec![constant];
    model.pool(constant);
    model.pool = vec![constant];
    model.convolution(constant);
    let nodes = model.graph.nodes.iter();
    model.graph.outputs = nodes.flat_map(|node| node.outputs.clone()).collect();
    (model.graph, model.random)
}

/// From 512 on their sum has more bits than the shift that follows.
fn equal_exponentials(count: usize) -> (Graph, Random) {
    let mut model = model();
    let input = model.input(vec![1, count], Element::Int8);
    let output = model.softmax().expect("the input suits it");
    let beta = 1.0 / 1024.0;
    let softmax = &mut model.graph.nodes[0];
    softmax.options = Options::Softmax(SoftmaxOptions { beta });
    let quantisation = model.graph.tensors[input.0].quantisation.as_mut();
    quantisation.expect("activations have one").scales = vec![1.0 / 1024.0];
    model.graph.outputs.push(output);
    (model.graph, model.random)
}

//! Beginnings of graphs on either side of what machine code and passes treat differently.

use shortcrust_compiler::graph::{Element, TensorId};

use crate::model::Model;

/// What a graph may begin with.
pub const EXTREMES: &[fn(&mut Model)] = &[
    many_channels,
    long_rows,
    large_constants,
    many_axes,
    many_outputs,
    many_parts,
    large_tensors,
    deep_sums,
    many_taps,
    long_softmax,
];

/// Room for the layers of an extreme.
fn allow(model: &mut Model, largest: usize, macs: usize) {
    model.largest = largest;
    model.most_macs = macs;
}

/// Thousands of channels: their requantisation constants exceed what an `addmi` reaches.
fn many_channels(model: &mut Model) {
    let channels = model
        .random
        .of(&[1_100, 2_035, 2_320, 2_336, 2_400, 2_720, 4_112]);
    allow(model, 3 * channels, 200_000);
    let width = model.random.between(1, 2);
    let layer = model.random.below(3);
    let depth = if layer == 0 {
        channels
    } else {
        model.random.between(1, 12)
    };
    let input = model.input(vec![1, 1, width, depth], Element::Int8);
    match layer {
        0 => model.depthwise(input),
        1 => model.pointwise(input, channels).into(),
        _ => model.fully_connected(input, channels),
    };
}

/// Rows of an image around 32 KB.
fn long_rows(model: &mut Model) {
    let channels = model.random.of(&[1, 4, 8, 16, 32]);
    let bytes = model.random.of(&[32_000, 32_768, 33_000, 40_000]);
    allow(model, 90_000, 4_000_000);
    let height = model.random.between(1, 2);
    let shape = vec![1, height, bytes / channels, channels];
    let input = model.input(shape, Element::Int8);
    match model.random.below(4) {
        0 => model.convolution(input),
        1 => model.depthwise(input),
        2 => model.pool(input),
        _ => model.resize(input),
    };
}

/// Constants around 64 KB that operators compute from others.
fn large_constants(model: &mut Model) {
    allow(model, 100_000, 400_000);
    let depth = model.random.between(60, 70);
    model.input(vec![1, depth], Element::Int8);
    let count = model.random.of(&[60_000, 65_536, 65_552, 70_000]);
    let quantisation = model.quantisation();
    let shape = model.factors(count);
    let constant = model.constant(shape, quantisation);
    model.pool.push(constant);
    let outputs = model.random.of(&[900, 1_000, 1_100]);
    model.fully_connected(model.graph.inputs[0], outputs);
}

/// As many axes as masks have bits, and more; most of them are 1.
fn many_axes(model: &mut Model) {
    let axes = model.random.of(&[7, 8, 9, 31, 32, 33, 40]);
    let mut shape = vec![1; axes];
    for _ in 0..4 {
        let axis = model.random.below(axes);
        shape[axis] = model.random.between(1, 4);
    }
    let flat = model.input(vec![shape.iter().product()], Element::Int8);
    let input = model.reshape_to(flat, shape);
    let output: TensorId = model.strided_slice_of(input);
    let shape = model.shape(output);
    let count = shape.iter().product();
    model.reshape_to(output, vec![count]);
}

/// Fully connected layers whose weights exceed the cache.
fn many_outputs(model: &mut Model) {
    allow(model, 4_000, 300_000);
    let depth = model.random.of(&[96, 128, 250, 256]);
    let width = model.random.between(1, 2);
    let input = model.input(vec![1, 1, width, depth], Element::Int8);
    let outputs = model.random.of(&[256, 304, 400]);
    model.pointwise(input, outputs);
}

/// A tensor in many parts and together again.
fn many_parts(model: &mut Model) {
    allow(model, 4_000, 100_000);
    let (parts, height) = (model.random.between(2, 12), model.random.between(1, 3));
    let width = model.random.of(&[1, 5, 16, 32]);
    model.input(vec![parts, height, width], Element::Int8);
    for _ in 0..3 {
        model.split();
        model.concatenation();
    }
}

/// Tensors around 32 KB and 64 KB, for whatever follows.
fn large_tensors(model: &mut Model) {
    allow(model, 80_000, 2_000_000);
    let count = model
        .random
        .of(&[8_192, 32_512, 32_768, 33_000, 40_000, 65_536, 70_000]);
    let shape = model.factors(count);
    model.input(shape, Element::Int8);
}

/// Fully connected layers of tens of thousands of inputs.
fn deep_sums(model: &mut Model) {
    let depth = model.random.of(&[16_384, 32_752, 32_768, 33_000, 40_000]);
    allow(model, depth, 1_000_000);
    let input = model.input(vec![1, depth], Element::Int8);
    let outputs = model.random.between(1, 4);
    model.fully_connected(input, outputs);
    model.reduction();
}

/// Windows of more taps than code has for each of them, and strides beyond the window.
fn many_taps(model: &mut Model) {
    allow(model, 8_000, 3_000_000);
    let channels = model.random.of(&[1, 3, 8, 16, 24]);
    let size = model.random.between(9, 16);
    let input = model.input(vec![1, size, size, channels], Element::Int8);
    for _ in 0..4 {
        model.depthwise(input);
        model.convolution(input);
        model.pool(input);
    }
}

/// Rows up to the longest that SOFTMAX has.
fn long_softmax(model: &mut Model) {
    allow(model, 9_000, 100_000);
    let depth = model
        .random
        .of(&[500, 511, 512, 513, 1_000, 1_024, 2_047, 2_048, 4_095, 4_096]);
    let rows = model.random.between(1, 2);
    model.input(vec![rows, depth], Element::Int8);
    model.softmax();
}

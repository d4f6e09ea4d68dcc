//! Random graphs: several inputs and outputs, branches that nobody reads, constants anywhere, and now and then sizes beyond the
//! limits that code generators know.

use shortcrust_compiler::graph::{Element, Graph, TensorId};

use crate::extremes::EXTREMES;
use crate::model::Model;
use crate::random::Random;
use crate::values::RANK;

/// Adds an operator that reads the pool, where it finds something that suits it.
type Grow = fn(&mut Model) -> Option<TensorId>;

/// What a graph grows by, and how often.
const GROWTHS: &[(usize, Grow)] = &[
    (3, |model| {
        model.image().and_then(|input| model.convolution(input))
    }),
    (2, |model| {
        model.image().and_then(|input| model.depthwise(input))
    }),
    (1, |model| {
        model
            .image()
            .and_then(|input| model.transpose_convolution(input))
    }),
    (2, |model| model.image().and_then(|input| model.pool(input))),
    (2, |model| {
        model.image().and_then(|input| model.resize(input))
    }),
    (2, padded_convolution),
    (2, fully_connected),
    (1, Model::products_of_rows),
    (2, Model::again),
    (5, Model::arithmetic),
    (5, Model::function),
    (1, Model::softmax),
    (2, Model::reduction),
    (1, Model::arg_max),
    (2, Model::conversion),
    (4, Model::reshape),
    (2, Model::transpose),
    (2, Model::slice),
    (2, Model::strided_slice),
    (3, Model::split),
    (2, Model::pack),
    (5, Model::concatenation),
    (1, pad),
    (1, Model::gather),
];

fn fully_connected(model: &mut Model) -> Option<TensorId> {
    let input = model.pick_int8(usize::MAX)?;
    let outputs = model.random.between(1, 40);
    model.fully_connected(input, outputs)
}

fn pad(model: &mut Model) -> Option<TensorId> {
    let input = model.pick_int8(RANK)?;
    (!model.shape(input).is_empty()).then(|| model.pad(input))?
}

/// A frame and one or two convolutions that read it.
fn padded_convolution(model: &mut Model) -> Option<TensorId> {
    let image = model.image()?;
    let padded = model.pad(image)?;
    let first = match model.random.once_in(2) {
        true => model.convolution(padded),
        false => model.depthwise(padded),
    };
    if model.random.once_in(4) {
        model.depthwise(padded);
    }
    first
}

/// How large graphs are.
struct Size {
    /// One in so many of a hundred.
    share: usize,
    /// The most operators.
    nodes: usize,
    /// The most elements of a tensor.
    largest: usize,
    /// The most multiply-accumulates of a layer.
    macs: usize,
}

const SIZES: &[Size] = &[
    Size {
        share: 55,
        nodes: 8,
        largest: 1_500,
        macs: 60_000,
    },
    Size {
        share: 25,
        nodes: 20,
        largest: 600,
        macs: 20_000,
    },
    Size {
        share: 8,
        nodes: 60,
        largest: 300,
        macs: 10_000,
    },
    // From 8,192 bytes on layers are split for two cores.
    Size {
        share: 12,
        nodes: 5,
        largest: 24_000,
        macs: 1_000_000,
    },
];

/// The graph of a seed, and the random numbers that follow it.
pub fn graph(seed: u64) -> (Graph, Random) {
    let mut random = Random::seeded(seed);
    let mut place = random.below(100);
    let size = SIZES.iter().find(|size| {
        let found = place < size.share;
        place = place.saturating_sub(size.share);
        found
    });
    let size = size.expect("the shares are a hundred together");
    let mut model = Model::new(random, size.largest, size.macs);
    if model.random.once_in(16) {
        let extreme = model.random.of(EXTREMES);
        extreme(&mut model);
    } else {
        start(&mut model);
    }
    let nodes = model.random.between(1, size.nodes);
    let total: usize = GROWTHS.iter().map(|(share, _)| share).sum();
    // Growths that find nothing are tries, too.
    for _ in 0..4 * nodes {
        if model.graph.nodes.len() >= nodes {
            break;
        }
        let mut place = model.random.below(total);
        for (share, grow) in GROWTHS {
            if place < *share {
                grow(&mut model);
                break;
            }
            place -= share;
        }
    }
    if model.graph.nodes.is_empty() {
        model.reshape();
    }
    finish(model)
}

/// Inputs and constants to begin with.
fn start(model: &mut Model) {
    let channels = [1, 2, 3, 4, 5, 8, 12, 16, 16, 24, 32, 32, 48, 64];
    for _ in 0..model.random.of(&[1, 1, 2, 3]) {
        let mut shape = vec![
            model.random.of(&[1, 1, 1, 1, 2, 3]),
            model.random.between(1, 12),
            model.random.between(1, 12),
            model.random.of(&channels),
        ];
        if model.largest > 10_000 {
            (shape[1], shape[2]) = (4 * shape[1], 4 * shape[2]);
        }
        while shape.iter().product::<usize>() > model.largest {
            let axis = model.random.below(4);
            shape[axis] = shape[axis].div_ceil(2);
        }
        if model.random.once_in(4) {
            shape.drain(..model.random.between(1, 4));
        }
        let element = match model.random.below(24) {
            0 => Element::Float32,
            1 => Element::UInt8,
            2 => Element::Int32,
            3 => Element::Int16,
            _ => Element::Int8,
        };
        model.input(shape, element);
    }
    for _ in 0..model.random.of(&[0, 0, 0, 1, 2]) {
        let shape = model.shape(model.graph.inputs[0]);
        let quantisation = model.quantisation();
        let constant = model.constant(shape, quantisation);
        model.pool.push(constant);
    }
}

/// Chooses outputs: mostly what nobody reads, and anything else now and then.
fn finish(mut model: Model) -> (Graph, Random) {
    let read = |model: &Model, id: TensorId| {
        let mut nodes = model.graph.nodes.iter();
        nodes.any(|node| node.inputs.contains(&Some(id)))
    };
    let pool = model.pool.clone();
    for &id in &pool {
        let is_end = !read(&model, id) && !model.graph.inputs.contains(&id);
        let chosen = match is_end {
            true => !model.random.once_in(6),
            false => model.random.once_in(12),
        };
        if chosen {
            model.graph.outputs.push(id);
        }
    }
    if model.random.once_in(30) && !model.graph.outputs.is_empty() {
        let again = model.random.below(model.graph.outputs.len());
        model.graph.outputs.push(model.graph.outputs[again]);
    }
    while model.graph.outputs.is_empty() {
        let id = model.random.of(&pool);
        model.graph.outputs.push(id);
    }
    (model.graph, model.random)
}

//! The convolutions of the person detection network (MobileNet v1, 96 x 96 x 1, width 0.25): all together, all of a kind, and
//! each shape.

use std::hint::black_box;

use criterion::{Criterion, criterion_group, criterion_main};
use shortcrust_kernels::conv_2d::Conv2d;
use shortcrust_kernels::depthwise_conv_2d::DepthwiseConv2d;
use shortcrust_kernels::shape::{Activation, Image, Window};

/// The depthwise convolutions: input size, input channels, output size, output channels, and how often they occur.
const DEPTHWISE: [(usize, usize, usize, usize, usize); 11] = [
    (96, 1, 48, 8, 1),
    (48, 8, 48, 8, 1),
    (48, 16, 24, 16, 1),
    (24, 32, 24, 32, 1),
    (24, 32, 12, 32, 1),
    (12, 64, 12, 64, 1),
    (12, 64, 6, 64, 1),
    (6, 128, 6, 128, 5),
    (6, 128, 3, 128, 1),
    (3, 256, 3, 256, 1),
    (6, 13, 6, 13, 0),
];

/// The 1 x 1 convolutions: size, input channels, output channels, and how often they occur.
const POINTWISE: [(usize, usize, usize, usize); 11] = [
    (48, 8, 16, 1),
    (24, 16, 32, 1),
    (24, 32, 32, 1),
    (12, 32, 64, 1),
    (12, 64, 64, 1),
    (6, 64, 128, 1),
    (6, 128, 128, 5),
    (3, 128, 256, 1),
    (3, 256, 256, 1),
    (1, 256, 2, 1),
    (6, 13, 13, 0),
];

const ACTIVATION: Activation = Activation {
    min: -128,
    max: 127,
};

/// The tensors of a layer.
struct Tensors {
    input: Vec<i8>,
    weights: Vec<i8>,
    bias: Vec<i32>,
    multiplier: Vec<i32>,
    shift: Vec<i32>,
    output: Vec<i8>,
}

impl Tensors {
    fn new(input: usize, weights: usize, channels: usize, output: usize) -> Self {
        let bytes = |length: usize| {
            (0..length)
                .map(|index| (index.wrapping_mul(2_654_435_761) >> 7) as i8)
                .collect()
        };
        Tensors {
            input: bytes(input),
            weights: bytes(weights),
            bias: (0..channels)
                .map(|channel| channel as i32 * 100 - 900)
                .collect(),
            multiplier: (0..channels)
                .map(|channel| (1 << 30) + (channel as i32 * 4_321_987) % (1 << 30))
                .collect(),
            shift: (0..channels)
                .map(|channel| -6 - channel as i32 % 4)
                .collect(),
            output: vec![0; output],
        }
    }
}

fn window(size: usize, stride: usize, pad: usize) -> Window {
    Window {
        height: size,
        width: size,
        stride_height: stride,
        stride_width: stride,
        dilation_height: 1,
        dilation_width: 1,
        pad_top: pad,
        pad_left: pad,
    }
}

fn square(size: usize, channels: usize) -> Image {
    Image {
        height: size,
        width: size,
        channels,
    }
}

/// Something that runs one layer.
type Layer = Box<dyn FnMut()>;

fn depthwise(
    (size, channels, output_size, output_channels, _): (usize, usize, usize, usize, usize),
) -> Layer {
    let stride = size / output_size;
    let kernel = DepthwiseConv2d {
        batches: 1,
        input: square(size, channels),
        output: square(output_size, output_channels),
        window: window(3, stride, 2 - stride),
        depth_multiplier: output_channels / channels,
        input_zero_point: -128,
        output_zero_point: -128,
        activation: ACTIVATION,
    };
    let mut t = Tensors::new(
        kernel.input.len(),
        9 * output_channels,
        output_channels,
        kernel.output.len(),
    );
    Box::new(move || {
        let kernel = black_box(kernel);
        kernel.run(
            &t.input,
            &t.weights,
            &t.bias,
            &t.multiplier,
            &t.shift,
            black_box(&mut t.output),
        );
    })
}

fn pointwise((size, channels, output_channels, _): (usize, usize, usize, usize)) -> Layer {
    let kernel = Conv2d {
        batches: 1,
        input: square(size, channels),
        output: square(size, output_channels),
        window: window(1, 1, 0),
        groups: 1,
        input_zero_point: -128,
        output_zero_point: -128,
        activation: ACTIVATION,
    };
    let mut t = Tensors::new(
        kernel.input.len(),
        channels * output_channels,
        output_channels,
        kernel.output.len(),
    );
    Box::new(move || {
        let kernel = black_box(kernel);
        kernel.run(
            &t.input,
            &t.weights,
            &t.bias,
            &t.multiplier,
            &t.shift,
            black_box(&mut t.output),
        );
    })
}

fn kernels(criterion: &mut Criterion) {
    let depthwise_layers = || {
        DEPTHWISE
            .iter()
            .flat_map(|&shape| (0..shape.4).map(move |_| depthwise(shape)))
    };
    let pointwise_layers = || {
        POINTWISE
            .iter()
            .flat_map(|&shape| (0..shape.3).map(move |_| pointwise(shape)))
    };
    let mut all: Vec<Layer> = depthwise_layers().chain(pointwise_layers()).collect();
    criterion.bench_function("person_detect", |b| {
        b.iter(|| all.iter_mut().for_each(|layer| layer()))
    });
    let mut all: Vec<Layer> = depthwise_layers().collect();
    criterion.bench_function("person_detect depthwise", |b| {
        b.iter(|| all.iter_mut().for_each(|layer| layer()))
    });
    let mut all: Vec<Layer> = pointwise_layers().collect();
    criterion.bench_function("person_detect 1x1", |b| {
        b.iter(|| all.iter_mut().for_each(|layer| layer()))
    });
    for shape in DEPTHWISE {
        let (size, channels, output_size, output_channels, _) = shape;
        let name = format!(
            "depthwise {size}x{size}x{channels} to {output_size}x{output_size}x{output_channels}"
        );
        criterion.bench_function(&name, |b| b.iter(depthwise(shape)));
    }
    for shape in POINTWISE {
        let (size, channels, output_channels, _) = shape;
        let name = format!("1x1 {size}x{size}x{channels} to {output_channels}");
        criterion.bench_function(&name, |b| b.iter(pointwise(shape)));
    }
}

criterion_group!(benches, kernels);
criterion_main!(benches);

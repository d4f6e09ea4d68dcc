//! Shapes on either side of every threshold in the generators of machine code: the host, the chip and its two cores agree, and the
//! kernel is the one that the side asks for.

use shortcrust_compiler::execute::Execution;
use shortcrust_compiler::graph::{
    Element, Graph, Node, Padding as Folded, Quantisation, Tensor, TensorId,
};
use shortcrust_compiler::lx7::Portable;
use shortcrust_compiler::lx7::simulation::{Simulation, Weights};
use shortcrust_compiler::network::Network;
use shortcrust_compiler::tflite::{
    AddOptions, Conv2DOptions, DepthwiseConv2DOptions, FullyConnectedOptions, FusedActivation,
    MulOptions, Options, Padding, Pool2DOptions, ReducerOptions, ResizeBilinearOptions,
    ResizeNearestNeighborOptions, SoftmaxOptions, TransposeConvOptions,
};

const INPUT: TensorId = TensorId(0);

/// Bytes that look random and are the same everywhere.
fn noise(seed: usize) -> impl Iterator<Item = u8> {
    let mut state = seed as u64 ^ 0x9E37_79B9_7F4A_7C15;
    std::iter::repeat_with(move || {
        state = state
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        (state >> 40) as u8
    })
}

/// A network of one operator under construction.
struct Layer {
    graph: Graph,
    /// By how many octaves the scales of weights differ.
    octaves: i32,
}

impl Layer {
    /// With one input.
    fn new(shape: &[usize]) -> Self {
        let mut layer = Self {
            graph: Graph {
                tensors: Vec::new(),
                nodes: Vec::new(),
                inputs: vec![INPUT],
                outputs: Vec::new(),
                faults: Default::default(),
            },
            octaves: 0,
        };
        layer.activation(shape, 0.05, -3);
        layer
    }

    fn push(
        &mut self,
        shape: &[usize],
        element: Element,
        scale: Option<(Vec<f32>, i32)>,
        data: Option<Vec<u8>>,
    ) -> TensorId {
        self.graph.tensors.push(Tensor {
            name: format!("tensor {}", self.graph.tensors.len()),
            shape: shape.to_vec(),
            element,
            quantisation: scale.map(|(scales, axis)| Quantisation {
                zero_points: vec![0; scales.len()],
                scales,
                axis: axis as usize,
            }),
            data,
        });
        TensorId(self.graph.tensors.len() - 1)
    }

    fn activation(&mut self, shape: &[usize], scale: f32, zero_point: i32) -> TensorId {
        let tensor = self.push(shape, Element::Int8, Some((vec![scale], 0)), None);
        if let Some(quantisation) = &mut self.graph.tensors[tensor.0].quantisation {
            quantisation.zero_points = vec![zero_point];
        }
        tensor
    }

    /// Weights with a scale for each index of an axis.
    fn weights(&mut self, shape: &[usize], axis: i32) -> TensorId {
        let channels = shape[axis as usize];
        let scales = (0..channels as i32)
            .map(|channel| 0.01 * (-(channel % (self.octaves + 1)) as f32).exp2())
            .collect();
        let data = noise(shape.len() + channels)
            .map(|byte| (byte as i8).max(-127) as u8)
            .take(shape.iter().product())
            .collect();
        self.push(shape, Element::Int8, Some((scales, axis)), Some(data))
    }

    fn words(&mut self, values: &[i32]) -> TensorId {
        let data = values
            .iter()
            .flat_map(|value| value.to_le_bytes())
            .collect();
        self.push(&[values.len()], Element::Int32, None, Some(data))
    }

    fn bias(&mut self, channels: usize) -> TensorId {
        let values: Vec<i32> = noise(channels)
            .take(channels)
            .map(|byte| 20 * i32::from(byte as i8))
            .collect();
        self.words(&values)
    }

    /// The output of sums of so many products.
    fn sums(&mut self, shape: &[usize], products: usize) -> TensorId {
        self.activation(shape, 0.05 * 0.01 * 70.0 * (products as f32).sqrt(), 5)
    }

    /// The network, with its only operator.
    fn node(
        mut self,
        kind: &'static str,
        inputs: &[TensorId],
        output: TensorId,
        options: Options,
    ) -> Graph {
        self.graph.nodes.push(Node {
            number: 0,
            kind,
            inputs: inputs.iter().copied().map(Some).collect(),
            outputs: vec![output],
            options,
            folded_padding: Folded::default(),
        });
        self.graph.outputs.push(output);
        self.graph
    }

    /// An operator whose output has the input's scale.
    fn unscaled(
        mut self,
        kind: &'static str,
        others: &[TensorId],
        shape: &[usize],
        options: Options,
    ) -> Graph {
        let output = self.activation(shape, 0.05, -3);
        let inputs: Vec<TensorId> = [INPUT].iter().chain(others).copied().collect();
        self.node(kind, &inputs, output, options)
    }
}

/// CONV_2D over `[height, width, channels]` with a window of rows and columns, strides of 1, and padding of zeros or none.
fn convolution(
    [height, width, channels]: [usize; 3],
    [rows, columns]: [usize; 2],
    filters: usize,
    padding: Padding,
) -> Graph {
    dilated(
        [height, width, channels],
        [rows, columns],
        filters,
        padding,
        1,
    )
}

fn dilated(
    [height, width, channels]: [usize; 3],
    [rows, columns]: [usize; 2],
    filters: usize,
    padding: Padding,
    dilation: i32,
) -> Graph {
    let mut layer = Layer::new(&[1, height, width, channels]);
    let weights = layer.weights(&[filters, rows, columns, channels], 0);
    let bias = layer.bias(filters);
    let shape = match padding {
        Padding::Same => [1, height, width, filters],
        Padding::Valid => [1, height + 1 - rows, width + 1 - columns, filters],
    };
    let output = layer.sums(&shape, rows * columns * channels);
    let options = Conv2DOptions {
        padding,
        stride_w: 1,
        stride_h: 1,
        dilation_h_factor: dilation,
        fused_activation_function: FusedActivation::Relu,
        ..Conv2DOptions::default()
    };
    let inputs = [INPUT, weights, bias];
    layer.node("CONV_2D", &inputs, output, Options::Conv2D(options))
}

/// DEPTHWISE_CONV_2D over `[height, width, channels]`, padded with zeros.
fn depthwise([height, width, channels]: [usize; 3], [rows, columns]: [usize; 2]) -> Graph {
    let shape = [1, height, width, channels];
    let mut layer = Layer::new(&shape);
    let weights = layer.weights(&[1, rows, columns, channels], 3);
    let bias = layer.bias(channels);
    let output = layer.sums(&shape, rows * columns);
    let options = DepthwiseConv2DOptions {
        padding: Padding::Same,
        stride_w: 1,
        stride_h: 1,
        depth_multiplier: 1,
        fused_activation_function: FusedActivation::Relu6,
        ..DepthwiseConv2DOptions::default()
    };
    let inputs = [INPUT, weights, bias];
    let options = Options::DepthwiseConv2D(options);
    layer.node("DEPTHWISE_CONV_2D", &inputs, output, options)
}

/// TRANSPOSE_CONV of a window of 2 x 2 with strides of 2.
fn transposed([height, width, channels]: [usize; 3], filters: usize) -> Graph {
    let mut layer = Layer::new(&[1, height, width, channels]);
    let shape = [1, 2 * height, 2 * width, filters];
    let size = layer.words(&shape.map(|size| size as i32));
    let weights = layer.weights(&[filters, 2, 2, channels], 0);
    let bias = layer.bias(filters);
    let output = layer.sums(&shape, channels);
    let options = TransposeConvOptions {
        padding: Padding::Valid,
        stride_w: 2,
        stride_h: 2,
        fused_activation_function: FusedActivation::Relu,
    };
    let inputs = [size, weights, INPUT, bias];
    let options = Options::TransposeConv(options);
    layer.node("TRANSPOSE_CONV", &inputs, output, options)
}

/// FULLY_CONNECTED; scales of its weights lie up to some octaves apart.
fn fully_connected(inputs: usize, outputs: usize, octaves: i32) -> Graph {
    let mut layer = Layer::new(&[1, inputs]);
    layer.octaves = octaves;
    let weights = layer.weights(&[outputs, inputs], 0);
    let bias = layer.bias(outputs);
    let output = layer.sums(&[1, outputs], inputs);
    let options = FullyConnectedOptions {
        fused_activation_function: FusedActivation::Relu,
        ..FullyConnectedOptions::default()
    };
    let options = Options::FullyConnected(options);
    layer.node("FULLY_CONNECTED", &[INPUT, weights, bias], output, options)
}

/// A pool of 2 x 2 without padding.
fn pool(kind: &'static str, [height, width, channels]: [usize; 3]) -> Graph {
    let options = Pool2DOptions {
        padding: Padding::Valid,
        stride_w: 1,
        stride_h: 1,
        filter_width: 2,
        filter_height: 2,
        fused_activation_function: FusedActivation::None,
    };
    let output = [1, height - 1, width - 1, channels];
    Layer::new(&[1, height, width, channels]).unscaled(kind, &[], &output, Options::Pool2D(options))
}

/// MEAN over the first of two axes.
fn mean(reduced: usize, kept: usize) -> Graph {
    let mut layer = Layer::new(&[reduced, kept]);
    let axes = layer.words(&[0]);
    let options = Options::Reducer(ReducerOptions { keep_dims: false });
    layer.unscaled("MEAN", &[axes], &[kept], options)
}

fn softmax(depth: usize) -> Graph {
    let mut layer = Layer::new(&[2, depth]);
    let output = layer.activation(&[2, depth], 1.0 / 256.0, -128);
    let options = Options::Softmax(SoftmaxOptions { beta: 1.0 });
    layer.node("SOFTMAX", &[INPUT], output, options)
}

/// ADD or MUL of the input and a constant that is broadcast along some axes.
fn with_constant(kind: &'static str, shape: &[usize], constant: &[usize]) -> Graph {
    let mut layer = Layer::new(shape);
    let data = noise(7).take(constant.iter().product()).collect();
    let scale = Some((vec![0.03], 0));
    let constant = layer.push(constant, Element::Int8, scale, Some(data));
    let options = match kind {
        "ADD" => Options::Add(AddOptions::default()),
        "MUL" => Options::Mul(MulOptions::default()),
        _ => Options::None,
    };
    layer.unscaled(kind, &[constant], shape, options)
}

fn transpose(shape: [usize; 2]) -> Graph {
    let mut layer = Layer::new(&shape);
    let order = layer.words(&[1, 0]);
    let turned = [shape[1], shape[0]];
    layer.unscaled("TRANSPOSE", &[order], &turned, Options::None)
}

fn pad(shape: [usize; 2], amounts: [i32; 2]) -> Graph {
    let mut layer = Layer::new(&shape);
    let paddings = [0, 0, amounts[0], amounts[1]];
    let data = paddings.iter().flat_map(|value: &i32| value.to_le_bytes());
    let data = Some(data.collect());
    let paddings = layer.push(&[2, 2], Element::Int32, None, data);
    let padded = [shape[0], shape[1] + (amounts[0] + amounts[1]) as usize];
    layer.unscaled("PAD", &[paddings], &padded, Options::None)
}

fn resize(kind: &'static str, [height, width, channels]: [usize; 3]) -> Graph {
    let mut layer = Layer::new(&[1, height, width, channels]);
    let size = layer.words(&[2 * height as i32, width as i32]);
    let options = match kind {
        "RESIZE_BILINEAR" => Options::ResizeBilinear(ResizeBilinearOptions::default()),
        _ => Options::ResizeNearestNeighbor(ResizeNearestNeighborOptions::default()),
    };
    layer.unscaled(kind, &[size], &[1, 2 * height, width, channels], options)
}

/// How the steps of a network are computed: in words, or why there is no machine code.
fn methods(network: &Network) -> Vec<String> {
    let calls = network.code.calls.iter();
    let methods = calls.map(|call| match call {
        Ok(call) => call.method.to_owned(),
        Err(Portable::Outside(reason)) => format!("portable: {reason}"),
        Err(fault) => panic!("{fault}"),
    });
    methods.collect()
}

fn chip(network: &Network) -> Simulation<'_> {
    let Network {
        program,
        plan,
        code,
    } = network;
    Simulation::new(program, plan, code, Weights::Flash).expect("it fits")
}

/// Runs a network on the host, the chip and both of its cores, and compares; returns [`methods`] on one core.
#[track_caller]
fn compare(graph: Graph) -> String {
    let network = Network::from_graph(graph).expect("a sound network");
    let halves = network.clone().on_two_cores().expect("it can be split");
    methods(&halves);
    let mut host = Execution::new(&network.program, &network.plan);
    let mut chips = [&network, &halves].map(chip);
    for round in 0..3 {
        let extreme = |byte: u8| if byte.is_multiple_of(2) { 127 } else { 128 };
        let bytes = noise(round).take(host.input_mut(0).len());
        let input: Vec<u8> = match round {
            0 => bytes.collect(),
            1 => bytes.map(extreme).collect(),
            _ => bytes.map(|_| 127).collect(),
        };
        host.input_mut(0).copy_from_slice(&input);
        host.run();
        for (cores, chip) in (1..).zip(&mut chips) {
            chip.set_input(0, &input);
            if let Err(fault) = chip.run() {
                panic!("round {round} on {cores} cores: {fault}");
            }
            let outputs = host.output(0).iter().zip(chip.output(0));
            let differs = outputs.enumerate().find(|(_, (host, chip))| host != chip);
            assert_eq!(differs, None, "round {round} on {cores} cores");
        }
    }
    methods(&network).join("; ")
}

/// Compares shapes below and above a threshold: the methods contain these words.
#[track_caller]
fn sides<const N: usize>(cases: [(Graph, &str); N]) {
    for (number, (graph, expected)) in cases.into_iter().enumerate() {
        let shapes: Vec<Vec<usize>> = graph.tensors.iter().map(|t| t.shape.clone()).collect();
        let found = compare(graph);
        assert!(
            found.contains(expected),
            "case {number}, {shapes:?}: {found}"
        );
    }
}

#[test]
fn constants_within_and_beyond_one_addmi() {
    sides([
        (fully_connected(4, 2304, 0), "8 requantised"),
        (fully_connected(4, 2336, 0), "8 requantised"),
        (fully_connected(4, 5000, 0), "8 requantised"),
        // In several passes, each with constants of its own.
        (fully_connected(8, 560, 12), "8 requantised"),
        (fully_connected(8, 1200, 12), "8 requantised"),
        (
            convolution([2, 2, 32], [1, 1], 2320, Padding::Same),
            "8 requantised",
        ),
        (
            convolution([2, 2, 32], [1, 1], 2400, Padding::Same),
            "8 requantised",
        ),
        (
            convolution([3, 3, 4], [3, 3], 2400, Padding::Same),
            "8 requantised",
        ),
        (transposed([2, 2, 4], 2400), "ACCX"),
    ]);
}

#[test]
fn rows_within_and_beyond_one_addmi() {
    sides([
        (convolution([3, 4000, 8], [2, 2], 4, Padding::Valid), "ACCX"),
        (convolution([3, 4200, 8], [2, 2], 4, Padding::Valid), "ACCX"),
        (convolution([2, 6250, 8], [2, 2], 4, Padding::Valid), "ACCX"),
        (convolution([1, 8750, 8], [1, 2], 4, Padding::Valid), "ACCX"),
        (depthwise([3, 2000, 8], [3, 3]), "QACC"),
        (depthwise([3, 2100, 8], [3, 3]), "QACC"),
        (depthwise([2, 1000, 8], [4, 2]), "QACC"),
        (depthwise([2, 2200, 8], [4, 1]), "QACC"),
        // Rows of 16 bits would need too much scratch memory.
        (depthwise([1, 2300, 8], [7, 1]), "QACC"),
        (depthwise([1, 2400, 8], [7, 1]), "ACCX"),
        (transposed([2, 2000, 8], 2), "ACCX"),
        (transposed([2, 2100, 8], 2), "ACCX"),
    ]);
}

#[test]
fn scratch_memory_and_spans_have_limits() {
    sides([
        (convolution([1, 3900, 8], [8, 1], 4, Padding::Same), "ACCX"),
        (
            convolution([1, 4200, 8], [8, 1], 4, Padding::Same),
            "portable: the rows under",
        ),
        (dilated([1, 4, 8], [2, 2], 4, Padding::Same, 32_768), "ACCX"),
        (
            dilated([1, 4, 8], [2, 2], 4, Padding::Same, 32_769),
            "portable: its window spans",
        ),
        (fully_connected(4, 52_400, 0), "8 requantised"),
        (fully_connected(4, 52_432, 0), "portable: its sums need"),
    ]);
}

#[test]
fn windows_in_registers_streamed_and_long() {
    sides([
        (fully_connected(96, 10, 0), "ACCX"),
        (fully_connected(112, 10, 0), "ACCX"),
        (fully_connected(97, 10, 0), "ACCX"),
        (fully_connected(384, 10, 0), "ACCX"),
        (fully_connected(385, 10, 0), "ACCX"),
        (fully_connected(400, 10, 0), "ACCX"),
        (fully_connected(33_000, 3, 0), "ACCX"),
        // Gathered unit by unit, in code and in a loop; with a bias for each of four bytes, or of one.
        (convolution([4, 4, 225], [3, 3], 3, Padding::Same), "ACCX"),
        (convolution([4, 4, 229], [3, 3], 3, Padding::Same), "ACCX"),
        (convolution([4, 4, 908], [3, 3], 3, Padding::Same), "ACCX"),
        (convolution([4, 4, 912], [3, 3], 3, Padding::Same), "ACCX"),
        (convolution([4, 4, 2402], [3, 3], 3, Padding::Same), "ACCX"),
        (convolution([3, 3, 5001], [3, 3], 2, Padding::Same), "ACCX"),
    ]);
}

#[test]
fn branches_and_hardware_loops_near_their_reach() {
    for channels in (96..176).step_by(8) {
        let graph = convolution([3, 3, channels], [3, 3], 2, Padding::Valid);
        assert!(compare(graph).contains("ACCX"), "{channels} channels");
    }
    for columns in 1..14 {
        assert!(compare(depthwise([2, 8, 8], [1, columns])).contains("QACC"));
    }
    for octaves in 0..12 {
        assert!(compare(fully_connected(16, 32, octaves)).contains("ACCX"));
    }
}

#[test]
fn sums_on_the_stack_or_for_several_pixels() {
    sides([
        (fully_connected(16, 96, 0), "8 requantised"),
        (fully_connected(16, 112, 0), "8 requantised"),
        (
            convolution([4, 4, 16], [1, 1], 255, Padding::Same),
            "8 requantised",
        ),
        (
            convolution([4, 4, 16], [1, 1], 257, Padding::Same),
            "8 requantised",
        ),
        (
            convolution([4, 4, 16], [1, 1], 2401, Padding::Same),
            "8 requantised",
        ),
    ]);
}

#[test]
fn weights_within_and_beyond_the_cache() {
    sides([
        (
            convolution([2, 4, 128], [1, 1], 160, Padding::Same),
            "ACCX, ",
        ),
        (
            convolution([2, 4, 128], [1, 1], 176, Padding::Same),
            "in slabs",
        ),
        (
            convolution([2, 200, 128], [1, 1], 272, Padding::Same),
            "in slabs",
        ),
    ]);
}

#[test]
fn depthwise_windows_and_channels() {
    sides([
        (depthwise([9, 9, 8], [8, 8]), "QACC"),
        (depthwise([9, 9, 8], [8, 9]), "ACCX"),
        (depthwise([3, 3, 1016], [3, 3]), "QACC"),
        (depthwise([3, 3, 1024], [3, 3]), "QACC"),
        (depthwise([3, 3, 2400], [3, 3]), "QACC"),
        (depthwise([3, 3, 2401], [3, 3]), "ACCX"),
        (depthwise([1, 1, 5000], [1, 1]), "QACC"),
    ]);
}

#[test]
fn pixels_of_few_and_of_many_channels() {
    sides([
        (
            convolution([8, 8, 16], [1, 1], 8, Padding::Same),
            "QACC by channel",
        ),
        (convolution([8, 8, 17], [1, 1], 8, Padding::Same), "ACCX"),
        (transposed([2, 3, 32], 3), "ACCX"),
        (transposed([2, 3, 33], 3), "ACCX"),
        (transposed([2, 3, 300], 3), "ACCX"),
        (transposed([2, 3, 5000], 3), "ACCX"),
    ]);
}

#[test]
fn pools_over_pixels_of_any_size() {
    for kind in ["MAX_POOL_2D", "AVERAGE_POOL_2D"] {
        for channels in [
            127, 129, 508, 516, 1016, 1032, 2032, 2048, 2400, 5000, 16_640, 33_000,
        ] {
            let found = compare(pool(kind, [2, 3, channels]));
            assert!(!found.contains("portable"), "{kind}, {channels}: {found}");
        }
    }
    let found = |channels| {
        let network = Network::from_graph(pool("MAX_POOL_2D", [2, 2, channels]));
        methods(&network.expect("a sound network")).join("; ")
    };
    assert!(found(1 << 20).contains("largest bytes"));
    assert!(found((1 << 20) + 16).contains("portable: it has 1048592 channels"));
}

#[test]
fn reductions_and_tables_of_any_length() {
    for graph in [
        mean(3, 127),
        mean(3, 128),
        mean(3, 33_000),
        mean(33_000, 3),
        mean(7, 2400),
        softmax(511),
        softmax(512),
        softmax(4096),
        Layer::new(&[70_000]).unscaled("RELU", &[], &[70_000], Options::None),
    ] {
        let found = compare(graph);
        assert!(!found.contains("portable"), "{found}");
    }
}

#[test]
fn elements_and_copies_over_long_axes() {
    for graph in [
        with_constant("ADD", &[2, 32_000], &[1, 32_000]),
        with_constant("ADD", &[2, 40_000], &[1, 40_000]),
        with_constant("ADD", &[40_000, 2], &[40_000, 1]),
        with_constant("ADD", &[2, 2, 33_000], &[1, 2, 1]),
        with_constant("MUL", &[2, 3, 2400], &[2, 1, 2400]),
        with_constant("MAXIMUM", &[70_000], &[70_000]),
        with_constant("MINIMUM", &[3, 33_000], &[3, 1]),
        transpose([2, 32_000]),
        transpose([2, 40_000]),
        transpose([70_000, 2]),
        pad([3, 32_000], [16, 16]),
        pad([3, 33_000], [1, 7]),
        pad([2, 5], [33_000, 33_000]),
        resize("RESIZE_NEAREST_NEIGHBOR", [2, 3, 5000]),
        resize("RESIZE_NEAREST_NEIGHBOR", [2, 4200, 8]),
        resize("RESIZE_BILINEAR", [2, 3, 5000]),
        resize("RESIZE_BILINEAR", [2, 4200, 8]),
    ] {
        let shape = graph.tensors[0].shape.clone();
        let found = compare(graph);
        assert!(!found.contains("portable"), "{shape:?}: {found}");
    }
}

#[test]
fn tensors_that_the_chip_cannot_reach_are_left_to_portable_kernels() {
    let found = |length: usize| {
        let graph = Layer::new(&[length]).unscaled("RELU", &[], &[length], Options::None);
        methods(&Network::from_graph(graph).expect("a sound network")).join("; ")
    };
    assert!(found(32 << 20).contains("a table of outputs"));
    assert!(found((32 << 20) + 1).contains("portable: a tensor of it has 33554433 bytes"));
}

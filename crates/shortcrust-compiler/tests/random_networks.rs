//! Random networks: the machine code on the simulated chip against the portable kernels, bit for bit.
//!
//! `RANDOM_NETWORKS=5000 cargo test --release -p shortcrust-compiler --test random_networks` is the long run;
//! `RANDOM_SEED=n` repeats the networks from number `n` on.

use shortcrust_compiler::execute::Execution;
use shortcrust_compiler::graph::{
    Element, Graph, Node, Padding as Folded, Quantisation, Tensor, TensorId,
};
use shortcrust_compiler::lx7::Portable;
use shortcrust_compiler::lx7::simulation::{Simulation, Weights};
use shortcrust_compiler::network::Network;
use shortcrust_compiler::tflite::{
    AddOptions, Conv2DOptions, DepthwiseConv2DOptions, FullyConnectedOptions, FusedActivation,
    MulOptions, Options, Padding, Pool2DOptions, ReducerOptions, ResizeNearestNeighborOptions,
    SoftmaxOptions,
};

/// A small generator whose numbers are the same everywhere.
struct Random(u64);

impl Random {
    fn seeded(seed: u64) -> Self {
        Self(seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) ^ 0xD1B5)
    }

    fn next(&mut self) -> u32 {
        self.0 = self
            .0
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) as u32
    }

    fn below(&mut self, limit: usize) -> usize {
        self.next() as usize % limit
    }

    fn of<T: Copy>(&mut self, choices: &[T]) -> T {
        choices[self.below(choices.len())]
    }

    /// A real number between two powers of two, evenly in its exponent.
    fn scale(&mut self, low: f32, high: f32) -> f32 {
        let part = self.next() as f32 / (1u64 << 31) as f32;
        (low + part * (high - low)).exp2()
    }
}

/// Activations, the frequent one twice.
const ACTIVATIONS: [FusedActivation; 4] = [
    FusedActivation::None,
    FusedActivation::None,
    FusedActivation::Relu,
    FusedActivation::Relu6,
];

/// A network under construction; the last tensor is the end of the chain.
struct Chain {
    random: Random,
    graph: Graph,
}

impl Chain {
    fn start(mut random: Random, channels: &[usize]) -> Self {
        let channels = random.of(channels);
        let shape = vec![1, 1 + random.below(12), 1 + random.below(12), channels];
        let mut chain = Self {
            random,
            graph: Graph {
                tensors: Vec::new(),
                nodes: Vec::new(),
                inputs: Vec::new(),
                outputs: Vec::new(),
                faults: Default::default(),
            },
        };
        let input = chain.activation(shape);
        chain.graph.inputs.push(input);
        chain
    }

    fn push(
        &mut self,
        shape: Vec<usize>,
        element: Element,
        quantisation: Option<Quantisation>,
        data: Option<Vec<u8>>,
    ) -> TensorId {
        let name = format!("tensor {}", self.graph.tensors.len());
        self.graph.tensors.push(Tensor {
            name,
            shape,
            element,
            quantisation,
            data,
        });
        TensorId(self.graph.tensors.len() - 1)
    }

    /// An activation of any scale and, often, of an extreme zero point.
    fn activation(&mut self, shape: Vec<usize>) -> TensorId {
        let zero_point = match self.random.below(3) {
            0 => -128,
            1 => self.random.of(&[127, 0, -1, 1, -127]),
            _ => self.random.below(256) as i32 - 128,
        };
        let scale = self.random.scale(-8.0, 2.0);
        let quantisation = Quantisation {
            scales: vec![scale],
            zero_points: vec![zero_point],
            axis: 0,
        };
        self.push(shape, Element::Int8, Some(quantisation), None)
    }

    /// Weights, often extreme ones, with a scale for each index of an axis.
    fn weights(&mut self, shape: Vec<usize>, axis: usize) -> TensorId {
        let style = self.random.below(4);
        let count: usize = shape.iter().product();
        let data = (0..count)
            .map(|_| match style {
                0 => self.random.of(&[-127i8, 127]),
                1 => self.random.below(5) as i8 - 2,
                _ => (self.random.below(255) as i32 - 127) as i8,
            } as u8)
            .collect();
        let spread = self.random.of(&[0.0, 1.0, 3.0, 9.0]);
        let center = self.random.scale(-9.0, 0.0).log2();
        let scales: Vec<f32> = (0..shape[axis])
            .map(|_| self.random.scale(center - spread, center))
            .collect();
        let zero_points = vec![0; scales.len()];
        self.push(
            shape,
            Element::Int8,
            Some(Quantisation {
                scales,
                zero_points,
                axis,
            }),
            Some(data),
        )
    }

    fn bias(&mut self, channels: usize) -> TensorId {
        let reach = self.random.of(&[1, 1_000, 100_000, 1 << 28]);
        let data = (0..channels)
            .flat_map(|_| (self.random.below(2 * reach) as i32 - reach as i32).to_le_bytes())
            .collect();
        self.push(vec![channels], Element::Int32, None, Some(data))
    }

    fn node(
        &mut self,
        kind: &'static str,
        inputs: Vec<TensorId>,
        output: TensorId,
        options: Options,
    ) {
        self.graph.nodes.push(Node {
            number: self.graph.nodes.len(),
            kind,
            inputs: inputs.into_iter().map(Some).collect(),
            outputs: vec![output],
            options,
            folded_padding: Folded::default(),
        });
    }

    /// The scale of an activation such that outputs neither vanish nor all saturate, within a few bits.
    fn rescale(&mut self, output: TensorId, factor: f32) {
        let spread = self.random.scale(-3.0, 3.0);
        if let Some(quantisation) = &mut self.graph.tensors[output.0].quantisation {
            quantisation.scales[0] = (factor * spread).clamp(1e-6, 1e6);
        }
    }

    fn scale_of(&self, tensor: TensorId) -> f32 {
        self.graph.tensors[tensor.0]
            .quantisation
            .as_ref()
            .map_or(1.0, |quantisation| quantisation.scales[0])
    }

    /// A window along one axis: (taps, stride, dilation, padding, output size).
    fn axis(&mut self, size: usize, padding: Padding) -> (usize, usize, usize, usize) {
        let (stride, mut dilation) = (1 + self.random.below(3), self.random.of(&[1, 1, 1, 2]));
        let mut taps = 1 + self.random.below(5);
        if padding == Padding::Valid {
            if (taps - 1) * dilation + 1 > size {
                dilation = 1;
            }
            taps = taps.min(size);
        }
        let reach = (taps - 1) * dilation + 1;
        let output = match padding {
            Padding::Same => size.div_ceil(stride),
            Padding::Valid => (size - reach) / stride + 1,
        };
        (taps, stride, dilation, output)
    }

    /// A convolution of single pixels.
    fn pointwise(&mut self, input: TensorId, outputs: usize) -> TensorId {
        let mut shape = self.graph.tensors[input.0].shape.clone();
        shape[3] = outputs;
        let options = Conv2DOptions {
            padding: Padding::Same,
            stride_w: 1,
            stride_h: 1,
            dilation_w_factor: 1,
            dilation_h_factor: 1,
            fused_activation_function: self.random.of(&ACTIVATIONS),
        };
        self.convolution(input, [1, 1], shape, options)
    }

    /// A convolution with a window of some rows and columns.
    fn convolution(
        &mut self,
        input: TensorId,
        [rows, columns]: [usize; 2],
        shape: Vec<usize>,
        options: Conv2DOptions,
    ) -> TensorId {
        let (channels, outputs) = (self.graph.tensors[input.0].shape[3], shape[3]);
        let weights = self.weights(vec![outputs, rows, columns, channels], 0);
        let bias = self.bias(outputs);
        let output = self.activation(shape);
        let size = ((rows * columns * channels) as f32).sqrt() * 60.0;
        self.rescale(output, self.scale_of(input) * self.scale_of(weights) * size);
        self.node(
            "CONV_2D",
            vec![input, weights, bias],
            output,
            Options::Conv2D(options),
        );
        output
    }

    /// Appends an operator behind a tensor of four axes.
    fn grow(&mut self, input: TensorId) -> TensorId {
        let shape = self.graph.tensors[input.0].shape.clone();
        let [batches, height, width, channels] = shape[..] else {
            unreachable!("four axes")
        };
        let padding = self.random.of(&[Padding::Same, Padding::Valid]);
        let (rows, stride_h, dilation_h, output_height) = self.axis(height, padding);
        let (columns, stride_w, dilation_w, output_width) = self.axis(width, padding);
        let activation = self.random.of(&ACTIVATIONS);
        match self.random.below(8) {
            0..=2 => {
                let outputs = self.random.of(&[1, 2, 3, 4, 7, 8, 16, 24, 32, 48]);
                if self.random.below(2) == 0 {
                    return self.pointwise(input, outputs);
                }
                let options = Conv2DOptions {
                    padding,
                    stride_w: stride_w as i32,
                    stride_h: stride_h as i32,
                    dilation_w_factor: dilation_w as i32,
                    dilation_h_factor: dilation_h as i32,
                    fused_activation_function: activation,
                };
                let shape = vec![batches, output_height, output_width, outputs];
                self.convolution(input, [rows, columns], shape, options)
            }
            3 | 4 => {
                let multiplier = self.random.of(&[1, 1, 1, 2, 3]);
                let outputs = channels * multiplier;
                let weights = self.weights(vec![1, rows, columns, outputs], 3);
                let bias = self.bias(outputs);
                let output = self.activation(vec![batches, output_height, output_width, outputs]);
                let size = ((rows * columns) as f32).sqrt() * 60.0;
                self.rescale(output, self.scale_of(input) * self.scale_of(weights) * size);
                let options = DepthwiseConv2DOptions {
                    padding,
                    stride_w: stride_w as i32,
                    stride_h: stride_h as i32,
                    depth_multiplier: multiplier as i32,
                    dilation_w_factor: dilation_w as i32,
                    dilation_h_factor: dilation_h as i32,
                    fused_activation_function: activation,
                };
                self.node(
                    "DEPTHWISE_CONV_2D",
                    vec![input, weights, bias],
                    output,
                    Options::DepthwiseConv2D(options),
                );
                output
            }
            5 => {
                let kind = self.random.of(&["MAX_POOL_2D", "AVERAGE_POOL_2D"]);
                let (rows, output_height) = match padding {
                    Padding::Same => (rows, height.div_ceil(stride_h)),
                    Padding::Valid => {
                        (rows.min(height), (height - rows.min(height)) / stride_h + 1)
                    }
                };
                let (columns, output_width) = match padding {
                    Padding::Same => (columns, width.div_ceil(stride_w)),
                    Padding::Valid => (
                        columns.min(width),
                        (width - columns.min(width)) / stride_w + 1,
                    ),
                };
                let quantisation = self.graph.tensors[input.0].quantisation.clone();
                let output = self.push(
                    vec![batches, output_height, output_width, channels],
                    Element::Int8,
                    quantisation,
                    None,
                );
                let options = Pool2DOptions {
                    padding,
                    stride_w: stride_w as i32,
                    stride_h: stride_h as i32,
                    filter_width: columns as i32,
                    filter_height: rows as i32,
                    fused_activation_function: activation,
                };
                self.node(kind, vec![input], output, Options::Pool2D(options));
                output
            }
            6 => {
                let (kind, options) = if self.random.below(2) == 0 {
                    (
                        "ADD",
                        Options::Add(AddOptions {
                            fused_activation_function: activation,
                        }),
                    )
                } else {
                    (
                        "MUL",
                        Options::Mul(MulOptions {
                            fused_activation_function: activation,
                        }),
                    )
                };
                let output = self.activation(shape);
                self.rescale(output, self.scale_of(input));
                self.node(kind, vec![input, input], output, options);
                output
            }
            _ => {
                let factor = 1 + self.random.below(3);
                let sizes = [height * factor, width * factor];
                let data = sizes
                    .iter()
                    .flat_map(|size| (*size as i32).to_le_bytes())
                    .collect();
                let size = self.push(vec![2], Element::Int32, None, Some(data));
                let quantisation = self.graph.tensors[input.0].quantisation.clone();
                let output = self.push(
                    vec![batches, sizes[0], sizes[1], channels],
                    Element::Int8,
                    quantisation,
                    None,
                );
                let options = ResizeNearestNeighborOptions {
                    align_corners: false,
                    half_pixel_centers: self.random.below(2) == 0,
                };
                self.node(
                    "RESIZE_NEAREST_NEIGHBOR",
                    vec![input, size],
                    output,
                    Options::ResizeNearestNeighbor(options),
                );
                output
            }
        }
    }

    /// Appends a classifier: mean over the image, fully connected, softmax.
    fn classify(&mut self, input: TensorId) -> TensorId {
        let shape = self.graph.tensors[input.0].shape.clone();
        let axes = self.push(
            vec![2],
            Element::Int32,
            None,
            Some(
                [1i32, 2]
                    .iter()
                    .flat_map(|axis| axis.to_le_bytes())
                    .collect(),
            ),
        );
        let mean = self.activation(vec![shape[0], shape[3]]);
        self.rescale(mean, self.scale_of(input));
        self.node(
            "MEAN",
            vec![input, axes],
            mean,
            Options::Reducer(ReducerOptions { keep_dims: false }),
        );
        let classes = 1 + self.random.below(20);
        let weights = self.weights(vec![classes, shape[3]], 0);
        let single = self.graph.tensors[weights.0]
            .quantisation
            .as_mut()
            .expect("weights have scales");
        single.scales.truncate(1);
        single.zero_points.truncate(1);
        let bias = self.bias(classes);
        self.graph.tensors[bias.0].quantisation = Some(Quantisation {
            scales: vec![self.scale_of(mean) * self.scale_of(weights)],
            zero_points: vec![0],
            axis: 0,
        });
        let output = self.activation(vec![shape[0], classes]);
        self.rescale(output, self.scale_of(mean) * self.scale_of(weights) * 60.0);
        let options = FullyConnectedOptions {
            fused_activation_function: FusedActivation::None,
            keep_num_dims: false,
            ..FullyConnectedOptions::default()
        };
        self.node(
            "FULLY_CONNECTED",
            vec![mean, weights, bias],
            output,
            Options::FullyConnected(options),
        );
        let quantisation = Quantisation {
            scales: vec![1.0 / 256.0],
            zero_points: vec![-128],
            axis: 0,
        };
        let softmax = self.push(
            vec![shape[0], classes],
            Element::Int8,
            Some(quantisation),
            None,
        );
        self.node(
            "SOFTMAX",
            vec![output],
            softmax,
            Options::Softmax(SoftmaxOptions { beta: 1.0 }),
        );
        softmax
    }

    fn finish(mut self) -> (Graph, Random) {
        let mut end = self.graph.inputs[0];
        for _ in 0..1 + self.random.below(4) {
            if self.graph.tensors[end.0].len() < 30_000 {
                end = self.grow(end);
            }
        }
        if self.random.below(3) == 0 {
            end = self.classify(end);
        }
        self.graph.outputs.push(end);
        (self.graph, self.random)
    }
}

/// Runs a network on the host, on the chip and on both cores of the chip, on random and on extreme inputs. Returns the methods of
/// its steps; "" of those without machine code.
fn compare(seed: u64, (graph, mut random): (Graph, Random)) -> Vec<&'static str> {
    let network = Network::from_graph(graph.clone())
        .unwrap_or_else(|error| panic!("network {seed}: {error}"));
    let mut host = Execution::new(&network.program, &network.plan);
    let mut chip = Simulation::new(&network.program, &network.plan, &network.code, Weights::Ram)
        .expect("it fits");
    let halves = network.clone().on_two_cores().expect("it compiles");
    let mut cores = Simulation::new(&halves.program, &halves.plan, &halves.code, Weights::Ram)
        .expect("it fits");
    for round in 0..3 {
        let input: Vec<u8> = host
            .input_mut(0)
            .iter()
            .map(|_| match round {
                0 => random.next() as u8,
                1 => random.of(&[-128i8, 127]) as u8,
                _ => 127,
            })
            .collect();
        host.input_mut(0).copy_from_slice(&input);
        host.run();
        for (name, chip) in [("one core", &mut chip), ("two cores", &mut cores)] {
            chip.set_input(0, &input);
            chip.run()
                .unwrap_or_else(|error| panic!("network {seed}, {name}: {error}"));
            let outputs = host.output(0).iter().zip(chip.output(0));
            let at = outputs.enumerate().find(|(_, (host, chip))| host != chip);
            assert!(
                at.is_none(),
                "network {seed}, {name}, round {round}: output {at:?} differs: {:#?}",
                network.program.steps
            );
        }
    }
    let calls = network.code.calls.iter();
    calls
        .map(|call| match call {
            Ok(call) => call.method,
            Err(Portable::Outside(_)) => "",
            Err(fault) => panic!("network {seed}: {fault}"),
        })
        .collect()
}

#[test]
fn machine_code_computes_what_portable_kernels_compute() {
    let number = |name: &str, default: u64| {
        std::env::var(name).map_or(default, |value| value.parse().expect("a number"))
    };
    let first = number("RANDOM_SEED", 0);
    let count = number("RANDOM_NETWORKS", 60);
    let (mut machine, mut portable) = (0, 0);
    for seed in first..first + count {
        let channels = [1, 2, 3, 4, 5, 8, 12, 16, 24, 32, 48, 64];
        let chain = Chain::start(Random::seeded(seed), &channels);
        let methods = compare(seed, chain.finish());
        let without = methods.iter().filter(|method| method.is_empty()).count();
        machine += methods.len() - without;
        portable += without;
    }
    println!("{count} networks, {machine} steps in machine code, {portable} portable");
    assert!(
        machine > portable,
        "{machine} steps have machine code, {portable} do not"
    );
}

#[test]
fn weights_that_are_larger_than_the_cache_are_read_in_slabs() {
    let mut slabs = 0;
    for seed in 0..12 {
        let mut chain = Chain::start(Random::seeded(seed), &[96, 128, 256]);
        let outputs = chain.random.of(&[256, 304, 400]);
        let end = chain.pointwise(chain.graph.inputs[0], outputs);
        chain.graph.outputs.push(end);
        let methods = compare(seed, (chain.graph, chain.random));
        slabs += usize::from(methods[0].contains("slabs"));
    }
    assert!(slabs > 6, "{slabs} of 12 layers");
}

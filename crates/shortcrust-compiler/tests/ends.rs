//! What stands at a network's ends, and operators in forms that are rare: everywhere what TFLite Micro's reference computes.

use shortcrust_compiler::execute::Execution;
use shortcrust_compiler::graph::{Element, Graph, Node, Padding, Quantisation, Tensor, TensorId};
use shortcrust_compiler::lx7::MachineCode;
use shortcrust_compiler::lx7::simulation::{Simulation, SimulationError, Weights};
use shortcrust_compiler::network::Network;
use shortcrust_compiler::tflite::{self, LeakyReluOptions, Options, TransposeConvOptions};

/// A graph under construction.
struct Builder(Graph);

impl Builder {
    fn new() -> Self {
        Self(Graph {
            tensors: Vec::new(),
            nodes: Vec::new(),
            inputs: Vec::new(),
            outputs: Vec::new(),
            faults: Default::default(),
        })
    }

    fn tensor(
        &mut self,
        element: Element,
        shape: &[usize],
        quantisation: impl Into<Option<(f32, i32)>>,
    ) -> TensorId {
        let quantisation = quantisation.into();
        self.0.tensors.push(Tensor {
            name: format!("t{}", self.0.tensors.len()),
            shape: shape.to_vec(),
            element,
            quantisation: quantisation.map(|(scale, zero_point)| Quantisation {
                scales: vec![scale],
                zero_points: vec![zero_point],
                axis: 0,
            }),
            data: None,
        });
        TensorId(self.0.tensors.len() - 1)
    }

    fn input(
        &mut self,
        element: Element,
        shape: &[usize],
        quantisation: impl Into<Option<(f32, i32)>>,
    ) -> TensorId {
        let input = self.tensor(element, shape, quantisation);
        self.0.inputs.push(input);
        input
    }

    fn constant(&mut self, element: Element, shape: &[usize], data: Vec<u8>) -> TensorId {
        let constant = self.tensor(element, shape, None);
        self.0.tensors[constant.0].data = Some(data);
        constant
    }

    fn node(
        &mut self,
        kind: &'static str,
        options: Options,
        inputs: &[TensorId],
        output: TensorId,
    ) {
        self.0.nodes.push(Node {
            number: self.0.nodes.len(),
            kind,
            inputs: inputs.iter().copied().map(Some).collect(),
            outputs: vec![output],
            options,
            folded_padding: Padding::default(),
        });
    }

    /// The last tensor's contents on the host, which one core and two cores of the chip must have as well.
    fn run(mut self, inputs: &[Vec<u8>]) -> Vec<u8> {
        self.0.outputs.push(TensorId(self.0.tensors.len() - 1));
        let one = Network::from_graph(self.0).expect("a sound graph");
        let two = one.clone().on_two_cores().expect("a sound graph");
        let mut host = Execution::new(&one.program, &one.plan);
        for (index, input) in inputs.iter().enumerate() {
            host.input_mut(index).copy_from_slice(input);
        }
        host.run();
        for network in [&one, &two] {
            let mut chip =
                Simulation::new(&network.program, &network.plan, &network.code, Weights::Ram)
                    .expect("it fits");
            for (index, input) in inputs.iter().enumerate() {
                chip.set_input(index, input);
            }
            chip.run().expect("it runs");
            assert_eq!(chip.output(0), host.output(0));
        }
        host.output(0).to_vec()
    }
}

/// The little-endian bytes of integers.
fn bytes(element: Element, values: &[i32]) -> Vec<u8> {
    let of = |value: &i32| value.to_le_bytes()[..element.bytes()].to_vec();
    values.iter().flat_map(of).collect()
}

fn bytes_of_reals(values: &[f32]) -> Vec<u8> {
    values
        .iter()
        .flat_map(|value| value.to_le_bytes())
        .collect()
}

#[test]
fn integers_become_integers_of_another_type() {
    use Element::{Int8, Int16, Int32, UInt8};
    let bytes_in = [-128, -7, 3, 4, 60, 127];
    let halves_in = [-32_768, -300, 0, 7, 1234, 32_767];
    let words_in = [-2_000_000, -300, 0, 7, 1234, 70_000];
    for (from, input, to, expected) in [
        (Int8, bytes_in, Int16, [-487, -21, 17, 21, 236, 494]),
        (Int8, bytes_in, Int32, [-487, -21, 17, 21, 236, 494]),
        (Int8, bytes_in, UInt8, [0, 0, 17, 21, 236, 255]),
        (
            UInt8,
            [0, 3, 4, 131, 200, 255],
            Int8,
            [5, 17, 21, 127, 127, 127],
        ),
        (Int16, halves_in, Int8, [-128, -128, 5, 32, 127, 127]),
        (
            Int16,
            halves_in,
            Int16,
            [-32_768, -1148, 5, 32, 4752, 32_767],
        ),
        (
            Int16,
            halves_in,
            Int32,
            [-126_025, -1148, 5, 32, 4752, 126_032],
        ),
        (Int32, words_in, Int8, [-128, -128, 5, 32, 127, 127]),
        (
            Int32,
            words_in,
            Int16,
            [-32_768, -1148, 5, 32, 4752, 32_767],
        ),
    ] {
        // Many times the six values, so that two cores share the work.
        const TIMES: usize = 2000;
        let mut b = Builder::new();
        let source = b.input(from, &[TIMES, 6], (0.05, 3));
        let target = b.tensor(to, &[TIMES, 6], (0.013, 17));
        b.node("QUANTIZE", Options::None, &[source], target);
        let output = b.run(&[bytes(from, &input).repeat(TIMES)]);
        let expected = bytes(to, &expected).repeat(TIMES);
        assert_eq!(output, expected, "{from:?} to {to:?}");
    }
}

#[test]
fn reals_and_integers_of_two_bytes() {
    let mut b = Builder::new();
    let source = b.input(Element::Float32, &[6], None);
    let target = b.tensor(Element::Int16, &[6], (0.013, 17));
    b.node("QUANTIZE", Options::None, &[source], target);
    let reals = bytes_of_reals(&[-1e9, -0.51, 0.05, 0.07, 2.5, 600.0]);
    assert_eq!(
        b.run(&[reals]),
        bytes(Element::Int16, &[-32_768, -22, 21, 22, 209, 32_767])
    );
    for (element, input, expected) in [
        (
            Element::Int16,
            [-32_768, -300, 0, 32_767],
            [-1638.55, -15.150_001, -0.15, 1638.200_1],
        ),
        (Element::UInt8, [0, 3, 131, 255], [-0.15, 0.0, 6.4, 12.6]),
    ] {
        let mut b = Builder::new();
        let source = b.input(element, &[4], (0.05, 3));
        let target = b.tensor(Element::Float32, &[4], None);
        b.node("DEQUANTIZE", Options::None, &[source], target);
        assert_eq!(b.run(&[bytes(element, &input)]), bytes_of_reals(&expected));
    }
}

#[test]
fn pairs_that_the_reference_does_not_convert_are_refused() {
    use Element::{Float32, Int16, Int32, UInt8};
    for (kind, from, to) in [
        ("QUANTIZE", Float32, UInt8),
        ("QUANTIZE", Float32, Int32),
        ("QUANTIZE", UInt8, Int16),
        ("QUANTIZE", Int32, Int32),
        ("DEQUANTIZE", Int32, Float32),
    ] {
        let mut b = Builder::new();
        let source = b.input(from, &[4], (0.5, 0));
        let target = b.tensor(to, &[4], (0.5, 0));
        b.node(kind, Options::None, &[source], target);
        b.0.outputs.push(target);
        let error = Network::from_graph(b.0).expect_err("it has no kernel");
        let problem = format!("it converts {} to {}", from.name(), to.name());
        assert!(error.to_string().ends_with(&problem), "{error}");
    }
}

#[test]
fn reals_are_moved_between_the_ends_and_their_conversion() {
    let mut b = Builder::new();
    let flat = b.input(Element::Float32, &[4], None);
    let square = b.tensor(Element::Float32, &[2, 2], None);
    let amounts = b.constant(
        Element::Int32,
        &[2, 2],
        bytes(Element::Int32, &[1, 0, 0, 1]),
    );
    let value = b.constant(Element::Float32, &[1], bytes_of_reals(&[-2.0]));
    let padded = b.tensor(Element::Float32, &[3, 3], None);
    let quantised = b.tensor(Element::Int8, &[3, 3], (0.5, 3));
    b.node("RESHAPE", Options::None, &[flat], square);
    b.node("PADV2", Options::None, &[square, amounts, value], padded);
    b.node("QUANTIZE", Options::None, &[padded], quantised);
    let output = b.run(&[bytes_of_reals(&[0.0, 0.5, 1.0, 50.0])]);
    let expected = [-1, -1, -1, 3, 4, -1, 5, 103, -1];
    assert_eq!(output, bytes(Element::Int8, &expected));
}

#[test]
fn a_mean_without_scales_is_its_zero_point() {
    for (quantisation, expected) in [(None, 0), (Some((0.1, 3)), 3)] {
        let mut b = Builder::new();
        let input = b.input(Element::Int8, &[2, 3], None);
        let axes = b.constant(Element::Int32, &[1], bytes(Element::Int32, &[1]));
        let mean = b.tensor(Element::Int8, &[2], quantisation);
        b.node("MEAN", Options::None, &[input, axes], mean);
        assert_eq!(b.run(&[vec![100; 6]]), [expected; 2]);
    }
}

#[test]
fn a_slope_below_zero() {
    let mut b = Builder::new();
    let input = b.input(Element::Int8, &[6], (0.1, 2));
    let output = b.tensor(Element::Int8, &[6], (0.15, -4));
    let options = Options::LeakyRelu(LeakyReluOptions { alpha: -1.7 });
    b.node("LEAKY_RELU", options, &[input], output);
    let output = b.run(&[bytes(Element::Int8, &[-128, -50, 1, 2, 3, 127])]);
    assert_eq!(output, bytes(Element::Int8, &[127, 55, -3, -4, -3, 79]));
}

/// TRANSPOSE_CONV of a 3x3 image of two channels with 3x3 windows two apart, whose natural output has 7x7 pixels (VALID).
fn spread(padding: tflite::Padding, height: usize, width: usize) -> Vec<i8> {
    let mut b = Builder::new();
    let image = b.input(Element::Int8, &[1, 3, 3, 2], (0.05, -3));
    let int8 = |value: i32| value as u8;
    let shape = b.constant(Element::Int32, &[4], vec![0; 16]);
    let weights = b.constant(
        Element::Int8,
        &[2, 3, 3, 2],
        (0..36).map(|k| int8(k * 37 % 251 - 125)).collect(),
    );
    b.0.tensors[weights.0].quantisation = Some(Quantisation {
        scales: vec![0.01, 0.02],
        zero_points: vec![0, 0],
        axis: 0,
    });
    let bias = b.constant(Element::Int32, &[2], bytes(Element::Int32, &[100, -200]));
    let output = b.tensor(Element::Int8, &[1, height, width, 2], (0.6, 4));
    let options = Options::TransposeConv(TransposeConvOptions {
        padding,
        stride_h: 2,
        stride_w: 2,
        ..Default::default()
    });
    b.node(
        "TRANSPOSE_CONV",
        options,
        &[shape, weights, image, bias],
        output,
    );
    let input = (0..18).map(|k| int8(k * 53 % 256 - 128)).collect();
    b.run(&[input]).into_iter().map(|byte| byte as i8).collect()
}

#[test]
fn a_transposed_convolution_is_cropped_to_its_output() {
    let natural = spread(tflite::Padding::Valid, 7, 7);
    assert_eq!(natural[..8], [22, -14, 10, -8, -2, 23, 4, -6]);
    let row = |y: usize, pixels: usize| &natural[y * 14..y * 14 + pixels * 2];
    let cropped = spread(tflite::Padding::Valid, 5, 6);
    let expected: Vec<i8> = (0..5).flat_map(|y| row(y, 6).to_vec()).collect();
    assert_eq!(cropped, expected);
    // SAME centres the window over the output, whatever the size of the image is.
    assert_eq!(
        spread(tflite::Padding::Same, 3, 4),
        [
            1, -4, 15, -28, -2, 32, 4, 8, -2, 0, 23, -29, -4, 63, 1, -1, 0, 2, 9, -7, -2, 23, -2,
            29
        ]
    );
    // Pixels that no window reaches have the bias.
    let extended = spread(tflite::Padding::Valid, 9, 8);
    assert_eq!(extended[..14], *row(0, 7));
    assert_eq!(extended[14..16], [4, 4]);
    assert_eq!(extended[8 * 16..], [4; 16]);
}

#[test]
fn the_simulation_finds_what_nobody_writes() {
    let mut b = Builder::new();
    let input = b.input(Element::Int8, &[20], (0.5, 3));
    let middle = b.tensor(Element::Int8, &[20], (0.5, 3));
    let output = b.tensor(Element::Int8, &[20], (0.25, 3));
    b.node("TANH", Options::None, &[input], middle);
    b.0.tensors[middle.0].quantisation = Some(Quantisation {
        scales: vec![1.0 / 128.0],
        zero_points: vec![0],
        axis: 0,
    });
    b.node("RELU", Options::None, &[middle], output);
    b.0.outputs.push(output);
    // All are results: none is written over another.
    b.0.outputs.extend([middle, input]);
    let network = Network::from_graph(b.0).expect("a sound graph");
    let without = |step: usize| {
        let mut program = network.program.clone();
        program.steps.remove(step);
        let code = MachineCode::generate(&program);
        let mut plan = network.plan.clone();
        plan.scratch.remove(step);
        let mut chip = Simulation::new(&program, &plan, &code, Weights::Ram).expect("it fits");
        chip.run().expect_err("a step is missing")
    };
    assert!(
        matches!(without(0), SimulationError::Fault { step: 0, .. }),
        "the kernel reads what nothing has written"
    );
    assert!(
        matches!(without(1), SimulationError::Unwritten { byte: 0, .. }),
        "the output is not complete"
    );
}

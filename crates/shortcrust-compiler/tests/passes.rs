//! The rewrites on graphs made by hand: what they remove, what they leave, and that results stay the same.

use shortcrust_compiler::execute::Execution;
use shortcrust_compiler::graph::{Element, Graph, Node, Padding, Quantisation, Tensor, TensorId};
use shortcrust_compiler::operators;
use shortcrust_compiler::passes;
use shortcrust_compiler::plan::Plan;
use shortcrust_compiler::program::Program;
use shortcrust_compiler::tflite::Options;

/// A graph under construction.
#[derive(Default)]
struct Builder {
    tensors: Vec<Tensor>,
    nodes: Vec<Node>,
}

impl Builder {
    fn int8(&mut self, shape: &[usize], data: Option<Vec<u8>>) -> TensorId {
        self.tensors.push(Tensor {
            name: format!("t{}", self.tensors.len()),
            shape: shape.to_vec(),
            element: Element::Int8,
            quantisation: Some(Quantisation {
                scales: vec![0.5],
                zero_points: vec![3],
                axis: 0,
            }),
            data,
        });
        TensorId(self.tensors.len() - 1)
    }

    fn int32(&mut self, values: &[i32]) -> TensorId {
        self.tensors.push(Tensor {
            name: format!("t{}", self.tensors.len()),
            shape: vec![values.len()],
            element: Element::Int32,
            quantisation: None,
            data: Some(
                values
                    .iter()
                    .flat_map(|value| value.to_le_bytes())
                    .collect(),
            ),
        });
        TensorId(self.tensors.len() - 1)
    }

    fn node(&mut self, kind: &'static str, inputs: &[TensorId], outputs: &[TensorId]) {
        self.nodes.push(Node {
            number: self.nodes.len(),
            kind,
            inputs: inputs.iter().copied().map(Some).collect(),
            outputs: outputs.to_vec(),
            options: Options::None,
            folded_padding: Padding::default(),
        });
    }

    fn finish(self, inputs: &[TensorId], outputs: &[TensorId]) -> Graph {
        Graph {
            tensors: self.tensors,
            nodes: self.nodes,
            inputs: inputs.to_vec(),
            outputs: outputs.to_vec(),
            faults: Default::default(),
        }
    }
}

fn kinds(graph: &Graph) -> Vec<&'static str> {
    graph.nodes.iter().map(|node| node.kind).collect()
}

fn compile(mut graph: Graph) -> Program {
    passes::simplify(&mut graph).expect("a sound graph");
    let mut program = operators::lower(graph).expect("supported operators");
    passes::optimise(&mut program);
    program
}

/// The first output for a first input that counts up.
fn run(program: &Program) -> Vec<u8> {
    let plan = Plan::new(program);
    let mut execution = Execution::new(program, &plan);
    for (index, byte) in execution.input_mut(0).iter_mut().enumerate() {
        *byte = (index * 3) as u8;
    }
    execution.run();
    execution.output(0).to_vec()
}

#[test]
fn what_no_output_needs_is_removed() {
    let mut b = Builder::default();
    let (input, unused, output) = (
        b.int8(&[1, 8], None),
        b.int8(&[1, 8], None),
        b.int8(&[1, 8], None),
    );
    b.node("TANH", &[input], &[unused]);
    b.node("RELU", &[input], &[output]);
    let program = compile(b.finish(&[input], &[output]));
    assert_eq!(kinds(&program.graph), ["RELU"]);
}

#[test]
fn operators_on_constants_are_evaluated() {
    let mut b = Builder::default();
    let constant = b.int8(&[1, 8], Some(vec![250, 0, 1, 2, 3, 4, 5, 6]));
    let positive = b.int8(&[1, 8], None);
    let (input, output) = (b.int8(&[1, 8], None), b.int8(&[1, 8], None));
    b.node("RELU", &[constant], &[positive]);
    b.node("MAXIMUM", &[input, positive], &[output]);
    let program = compile(b.finish(&[input], &[output]));
    assert_eq!(kinds(&program.graph), ["MAXIMUM"]);
    assert_eq!(run(&program), [3, 3, 6, 9, 12, 15, 18, 21]);
}

/// `PAD` by one on all sides, then `CONV_2D` 3x3 with weights that differ.
fn padded_convolution(padded_is_an_output: bool) -> Graph {
    let mut b = Builder::default();
    let input = b.int8(&[1, 4, 5, 2], None);
    let amounts = b.int32(&[0, 0, 1, 1, 1, 1, 0, 0]);
    let padded = b.int8(&[1, 6, 7, 2], None);
    let weights = b.int8(
        &[3, 3, 3, 2],
        Some((0..54).map(|i| (i * 5 - 100) as i8 as u8).collect()),
    );
    b.tensors[weights.0].quantisation = Some(Quantisation {
        scales: vec![0.01; 3],
        zero_points: vec![0; 3],
        axis: 0,
    });
    let bias = b.int32(&[10, -20, 30]);
    let output = b.int8(&[1, 4, 5, 3], None);
    b.node("PAD", &[input, amounts], &[padded]);
    b.node("CONV_2D", &[padded, weights, bias], &[output]);
    b.nodes[1].options = Options::Conv2D(shortcrust_compiler::tflite::Conv2DOptions {
        padding: shortcrust_compiler::tflite::Padding::Valid,
        stride_w: 1,
        stride_h: 1,
        ..Default::default()
    });
    let outputs = if padded_is_an_output {
        vec![output, padded]
    } else {
        vec![output]
    };
    b.finish(&[input], &outputs)
}

#[test]
fn padding_folds_into_the_convolution_and_changes_nothing() {
    let folded = compile(padded_convolution(false));
    let apart = compile(padded_convolution(true));
    assert_eq!(kinds(&folded.graph), ["CONV_2D"]);
    assert_eq!(kinds(&apart.graph), ["PAD", "CONV_2D"]);
    assert_eq!(run(&folded), run(&apart));
    assert!(Plan::new(&folded).arena_bytes < Plan::new(&apart).arena_bytes);
}

#[test]
fn element_wise_operators_overwrite_what_dies() {
    let mut b = Builder::default();
    let tensors: Vec<_> = (0..4).map(|_| b.int8(&[1, 64], None)).collect();
    b.node("TANH", &[tensors[0]], &[tensors[1]]);
    b.node("RELU", &[tensors[1]], &[tensors[2]]);
    b.node("ADD", &[tensors[2], tensors[1]], &[tensors[3]]);
    let program = compile(b.finish(&[tensors[0]], &[tensors[3]]));
    let in_place: Vec<_> = program.steps.iter().map(|step| step.in_place).collect();
    // RELU must not overwrite what ADD still reads.
    assert_eq!(in_place, [true, false, true]);
    assert_eq!(Plan::new(&program).arena_bytes, 128);
}

#[test]
fn a_network_input_that_is_an_output_too_is_not_overwritten() {
    let mut b = Builder::default();
    let (input, output) = (b.int8(&[1, 16], None), b.int8(&[1, 16], None));
    b.node("RELU", &[input], &[output]);
    let program = compile(b.finish(&[input], &[input, output]));
    assert!(!program.steps[0].in_place);
}

#[test]
fn concatenation_of_aligned_rows_costs_nothing() {
    let mut b = Builder::default();
    let input = b.int8(&[1, 2, 16], None);
    let (first, second) = (b.int8(&[1, 2, 16], None), b.int8(&[1, 2, 16], None));
    let output = b.int8(&[1, 4, 16], None);
    b.node("TANH", &[input], &[first]);
    b.node("RELU", &[input], &[second]);
    b.node("CONCATENATION", &[first, second], &[output]);
    b.nodes[2].options =
        Options::Concatenation(shortcrust_compiler::tflite::ConcatenationOptions {
            axis: 1,
            ..Default::default()
        });
    let program = compile(b.finish(&[input], &[output]));
    assert_eq!(program.steps.len(), 2);
    assert_eq!(Plan::new(&program).arena_bytes, 96);
    let result = run(&program);
    assert_eq!(
        result[32..],
        (0..32).map(|i| (i * 3).max(3) as u8).collect::<Vec<_>>()
    );
}

#[test]
fn outputs_that_are_constants_are_copied() {
    let mut b = Builder::default();
    let (input, sum) = (b.int8(&[1, 4], None), b.int8(&[1, 4], None));
    let constant = b.int8(&[1, 4], Some(vec![9, 8, 7, 6]));
    let (computed, unread) = (b.int8(&[1, 4], None), b.int8(&[1, 4], None));
    b.node("MAXIMUM", &[input, constant], &[sum]);
    b.node("RELU", &[constant], &[computed]);
    b.node("TANH", &[input], &[unread]);
    let outputs = [constant, sum, computed, constant, input];
    let program = compile(b.finish(&[input], &outputs));
    assert_eq!(kinds(&program.graph), ["MAXIMUM", "RESHAPE", "RESHAPE"]);
    // The numbers of operators in the file are not used again.
    let numbers: Vec<_> = program.graph.nodes.iter().map(|node| node.number).collect();
    assert_eq!(numbers, [0, 3, 4]);
    let plan = Plan::new(&program);
    let mut execution = Execution::new(&program, &plan);
    execution.input_mut(0).copy_from_slice(&[1, 20, 3, 40]);
    execution.run();
    let contents: Vec<_> = (0..5).map(|index| execution.output(index)).collect();
    assert_eq!(
        contents,
        [
            [9, 8, 7, 6],
            [9, 20, 7, 40],
            [9, 8, 7, 6],
            [9, 8, 7, 6],
            [1, 20, 3, 40]
        ]
    );
}

#[test]
fn a_network_of_constants_alone_has_its_outputs() {
    let mut b = Builder::default();
    let input = b.int8(&[3], None);
    let version = b.int32(&[7, -1, 100_000]);
    let program = compile(b.finish(&[input], &[version]));
    let numbers: Vec<u8> = [7i32, -1, 100_000].map(i32::to_le_bytes).concat();
    assert_eq!(run(&program), numbers);
}

/// `rows` rows of weights that an ADD makes of a column and a row, for a FULLY_CONNECTED.
fn computed_weights(rows: usize, depth: usize) -> Program {
    let mut b = Builder::default();
    let (input, output) = (b.int8(&[1, depth], None), b.int8(&[1, rows], None));
    let column = b.int8(&[rows, 1], Some(vec![5; rows]));
    let row = b.int8(&[1, depth], Some((0..depth).map(|i| i as u8).collect()));
    let weights = b.int8(&[rows, depth], None);
    b.node("ADD", &[column, row], &[weights]);
    b.node("FULLY_CONNECTED", &[input, weights], &[output]);
    compile(b.finish(&[input], &[output]))
}

#[test]
fn large_constants_are_computed_from_small_ones() {
    let program = computed_weights(500, 400);
    assert_eq!(kinds(&program.graph), ["FULLY_CONNECTED"]);
    assert_eq!(Plan::new(&program).arena_bytes, 400 + 512);
}

#[test]
fn what_folding_may_take_follows_from_the_file() {
    // 9 MB of 6 KB are beyond what such a file may ask for: the chip computes them.
    let program = computed_weights(3000, 3000);
    assert_eq!(kinds(&program.graph), ["ADD", "FULLY_CONNECTED"]);
}

#[test]
fn many_operators_on_one_constant_share_the_budget() {
    let mut b = Builder::default();
    let constant = b.int8(&[1 << 20], Some(vec![3; 1 << 20]));
    let ends: Vec<_> = (0..40).map(|_| b.int8(&[1 << 20], None)).collect();
    for &end in &ends {
        b.node("RELU", &[constant], &[end]);
    }
    let mut graph = b.finish(&[constant], &ends);
    graph.inputs.clear();
    passes::simplify(&mut graph).expect("a sound graph");
    let left = kinds(&graph).iter().filter(|kind| **kind == "RELU").count();
    // Sixteen times the constant and 4 MiB, of which each operator takes 2 MiB.
    assert_eq!(left, 40 - (16 + 4) / 2);
}

#[test]
fn operators_without_results_are_not_run() {
    let mut b = Builder::default();
    let input = b.int8(&[2, 3], None);
    let (begin, size) = (b.int32(&[0, 1]), b.int32(&[2, 0]));
    let (nothing, joined) = (b.int8(&[2, 0], None), b.int8(&[2, 3], None));
    b.node("SLICE", &[input, begin, size], &[nothing]);
    b.node("CONCATENATION", &[nothing, input], &[joined]);
    b.nodes[1].options =
        Options::Concatenation(shortcrust_compiler::tflite::ConcatenationOptions {
            axis: 1,
            ..Default::default()
        });
    let program = compile(b.finish(&[input], &[joined, nothing]));
    assert_eq!(kinds(&program.graph), ["CONCATENATION", "RESHAPE"]);
    assert_eq!(run(&program), [0, 3, 6, 9, 12, 15]);
}

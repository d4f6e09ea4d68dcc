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

//! What the reader accepts, and what it says about files that it does not.

mod common;

use common::{FileSpec, OperatorSpec, TensorSpec};
use shortcrust_compiler::error::{Error, ErrorKind};
use shortcrust_compiler::graph::{Element, TensorId};
use shortcrust_compiler::network::Network;
use shortcrust_compiler::tflite;

fn refused(bytes: &[u8]) -> Error {
    let error = Network::compile(bytes).expect_err("the file is broken");
    assert!(!error.remedy.is_empty(), "a remedy for: {error}");
    error
}

fn message(change: impl FnOnce(&mut FileSpec)) -> String {
    let mut file = FileSpec::relu();
    change(&mut file);
    refused(&file.bytes()).to_string()
}

const SPEECH: &[u8] = include_bytes!("../../../models/speech.tflite");

#[test]
fn a_sound_file_is_read() {
    let graph = tflite::read(&FileSpec::relu().bytes()).expect("sound");
    assert_eq!(graph.nodes[0].kind, "RELU");
    assert_eq!(
        (graph.inputs, graph.outputs),
        (vec![TensorId(0)], vec![TensorId(1)])
    );
    assert_eq!(graph.tensors[0].element, Element::Int8);
    assert_eq!(graph.tensors[1].per_tensor(), Ok((0.5, 3)));
}

#[test]
fn a_real_file_is_read() {
    let graph = tflite::read(SPEECH).expect("sound");
    let kinds: Vec<_> = graph.nodes.iter().map(|node| node.kind).collect();
    assert_eq!(
        kinds,
        ["RESHAPE", "DEPTHWISE_CONV_2D", "FULLY_CONNECTED", "SOFTMAX"]
    );
}

#[test]
fn a_truncated_file() {
    let error = refused(&SPEECH[..9_000]);
    assert_eq!(error.kind, ErrorKind::Format);
    assert!(
        error
            .to_string()
            .starts_with("it is truncated or corrupt: "),
        "{error}"
    );
}

/// The file with `shift` bytes more behind its header: every offset in it is relative, so nothing else changes.
fn shifted(bytes: &[u8], shift: u8) -> Vec<u8> {
    let root = u32::from_le_bytes(*bytes.first_chunk().expect("a root"));
    let mut shifted = (root + u32::from(shift)).to_le_bytes().to_vec();
    shifted.extend(&bytes[4..8]);
    shifted.extend(std::iter::repeat_n(0, usize::from(shift)));
    shifted.extend(&bytes[8..]);
    shifted
}

#[test]
fn nothing_needs_to_be_aligned() {
    for file in [FileSpec::relu().bytes(), SPEECH.to_vec()] {
        let aligned = tflite::read(&file).expect("sound");
        for shift in 1..8 {
            assert_eq!(tflite::read(&shifted(&file, shift)).as_ref(), Ok(&aligned));
        }
    }
}

#[test]
fn what_lies_outside_of_the_file_is_never_read() {
    for shift in [0, 1, 4] {
        let file = shifted(&FileSpec::relu().bytes(), shift);
        // The last four bytes end a name that nobody reads.
        for length in 0..file.len() - 4 {
            let error = tflite::read(&file[..length]).expect_err("something is missing");
            assert_eq!(error.kind, ErrorKind::Format, "{length} bytes: {error}");
        }
    }
}

#[test]
fn a_wrong_version() {
    assert_eq!(
        message(|file| file.version = 2),
        "it has version 2 of the schema, version 3 is supported"
    );
}

#[test]
fn a_missing_buffer() {
    let message = message(|file| file.tensors[0].buffer = 7);
    assert_eq!(
        message,
        "operator 0 (RELU): tensor `in` [1, 8]: its buffer 7 is missing"
    );
}

#[test]
fn a_buffer_of_the_wrong_length() {
    let message = message(|file| {
        file.buffers.push(vec![1, 2, 3]);
        file.tensors.push(TensorSpec {
            buffer: 1,
            ..TensorSpec::int8("weights", &[4])
        });
        file.operators[0].inputs.push(2);
    });
    assert_eq!(
        message,
        "operator 0 (RELU): tensor `weights` [4]: its buffer holds 3 bytes, its shape and type (int8) need 4"
    );
}

#[test]
fn a_negative_shape() {
    let message = message(|file| file.tensors[1].shape = vec![1, -8]);
    assert_eq!(
        message,
        "operator 0 (RELU): tensor `out` [1, 0]: its shape [1, -8] has the size -8"
    );
}

#[test]
fn a_shape_that_overflows() {
    let message = message(|file| file.tensors[1].shape = vec![i32::MAX; 4]);
    assert!(message.contains("larger than 64 MiB"), "{message}");
}

#[test]
fn a_tensor_of_many_axes() {
    let reshaped = |axes| {
        let mut file = FileSpec::relu();
        let mut shape = vec![1; axes];
        shape[axes - 1] = 8;
        let many = file.tensor(TensorSpec::int8("many", &shape));
        file.operators.clear();
        file.operator(22, &[0], &[many]);
        file.operator(22, &[many], &[1]);
        Network::compile(&file.bytes())
    };
    assert!(reshaped(32).is_ok());
    for axes in [33, 40, 4000] {
        let error = reshaped(axes).expect_err("too many");
        let expected = format!(
            "operator 0 (RESHAPE): tensor `many` []: it has {axes} axes, at most 32 are supported"
        );
        assert_eq!(error.to_string(), expected);
    }
}

#[test]
fn an_operator_that_does_not_exist() {
    let unknown = message(|file| file.codes[0] = 1234);
    assert_eq!(
        unknown,
        "operator 0 (UNKNOWN): its code 1234 is not an operator of TensorFlow Lite"
    );
    let unsupported = message(|file| file.codes[0] = 126);
    assert_eq!(
        unsupported,
        "operator 0 (BATCH_MATMUL): this operator is not supported"
    );
    let custom = message(|file| file.codes[0] = 32);
    assert_eq!(
        custom,
        "operator 0 (CUSTOM): the custom operator `` is not supported"
    );
}

#[test]
fn an_empty_graph() {
    let message = message(|file| file.operators.clear());
    assert_eq!(message, "its network has no operators");
}

#[test]
fn a_second_subgraph_that_nobody_calls() {
    let mut file = FileSpec::relu();
    let alone = tflite::read(&file.bytes());
    file.subgraphs = 2;
    assert_eq!(tflite::read(&file.bytes()), alone);
    assert!(alone.is_ok());
    assert_eq!(message(|file| file.subgraphs = 0), "it has no network");
}

#[test]
fn a_wrong_identifier_and_a_text_file() {
    let expected = "it is not a .tflite file: the identifier TFL3 is missing at byte 4";
    assert_eq!(message(|file| file.identifier = "TFL2"), expected);
    assert_eq!(
        refused(b"# A text file\n\nabout networks").to_string(),
        expected
    );
    assert_eq!(refused(b"").to_string(), "the file is empty");
    assert_eq!(refused(b"TFL3").to_string(), "the file has only 4 bytes");
}

#[test]
fn indices_out_of_range() {
    assert_eq!(
        message(|file| file.inputs = vec![9]),
        "there is no tensor 9"
    );
    assert_eq!(
        message(|file| file.outputs = vec![-1]),
        "there is no tensor -1"
    );
    assert_eq!(
        message(|file| file.operators[0].inputs = vec![99]),
        "operator 0 (RELU): there is no tensor 99"
    );
    let code = message(|file| file.operators[0].code = 5);
    assert_eq!(
        code,
        "operator 0 (UNKNOWN): it has the operator code 5, which the file does not list"
    );
}

#[test]
fn operators_out_of_order_and_cycles() {
    let cycle = message(|file| {
        file.tensors.push(TensorSpec::int8("loop", &[1, 8]));
        file.operators = vec![
            OperatorSpec {
                code: 0,
                inputs: vec![2],
                outputs: vec![1],
            },
            OperatorSpec {
                code: 0,
                inputs: vec![1],
                outputs: vec![2],
            },
        ];
    });
    assert_eq!(
        cycle,
        "operator 0 (RELU): tensor `loop` [1, 8]: it is read before any operator has written it"
    );
    let twice = message(|file| file.operators.push(file.operators[0].clone()));
    assert_eq!(
        twice,
        "operator 1 (RELU): tensor `out` [1, 8]: it is written although it has a value already"
    );
    let never = message(|file| {
        file.tensors.push(TensorSpec::int8("never", &[1, 8]));
        file.outputs.push(2);
    });
    assert_eq!(
        never,
        "tensor `never` [1, 8]: it is an output of the network and no operator writes it"
    );
}

#[test]
fn quantisation_without_meaning() {
    let scale = message(|file| file.tensors[0].scale = vec![f32::NAN]);
    assert_eq!(
        scale,
        "operator 0 (RELU): tensor `in` [1, 8]: its scale NaN is not a positive number"
    );
    let zero_point = message(|file| file.tensors[0].zero_point = vec![128]);
    assert_eq!(
        zero_point,
        "operator 0 (RELU): tensor `in` [1, 8]: its zero point 128 is outside of int8"
    );
    let count = message(|file| file.tensors[0].zero_point = vec![1, 2]);
    assert_eq!(
        count,
        "operator 0 (RELU): tensor `in` [1, 8]: it has 1 scales and 2 zero points"
    );
    let axis = message(|file| {
        file.tensors[0].scale = vec![0.5; 3];
        file.tensors[0].zero_point = vec![0; 3];
    });
    assert_eq!(
        axis,
        "operator 0 (RELU): tensor `in` [1, 8]: it has 3 scales along axis 0, where its shape has another size"
    );
}

#[test]
fn many_tensors_on_one_buffer_take_no_memory() {
    let message = message(|file| {
        file.buffers.push(vec![0; 60_000]);
        for _ in 0..200 {
            let tensor = file.tensors.len() as i32;
            file.tensors.push(TensorSpec {
                buffer: 1,
                ..TensorSpec::int8("big", &[60_000])
            });
            file.operators[0].inputs.push(tensor);
        }
    });
    assert!(
        message.ends_with("too many tensors share one buffer"),
        "{message}"
    );
}

#[test]
fn tensors_without_elements_that_nobody_writes_are_constants() {
    let mut file = FileSpec::relu();
    let empty = file.tensor(TensorSpec::int8("empty", &[1, 0]));
    let joined = file.tensor(TensorSpec::int8("joined", &[1, 8]));
    // CONCATENATION along axis 0, which the schema has as the default, of one row and no rows.
    file.tensors[empty as usize].shape = vec![0, 8];
    file.operator(2, &[1, empty], &[joined]);
    file.outputs = vec![joined];
    let network = Network::compile(&file.bytes()).expect("sound");
    assert_eq!(network.program.graph.nodes.len(), 2);
}

#[test]
fn one_zero_point_is_that_of_every_scale() {
    let mut file = FileSpec::relu();
    file.tensors[0].scale = vec![0.5];
    file.tensors[1].shape = vec![8];
    file.tensors[1].scale = vec![0.25; 8];
    file.tensors[1].zero_point = vec![0];
    let graph = tflite::read(&file.bytes()).expect("sound");
    let quantisation = graph.tensors[1].quantisation.as_ref().expect("scales");
    assert_eq!(
        (&quantisation.scales[..], &quantisation.zero_points[..]),
        (&[0.25; 8][..], &[0; 8][..])
    );
}

#[test]
fn a_bias_may_have_more_axes_than_one() {
    let mut file = FileSpec::relu();
    let bias = file.tensor(TensorSpec {
        scale: vec![0.5; 8],
        zero_point: vec![0; 8],
        ..TensorSpec::of("bias", &[1, 1, 1, 8], 2)
    });
    file.operators[0].inputs.push(bias);
    let graph = tflite::read(&file.bytes()).expect("sound");
    assert!(graph.faults.is_empty(), "{:?}", graph.faults);
    assert_eq!(
        graph.tensors[2]
            .quantisation
            .as_ref()
            .map(|q| q.scales.len()),
        Some(8)
    );
}

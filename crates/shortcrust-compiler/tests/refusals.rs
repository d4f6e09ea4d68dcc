//! Networks that are sound and not supported: what is said about them, and what is not held against them.

mod common;

use common::{FileSpec, TensorSpec};
use shortcrust_compiler::error::{Error, ErrorKind};
use shortcrust_compiler::network::Network;

const ADD: i32 = 0;
const CUSTOM: i32 = 32;
const RELU: i32 = 19;
const RESHAPE: i32 = 22;
const LSTM: i32 = 44;
const PRELU: i32 = 54;
const SHAPE: i32 = 77;
const REDUCE_MAX: i32 = 82;
const ABS: i32 = 101;
const IF: i32 = 118;
const CALL_ONCE: i32 = 129;
const VAR_HANDLE: i32 = 142;
const READ_VARIABLE: i32 = 143;
const ASSIGN_VARIABLE: i32 = 144;
const COMPOSITE: i32 = 206;

const FLOAT32: i8 = 0;
const FLOAT16: i8 = 1;
const INT32: i8 = 2;
const INT16: i8 = 7;
const RESOURCE: i8 = 13;

fn refused(file: &FileSpec) -> Error {
    let error = Network::compile(&file.bytes()).expect_err("it is not supported");
    assert_eq!(error.kind, ErrorKind::Unsupported, "{error}");
    error
}

/// A file whose operators, one behind the other, have these codes.
fn chain(codes: &[i32], element_type: i8) -> FileSpec {
    let mut file = FileSpec::relu();
    file.operators.clear();
    file.tensors = vec![TensorSpec::of("in", &[1, 8], element_type)];
    for (index, &code) in codes.iter().enumerate() {
        file.tensor(TensorSpec::of("out", &[1, 8], element_type));
        file.operator(code, &[index as i32], &[index as i32 + 1]);
    }
    file.outputs = vec![codes.len() as i32];
    file
}

#[test]
fn all_operators_are_named_at_once() {
    let mut file = chain(&[ABS, RELU, PRELU, REDUCE_MAX, ABS], 9);
    let error = refused(&file);
    assert_eq!(
        error.to_string(),
        "4 operators are not supported: ABS (operators 0, 4), PRELU (operator 2), REDUCE_MAX (operator 3)"
    );
    assert!(error.remedy.starts_with("replace it"), "{}", error.remedy);

    file = chain(&[ABS, ABS, ABS, ABS, SHAPE, CUSTOM], 9);
    file.custom_code = "FlexErf";
    let error = refused(&file);
    assert_eq!(
        error.to_string(),
        "6 operators are not supported: ABS (4 operators from 0 to 3), SHAPE (operator 4), custom `FlexErf` (operator 5)"
    );
    for part in [
        "ABS: replace it",
        "SHAPE: fix the batch size",
        "`FlexErf`: convert without SELECT_TF_OPS",
    ] {
        assert!(error.remedy.contains(part), "{}", error.remedy);
    }
}

#[test]
fn one_operator_alone_is_the_place() {
    let error = refused(&chain(&[RELU, SHAPE], 9));
    assert_eq!(
        error.to_string(),
        "operator 1 (SHAPE): this operator is not supported"
    );
    assert!(error.remedy.contains("batch size"), "{}", error.remedy);
}

#[test]
fn operators_come_before_the_types_of_tensors() {
    let mut file = chain(&[RELU, ABS], 9);
    file.tensors[0].element_type = INT16;
    assert_eq!(
        refused(&file).to_string(),
        "operator 1 (ABS): this operator is not supported"
    );
    file.tensors[0].shape = vec![1, -8];
    file.tensors[0].variable = true;
    assert_eq!(
        refused(&file).to_string(),
        "operator 1 (ABS): this operator is not supported"
    );
}

#[test]
fn each_kind_of_numbers_has_its_words() {
    let float = refused(&chain(&[RELU], FLOAT32));
    assert_eq!(
        float.to_string(),
        "operator 0 (RELU): tensor `in` [1, 8]: this is a float32 model, which is not supported"
    );
    assert!(float.remedy.contains("representative dataset"));

    let weights = |element_type, bytes: usize| {
        let mut file = chain(&[ADD], FLOAT32);
        file.buffers.push(vec![1; bytes]);
        let weights = file.tensor(TensorSpec {
            buffer: 1,
            ..TensorSpec::of("weights", &[1, 8], element_type)
        });
        file.operators[0].inputs.push(weights);
        refused(&file)
    };
    let dynamic_range = weights(9, 8);
    assert!(
        dynamic_range.to_string().contains("a dynamic-range model"),
        "{dynamic_range}"
    );
    let float16 = weights(FLOAT16, 16);
    assert!(float16.to_string().contains("a float16 model"), "{float16}");

    let int16 = refused(&chain(&[RELU], INT16));
    assert!(int16.to_string().contains("an int16 model"), "{int16}");
    assert!(
        int16.remedy.contains("TFLITE_BUILTINS_INT8 in place of"),
        "{}",
        int16.remedy
    );
}

#[test]
fn a_float_operator_in_an_int8_network() {
    let mut file = chain(&[RELU, RELU], 9);
    file.tensors[2].element_type = FLOAT32;
    let error = refused(&file);
    assert_eq!(
        error.to_string(),
        "operator 1 (RELU): tensor `out` [1, 8]: it holds float32, this operator is supported on int8"
    );
    assert!(
        error.remedy.contains("quantise this operator too"),
        "{}",
        error.remedy
    );
}

#[test]
fn a_recurrent_layer() {
    let lstm = |element_type, variable| {
        let mut file = chain(&[LSTM], element_type);
        let state = file.tensor(TensorSpec {
            variable,
            ..TensorSpec::of("state", &[1, 8], element_type)
        });
        file.operators[0].inputs.push(state);
        refused(&file)
    };
    // Whether or not the converter marked the state as such.
    for variable in [true, false] {
        let quantised = lstm(9, variable);
        assert_eq!(
            quantised.to_string(),
            "operator 0 (UNIDIRECTIONAL_SEQUENCE_LSTM): this operator is not supported"
        );
        assert!(
            quantised.remedy.contains("unroll=True"),
            "{}",
            quantised.remedy
        );
        let float = lstm(FLOAT32, variable);
        assert_eq!(
            float.to_string(),
            "this is a float32 model, which is not supported, and 1 operator is not supported in int8 either: \
             UNIDIRECTIONAL_SEQUENCE_LSTM (operator 0)"
        );
        assert!(
            float.remedy.contains("representative dataset"),
            "{}",
            float.remedy
        );
        assert!(float.remedy.contains("unroll=True"), "{}", float.remedy);
    }
}

/// A network that adds its input to a variable, sets the variable, and has a second subgraph for its beginning.
fn stateful(output: i32) -> FileSpec {
    let mut file = FileSpec::relu();
    file.operators.clear();
    let handle = file.tensor(TensorSpec::of("handle", &[1], RESOURCE));
    let state = file.tensor(TensorSpec::int8("state", &[1, 8]));
    let sum = file.tensor(TensorSpec::int8("sum", &[1, 8]));
    file.operator(CALL_ONCE, &[], &[]);
    file.operator(VAR_HANDLE, &[], &[handle]);
    file.operator(READ_VARIABLE, &[handle], &[state]);
    file.operator(ADD, &[0, state], &[sum]);
    file.operator(ASSIGN_VARIABLE, &[handle, sum], &[]);
    file.operator(RELU, &[0], &[1]);
    file.subgraphs = 2;
    file.outputs = vec![if output == 0 { 1 } else { sum }];
    file
}

#[test]
fn a_network_with_state() {
    let error = refused(&stateful(1));
    assert_eq!(
        error.to_string(),
        "4 operators are not supported: CALL_ONCE (operator 0), VAR_HANDLE (operator 1), READ_VARIABLE (operator 2), \
         ASSIGN_VARIABLE (operator 4)"
    );
    assert!(
        error.remedy.contains("state as inputs and outputs"),
        "{}",
        error.remedy
    );
    assert!(!error.remedy.contains("signature"), "{}", error.remedy);
    // State that no output depends on is no state.
    let network = Network::compile(&stateful(0).bytes()).expect("a RELU");
    assert_eq!(network.program.graph.nodes.len(), 1);
}

#[test]
fn operators_that_call_subgraphs() {
    for (code, name, words) in [
        (IF, "IF", "without control flow"),
        (COMPOSITE, "STABLEHLO_COMPOSITE", "plain operators"),
    ] {
        let mut file = chain(&[code], 9);
        file.subgraphs = 2;
        let error = refused(&file);
        assert_eq!(
            error.to_string(),
            format!("operator 0 ({name}): this operator is not supported")
        );
        assert!(error.remedy.contains(words), "{}", error.remedy);
    }
    let mut file = chain(&[COMPOSITE, RELU, COMPOSITE], 9);
    assert_eq!(
        refused(&file).to_string(),
        "2 operators are not supported: STABLEHLO_COMPOSITE (operators 0, 2)"
    );
    file.composite = "odml.rms_norm";
    assert_eq!(
        refused(&file).to_string(),
        "2 operators are not supported: STABLEHLO_COMPOSITE `odml.rms_norm` (operators 0, 2)"
    );
}

#[test]
fn integers_that_are_shapes_or_indices() {
    let mut file = chain(&[RELU], 9);
    let shape = file.tensor(TensorSpec::of("shape", &[2], INT32));
    let product = file.tensor(TensorSpec::of("product", &[2], INT32));
    file.inputs.push(shape);
    file.operator(ADD, &[shape, shape], &[product]);
    file.outputs.push(product);
    let error = refused(&file);
    assert_eq!(
        error.to_string(),
        "operator 1 (ADD): tensor `shape` [2]: it holds int32, this operator is supported on int8"
    );
    assert!(
        error.remedy.contains("so that they are constants"),
        "{}",
        error.remedy
    );
}

#[test]
fn what_no_output_depends_on_is_not_judged() {
    let sound = Network::compile(&FileSpec::relu().bytes()).expect("sound");
    let branches: [&dyn Fn(&mut FileSpec) -> TensorSpec; 6] = [
        &|_| TensorSpec::of("int16", &[1, 8], INT16),
        &|_| TensorSpec::of("float32", &[1, 8], FLOAT32),
        &|_| TensorSpec::int8("negative", &[1, -8]),
        &|_| TensorSpec::int8("axes", &[1; 40]),
        &|_| TensorSpec {
            variable: true,
            ..TensorSpec::int8("variable", &[1, 8])
        },
        &|file| {
            file.buffers.push(vec![0; 3]);
            TensorSpec {
                buffer: 1,
                ..TensorSpec::int8("short", &[1, 8])
            }
        },
    ];
    for branch in branches {
        for code in [RESHAPE, ABS, CUSTOM, 1234] {
            let mut file = FileSpec::relu();
            let odd = branch(&mut file);
            let (first, last) = (
                file.tensor(odd),
                file.tensor(TensorSpec::int8("last", &[1, 8])),
            );
            file.operator(code, &[1], &[first]);
            file.operator(code, &[first], &[last]);
            let network = Network::compile(&file.bytes());
            let network =
                network.unwrap_or_else(|error| panic!("{}: {error}", file.tensors[2].name));
            assert_eq!(network.plan.arena_bytes, sound.plan.arena_bytes);
            // The same branch counts as soon as an output is in it.
            file.outputs = vec![first];
            assert!(
                Network::compile(&file.bytes()).is_err(),
                "{}",
                file.tensors[2].name
            );
        }
    }
}

//! The command from outside: what it prints, writes and returns.

mod asm;
mod command_line;
mod demonstrate;
#[cfg(unix)]
mod device;
mod disasm;
mod fit;
mod inspect;
mod new;
mod operators;
mod plan;
mod profile;
mod run;
mod sim;
#[allow(dead_code, reason = "the tests of shortcrust-compiler need more of it")]
#[path = "../../../shortcrust-compiler/tests/common/mod.rs"]
mod tflite;
mod verify;

use std::path::{Path, PathBuf};

use assert_cmd::Command;
use serde_json::Value;

/// The command, without colours.
fn shortcrust() -> Command {
    let mut command = assert_cmd::cargo::cargo_bin_cmd!("shortcrust");
    command.env("NO_COLOR", "1");
    command
}

/// The file of a network that a test builds.
fn write_model(folder: &Path, name: &str, file: &tflite::FileSpec) -> PathBuf {
    let path = folder.join(name).with_extension("tflite");
    std::fs::write(&path, file.bytes()).expect("a model");
    path
}

/// float32 → QUANTIZE → RELU → DEQUANTIZE → float32, on a picture of some shape. QUANTIZE has a scale and a zero point.
fn float_ends(shape: [i32; 4], scale: f32, zero_point: i64) -> tflite::FileSpec {
    let mut file = tflite::FileSpec::relu();
    file.codes = vec![114, 19, 6];
    let quantised = |name| tflite::TensorSpec {
        scale: vec![scale],
        zero_point: vec![zero_point],
        ..tflite::TensorSpec::int8(name, &shape)
    };
    let float = |name| tflite::TensorSpec {
        element_type: 0,
        scale: Vec::new(),
        zero_point: Vec::new(),
        ..tflite::TensorSpec::int8(name, &shape)
    };
    file.tensors = vec![float("in"), quantised("a"), quantised("b"), float("out")];
    file.operators = (0..3)
        .map(|index| tflite::OperatorSpec {
            code: index as u32,
            inputs: vec![index],
            outputs: vec![index + 1],
        })
        .collect();
    file.outputs = vec![3];
    file
}

/// A network with an operator that nothing supports.
fn unsupported() -> tflite::FileSpec {
    let mut file = tflite::FileSpec::relu();
    // BIDIRECTIONAL_SEQUENCE_LSTM.
    file.codes = vec![52];
    file
}

/// A file or folder of the project.
fn project(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../..")
        .join(path)
}

/// A bundled model.
fn model(name: &str) -> PathBuf {
    project("models").join(name).with_extension("tflite")
}

/// What the command prints when it succeeds.
fn text(command: &mut Command) -> String {
    let output = command.assert().success().get_output().clone();
    String::from_utf8(output.stdout).expect("text")
}

/// The same with `--json`, parsed.
fn json(command: &mut Command) -> Value {
    serde_json::from_str(&text(command.arg("--json"))).expect("JSON")
}

/// What the command prints to standard error when it fails, and that it fails in order: exit code 1, nothing on standard
/// output, a message and what to do about it.
fn failure(command: &mut Command) -> String {
    let output = command.assert().code(1).get_output().clone();
    assert!(
        output.stdout.is_empty(),
        "{}",
        String::from_utf8_lossy(&output.stdout)
    );
    let message = String::from_utf8(output.stderr).expect("text");
    assert!(message.contains("help: "), "{message}");
    assert!(!message.contains("panicked"), "{message}");
    message
}

/// The golden file beside a bundled model.
fn golden(name: &str) -> Value {
    let path = project("models").join(format!("{name}.golden.json"));
    serde_json::from_slice(&std::fs::read(path).expect("a golden file")).expect("JSON")
}

/// The contents of a tensor of a golden file.
fn contents(tensor: &Value) -> Vec<u8> {
    use base64::Engine;
    let text = tensor["data"].as_str().expect("base64");
    base64::engine::general_purpose::STANDARD
        .decode(text)
        .expect("base64")
}

/// int8 contents as the numbers that `--json` prints.
fn numbers(contents: &[u8]) -> Value {
    contents.iter().map(|&byte| byte as i8).collect()
}

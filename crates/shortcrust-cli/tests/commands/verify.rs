//! `shortcrust verify`.

use std::path::Path;

use base64::Engine;
use serde_json::{Value, json as value};

use crate::{contents, failure, golden, json, model, project, shortcrust, text};

/// A folder with a copy of a bundled model and, beside it, a golden file.
fn folder(name: &str, golden: &Value) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    add(folder.path(), name, &golden.to_string());
    folder
}

fn add(folder: &Path, name: &str, golden: &str) {
    std::fs::copy(model(name), folder.join(name).with_extension("tflite")).unwrap();
    std::fs::write(folder.join(name).with_extension("golden.json"), golden).unwrap();
}

fn verify(path: &Path) -> assert_cmd::Command {
    let mut command = shortcrust();
    command.arg("verify").arg(path);
    command
}

/// What `verify` prints when it finds a difference.
fn differences(path: &Path) -> String {
    let output = verify(path).assert().code(1).get_output().clone();
    assert!(
        output.stderr.is_empty(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    String::from_utf8(output.stdout).unwrap()
}

/// Changes the first byte of a tensor of a golden file.
fn change(tensor: &mut Value) {
    let mut bytes = contents(tensor);
    bytes[0] ^= 1;
    tensor["data"] = base64::engine::general_purpose::STANDARD
        .encode(bytes)
        .into();
}

fn last_line(text: &str) -> &str {
    text.lines().last().unwrap()
}

#[test]
fn the_bundled_models_are_bit_exact() {
    let text = text(&mut verify(&project("models")));
    assert_eq!(last_line(&text), "24 of 24 cases bit-exact");
}

#[test]
fn every_operator_is_bit_exact() {
    let report = json(&mut verify(&project("crates/shortcrust-cli/tests/data")));
    assert_eq!(report["cases"], report["exact"]);
    assert_eq!(report["models"].as_array().unwrap().len(), 92);
    assert_eq!(report["cases"], 276);
}

#[test]
fn several_paths_are_one_verification_and_none_counts_twice() {
    let models = project("models");
    let report = json(
        verify(&models)
            .arg(model("sine"))
            .arg(&models)
            .args(["--on", "host"]),
    );
    assert_eq!(report["cases"], 24);
    let report = json(verify(&models.join("sine.golden.json")).arg(models.join("speech.tflite")));
    assert_eq!(report["cases"], 16);
}

#[test]
fn an_output_that_differs_is_named_with_the_first_layer() {
    let mut golden = golden("sine");
    change(&mut golden["cases"][0]["outputs"][0]);
    change(&mut golden["cases"][0]["layers"][1]);
    change(&mut golden["cases"][0]["layers"][2]);
    let folder = folder("sine", &golden);
    let text = differences(folder.path());
    assert_eq!(last_line(&text), "7 of 8 cases bit-exact");
    let layer = golden["cases"][0]["layers"][1]["tensor"].as_str().unwrap();
    let named = text
        .lines()
        .find(|line| line.contains("first layer that differs"))
        .unwrap();
    assert!(
        named.contains("operator 1 FULLY_CONNECTED") && named.contains(&layer[layer.len() - 20..]),
        "{named}"
    );

    let output = verify(folder.path())
        .arg("--json")
        .assert()
        .code(1)
        .get_output()
        .clone();
    let report: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(
        (&report["cases"], &report["exact"]),
        (&value!(8), &value!(7))
    );
    let difference = &report["models"][0]["differences"][0];
    assert_eq!(difference["first_index"], value!([0, 0]));
    assert_eq!(difference["layer"]["operator_number"], 1);
    assert_eq!(difference["layer"]["tensor"], layer);
}

#[test]
fn outputs_decide_and_layers_only_explain() {
    let mut golden = golden("sine");
    change(&mut golden["cases"][0]["layers"][0]);
    let exact = folder("sine", &golden);
    assert_eq!(
        last_line(&text(&mut verify(exact.path()))),
        "8 of 8 cases bit-exact"
    );

    let mut golden = crate::golden("sine");
    change(&mut golden["cases"][0]["outputs"][0]);
    let text = differences(folder("sine", &golden).path());
    assert!(text.contains("every layer of the golden file"), "{text}");

    let mut golden = crate::golden("sine");
    change(&mut golden["cases"][5]["outputs"][0]);
    let text = differences(folder("sine", &golden).path());
    assert!(
        text.contains("1 of 1 values differ, by at most 1"),
        "{text}"
    );
    assert!(
        !text.contains("first layer") && !text.contains("every layer of the golden file"),
        "the sixth case has no layers:\n{text}"
    );
}

#[test]
fn golden_files_that_do_not_fit_are_explained() {
    type Change = fn(&mut Value);
    let changes: [(&str, Change); 7] = [
        ("it has no cases", |golden| golden["cases"] = value!([])),
        ("not base64", |golden| {
            golden["cases"][0]["inputs"][0]["data"] = value!("?")
        }),
        ("1×2 int8, the network's is 1×1 int8", |golden| {
            golden["cases"][0]["inputs"][0]["shape"] = value!([1, 2])
        }),
        ("data has 2 bytes", |golden| {
            golden["cases"][0]["outputs"][0]["data"] = value!("AAA=")
        }),
        ("1×1 Int16", |golden| {
            golden["cases"][0]["outputs"][0]["dtype"] = value!("int16")
        }),
        ("unknown variant `bfloat16`", |golden| {
            golden["cases"][0]["outputs"][0]["dtype"] = value!("bfloat16")
        }),
        ("it has 0 inputs, the network has 1", |golden| {
            golden["cases"][0]["inputs"] = value!([])
        }),
    ];
    for (words, change) in changes {
        let mut golden = golden("sine");
        change(&mut golden);
        let text = differences(folder("sine", &golden).path());
        assert!(
            text.contains(words) && text.contains("help: "),
            "{words}:\n{text}"
        );
        assert!(
            last_line(&text).ends_with("cases bit-exact, 1 model not verified"),
            "{text}"
        );
    }
}

#[test]
fn broken_files_do_not_stop_the_others() {
    let folder = folder("sine", &golden("sine"));
    add(folder.path(), "speech", "{\"cases\": [");
    add(
        folder.path(),
        "person_detect",
        &golden("person_detect").to_string(),
    );
    let bytes = std::fs::read(model("person_detect")).unwrap();
    std::fs::write(
        folder.path().join("person_detect.tflite"),
        &bytes[..bytes.len() / 2],
    )
    .unwrap();
    std::fs::write(
        folder.path().join("gone.golden.json"),
        golden("sine").to_string(),
    )
    .unwrap();
    let text = differences(folder.path());
    assert!(
        text.contains("speech.golden.json: it is not a golden file"),
        "{text}"
    );
    assert!(text.contains("gone.tflite: it cannot be read"), "{text}");
    assert_eq!(
        last_line(&text),
        "8 of 24 cases bit-exact, 3 models not verified"
    );
}

#[test]
fn models_without_golden_files_are_listed() {
    let folder = folder("sine", &golden("sine"));
    std::fs::create_dir(folder.path().join("more")).unwrap();
    std::fs::copy(model("speech"), folder.path().join("more/speech.tflite")).unwrap();
    let text = text(&mut verify(folder.path()));
    assert!(
        text.contains("1 model has no golden file") && text.contains("speech.tflite"),
        "{text}"
    );
    assert_eq!(last_line(&text), "8 of 8 cases bit-exact");

    std::fs::remove_file(folder.path().join("sine.golden.json")).unwrap();
    let text = differences(folder.path());
    assert!(text.contains("2 models have no golden file"), "{text}");
    assert_eq!(last_line(&text), "0 of 0 cases bit-exact");

    let text = differences(&folder.path().join("more/speech.tflite"));
    assert!(
        text.contains("it has no golden file") && text.contains("put speech.golden.json beside it"),
        "{text}"
    );
}

#[test]
fn nothing_to_verify_is_a_failure() {
    let folder = tempfile::tempdir().unwrap();
    assert!(failure(&mut verify(folder.path())).contains("no .tflite file"));
    let message = failure(&mut verify(&folder.path().join("missing.tflite")));
    assert!(
        message.contains("missing.tflite: it cannot be read"),
        "{message}"
    );
    shortcrust().arg("verify").assert().code(2);
}

#[test]
fn the_chip_is_verified_and_what_runs_portable_kernels_is_named() {
    let report = json(&mut verify(&project("models")));
    assert_eq!(report["on"], "esp32s3");
    let share = report["portable_mac_share"].as_f64().unwrap();
    assert!((0.0..=1.0).contains(&share), "{report}");
    for model in report["models"].as_array().unwrap() {
        assert_eq!(model["weights"], "ram", "{model}");
        assert!(model["portable_mac_share"].is_number(), "{model}");
    }
    let text = text(&mut verify(&project("models")));
    assert!(text.contains("on the simulated ESP32-S3, "), "{text}");
    assert_eq!(last_line(&text), "24 of 24 cases bit-exact");

    let report = json(verify(&project("models")).args(["--on", "host"]));
    assert_eq!(
        (&report["cases"], &report["exact"]),
        (&value!(24), &value!(24))
    );
    assert!(report.get("portable_mac_share").is_none(), "{report}");
}

//! `shortcrust run`.

use std::path::Path;

use crate::{
    contents, failure, float_ends, golden, json, model, numbers, project, shortcrust, text,
    write_model,
};

/// A model with two inputs of 29 values, and its first golden case.
const ADD: &str = "crates/shortcrust-cli/tests/data/operators/t_add_rank2_29_relu6";

fn run(name: &str) -> assert_cmd::Command {
    run_model(&model(name))
}

/// The command up to its inputs.
fn run_model(model: &Path) -> assert_cmd::Command {
    let mut command = shortcrust();
    command.arg("run").arg(model).arg("--input");
    command
}

fn write(folder: &Path, name: &str, bytes: &[u8]) -> std::path::PathBuf {
    let path = folder.join(name);
    std::fs::write(&path, bytes).unwrap();
    path
}

#[test]
fn raw_bytes_are_answered_as_by_the_reference() {
    let folder = tempfile::tempdir().unwrap();
    let golden = golden("speech");
    for case in golden["cases"].as_array().unwrap() {
        let input = write(folder.path(), "input.bin", &contents(&case["inputs"][0]));
        let report = json(run("speech").arg(&input));
        assert_eq!(
            report["runs"][0]["outputs"][0]["values"],
            numbers(&contents(&case["outputs"][0])),
            "{}",
            case["name"]
        );
    }
}

#[test]
fn a_photograph_becomes_the_bytes_that_the_reference_saw() {
    let folder = tempfile::tempdir().unwrap();
    let golden = golden("person_detect");
    for name in ["astronaut", "cameraman", "cat", "coffee"] {
        let saved = folder.path().join("input.npy");
        let photograph = project("images").join(name).with_extension("png");
        let report = json(
            run("person_detect")
                .arg(&photograph)
                .arg("--save-input")
                .arg(&saved),
        );
        let mut cases = golden["cases"].as_array().unwrap().iter();
        let case = cases
            .find(|case| case["name"] == format!("{name}.png"))
            .unwrap();
        let bytes = contents(&case["inputs"][0]);
        assert!(std::fs::read(&saved).unwrap().ends_with(&bytes), "{name}");
        assert_eq!(
            report["runs"][0]["outputs"][0]["values"],
            numbers(&contents(&case["outputs"][0])),
            "{name}"
        );

        let again = json(run("person_detect").arg(&saved));
        assert_eq!(
            again["runs"][0]["outputs"], report["runs"][0]["outputs"],
            "{name}"
        );
    }
}

#[test]
fn several_files_are_several_runs() {
    let photographs =
        ["astronaut", "cat"].map(|name| project("images").join(name).with_extension("png"));
    let report = json(run("person_detect").args(&photographs));
    assert_eq!(report["runs"].as_array().unwrap().len(), 2);
    assert_ne!(report["runs"][0]["outputs"], report["runs"][1]["outputs"]);
    let text = text(run("person_detect").args(&photographs));
    assert!(
        text.contains("astronaut.png") && text.contains("cat.png") && text.contains("[1]"),
        "{text}"
    );
}

#[test]
fn a_network_with_several_inputs_takes_a_file_for_each() {
    let folder = tempfile::tempdir().unwrap();
    let add = project(ADD);
    let golden = std::fs::read(add.with_extension("golden.json")).unwrap();
    let golden: serde_json::Value = serde_json::from_slice(&golden).unwrap();
    let mut files = Vec::new();
    let mut expected = Vec::new();
    for (index, case) in golden["cases"].as_array().unwrap().iter().enumerate() {
        for side in 0..2 {
            files.push(write(
                folder.path(),
                &format!("{index}-{side}.bin"),
                &contents(&case["inputs"][side]),
            ));
        }
        expected.push(numbers(&contents(&case["outputs"][0])));
    }
    let run = || run_model(&add.with_extension("tflite"));
    let report = json(run().args(&files));
    let answers = report["runs"]
        .as_array()
        .unwrap()
        .iter()
        .map(|run| run["outputs"][0]["values"].clone());
    assert_eq!(answers.collect::<Vec<_>>(), expected);

    let message = failure(run().args(&files[1..]));
    assert!(message.contains("2 inputs"), "{message}");
}

#[test]
fn long_outputs_are_summarised() {
    let folder = tempfile::tempdir().unwrap();
    let input = write(folder.path(), "x.bin", &[1; 29]);
    let add = project(ADD).with_extension("tflite");
    let text = text(run_model(&add).arg(&input).arg(&input));
    assert!(
        text.contains("largest") && text.contains("of 29 values") && text.contains("--save-output"),
        "{text}"
    );
}

#[test]
fn inputs_that_do_not_fit_are_failures() {
    let folder = tempfile::tempdir().unwrap();
    let short = write(folder.path(), "short.bin", &[0; 100]);
    let long = write(folder.path(), "long.bin", &[0; 5000]);
    let text = write(folder.path(), "text.png", b"this is no picture");
    let array = write(folder.path(), "array.npy", b"this is no array");
    let astronaut = project("images/astronaut.png");
    let cut = write(
        folder.path(),
        "cut.png",
        &std::fs::read(&astronaut).unwrap()[..5000],
    );
    for (name, input, words) in [
        ("speech", short.as_path(), "1,960 bytes, the file has 100"),
        ("speech", &long, "the file has more"),
        ("speech", &astronaut, "a picture does not fit"),
        ("speech", &array, "not a .npy file"),
        ("person_detect", &text, "not a sound picture"),
        ("person_detect", &cut, "not a sound picture"),
        ("person_detect", folder.path(), "cannot be read"),
        ("person_detect", Path::new("missing.png"), "cannot be read"),
    ] {
        let message = failure(run(name).arg(input));
        let file = input.file_name().unwrap().to_str().unwrap();
        assert!(
            message.contains(words) && message.contains(file),
            "{message}"
        );
    }
}

#[test]
fn a_failure_leaves_no_output() {
    let folder = tempfile::tempdir().unwrap();
    let saved = folder.path().join("saved.npy");
    let photograph = project("images/cat.png");
    failure(
        run("person_detect")
            .arg(&photograph)
            .arg("missing.png")
            .arg("--save-input")
            .args([&saved, &saved]),
    );
    let message = failure(
        run("person_detect")
            .arg(&photograph)
            .arg("--save-output")
            .args([&saved, &saved]),
    );
    assert!(
        message.contains("--save-output names 2 files, and there are 1"),
        "{message}"
    );
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0);
}

#[test]
fn the_normalisation_can_be_chosen() {
    let folder = tempfile::tempdir().unwrap();
    let saved = folder.path().join("saved.npy");
    let mut inputs = Vec::new();
    for normalisation in ["auto", "range", "unit", "signed"] {
        let photograph = project("images/cat.png");
        json(
            run("person_detect")
                .arg(photograph)
                .args(["--normalise", normalisation, "--save-input"])
                .arg(&saved),
        );
        inputs.push(std::fs::read(&saved).unwrap());
    }
    assert_eq!(inputs[0], inputs[1], "person_detect's input spans -1 to 1");
    assert_ne!(inputs[0], inputs[2], "0 to 1 is the upper half of -1 to 1");
    let distance = |(a, b): (&u8, &u8)| (*a as i8).abs_diff(*b as i8);
    let pixels = inputs[0].iter().zip(&inputs[3]).rev().take(96 * 96);
    assert!(
        pixels.map(distance).max() <= Some(1),
        "the input's zero point is half a step off"
    );
}

#[test]
fn chip_and_computer_agree() {
    let photograph = project("images/cat.png");
    let chip = json(run("person_detect").arg(&photograph));
    let host = json(run("person_detect").arg(&photograph).args(["--on", "host"]));
    assert_eq!(chip["runs"][0]["outputs"], host["runs"][0]["outputs"]);
    assert!(chip["runs"][0]["cycles"].as_u64() > Some(0));
    assert_eq!(chip["weights"], "ram");
    assert!(host["runs"][0].get("cycles").is_none() && host.get("weights").is_none());
}

/// The float32 numbers of a file of `--save-input` with another name than .npy.
fn floats(path: &Path) -> Vec<f32> {
    let bytes = std::fs::read(path).unwrap();
    let words = bytes.chunks_exact(4);
    words
        .map(|word| f32::from_le_bytes(word.try_into().unwrap()))
        .collect()
}

#[test]
fn pixels_of_a_float_input_follow_from_the_quantize_behind_it() {
    let folder = tempfile::tempdir().unwrap();
    let saved = folder.path().join("saved.bin");
    let photograph = project("images/cat.png");
    for (scale, zero_point, normalise, low, high) in [
        (1.0 / 255.0, -128, "unit", 0.0, 1.0),
        (2.0 / 255.0, 0, "signed", -1.0, 1.0),
        (1.0, -128, "pixels", 0.0, 255.0),
        (237.0 / 255.0, -128, "pixels", 0.0, 255.0),
    ] {
        let model = write_model(
            folder.path(),
            "net",
            &float_ends([1, 8, 8, 3], scale, zero_point),
        );
        let mut command = run_model(&model);
        let text = text(command.arg(&photograph));
        assert!(
            text.contains("since operator 0 (QUANTIZE) states"),
            "{text}"
        );
        let report = json(command.arg("--save-input").arg(&saved));
        let pixels = &report["pixels"][0];
        assert_eq!(pixels["normalise"], normalise, "{pixels}");
        assert_eq!(pixels["derived_from"]["by"], "operator 0 (QUANTIZE)");
        let fed = floats(&saved);
        assert!(
            fed.iter().all(|real| (low..=high).contains(real)),
            "{fed:?}"
        );
        let spread = fed.iter().copied().fold(low, f32::max) - low;
        assert!(spread > (high - low) / 4.0, "{normalise}: {fed:?}");
    }
}

#[test]
fn pixels_of_which_nothing_is_known_are_refused() {
    let folder = tempfile::tempdir().unwrap();
    let photograph = project("images/cat.png");
    // -0.5..0.5, 0..6, and pixels less their mean.
    for (scale, zero_point) in [(1.0 / 255.0, 0), (6.0 / 255.0, -128), (1.0, 0)] {
        let file = float_ends([1, 8, 8, 3], scale, zero_point);
        let model = write_model(folder.path(), "net", &file);
        let run = || {
            let mut command = run_model(&model);
            command.arg(&photograph);
            command
        };
        let message = failure(&mut run());
        assert!(message.contains("operator 0 (QUANTIZE)"), "{message}");
        assert!(message.contains("--normalise"), "{message}");
        let report = json(run().args(["--normalise", "pixels"]));
        assert_eq!(report["pixels"][0]["normalise"], "pixels");
        assert!(report["pixels"][0]["derived_from"].is_null(), "{report}");
        assert!(failure(run().args(["--normalise", "range"])).contains("8-bit"));
    }
}

#[test]
fn numbers_that_are_not_finite_are_not_fed_in_silence() {
    let folder = tempfile::tempdir().unwrap();
    let numbers = [
        f32::NAN,
        f32::NEG_INFINITY,
        0.0,
        0.5,
        1.0,
        2.0,
        f32::NAN,
        4.0,
    ];
    let raw = write(
        folder.path(),
        "raw.bin",
        &numbers.map(f32::to_le_bytes).concat(),
    );
    let header = "{'descr': '<f4', 'fortran_order': False, 'shape': (8,), }";
    let header = format!("{header:117}\n");
    let mut array = b"\x93NUMPY\x01\x00\x76\x00".to_vec();
    array.extend(header.bytes());
    array.extend(numbers.map(f32::to_le_bytes).concat());
    let array = write(folder.path(), "features.npy", &array);
    let float = write_model(folder.path(), "float", &float_ends([1, 1, 1, 8], 0.5, 0));
    let int8 = write_model(folder.path(), "int8", &crate::tflite::FileSpec::relu());
    for (model, input) in [(&float, &raw), (&float, &array), (&int8, &array)] {
        let run = || {
            let mut command = run_model(model);
            command.arg(input);
            command
        };
        let text = text(&mut run());
        let words = "3 of the 8 numbers are not finite (NaN at 0 and 6, -infinity at 1)";
        assert!(text.contains(words), "{text}");
        let report = json(&mut run());
        let warning = &report["warnings"][0];
        assert_eq!((&warning["values"], &warning["of"]), (&3.into(), &8.into()));
        assert_eq!(warning["kind"], "not_finite");
        assert_eq!(warning["places"][0]["first"], serde_json::json!([0, 6]));
    }
}

#[test]
fn what_is_not_timed_is_said() {
    let folder = tempfile::tempdir().unwrap();
    let model = write_model(folder.path(), "net", &float_ends([1, 2, 4, 1], 0.5, 0));
    let input = write(folder.path(), "x.bin", &[0; 32]);
    let run = || {
        let mut command = run_model(&model);
        command.arg(&input);
        command
    };
    let words = "without 2 portable layers (DEQUANTIZE, QUANTIZE), which are not timed";
    assert!(text(&mut run()).contains(words));
    assert_eq!(json(&mut run())["portable_operators"]["QUANTIZE"], 1);
    assert!(!text(run().args(["--on", "host"])).contains("not timed"));

    for command in ["inspect", "profile"] {
        let run = || {
            let mut run = shortcrust();
            run.arg(command).arg(&model);
            run
        };
        let text = text(&mut run());
        assert!(text.contains(words), "{command}:\n{text}");
        let report = json(&mut run());
        assert_eq!(report["portable_layers"], 2, "{command}");
        assert_eq!(report["portable_operators"]["DEQUANTIZE"], 1, "{command}");
    }
    let page = folder.path().join("net.html");
    json(
        shortcrust()
            .arg("profile")
            .arg(&model)
            .arg("--html")
            .arg(&page),
    );
    let page = std::fs::read_to_string(page).unwrap();
    assert!(page.contains(words), "the page does not say so");
}

#[test]
fn what_does_not_fit_names_what_needs_the_memory() {
    let folder = tempfile::tempdir().unwrap();
    let model = write_model(
        folder.path(),
        "large",
        &float_ends([1, 400, 400, 1], 0.5, 0),
    );
    let input = write(folder.path(), "x.bin", &vec![0; 640_000]);
    let messages = [
        failure(run_model(&model).arg(&input)),
        failure(shortcrust().arg("profile").arg(&model)),
        text(shortcrust().arg("inspect").arg(&model)),
    ];
    for message in messages {
        let message = message.split_whitespace().collect::<Vec<_>>().join(" ");
        for words in [
            "for the arena)",
            "of which 393216 are there",
            "during operator 0 (QUANTIZE)",
            "`in` [1, 400, 400, 1]: 640000 bytes",
            "`in` takes 160000 bytes instead of 640000",
        ] {
            assert!(message.contains(words), "{words}:\n{message}");
        }
    }
}

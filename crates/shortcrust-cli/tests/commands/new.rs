//! `shortcrust new`. That what it writes can be built and keeps the firmware's rules, `.ci/firmware` sees.

use std::path::Path;
use std::{fs, process};

use assert_cmd::Command;
use toml_edit::DocumentMut;

use crate::{contents, failure, golden, json, model, project, shortcrust, text};

/// The command in a folder, for a bundled model.
fn new(folder: &Path, name: &str, network: &str) -> Command {
    let mut command = shortcrust();
    command.current_dir(folder).args(["new", name, "--model"]);
    command.arg(fs::canonicalize(model(network)).unwrap());
    command
}

/// A file of a project.
fn read(project: &Path, path: &str) -> String {
    fs::read_to_string(project.join(path)).unwrap()
}

fn toml(project: &Path, path: &str) -> DocumentMut {
    read(project, path).parse().unwrap()
}

/// The names in a folder.
fn names(folder: &Path) -> Vec<String> {
    let entries = fs::read_dir(folder).unwrap();
    let mut names: Vec<String> = entries
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    names.sort();
    names
}

#[test]
fn a_project_is_the_firmware_for_another_network() {
    let folder = tempfile::tempdir().unwrap();
    let report = json(&mut new(folder.path(), "key-words", "speech"));
    let made = folder.path().join("key-words");
    for path in report["files"].as_array().unwrap() {
        let path = made.join(path.as_str().unwrap());
        let bytes = fs::read(&path).unwrap();
        let text = String::from_utf8_lossy(&bytes);
        assert!(!text.contains("{{") && !text.contains("{%"), "{path:?}");
    }
    for path in [
        ".clippy.toml",
        "build.rs",
        "partitions.csv",
        "src/board.rs",
        "src/bin/serve.rs",
    ] {
        let ours = fs::read_to_string(project("firmware").join(path)).unwrap();
        assert_eq!(read(&made, path), ours, "{path}");
    }
    assert_eq!(
        fs::read(made.join("models/speech.tflite")).unwrap(),
        fs::read(model("speech")).unwrap()
    );

    let manifest = toml(&made, "Cargo.toml");
    assert_eq!(manifest["package"]["name"].as_str(), Some("key-words"));
    assert_eq!(
        manifest["profile"]["release"]["lto"].as_str(),
        Some("fat"),
        "{manifest}"
    );
    assert!(manifest["features"].get("wrong").is_none(), "{manifest}");
    let default = manifest["features"]["default"].to_string();
    assert_eq!(default.trim(), r#"["esp32s3", "jtag-serial"]"#);
    // For a computer they stop with errors of their own, before build.rs can say what is wrong.
    let of_chips = &manifest["target"][r#"cfg(target_os = "none")"#]["dependencies"];
    for (dependency, _) in manifest["dependencies"].as_table().unwrap() {
        assert!(!dependency.starts_with("esp-"), "{manifest}");
    }
    assert!(of_chips["esp-hal"].is_value(), "{manifest}");
    assert_eq!(
        of_chips["esp-println"]["default-features"].as_bool(),
        Some(false)
    );
    for dependency in ["shortcrust", "esp_flash"] {
        let path = manifest["dependencies"][dependency]["path"].as_str();
        let place = Path::new(path.unwrap()).join("Cargo.toml");
        assert!(place.is_absolute() && place.is_file(), "{place:?}");
    }
}

#[test]
fn the_build_script_says_what_is_wrong_in_a_sentence() {
    let folder = tempfile::tempdir().unwrap();
    text(&mut new(folder.path(), "key-words", "speech"));
    let script = folder.path().join("script");
    let compiled = process::Command::new("rustc")
        .args(["--edition", "2024", "-o"])
        .arg(&script)
        .arg(folder.path().join("key-words/build.rs"))
        .status();
    assert!(compiled.unwrap().success());
    let errors = |variable: &str, value: Option<&str>| {
        let mut command = process::Command::new(&script);
        // What cargo tells a build script, as far as it asks.
        command.env_clear().envs([
            ("CARGO_MANIFEST_DIR", "/home/me/key-words"),
            ("CARGO_CFG_TARGET_OS", "none"),
            ("TARGET", "riscv32imac-unknown-none-elf"),
            ("CARGO_FEATURE_JTAG_SERIAL", "1"),
            ("ESP_HAL_CONFIG_USE_RWTEXT_LD_HOOK", "true"),
        ]);
        command.env("OUT_DIR", folder.path());
        match value {
            Some(value) => command.env(variable, value),
            None => command.env_remove(variable),
        };
        let output = command.output().unwrap();
        assert!(output.status.success(), "{output:?}");
        let text = String::from_utf8(output.stdout).unwrap();
        let errors = text
            .lines()
            .filter_map(|line| line.strip_prefix("cargo::error="));
        errors.map(str::to_owned).collect::<Vec<_>>()
    };
    assert!(errors("PATH", None).is_empty());
    for (variable, value, expected) in [
        (
            "CARGO_CFG_TARGET_OS",
            Some("linux"),
            "the target is this computer (riscv32imac-unknown-none-elf): cargo takes target, linker and compiler from the folder \
             that it is started in, so start it in /home/me/key-words",
        ),
        (
            "ESP_HAL_CONFIG_USE_RWTEXT_LD_HOOK",
            None,
            "cargo that is started in /home/me/key-words",
        ),
        ("CARGO_FEATURE_UART", Some("1"), "over one port"),
        ("CARGO_FEATURE_JTAG_SERIAL", None, "over one port"),
    ] {
        let errors = errors(variable, value);
        assert!(
            matches!(&errors[..], [error] if error.contains(expected)),
            "{errors:?}"
        );
    }
}

#[test]
fn the_chip_decides_on_compiler_target_and_weights() {
    let folder = tempfile::tempdir().unwrap();
    for (chip, target, channel) in [
        ("esp32s3", "xtensa-esp32s3-none-elf", "esp"),
        ("esp32c6", "riscv32imac-unknown-none-elf", "stable"),
        ("esp32c3", "riscv32imc-unknown-none-elf", "stable"),
    ] {
        text(new(folder.path(), chip, "speech").args(["--chip", chip]));
        let made = folder.path().join(chip);
        let settings = toml(&made, ".cargo/config.toml");
        assert_eq!(settings["build"]["target"].as_str(), Some(target));
        let runner = settings["target"][target]["runner"].as_str().unwrap();
        assert!(runner.starts_with("espflash flash --monitor"), "{runner}");
        let toolchain = toml(&made, "rust-toolchain.toml");
        assert_eq!(toolchain["toolchain"]["channel"].as_str(), Some(channel));
        let features = &toml(&made, "Cargo.toml")["features"]["default"];
        assert_eq!(features[0].as_str(), Some(chip));
        let networks = read(&made, "src/networks.rs");
        assert_eq!(
            networks.contains("weights = \"ram\""),
            chip == "esp32s3",
            "{networks}"
        );
    }
    text(&mut new(folder.path(), "persons", "person_detect"));
    let networks = read(&folder.path().join("persons"), "src/networks.rs");
    assert!(
        !networks.contains("weights"),
        "282 KB do not fit beside the rest:\n{networks}"
    );
}

#[test]
fn the_test_of_a_project_has_the_answer_of_the_reference() {
    let golden = golden("speech");
    let case = &golden["cases"][0];
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("x.raw"), contents(&case["inputs"][0])).unwrap();
    text(new(folder.path(), "speech", "speech").args(["--input", "x.raw"]));
    let file = |path: &str| fs::read(folder.path().join("speech/test").join(path)).unwrap();
    assert_eq!(file("input.raw"), contents(&case["inputs"][0]));
    assert_eq!(file("output.raw"), contents(&case["outputs"][0]));
}

#[test]
fn nothing_is_overwritten_and_nothing_left_behind() {
    let folder = tempfile::tempdir().unwrap();
    fs::create_dir(folder.path().join("kitchen")).unwrap();
    let taken = failure(&mut new(folder.path(), "kitchen", "sine"));
    assert!(taken.contains("it exists already"), "{taken}");
    let homeless = failure(&mut new(folder.path(), "no/such/place", "sine"));
    assert!(homeless.contains("check that the folder"), "{homeless}");
    fs::write(folder.path().join("broken.tflite"), b"TFL3").unwrap();
    let mut command = shortcrust();
    command
        .current_dir(folder.path())
        .args(["new", "garden", "--model", "broken.tflite"]);
    assert!(failure(&mut command).contains("broken.tflite: "));
    let unfit = failure(new(folder.path(), "garden", "speech").args(["--input", "broken.tflite"]));
    assert!(unfit.contains("broken.tflite"), "{unfit}");
    assert_eq!(names(folder.path()), ["broken.tflite", "kitchen"]);
    assert!(names(&folder.path().join("kitchen")).is_empty());
}

#[test]
fn what_cannot_be_asked_for_is_explained() {
    let folder = tempfile::tempdir().unwrap();
    for name in ["fn", "2fast", "esp-hal", "serve", "a b", ".."] {
        let message = failure(&mut new(folder.path(), name, "sine"));
        assert!(message.contains("cannot be a package's name"), "{message}");
    }
    let chip = failure(new(folder.path(), "x", "sine").args(["--chip", "esp8266"]));
    assert!(
        chip.contains("there is no chip `esp8266`; known are"),
        "{chip}"
    );
    let sources = failure(new(folder.path(), "x", "sine").args(["--shortcrust", "."]));
    assert!(sources.contains("--shortcrust FOLDER"), "{sources}");
    assert!(names(folder.path()).is_empty());
}

#[test]
fn a_network_with_several_outputs_is_refused_by_name() {
    let folder = tempfile::tempdir().unwrap();
    let case = "crates/shortcrust-cli/tests/data/operators/t_split_axis2_by2_4x2x5.tflite";
    let mut command = shortcrust();
    command.args(["new", "split", "--model"]).arg(project(case));
    let message = failure(command.current_dir(folder.path()));
    assert!(message.contains("has 2 outputs (`"), "{message}");
    assert!(message.contains("output_0"), "{message}");
    assert!(names(folder.path()).is_empty());
}

#[test]
fn a_network_that_the_chip_has_no_room_for_is_refused_with_figures() {
    let folder = tempfile::tempdir().unwrap();
    let case = "crates/shortcrust-cli/tests/data/operators/028_relu_5x7x17.tflite";
    let mut flatbuffer = fs::read(project(case)).unwrap();
    // RELU takes any shape: 1x5x7x17 becomes 1x500x70x17, 595,000 bytes and 8 to a multiple of 16.
    let bytes = |shape: [i32; 4]| shape.map(i32::to_le_bytes).concat();
    let (small, large) = (bytes([1, 5, 7, 17]), bytes([1, 500, 70, 17]));
    for place in 0..flatbuffer.len() - small.len() {
        if flatbuffer[place..].starts_with(&small) {
            flatbuffer[place..place + large.len()].copy_from_slice(&large);
        }
    }
    fs::write(folder.path().join("large.tflite"), flatbuffer).unwrap();
    let mut command = shortcrust();
    command.args(["new", "large", "--model", "large.tflite"]);
    let message = failure(command.current_dir(folder.path()));
    assert!(
        message.contains("large.tflite: its arena takes 595,008 bytes, and the esp32s3 has"),
        "{message}"
    );
    assert_eq!(names(folder.path()), ["large.tflite"]);
}

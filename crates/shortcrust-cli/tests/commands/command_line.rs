//! What all commands have in common: help, exit codes, broken models.

use std::process::Stdio;

use crate::{failure, model, shortcrust, text, unsupported, write_model};

#[test]
fn every_help_text_has_examples() {
    for command in [
        &["--help"][..],
        &["inspect", "--help"],
        &["run", "--help"],
        &["verify", "--help"],
        &["plan", "--help"],
        &["sim", "--help"],
        &["asm", "--help"],
        &["disasm", "--help"],
        &["profile", "--help"],
        &["fit", "--help"],
        &["new", "--help"],
        &["device", "flash", "--help"],
        &["device", "monitor", "--help"],
        &["device", "run", "--help"],
        &["device", "eval", "--help"],
    ] {
        let text = text(shortcrust().args(command));
        assert!(
            text.contains("Examples:\n  shortcrust"),
            "{command:?}:\n{text}"
        );
    }
}

#[test]
fn what_is_not_a_command_line_is_refused() {
    for command in [
        &["fly"][..],
        &["inspect"],
        &["run", "net.tflite"],
        &["plan", "a", "b"],
        &["profile"],
        &["profile", "net.tflite", "--weights", "tape"],
        &["profile", "net.tflite", "--cores", "3"],
        &["fit"],
        &["new", "kitchen"],
        &["device"],
        &["device", "run"],
        &["operators", "x"],
    ] {
        let output = shortcrust()
            .args(command)
            .assert()
            .code(2)
            .get_output()
            .clone();
        assert!(
            output.stdout.is_empty() && !output.stderr.is_empty(),
            "{command:?}"
        );
    }
}

#[test]
fn broken_models_are_explained() {
    let folder = tempfile::tempdir().unwrap();
    let sound = std::fs::read(model("sine")).unwrap();
    let mut other_magic = sound.clone();
    other_magic[4..8].copy_from_slice(b"TFL9");
    for (name, bytes) in [
        ("empty", &[][..]),
        ("text", b"layers: 3\n"),
        ("truncated", &sound[..sound.len() / 2]),
        ("magic", &other_magic),
        (
            "picture",
            &std::fs::read(crate::project("images/cat.png")).unwrap(),
        ),
    ] {
        let path = folder.path().join(name).with_extension("tflite");
        std::fs::write(&path, bytes).unwrap();
        for command in ["inspect", "plan", "profile"] {
            let message = failure(shortcrust().arg(command).arg(&path));
            assert!(message.contains(&format!("{name}.tflite: ")), "{message}");
        }
        failure(
            shortcrust()
                .arg("run")
                .arg(&path)
                .args(["--input", "x.bin"]),
        );
    }
    for path in [
        folder.path().join("missing.tflite"),
        folder.path().to_owned(),
    ] {
        assert!(failure(shortcrust().arg("inspect").arg(path)).contains("it cannot be read"));
    }
}

#[test]
fn a_reader_that_leaves_is_no_failure() {
    let mut child = std::process::Command::new(assert_cmd::cargo::cargo_bin!("shortcrust"))
        .arg("inspect")
        .arg(model("person_detect"))
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    drop(child.stdout.take());
    let output = child.wait_with_output().unwrap();
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
}

#[test]
fn failures_are_json_where_that_is_asked_for() {
    let folder = tempfile::tempdir().unwrap();
    let refused = write_model(folder.path(), "refused", &unsupported());
    let refused = refused.to_str().unwrap();
    let fields = [
        "message",
        "file",
        "operator_number",
        "operator",
        "tensor",
        "shape",
        "problem",
        "remedy",
    ];
    for (command, code) in [
        (&["inspect", refused][..], 1),
        (&["plan", refused], 1),
        (&["profile", refused], 1),
        (&["run", refused, "--input", "x.bin"], 1),
        (&["new", "kitchen", "--model", refused], 1),
        (&["verify", "missing.tflite"], 1),
        (&["fit", "missing.elf"], 1),
        (&["sim", "missing.elf"], 1),
        (&["asm", "missing.S"], 1),
        (&["disasm", "missing.elf"], 1),
        (&["device", "run", "x.png", "--port", "/missing"], 1),
        (&["device", "eval", "missing/"], 1),
        (&["device", "flash", "missing.elf"], 1),
        (&["fly"], 2),
        (&["inspect"], 2),
        (&["profile", "net.tflite", "--cores", "3"], 2),
    ] {
        let mut run = shortcrust();
        let output = run.args(command).arg("--json").output().unwrap();
        assert_eq!(output.status.code(), Some(code), "{command:?}");
        assert!(output.stdout.is_empty(), "{command:?}");
        let text = String::from_utf8(output.stderr).unwrap();
        let failure: serde_json::Value = serde_json::from_str(&text)
            .unwrap_or_else(|error| panic!("{command:?}: {error}:\n{text}"));
        let object = failure.as_object().unwrap();
        for field in fields {
            assert!(object.contains_key(field), "{command:?} {field}:\n{text}");
        }
        for field in ["message", "problem", "remedy"] {
            assert!(
                !failure[field].as_str().unwrap().is_empty(),
                "{command:?}:\n{text}"
            );
        }
    }
    let mut run = shortcrust();
    let output = run.args(["inspect", refused, "--json"]).output().unwrap();
    let failure: serde_json::Value = serde_json::from_slice(&output.stderr).unwrap();
    assert_eq!(failure["file"], refused);
    assert!(
        failure["message"]
            .as_str()
            .unwrap()
            .contains("BIDIRECTIONAL_SEQUENCE_LSTM"),
        "{failure}"
    );

    let help = shortcrust().args(["--help", "--json"]).output().unwrap();
    assert!(help.status.success() && help.stderr.is_empty());
}

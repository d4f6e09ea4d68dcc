//! `shortcrust device`, against a fake board: the firmware's own `serve` behind a pseudo-terminal.

mod fake;
#[allow(dead_code, reason = "the tests of shortcrust-fit need more of it")]
#[path = "../../../../shortcrust-fit/tests/common/mod.rs"]
mod firmware;

use std::fs;
use std::path::Path;

use assert_cmd::Command;

use crate::{failure, json, model, project, shortcrust, text};
use fake::{Fake, Fault};
use firmware::Program;

/// A subcommand for a fake board, impatient.
fn device(board: &Fake, subcommand: &str) -> Command {
    let mut command = shortcrust();
    command.args(["device", subcommand, "--patience", "60"]);
    command.args(["--port", &board.port]);
    command
}

/// A firmware's file in a folder.
fn write(folder: &Path, program: &Program) -> String {
    let path = folder.join("firmware.elf");
    fs::write(&path, program.elf()).unwrap();
    path.display().to_string()
}

fn photograph(name: &str) -> String {
    project("images")
        .join(name)
        .with_extension("png")
        .display()
        .to_string()
}

/// Folders with the bundled photographs by what they show.
fn labelled(folder: &Path) {
    for (name, label) in [
        ("astronaut", "person"),
        ("cameraman", "person"),
        ("cat", "no person"),
        ("coffee", "no person"),
    ] {
        let folder = folder.join(label);
        fs::create_dir_all(&folder).unwrap();
        fs::copy(photograph(name), folder.join(name).with_extension("png")).unwrap();
    }
}

#[test]
fn answers_stand_beside_predictions_and_have_their_bits() {
    let board = Fake::serving(Fault::None);
    let (cat, coffee) = (photograph("cat"), photograph("coffee"));
    let report = json(device(&board, "run").args([&cat, &coffee]));
    assert_eq!(report["network"], "person_detect");
    assert_eq!(report["chip"], "host");
    // What is predicted is what the board says that it runs.
    assert_eq!(report["weights"], "flash");
    assert_eq!(report["cores"], 1);
    let mut profile = shortcrust();
    profile.args(["profile", "--weights", "flash"]);
    let profile = json(profile.arg(model("person_detect")));
    let runs = report["runs"].as_array().unwrap();
    assert_eq!(runs.len(), 2);
    assert_eq!(runs[0]["output"], serde_json::json!([96, -96]));
    assert_eq!(runs[1]["output"], serde_json::json!([111, -111]));
    for run in runs {
        assert!(run["predicted"]["difference"].is_null(), "{run}");
        let cycles = run["predicted"]["cycles"].as_f64().unwrap();
        let ratio = cycles / profile["cycles"].as_f64().unwrap();
        assert!((0.9..1.1).contains(&ratio), "{cycles}");
        assert_eq!(run["measured"]["stack_used"], 2048);
    }
    let text = text(device(&board, "run").arg(&cat));
    assert!(text.contains("cat.png"), "{text}");
    assert!(text.contains("[0] 96"), "{text}");
    assert!(text.contains("as predicted"), "{text}");
    assert!(text.contains("one core, weights in flash"), "{text}");
}

#[test]
fn another_models_bits_differ_and_that_is_an_error() {
    // The same shapes, and some weights that are others.
    const SOME_WEIGHTS: std::ops::Range<usize> = 120_000..121_024;
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("changed.tflite");
    let mut bytes = fs::read(model("person_detect")).unwrap();
    for byte in &mut bytes[SOME_WEIGHTS] {
        *byte = byte.wrapping_add(40);
    }
    fs::write(&path, bytes).unwrap();
    let board = Fake::serving(Fault::None);
    let mut command = device(&board, "run");
    command.args([&photograph("cat"), "--model"]);
    let output = command.arg(&path).output().unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    assert_eq!(output.status.code(), Some(1), "{text}");
    assert!(text.contains("values differ, the first at"), "{text}");
}

#[test]
fn lost_and_changed_bytes_and_garbage_do_no_harm() {
    for fault in [Fault::Drops(211), Fault::Changes(173), Fault::Garbage(7)] {
        let board = Fake::serving(fault);
        let report = json(device(&board, "run").arg(photograph("cat")));
        let run = &report["runs"][0];
        assert_eq!(run["output"], serde_json::json!([96, -96]));
        assert!(run["predicted"]["difference"].is_null(), "{run}");
    }
}

#[test]
fn a_board_that_is_unplugged_is_missed() {
    for after in [0, 1, 20] {
        let board = Fake::serving(Fault::Unplugged(after));
        let message = failure(device(&board, "run").arg(photograph("cat")));
        assert!(message.contains(&board.port), "{message}");
        assert!(message.contains("check the cable"), "{message}");
    }
}

#[test]
fn a_board_that_never_answers_is_given_up() {
    let board = Fake::serving(Fault::Silent);
    let message = failure(device(&board, "run").arg(photograph("cat")));
    assert!(message.contains("did not answer 8 times"), "{message}");
    assert!(message.contains("--bin serve"), "{message}");
}

#[test]
fn a_model_of_other_sizes_is_refused() {
    let board = Fake::serving(Fault::None);
    let mut command = device(&board, "run");
    command.args([&photograph("cat"), "--model"]);
    let message = failure(command.arg(model("speech")));
    assert!(
        message.contains("9,216 bytes of input and 2 of output"),
        "{message}"
    );
}

#[test]
fn accuracy_is_counted_over_labelled_folders() {
    let folder = tempfile::tempdir().unwrap();
    labelled(folder.path());
    let board = Fake::serving(Fault::None);
    let report = json(device(&board, "eval").arg(folder.path()));
    assert_eq!(report["examples"], 4);
    assert_eq!(report["right"], 4);
    assert_eq!(
        report["confusion"]["labels"],
        serde_json::json!(["no person", "person"])
    );
    assert_eq!(
        report["confusion"]["counts"],
        serde_json::json!([[2, 0], [0, 2]])
    );
    assert_eq!(report["differing"], serde_json::json!([]));

    // The labels the wrong way round: nothing is right, and still every bit is as predicted.
    let list = folder.path().join("labels.txt");
    fs::write(&list, "person\nno person\n").unwrap();
    let mut command = device(&board, "eval");
    let text = text(command.arg(folder.path()).arg("--labels").arg(&list));
    assert!(text.contains("0 of 4 right on the board: 0.0 %"), "{text}");
    assert!(text.contains("every output has the bits"), "{text}");
}

#[test]
fn accuracy_needs_no_board() {
    let folder = tempfile::tempdir().unwrap();
    labelled(folder.path());
    for place in ["esp32s3", "host"] {
        let mut command = shortcrust();
        command
            .args(["device", "eval", "--on", place])
            .arg(folder.path());
        assert_eq!(json(&mut command)["accuracy"], 1.0);
    }
    fs::create_dir(folder.path().join("cloud")).unwrap();
    let mut command = shortcrust();
    command
        .args(["device", "eval", "--on", "host"])
        .arg(folder.path());
    let message = failure(&mut command);
    assert!(
        message.contains("has 2 scores, and there are 3 labels"),
        "{message}"
    );
}

#[test]
fn evaluation_ends_when_the_board_goes() {
    let folder = tempfile::tempdir().unwrap();
    labelled(folder.path());
    let board = Fake::serving(Fault::Unplugged(100));
    let message = failure(device(&board, "eval").arg(folder.path()));
    assert!(message.contains("check the cable"), "{message}");
}

#[test]
fn the_log_is_shown_until_the_board_is_gone() {
    let mut board = Fake::printing("person 114\n");
    let port = board.port.clone();
    let monitor = std::thread::spawn(move || {
        let mut command = shortcrust();
        command.args(["device", "monitor", "--port", &port]);
        command.output().unwrap()
    });
    std::thread::sleep(std::time::Duration::from_millis(600));
    board.unplug();
    let output = monitor.join().unwrap();
    let log = String::from_utf8_lossy(&output.stdout);
    assert!(log.contains("person 114\n"), "{log}");
    let message = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(1), "{message}");
    assert!(message.contains("the board is gone"), "{message}");
}

#[test]
fn a_board_that_does_not_speak_the_bootloaders_language_is_not_flashed() {
    let board = Fake::printing("Hello\n");
    let folder = tempfile::tempdir().unwrap();
    let mut command = shortcrust();
    command.args(["device", "flash", "--port", &board.port]);
    let message = failure(command.arg(write(folder.path(), &Program::c6())));
    assert!(message.contains(&board.port), "{message}");
    assert!(message.contains("hold BOOT"), "{message}");
}

#[test]
fn what_cannot_run_on_a_board_is_refused_before_one_is_looked_for() {
    let folder = tempfile::tempdir().unwrap();
    let flash = |file: &str| failure(shortcrust().args(["device", "flash", file]));
    let mut program = Program::c6();
    program
        .sections
        .retain(|section| section.name != ".flash.appdesc");
    let undescribed = flash(&write(folder.path(), &program));
    assert!(undescribed.contains("app descriptor"), "{undescribed}");
    assert!(undescribed.contains("firmware.elf: "), "{undescribed}");
    let picture = flash(&photograph("cat"));
    assert!(picture.contains("cat.png: "), "{picture}");
    let this = std::env::current_exe().unwrap();
    let foreign = flash(&this.display().to_string());
    assert!(foreign.contains("32-bit ELF"), "{foreign}");
}

#[test]
fn a_port_that_is_not_there_is_named() {
    for command in ["monitor", "run", "flash", "eval"] {
        let folder = tempfile::tempdir().unwrap();
        labelled(folder.path());
        let argument = match command {
            "monitor" => vec![],
            "eval" => vec![folder.path().display().to_string()],
            "flash" => vec![write(folder.path(), &Program::c6())],
            _ => vec![photograph("cat")],
        };
        let mut shortcrust = shortcrust();
        shortcrust
            .args(["device", command, "--port", "/dev/no-such-port"])
            .args(argument);
        let message = failure(&mut shortcrust);
        assert!(
            message.contains("/dev/no-such-port cannot be opened"),
            "{message}"
        );
    }
}

#[test]
fn listing_ports_always_works() {
    let report = json(shortcrust().args(["device", "list"]));
    assert!(report["ports"].is_array());
    text(shortcrust().args(["device", "list"]));
}

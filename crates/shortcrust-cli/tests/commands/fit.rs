//! `shortcrust fit`. Its rules are tested in its library, and on the built firmware.

use crate::sim::executable;
use crate::{failure, shortcrust, text};

/// A program for the ESP32-S3 whose first function takes 2 KB of stack.
const PROGRAM: &str = "start: entry a1, 2048\n retw.n";

#[test]
fn a_buffer_on_the_stack_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let program = executable(folder.path(), PROGRAM);
    let text = text(shortcrust().arg("fit").arg(&program));
    assert!(text.contains("for the esp32s3"), "{text}");
    assert!(text.contains("`start` takes 2048 bytes of stack"), "{text}");
    assert!(text.contains("static cell"), "{text}");
    assert!(text.contains("no allocator is linked"), "{text}");
}

#[test]
fn warnings_decide_when_that_is_asked_for() {
    let folder = tempfile::tempdir().unwrap();
    let program = executable(folder.path(), PROGRAM);
    let run = |strict: &[&str]| {
        let mut command = shortcrust();
        command.args(["fit", "--json"]).args(strict).arg(&program);
        command.output().unwrap()
    };
    assert_eq!(run(&[]).status.code(), Some(0));
    let output = run(&["--strict"]);
    assert_eq!(output.status.code(), Some(1));
    let report: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    let kinds: Vec<_> = report["warnings"]
        .as_array()
        .unwrap()
        .iter()
        .map(|warning| &warning["kind"])
        .collect();
    assert_eq!(kinds, ["buffer_on_stack", "image"]);
    let warning = &report["warnings"][0];
    assert_eq!(warning["symbols"][0]["name"], "start");
    assert_eq!(warning["symbols"][0]["bytes"], 2048);
    let frame = &report["frames"]["largest"][0];
    assert_eq!(
        (&frame["size"], &frame["source"]),
        (&2048.into(), &"entry".into())
    );
}

#[test]
fn the_text_fits_the_page_and_says_why() {
    let folder = tempfile::tempdir().unwrap();
    let program = executable(folder.path(), PROGRAM);
    let text = text(shortcrust().arg("fit").arg(&program));
    for part in [
        "RAM, stack",
        "341,760",
        "1 by the function's first instruction",
        "why: the stack has only what the statics leave",
        "why: espflash refuses it",
        "esp_app_desc!();",
        "2 warnings",
    ] {
        assert!(text.contains(part), "{part}:\n{text}");
    }
}

#[test]
fn a_table_or_a_size_that_is_none_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let program = executable(folder.path(), PROGRAM);
    let message = |option: &[&str]| failure(shortcrust().arg("fit").arg(&program).args(option));
    let sizes = message(&["--flash-size", "9MB"]);
    assert!(sizes.contains("there is no flash of 9MB"), "{sizes}");
    let table = message(&["--partitions", "no/such.csv"]);
    assert!(table.contains("no/such.csv"), "{table}");
}

#[test]
fn damaged_files_are_refused_without_a_panic() {
    let folder = tempfile::tempdir().unwrap();
    let whole = std::fs::read(executable(folder.path(), PROGRAM)).unwrap();
    let path = folder.path().join("damaged.elf");
    for length in [0, 4, 51, whole.len() / 2, whole.len() - 1] {
        std::fs::write(&path, &whole[..length]).unwrap();
        let message = failure(shortcrust().arg("fit").arg(&path));
        assert!(message.contains("damaged.elf: "), "{message}");
    }
}

#[test]
fn a_program_for_this_computer_is_refused() {
    let this = std::env::current_exe().unwrap();
    let message = failure(shortcrust().arg("fit").arg(this));
    assert!(message.contains("no sound 32-bit ELF file"), "{message}");
    assert!(message.contains("target/TARGET/release/"), "{message}");
}

#[test]
fn a_chip_that_is_not_known_is_refused_with_those_that_are() {
    let message = failure(shortcrust().args(["fit", "firmware.elf", "--chip", "esp99"]));
    assert!(message.contains("there is no chip `esp99`"), "{message}");
    assert!(message.contains("esp32c6"), "{message}");
}

#[test]
fn a_file_that_is_not_there_is_named() {
    let message = failure(shortcrust().args(["fit", "no/such.elf"]));
    assert!(message.contains("no/such.elf"), "{message}");
}

#[test]
fn what_is_wrong_with_a_partition_table_is_said_of_the_table() {
    let folder = tempfile::tempdir().unwrap();
    let program = executable(folder.path(), PROGRAM);
    let table = folder.path().join("partitions.csv");
    let run = || {
        let mut command = shortcrust();
        command
            .arg("fit")
            .arg(&program)
            .arg("--partitions")
            .arg(&table);
        command
    };
    let overlapping =
        "# Name\nfactory, app, factory, 0x10000, 0x3f0000\nmore, data, fat, 0x200000, 1M\n";
    for (rows, words) in [
        ("", "there is no partition of type `app`"),
        ("# nothing\n", "there is no partition of type `app`"),
        (
            overlapping,
            "line 3: `more` (0x200000) lies inside `factory` (0x10000 to 0x400000) of line 2",
        ),
    ] {
        std::fs::write(&table, rows).unwrap();
        let message = failure(&mut run());
        let message = message.split_whitespace().collect::<Vec<_>>().join(" ");
        assert!(
            message.contains("partitions.csv: ") && message.contains(words),
            "{message}"
        );
        let output = run().arg("--json").output().unwrap();
        let failure: serde_json::Value = serde_json::from_slice(&output.stderr).unwrap();
        assert_eq!(failure["file"], table.to_str().unwrap());
    }
}

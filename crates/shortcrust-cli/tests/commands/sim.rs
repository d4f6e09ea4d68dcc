//! `shortcrust sim`.

use std::path::{Path, PathBuf};

use assert_cmd::Command;

use crate::{failure, json, shortcrust, text};

/// Assembles a program to an executable in `folder`.
pub fn executable(folder: &Path, source: &str) -> PathBuf {
    let (text, program) = (folder.join("program.S"), folder.join("program.elf"));
    std::fs::write(&text, source).unwrap();
    let mut asm = shortcrust();
    asm.arg("asm").arg(text).arg("--output").arg(&program);
    asm.assert().success();
    program
}

/// What the command prints when it stops a program.
fn stopped(command: &mut Command) -> String {
    let output = command.assert().code(125).get_output().clone();
    String::from_utf8(output.stdout).unwrap()
}

#[test]
fn functions_take_arguments_and_return_a_value() {
    let folder = tempfile::tempdir().unwrap();
    let source = "_start: ill\n.align 4\nadd: entry a1, 32\n add.n a2, a2, a3\n retw.n";
    let program = executable(folder.path(), source);
    let report = json(shortcrust().arg("sim").arg(&program).args([
        "--entry",
        "add",
        "--args",
        "40",
        "-2",
        "--profile",
    ]));
    assert_eq!(report["end"]["returned"]["value"], 38);
    assert_eq!(report["instructions"], 3);
    assert_eq!(report["cycles"], 5);
    assert_eq!(report["stalls"]["branch"], 2);
    assert_eq!(report["profile"]["symbols"][0]["name"], "add");
    let message = failure(
        shortcrust()
            .arg("sim")
            .arg(&program)
            .args(["--entry", "sub"]),
    );
    assert!(
        message.contains("no symbol `sub`") && message.contains("add"),
        "{message}"
    );
}

#[test]
fn programs_end_with_their_own_status() {
    let folder = tempfile::tempdir().unwrap();
    let exits = "_start: entry a1, 32\n movi.n a2, 1\n movi.n a3, 7\n simcall";
    let program = executable(folder.path(), exits);
    shortcrust().arg("sim").arg(&program).assert().code(7);
    let program = executable(
        folder.path(),
        "_start: entry a1, 32\n movi.n a2, 9\n retw.n",
    );
    shortcrust().arg("sim").arg(&program).assert().code(9);
    let raw = folder.path().join("raw.bin");
    std::fs::write(&raw, [0x36, 0x41, 0, 0x0c, 0x02, 0x1d, 0xf0]).unwrap();
    shortcrust().arg("sim").arg(&raw).assert().success();
}

#[test]
fn what_a_program_writes_is_printed() {
    let folder = tempfile::tempdir().unwrap();
    // The letter `H` on the stack, written to file 1.
    let source = "_start: entry a1, 32\n movi a4, 72\n s8i a4, a1, 0\n mov.n a4, a1\n movi.n a2, 4\n movi.n a3, 1\n \
                  movi.n a5, 1\n simcall\n movi.n a2, 0\n retw.n";
    let program = executable(folder.path(), source);
    assert!(text(shortcrust().arg("sim").arg(&program)).starts_with('H'));
    assert_eq!(json(shortcrust().arg("sim").arg(&program))["output"], "H");
}

#[test]
fn mistakes_and_endless_loops_stop_the_program_with_a_report() {
    let folder = tempfile::tempdir().unwrap();
    for (body, reason) in [
        (
            "movi a2, 0x3fd\n slli a2, a2, 20\n l32i a3, a2, 0",
            "4-byte load from 0x3fd00000",
        ),
        (
            "addi a2, a1, 4\n ee.vld.128.ip q0, a2, 16",
            "vector access of 16 bytes",
        ),
        ("1: j 1b", "the cycle budget is used up"),
    ] {
        let program = executable(
            folder.path(),
            &format!("_start: entry a1, 32\n {body}\n retw.n"),
        );
        let run = || {
            let mut command = shortcrust();
            command
                .arg("sim")
                .arg(&program)
                .args(["--max-cycles", "10000"]);
            command
        };
        let report = stopped(&mut run());
        for part in [reason, "=> ", "call stack, innermost first", "_start"] {
            assert!(report.contains(part), "{part} is missing in\n{report}");
        }
        let report: serde_json::Value =
            serde_json::from_str(&stopped(run().arg("--json"))).unwrap();
        assert!(
            report["end"]["stopped"]["reason"]
                .as_str()
                .unwrap()
                .contains(reason)
        );
    }
}

#[test]
fn the_trace_shows_every_instruction() {
    let folder = tempfile::tempdir().unwrap();
    let program = executable(
        folder.path(),
        "_start: entry a1, 32\n movi.n a2, 0\n retw.n",
    );
    let output = shortcrust()
        .arg("sim")
        .arg(&program)
        .arg("--trace")
        .assert()
        .success();
    let trace = String::from_utf8(output.get_output().stderr.clone()).unwrap();
    assert_eq!(trace.lines().count(), 3, "{trace}");
    assert!(trace.contains("1  40378003  movi.n a2, 0"), "{trace}");
}

#[test]
fn damaged_files_are_explained() {
    let folder = tempfile::tempdir().unwrap();
    let program = executable(folder.path(), "_start: entry a1, 32\n retw.n");
    let sound = std::fs::read(&program).unwrap();
    let mut other = sound.clone();
    other[18] = 40;
    let mut far = sound.clone();
    far[60..64].copy_from_slice(&0x1000_0000u32.to_le_bytes());
    for (bytes, problem) in [
        (&sound[..40], "not a readable 32-bit little-endian ELF file"),
        (&sound[..86], "truncated"),
        (&other, "machine 40, not Xtensa"),
        (&far, "do not fit the memory"),
        (&[], "it is empty"),
    ] {
        std::fs::write(&program, bytes).unwrap();
        let message = failure(shortcrust().arg("sim").arg(&program));
        assert!(
            message.contains("program.elf: ") && message.contains(problem),
            "{message}"
        );
    }
}

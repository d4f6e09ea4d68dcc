//! `shortcrust disasm`.

use crate::sim::executable;
use crate::{failure, json, shortcrust, text};

#[test]
fn executables_are_shown_with_names() {
    let folder = tempfile::tempdir().unwrap();
    // The byte in front of `second` would hide its first instruction.
    let source = "first: call8 second\n .byte 0x36\nsecond: entry a1, 32\n retw.n";
    let program = executable(folder.path(), source);
    let text = text(shortcrust().arg("disasm").arg(&program));
    assert!(text.contains("first:\n40378000"), "{text}");
    assert!(
        text.contains("second:\n40378004  364100    entry a1, 32"),
        "{text}"
    );
    assert!(text.contains("# 40378004 second"), "{text}");
}

#[test]
fn raw_bytes_are_shown_where_they_are_said_to_lie() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("raw.bin");
    std::fs::write(&path, [0x3a, 0x22, 0xff]).unwrap();
    let report = json(
        shortcrust()
            .args(["disasm", "--at", "0x42000000"])
            .arg(&path),
    );
    let instructions = &report["instructions"];
    assert_eq!(instructions[0]["address"], 0x4200_0000);
    assert_eq!(instructions[0]["text"], "add.n a2, a2, a3");
    assert_eq!(instructions[1]["text"], ".byte 0xff");
}

#[test]
fn a_file_without_a_program_is_a_failure() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("empty.bin");
    std::fs::write(&path, []).unwrap();
    assert!(failure(shortcrust().arg("disasm").arg(&path)).contains("it is empty"));
}

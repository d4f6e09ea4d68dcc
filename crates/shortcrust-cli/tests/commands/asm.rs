//! `shortcrust asm`.

use crate::{failure, json, shortcrust, text};

#[test]
fn the_listing_shows_addresses_and_bytes() {
    let folder = tempfile::tempdir().unwrap();
    let source = folder.path().join("add.S");
    std::fs::write(&source, "add: entry a1, 32\n add.n a2, a2, a3\n retw.n\n").unwrap();
    let text = text(shortcrust().arg("asm").arg(&source));
    assert!(
        text.contains("40378000 364100") && text.contains("40378005 1df0"),
        "{text}"
    );

    let output = folder.path().join("add.bin");
    let report = json(
        shortcrust()
            .args(["asm", "--at", "0x40380000", "--output"])
            .arg(&output)
            .arg(&source),
    );
    assert_eq!(
        std::fs::read(&output).unwrap(),
        [0x36, 0x41, 0, 0x3a, 0x22, 0x1d, 0xf0]
    );
    assert_eq!(report["symbols"]["add"], 0x4038_0000);
}

#[test]
fn errors_name_line_operand_and_range_and_write_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let source = folder.path().join("far.S");
    let output = folder.path().join("far.bin");
    std::fs::write(&source, "nop\nmovi a2, 5000\n").unwrap();
    let message = failure(
        shortcrust()
            .arg("asm")
            .arg(&source)
            .arg("--output")
            .arg(&output),
    );
    assert!(
        message.contains("far.S: line 2:") && message.contains("-2048 to 2047"),
        "{message}"
    );
    assert!(!output.exists());
    std::fs::write(&source, [0xff, 0xfe]).unwrap();
    assert!(failure(shortcrust().arg("asm").arg(&source)).contains("it is no text"));
}

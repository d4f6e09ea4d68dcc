//! What is wrong with a partition table: the row, and why.

#[allow(dead_code, reason = "the rules need more of it")]
mod common;

use common::Program;
use shortcrust_fit::elf::Firmware;
use shortcrust_fit::image::{Flash, Image, ImageError};

/// The image of a sound firmware with a table.
fn image(table: &[u8], size: Option<&str>) -> Result<Image, ImageError> {
    let bytes = Program::c6().elf();
    let firmware = Firmware::parse(&bytes, None).unwrap();
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("partitions.csv");
    std::fs::write(&path, table).unwrap();
    let partitions = Some(&*path);
    Image::make(firmware.chip, &bytes, &Flash { partitions, size })
}

/// The table's fault.
fn fault(table: &[u8]) -> String {
    match image(table, None) {
        Err(error @ ImageError::Partitions(_)) => error.to_string(),
        Err(error) => panic!("of the firmware: {error}"),
        Ok(_) => panic!("accepted: {}", String::from_utf8_lossy(table)),
    }
}

/// A row of a binary table.
fn entry(name: &str, codes: [u8; 2], offset: u32, size: u32, flags: u32) -> Vec<u8> {
    let mut bytes = [&[0xaa, 0x50][..], &codes].concat();
    bytes.extend(offset.to_le_bytes());
    bytes.extend(size.to_le_bytes());
    bytes.extend(name.bytes().chain(std::iter::repeat(0)).take(16));
    bytes.extend(flags.to_le_bytes());
    bytes
}

#[test]
fn sound_tables_are_accepted() {
    for table in [
        "app, app, factory, 0x10000, 1M",
        "# a comment\n\nnvs, data, nvs, , 0x6000,\nphy, data, phy, , 0x1000\napp, app, factory, , 1M, encrypted\n",
        "nvs,data,nvs,0x9000,24K\nota,data,ota,,8K\na,app,ota_0,,1m\nb,app,ota_1,,1m\nmine,0x40,0x01,,4\n",
        "app, 0, 0x00, 65536, 0x10_0000\nstore, data, littlefs, , 64K, readonly:encrypted\n",
        "\"app\", app, test, 0x10000, 1M",
    ] {
        let made = image(table.as_bytes(), None);
        assert!(made.is_ok(), "{table}\n{:?}", made.err());
    }
    let rows = [
        entry("nvs", [1, 2], 0x9000, 0x6000, 0),
        entry("app", [0, 0], 0x1_0000, 0x10_0000, 1),
        vec![0xff; 32],
    ];
    let made = image(&rows.concat(), None);
    assert_eq!(made.unwrap().partition_bytes, 0x10_0000);
}

/// Rows behind one of a sound table, and what is said of them.
const FAULTS: &[(&str, &str)] = &[
    (
        "a, data, fat, 0x200800, 1M",
        "line 2: `a` (0x200800 to 0x300800) of type `data` does not begin at a multiple of 0x1000",
    ),
    (
        "a, app, ota_0, 0x201000, 1M",
        "line 2: `a` (0x201000 to 0x301000) of type `app` does not begin at a multiple of 0x10000",
    ),
    (
        "a, data, fat, 0x100000, 1M",
        "line 2: `a` (0x100000) lies inside `app` (0x10000 to 0x110000) of line 1",
    ),
    (
        "a, data, fat, 0xf000, 8K",
        "line 2: `app` (0x10000) lies inside `a` (0xf000 to 0x11000)",
    ),
    (
        "a, data, fat, 0x8000, 4K",
        "line 2: `a` (0x8000 to 0x9000) begins before 0x9000",
    ),
    (
        "\n# comment\napp, data, fat, 0x200000, 1M",
        "line 4: the name `app` is that of line 1",
    ),
    (
        "a, app, factory, 0x200000, 1M",
        "line 2: `a` has the type and subtype",
    ),
    (
        "a, dat, fat, 0x200000, 1M",
        "line 2: `a`: there is no type `dat`",
    ),
    (
        "a, data, fatt, 0x200000, 1M",
        "line 2: `a`: type `data` has no subtype `fatt`; there are 'ota'",
    ),
    (
        "a, app, nvs, 0x200000, 1M",
        "line 2: `a`: type `app` has no subtype `nvs`; there are 'factory'",
    ),
    (
        "a, app, 0x05, 0x200000, 1M",
        "line 2: `a`: type `app` has no subtype `0x05`",
    ),
    (
        "a, data, fat, 2OO, 1M",
        "line 2: `a`: its offset `2OO` is no number of bytes",
    ),
    (
        "a, data, fat, 0x200000, 1G",
        "line 2: `a`: its size `1G` is no number of bytes",
    ),
    (
        "a, data, fat, 0x200000, 99999999M",
        "line 2: `a`: its size `99999999M` is no number",
    ),
    (
        "a, data, fat, 0x200000, -1",
        "line 2: `a`: its size `-1` is no number",
    ),
    (
        "a, data, fat, 0x200000,",
        "line 2: `a`: its size `` is no number",
    ),
    (
        "a, data, fat, 0xfffff000, 1M",
        "line 2: `a` (0xfffff000 to 0x1000ff000) ends behind the 4 GB",
    ),
    (
        "a, app, ota_0, 0x1000000, 17M",
        "line 2: `a` (0x1000000 to 0x2100000) is larger than 0x1000000",
    ),
    (
        "a, data, ota, 0x200000, 4K",
        "line 2: `a` (0x200000 to 0x201000) of subtype `ota` must have 0x2000 bytes",
    ),
    (
        "a, data, fat, 0x200000, 1M, secret",
        "line 2: `a`: there is no flag `secret`",
    ),
    ("a, data, fat", "line 2: it has 3 fields"),
];

#[test]
fn the_row_and_the_reason_are_named() {
    for (rows, words) in FAULTS {
        let table = format!("app, app, factory, 0x10000, 1M\n{rows}");
        let fault = fault(table.as_bytes());
        assert!(fault.contains(words), "{table}\n{fault}");
    }
}

#[test]
fn tables_without_a_program_are_faults_of_the_table() {
    for table in [
        &b""[..],
        b"#",
        b"\n\n",
        b"nvs, data, nvs, 0x9000, 0x6000\n",
        &[0xaa, 0x50],
    ] {
        let fault = fault(table);
        let table = String::from_utf8_lossy(table);
        assert!(
            fault.contains("no partition of type `app`") || fault.contains("cut off"),
            "{table}: {fault}"
        );
    }
    assert!(fault(b"nvs, data, nvs, 0x9000, 0x6000").contains("among `nvs`"));
    assert!(fault(&[0xc0, 0xff, 0xee]).contains("neither text nor a binary table"));
    let many: String = (0..96)
        .map(|index| format!("p{index}, 0x40, 1, , 4\n"))
        .collect();
    assert!(fault(many.as_bytes()).contains("96 partitions, of 95 at most"));
}

#[test]
fn rows_of_a_binary_table_are_entries() {
    let app = entry("app", [0, 0], 0x1_0000, 0x10_0000, 0);
    for (second, words) in [
        (
            entry("a", [1, 0x81], 0x10_0000, 4096, 0),
            "entry 2: `a` (0x100000) lies inside `app`",
        ),
        (
            entry("a", [1, 0x77], 0x20_0000, 4096, 0),
            "entry 2: type `data` has no subtype 0x77",
        ),
        (
            entry("a", [0, 5], 0x20_0000, 4096, 0),
            "entry 2: type `app` has no subtype 0x5",
        ),
        (
            entry("a", [1, 2], 0x20_0000, 4096, 64),
            "entry 2: its flags 0x40 are not known",
        ),
        (vec![0x20; 32], "entry 2: it does not begin with 0xaa 0x50"),
    ] {
        let table = [app.clone(), second, vec![0xff; 32]].concat();
        let fault = fault(&table);
        assert!(fault.contains(words), "{fault}");
    }
    let cut = [app.clone(), vec![0xaa; 5]].concat();
    assert!(fault(&cut).contains("entry 2: it is cut off"));
    // The end is missing.
    assert!(fault(&app).starts_with("the partition table cannot be used: "));
}

#[test]
fn what_lies_behind_the_flash_is_named() {
    let table = b"app, app, factory, 0x10000, 1M\nlast, data, fat, 0x380000, 1M\n";
    let error = image(table, None).err().unwrap();
    assert!(matches!(error, ImageError::SmallFlash { .. }), "{error}");
    let words = "flash of 4MB: line 2: `last` (0x380000 to 0x480000) ends behind it";
    assert!(error.to_string().contains(words), "{error}");
    assert!(image(table, Some("8MB")).is_ok());
    let error = image(table, Some("256KB")).err().unwrap();
    assert!(matches!(error, ImageError::FlashSize(_)), "{error}");
}

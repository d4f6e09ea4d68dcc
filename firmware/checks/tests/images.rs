//! Flash images of the built firmware, read back by other readers than the one that made them.

use std::path::{Path, PathBuf};
use std::{env, fs};

use esp_idf_part::PartitionTable;
use shortcrust_fit::chip::Chip;
use shortcrust_fit::image::{Flash, Image, ImageError};

const CHIPS: [(&str, &str, u16); 2] = [
    // The number is the chip's in an image's header (ESP-IDF, esp_chip_id_t).
    ("esp32c6", "riscv32imac-unknown-none-elf", 13),
    ("esp32c3", "riscv32imc-unknown-none-elf", 5),
];

const BINARIES: [&str; 3] = ["inference", "analysis", "serve"];

/// Where the partition table and the program lie.
const TABLE: usize = 0x8000;
const PROGRAM: usize = 0x10000;

/// First byte of a program, and of its description (ESP-IDF, esp_image_format.h and esp_app_desc.h).
const PROGRAM_MAGIC: u8 = 0xe9;
const DESCRIPTION_MAGIC: u32 = 0xabcd_5432;

fn elf(target: &str, binary: &str) -> Vec<u8> {
    let folder = env::var_os("FIRMWARE_TARGET")
        .expect("FIRMWARE_TARGET names cargo's target directory; .ci/firmware builds it");
    let path = PathBuf::from(folder)
        .join(target)
        .join("release")
        .join(binary);
    fs::read(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

fn make(chip: &str, elf: &[u8], partitions: &Path) -> Result<Image, ImageError> {
    let chip: &Chip = chip.parse().unwrap();
    let flash = Flash {
        partitions: Some(partitions),
        ..Flash::default()
    };
    Image::make(chip, elf, &flash)
}

fn partitions() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../partitions.csv")
}

fn word(bytes: &[u8], at: usize) -> u32 {
    u32::from_le_bytes(bytes[at..at + 4].try_into().unwrap())
}

/// The segments of a program, as ESP-IDF's bootloader reads them: (address, bytes), and the place of the checksum behind them.
fn program_segments(program: &[u8]) -> (Vec<(u32, &[u8])>, usize) {
    let mut at = 24;
    let mut segments = Vec::new();
    for _ in 0..program[1] {
        let (address, length) = (word(program, at), word(program, at + 4) as usize);
        segments.push((address, &program[at + 8..at + 8 + length]));
        at += 8 + length;
    }
    (segments, at | 15)
}

#[test]
fn images_hold_what_the_bootloader_looks_for() {
    for (chip, target, number) in CHIPS {
        for binary in BINARIES {
            let image = make(chip, &elf(target, binary), &partitions())
                .unwrap()
                .merged();
            let table = PartitionTable::try_from_bytes(&image[TABLE..TABLE + 0xc00]).unwrap();
            let program = table
                .partitions()
                .iter()
                .find(|partition| partition.name() == "factory")
                .unwrap();
            assert_eq!(program.offset() as usize, PROGRAM);
            let bytes = &image[PROGRAM..];
            println!("{chip} {binary}: program {} bytes", bytes.len());
            assert!(bytes.len() <= program.size() as usize);
            assert!(
                bytes.len() < 512 << 10,
                "{chip} {binary}: {} bytes",
                bytes.len()
            );
            assert_eq!(bytes[0], PROGRAM_MAGIC);
            assert_eq!(u16::from_le_bytes([bytes[12], bytes[13]]), number, "{chip}");
            let (segments, checksum) = program_segments(bytes);
            let sum = segments
                .iter()
                .flat_map(|(_, bytes)| *bytes)
                .fold(0xef, |sum, byte| sum ^ byte);
            assert_eq!(bytes[checksum], sum, "{chip} {binary}");
            let descriptions = segments
                .iter()
                .filter(|(_, bytes)| bytes.len() >= 256 && word(bytes, 0) == DESCRIPTION_MAGIC);
            assert_eq!(descriptions.count(), 1, "{chip} {binary}: app descriptor");
        }
    }
}

#[test]
fn a_partition_that_is_too_small_is_refused() {
    let table = tempfile::NamedTempFile::with_suffix(".csv").unwrap();
    fs::write(
        table.path(),
        "nvs, data, nvs, 0x9000, 0x6000\nfactory, app, factory, 0x10000, 0x10000\n",
    )
    .unwrap();
    let (chip, target, _) = CHIPS[0];
    let error = make(chip, &elf(target, "inference"), table.path())
        .err()
        .expect("no room");
    assert!(
        matches!(
            error,
            ImageError::TooLarge {
                partition: 0x10000,
                ..
            }
        ),
        "{error}"
    );
}

#[test]
fn what_is_no_firmware_is_refused() {
    let (chip, ..) = CHIPS[0];
    assert!(make(chip, b"no ELF file", &partitions()).is_err());
}

//! The generated code in a crate outside of the workspace, without std: it builds, computes the same, cannot panic, has no
//! allocator, and keeps every stack frame below 1 KB.

use std::path::{Path, PathBuf};
use std::process::Command;

use object::{Object, ObjectSection, ObjectSymbol};

#[shortcrust::model("../../models/person_detect.tflite")]
struct PersonDetect;

#[shortcrust::model("../../models/speech.tflite")]
struct Speech;

/// What a frame of the generated code or of a kernel may take.
const FRAME_LIMIT: u64 = 1024;

/// Targets without an operating system; those whose `core` is installed are built too.
const BARE_TARGETS: [&str; 6] = [
    "riscv32imc-unknown-none-elf",
    "riscv32imac-unknown-none-elf",
    "thumbv6m-none-eabi",
    "thumbv7em-none-eabihf",
    "aarch64-unknown-none",
    "x86_64-unknown-none",
];

/// Builds the crate and returns the executable.
fn build(target: Option<&str>) -> PathBuf {
    let manifest = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/bare-metal/Cargo.toml");
    let output = Path::new(env!("CARGO_TARGET_TMPDIR")).join("bare-metal");
    let mut cargo = Command::new(env!("CARGO"));
    cargo
        .args(["build", "--release", "--quiet", "--manifest-path"])
        .arg(&manifest)
        .arg("--target-dir")
        .arg(&output)
        // The stable compiler's own switch; it makes no difference to the code.
        .env("RUSTC_BOOTSTRAP", "1")
        .env("RUSTFLAGS", "-Zemit-stack-sizes")
        .env_remove("CARGO_ENCODED_RUSTFLAGS");
    if let Some(target) = target {
        cargo.args(["--target", target]);
    }
    let result = cargo.output().expect("cargo runs");
    assert!(
        result.status.success(),
        "{}",
        String::from_utf8_lossy(&result.stderr)
    );
    output
        .join(target.unwrap_or_default())
        .join("release/bare-metal")
}

/// The frame sizes that the compiler noted: for each function an address and a size as LEB128.
fn frames(elf: &object::File) -> Vec<u64> {
    let data = elf
        .section_by_name(".stack_sizes")
        .expect("-Zemit-stack-sizes")
        .data()
        .expect("contents");
    let address_bytes = if elf.is_64() { 8 } else { 4 };
    let mut rest = data;
    let mut sizes = Vec::new();
    while rest.len() > address_bytes {
        rest = &rest[address_bytes..];
        let mut size = 0;
        for shift in (0..).step_by(7) {
            let byte = rest[0];
            rest = &rest[1..];
            size |= u64::from(byte & 0x7f) << shift;
            if byte < 0x80 {
                break;
            }
        }
        sizes.push(size);
    }
    sizes
}

fn inspect(path: &Path) {
    let contents = std::fs::read(path).expect("the executable");
    let elf = object::File::parse(&*contents).expect("an ELF file");
    let names: Vec<&str> = elf
        .symbols()
        .filter_map(|symbol| symbol.name().ok())
        .collect();
    assert!(
        names.iter().any(|name| name.contains("step_0")),
        "the symbols are there"
    );
    for forbidden in [
        "SHORTCRUST_TEST_PANICKED",
        "panicking",
        "__rust_alloc",
        "malloc",
    ] {
        let found: Vec<_> = names
            .iter()
            .filter(|name| name.contains(forbidden))
            .collect();
        assert!(
            found.is_empty(),
            "{forbidden} in {}: {found:?}",
            path.display()
        );
    }
    let frames = frames(&elf);
    assert!(
        frames.len() > 30,
        "a frame for each step, {} found",
        frames.len()
    );
    let largest = frames.into_iter().max().expect("frames");
    println!("{}: largest frame {largest} bytes", path.display());
    assert!(
        largest < FRAME_LIMIT,
        "a frame of {largest} bytes in {}",
        path.display()
    );
}

#[cfg(target_os = "linux")]
#[test]
fn the_host_build_computes_the_same_and_cannot_panic() {
    let path = build(None);
    inspect(&path);

    let (mut person, mut speech) = (Box::new(PersonDetect::new()), Box::new(Speech::new()));
    for (index, pixel) in person.input_mut().iter_mut().enumerate() {
        *pixel = (index * 7 + 3) as i8;
    }
    for (index, sample) in speech.input_mut().iter_mut().enumerate() {
        *sample = (index * 5 + 1) as i8;
    }
    person.run();
    speech.run();
    let expected = person.output()[0].wrapping_add(speech.output()[0]) as u8;
    let status = Command::new(&path).status().expect("it runs");
    assert_eq!(status.code(), Some(i32::from(expected)));
}

#[test]
fn installed_targets_without_an_operating_system_build() {
    let sysroot = Command::new("rustc")
        .args(["--print", "sysroot"])
        .output()
        .expect("rustc runs");
    let sysroot = PathBuf::from(String::from_utf8(sysroot.stdout).expect("a path").trim());
    for target in BARE_TARGETS {
        // Only where `rustup target add` has brought its `core`: a fresh machine has the host's alone.
        if sysroot
            .join("lib/rustlib")
            .join(target)
            .join("lib")
            .is_dir()
        {
            inspect(&build(Some(target)));
        }
    }
}

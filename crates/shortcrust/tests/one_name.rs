//! What `#[model]` generates for the ESP32-S3 is Rust that compiles, and networks of one name in one crate are no contradiction.
//!
//! The machine code comes as bytes, which the assembler of this computer takes, too.
#![cfg(all(target_os = "linux", target_arch = "x86_64"))]

use std::path::Path;
use std::process::Command;

#[test]
fn networks_of_one_name_are_built_and_linked() {
    let manifest = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/one-name/Cargo.toml");
    let output = Path::new(env!("CARGO_TARGET_TMPDIR")).join("one-name");
    let result = Command::new(env!("CARGO"))
        .args(["build", "--quiet", "--manifest-path"])
        .arg(&manifest)
        .arg("--target-dir")
        .arg(&output)
        .env("RUSTFLAGS", "--cfg esp32s3")
        .env_remove("CARGO_ENCODED_RUSTFLAGS")
        .output()
        .expect("cargo runs");
    let errors = String::from_utf8_lossy(&result.stderr);
    assert!(result.status.success(), "{errors}");
    let status = Command::new(output.join("debug/one-name")).status();
    assert!(status.expect("it starts").success());
}

//! Assembles the start-up code and links with this machine's memory.

use std::env;
use std::error::Error;
use std::path::PathBuf;
use std::process::Command;

/// What the emulated processor has; the target's file lists the same.
const FEATURES: &str = "+density,+loop,+windowed,+sext,+nsa,+clamps,+minmax,+mul16,+mul32,+div32,+s32c1i,+exception,+interrupt,\
                        +debug,+threadptr,+rvector,+timers1";

fn main() -> Result<(), Box<dyn Error>> {
    let out = PathBuf::from(env::var_os("OUT_DIR").ok_or("OUT_DIR is not set")?);
    let here =
        PathBuf::from(env::var_os("CARGO_MANIFEST_DIR").ok_or("CARGO_MANIFEST_DIR is not set")?);
    let start = out.join("start.o");
    let status = Command::new("llvm-mc-22")
        .args([
            "-triple=xtensa",
            "-filetype=obj",
            &format!("-mattr={FEATURES}"),
            "start.S",
            "-o",
        ])
        .arg(&start)
        .status()
        .map_err(|error| format!("llvm-mc-22 (package llvm-22): {error}"))?;
    if !status.success() {
        return Err("start.S could not be assembled".into());
    }
    println!("cargo::rustc-link-arg={}", start.display());
    println!("cargo::rustc-link-arg=-T{}", here.join("sim.x").display());
    for file in ["start.S", "sim.x", "link"] {
        println!("cargo::rerun-if-changed={file}");
    }
    Ok(())
}

//! Links the firmware: esp-hal's scripts, the kernels in internal RAM, and remedies beside the linker's errors.
//!
//! The linker calls this same program when something is missing, with the kind of error and the name as arguments.

use std::error::Error;
use std::path::PathBuf;
use std::{env, fs, process};

/// What the linker misses, and what to do about it.
const REMEDIES: [(&str, &str); 5] = [
    (
        "_stack_start",
        "esp-hal's linker script linkall.x is not used: keep what build.rs prints",
    ),
    (
        "main",
        "mark the program's start: #[esp_hal::main] fn main() -> ! {",
    ),
    ("malloc", HEAP),
    ("calloc", HEAP),
    ("free", HEAP),
];

/// The compiler driver that links for Xtensa, unless cargo is told another.
const XTENSA_LINKER: &str = "xtensa-esp32s3-elf-gcc";

/// For code in C that wants memory.
const HEAP: &str =
    "some C code allocates: build with --features heap, and give esp-alloc its feature `compat`";

/// Tells esp-hal to include rwtext_hook.x.
const HOOK: &str = "ESP_HAL_CONFIG_USE_RWTEXT_LD_HOOK";

/// What goes into internal RAM beside what esp-hal puts there: every function of shortcrust's kernels and of the networks in
/// modules called `networks`, and the copies and fills that they call. Code in flash waits for the cache on its first pass and
/// whenever the cache was needed by something else.
const RAM_TEXT: &str = "\
*(.literal.*shortcrust* .text.*shortcrust*)
*(.literal.*networks* .text.*networks*)
*(.literal.memcpy .text.memcpy .literal.memset .text.memset .literal.memmove .text.memmove)
*(.literal.*compiler_builtins*mem* .text.*compiler_builtins*mem*)
";

fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = env::args().collect();
    if let [_, kind, what] = &arguments[..] {
        explain(kind, what);
    }
    println!("cargo::rerun-if-env-changed={HOOK}");
    println!("cargo::rerun-if-env-changed=PATH");
    if let Some(error) = outside_of_the_folder().or_else(several_ports) {
        println!("cargo::error={error}");
        return Ok(());
    }
    let out = PathBuf::from(env::var_os("OUT_DIR").ok_or("OUT_DIR is not set")?);
    let in_ram = match env::var_os("CARGO_FEATURE_KERNELS_IN_FLASH") {
        Some(_) => "",
        None => RAM_TEXT,
    };
    fs::write(out.join("rwtext_hook.x"), in_ram)?;
    println!("cargo::rustc-link-search={}", out.display());
    let this = env::current_exe()?;
    let is_xtensa = env::var("CARGO_CFG_TARGET_ARCH").as_deref() == Ok("xtensa");
    if is_xtensa && env::var_os("RUSTC_LINKER").is_none() && !is_on_path(XTENSA_LINKER) {
        println!(
            "cargo::warning={XTENSA_LINKER} is not on the PATH, so nothing can be linked: run `. ~/export-esp.sh` in this terminal, \
             or install it with `espup install`"
        );
    }
    // The Xtensa linker is called through its compiler driver.
    let prefix = if is_xtensa { "-Wl," } else { "" };
    println!(
        "cargo::rustc-link-arg-bins={prefix}--error-handling-script={}",
        this.display()
    );
    println!("cargo::rustc-link-arg-bins=-Tlinkall.x");
    println!("cargo::rerun-if-changed=build.rs");
    Ok(())
}

/// What is wrong where cargo was started outside of this folder, and so has not read its .cargo/config.toml.
fn outside_of_the_folder() -> Option<String> {
    let folder = env::var("CARGO_MANIFEST_DIR").unwrap_or_default();
    if env::var("CARGO_CFG_TARGET_OS").as_deref() != Ok("none") {
        let target = env::var("TARGET").unwrap_or_default();
        return Some(format!(
            "this is firmware for a chip, and the target is this computer ({target}): cargo takes target, linker and compiler from \
             the folder that it is started in, so start it in {folder}"
        ));
    }
    let unset = env::var_os(HOOK).is_none();
    unset.then(|| {
        format!(
            "{HOOK} is not set, so the kernels would stay in flash: .cargo/config.toml sets it for cargo that is started in {folder}; \
             start it there, or set it to false"
        )
    })
}

/// What is wrong where the features name no port, or both.
fn several_ports() -> Option<String> {
    let chosen = |name: &str| env::var_os(format!("CARGO_FEATURE_{name}")).is_some();
    (chosen("JTAG_SERIAL") == chosen("UART")).then(|| {
        "the firmware prints and serves over one port: --no-default-features --features CHIP,jtag-serial (the chip's own USB port) or \
         CHIP,uart (the pins that boards wire to a USB bridge)"
            .to_owned()
    })
}

fn is_on_path(program: &str) -> bool {
    let name = format!("{program}{}", env::consts::EXE_SUFFIX);
    let path = env::var_os("PATH").unwrap_or_default();
    env::split_paths(&path).any(|folder| folder.join(&name).is_file())
}

/// Prints the remedy for a linker's error, and ends.
fn explain(kind: &str, what: &str) -> ! {
    let remedy = REMEDIES
        .iter()
        .find(|(name, _)| what == *name)
        .filter(|_| kind == "undefined-symbol");
    if let Some((name, remedy)) = remedy {
        eprintln!("\nhelp: `{name}` is missing: {remedy}\n");
    }
    process::exit(0);
}

//! What must hold of the built firmware's memory. `FIRMWARE_TARGET` names cargo's target directory; `.ci/firmware` fills it.

use std::path::{Path, PathBuf};
use std::{env, fs};

use shortcrust_fit::elf::{Firmware, Symbol};
use shortcrust_fit::frames::{Frame, Frames, Source};
use shortcrust_fit::image::{Flash, Image};
use shortcrust_fit::warnings::{Findings, Kind, LARGE_FRAME, Warning, warnings};

/// Chip, target, and whether it was built with a heap.
const CHIPS: [(&str, &str, bool); 2] = [
    ("esp32c6", "riscv32imac-unknown-none-elf", false),
    ("esp32c3", "riscv32imc-unknown-none-elf", true),
];

const BINARIES: [&str; 3] = ["inference", "analysis", "serve"];

fn firmware(chip: &str, binary: &str) -> Vec<u8> {
    let (_, target, _) = CHIPS.iter().find(|(name, ..)| *name == chip).unwrap();
    let folder = env::var_os("FIRMWARE_TARGET")
        .expect("FIRMWARE_TARGET names cargo's target directory; .ci/firmware builds it");
    let path = PathBuf::from(folder)
        .join(target)
        .join("release")
        .join(binary);
    fs::read(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

fn for_each(check: impl Fn(&str, &Firmware)) {
    for (chip, ..) in CHIPS {
        for binary in BINARIES {
            let bytes = firmware(chip, binary);
            check(
                &format!("{chip} {binary}"),
                &Firmware::parse(&bytes, None).unwrap(),
            );
        }
    }
}

#[test]
fn sections_stay_within_their_limits() {
    for_each(|name, firmware| {
        let size = |section| firmware.section_bytes(section);
        let code = size(".trap") + size(".rwtext");
        println!(
            "{name}: internal code {code}, .data {}, .bss {}, stack {}, flash code {}, flash data {}",
            size(".data"),
            size(".bss"),
            size(".stack"),
            size(".text"),
            size(".rodata"),
        );
        assert!(
            (16 << 10..48 << 10).contains(&code),
            "{name}: {code} bytes of code in internal RAM"
        );
        assert!((54 << 10..64 << 10).contains(&size(".bss")), "{name}: .bss");
        assert!(size(".data") < 4 << 10, "{name}: .data");
        assert!(
            size(".stack") >= 192 << 10,
            "{name}: {} bytes are left for the stack",
            size(".stack")
        );
        assert!(
            (240 << 10..320 << 10).contains(&size(".rodata")),
            "{name}: .rodata, weights and photographs"
        );
    });
}

#[test]
fn the_network_lies_in_bss_aligned() {
    for_each(|name, firmware| {
        let nets: Vec<_> = firmware
            .symbols
            .iter()
            .filter(|symbol| symbol.name.ends_with("::NET"))
            .collect();
        let [net] = nets[..] else {
            panic!("{name}: {nets:?}")
        };
        assert_eq!(net.section, ".bss", "{name}");
        // The arena, and the cell's flag rounded up to the alignment.
        assert_eq!(net.size, 54 * 1024 + 16, "{name}");
        assert_eq!(net.address % 16, 0, "{name}");
    });
}

/// Whether a symbol is a kernel, or a step of the generated network.
fn is_kernel(symbol: &Symbol) -> bool {
    symbol.code && (symbol.name.contains("shortcrust_kernels::") || symbol.name.contains("::step_"))
}

/// What the command `fit` says of a firmware.
fn warnings_of(bytes: &[u8]) -> Vec<Warning> {
    let firmware = Firmware::parse(bytes, None).unwrap();
    let partitions = Path::new(env!("CARGO_MANIFEST_DIR")).join("../partitions.csv");
    let flash = Flash {
        partitions: Some(&partitions),
        ..Flash::default()
    };
    let image = Image::make(firmware.chip, bytes, &flash);
    let frames = Frames::of(&firmware);
    warnings(&Findings {
        firmware: &firmware,
        frames: &frames,
        image: &image,
    })
}

#[test]
fn nothing_is_wrong() {
    for (chip, ..) in CHIPS {
        for binary in BINARIES {
            let found = warnings_of(&firmware(chip, binary));
            assert!(found.is_empty(), "{chip} {binary}: {found:#?}");
        }
    }
}

#[test]
fn what_is_wrong_is_found_by_name() {
    let found = warnings_of(&firmware("esp32c6", "wrong"));
    let of = |kind| found.iter().filter(move |warning| warning.kind == kind);
    let large: Vec<_> = of(Kind::BufferOnStack)
        .flat_map(|warning| &warning.symbols)
        .map(|symbol| symbol.name.as_str())
        .collect();
    assert_eq!(large, ["wrong::judge_on_the_stack"]);
    let slow: Vec<_> = of(Kind::HotInFlash)
        .flat_map(|warning| &warning.symbols)
        .map(|symbol| symbol.name.as_str())
        .collect();
    assert!(slow.len() > 30, "{slow:?}");
    assert!(slow.iter().any(|name| name.contains("conv_2d")), "{slow:?}");
    assert!(
        slow.iter().any(|name| name.ends_with("::step_0")),
        "{slow:?}"
    );
    assert_eq!(
        of(Kind::BufferOnStack).count() + of(Kind::HotInFlash).count(),
        found.len(),
        "{found:#?}"
    );
}

#[test]
fn kernels_run_from_internal_ram() {
    for_each(|name, firmware| {
        let kernels: Vec<_> = firmware
            .symbols
            .iter()
            .filter(|symbol| is_kernel(symbol))
            .collect();
        assert!(
            kernels.len() > 30,
            "{name}: {} kernels and steps",
            kernels.len()
        );
        for kernel in kernels {
            assert_eq!(kernel.section, ".rwtext", "{name}: {}", kernel.name);
        }
    });
}

#[test]
fn interrupts_are_entered_in_internal_ram() {
    for_each(|name, firmware| {
        for entry in ["_vector_table", "_start_trap", "handle_interrupts"] {
            let section = firmware.section_of(entry);
            assert!(
                matches!(section, Some(".trap" | ".rwtext")),
                "{name}: {entry} in {section:?}"
            );
        }
    });
}

#[test]
fn no_frame_holds_an_image() {
    for_each(|name, firmware| {
        let found = Frames::of(firmware);
        let noted = found.count(Source::StackSizes);
        assert!(noted > 100, "{name}: {noted} frames");
        for Frame { function, size, .. } in &found.frames[..3] {
            println!("{name}: {size:>5} {function}");
        }
        let Frame { function, size, .. } = &found.frames[0];
        assert!(
            *size < LARGE_FRAME,
            "{name}: {function} takes {size} bytes of stack"
        );
    });
}

#[test]
fn the_guard_word_leaves_room_for_the_message() {
    for_each(|name, firmware| {
        let address = |symbol| {
            firmware
                .address(symbol)
                .unwrap_or_else(|| panic!("{name}: {symbol}"))
        };
        assert_eq!(
            address("__stack_chk_guard") - address("_stack_end"),
            4096,
            "{name}"
        );
        assert!(
            address("_stack_start") > address("__stack_chk_guard"),
            "{name}"
        );
    });
}

#[test]
fn an_allocator_is_linked_with_the_feature_alone() {
    for (chip, _, heap) in CHIPS {
        for binary in BINARIES {
            let bytes = firmware(chip, binary);
            let found = allocators(&Firmware::parse(&bytes, None).unwrap());
            assert!(heap || found.is_empty(), "{chip} {binary}: {found:?}");
        }
        if heap {
            let bytes = firmware(chip, "heap");
            let firmware = Firmware::parse(&bytes, None).unwrap();
            let found = allocators(&firmware);
            assert!(
                found.contains(&"esp_alloc::HEAP".to_owned()),
                "{chip}: {found:?}"
            );
            // The heap lies in memory that the bootloader gives back, not in the statics' RAM.
            assert!(
                firmware.section_bytes(".dram2_uninit") >= 64 << 10,
                "{chip}"
            );
        }
    }
}

fn allocators(firmware: &Firmware) -> Vec<String> {
    let names = firmware.symbols.iter().map(|symbol| symbol.name.clone());
    names
        .filter(|name| name.contains("esp_alloc") || name.contains("__rust_alloc"))
        .collect()
}

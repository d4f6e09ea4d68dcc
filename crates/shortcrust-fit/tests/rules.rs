//! Each rule on a firmware that breaks it, and on files that are no firmware.

mod common;

use common::{Program, Symbol, section};
use object_write::elf;
use proptest::prelude::*;
use shortcrust_fit::elf::{ElfError, Firmware};
use shortcrust_fit::frames::{Frame, Frames, Source};
use shortcrust_fit::image::{Flash, Image, ImageError};
use shortcrust_fit::map::{self, Use};
use shortcrust_fit::warnings::{Findings, Kind, Warning, warnings};

fn warnings_of(bytes: &[u8]) -> Vec<Warning> {
    warnings_of_firmware(&Firmware::parse(bytes, None).unwrap(), bytes)
}

fn warnings_of_firmware(firmware: &Firmware, bytes: &[u8]) -> Vec<Warning> {
    let image = Image::make(firmware.chip, bytes, &Flash::default());
    let frames = Frames::of(firmware);
    warnings(&Findings {
        firmware,
        frames: &frames,
        image: &image,
    })
}

fn of_kind(program: &Program, kind: Kind) -> Vec<Warning> {
    let mut found = warnings_of(&program.elf());
    found.retain(|warning| warning.kind == kind);
    found
}

fn names(warning: &Warning) -> Vec<&str> {
    let symbols = warning.symbols.iter();
    symbols.map(|symbol| symbol.name.as_str()).collect()
}

#[test]
fn the_chip_follows_from_the_addresses() {
    let chip = |program: Program| Firmware::parse(&program.elf(), None).map(|f| f.chip.name);
    assert_eq!(chip(Program::c6()).unwrap(), "esp32c6");
    assert_eq!(chip(Program::s3(32)).unwrap(), "esp32s3");
    let mut c3 = Program::c6();
    c3.sections = vec![
        section(".rwtext", 0x4038_0000, true, 16),
        section(".bss", 0x3fc8_0000, false, 16),
    ];
    assert_eq!(chip(c3).unwrap(), "esp32c3");
}

#[test]
fn the_map_counts_what_is_in_memory() {
    let bytes = Program::c6().elf();
    let firmware = Firmware::parse(&bytes, None).unwrap();
    let regions = map::regions(&firmware, 1);
    let sizes: Vec<_> = regions
        .iter()
        .map(|region| (region.name, region.bytes))
        .collect();
    assert_eq!(
        sizes,
        [
            (Use::RamCode, 0x100),
            (Use::RamData, 0x3000),
            (Use::Stack, 0x1_0000),
            (Use::FlashCode, 0x400),
            (Use::FlashData, 256),
        ]
    );
    assert_eq!(regions[1].largest[0].name, "NET");
    assert_eq!(regions[1].largest[0].section, ".bss");
    assert_eq!(map::allocator(&firmware), None);
}

#[test]
fn an_allocator_is_named() {
    let mut program = Program::c6();
    program.symbols.push(Symbol("malloc", 0x4201_0200, 8, true));
    let bytes = program.elf();
    assert_eq!(
        map::allocator(&Firmware::parse(&bytes, None).unwrap()),
        Some("malloc")
    );
}

#[test]
fn frames_come_from_stack_sizes() {
    let mut program = Program::c6();
    let mut noted = section(".stack_sizes", 0, false, 0);
    noted.bytes = [&0x4201_0000_u32.to_le_bytes()[..], &[0x80, 0x48]].concat();
    program.sections.push(noted);
    let bytes = program.elf();
    let Frames { frames, unknown } = Frames::of(&Firmware::parse(&bytes, None).unwrap());
    let main = Frame {
        function: "main".to_owned(),
        size: 0x48 << 7,
        at_least: false,
        source: Source::StackSizes,
    };
    assert_eq!(frames, [main]);
    assert_eq!(unknown, ["hot"]);
    let [warning] = &of_kind(&program, Kind::BufferOnStack)[..] else {
        panic!("one warning")
    };
    assert_eq!(names(warning), ["main"]);
    assert_eq!(warning.symbols[0].bytes, 0x48 << 7);
    assert!(
        warning.problem.contains("9216 bytes of stack"),
        "{warning:?}"
    );
}

#[test]
fn frames_on_xtensa_come_from_entry() {
    assert!(of_kind(&Program::s3(1016), Kind::BufferOnStack).is_empty());
    let found = of_kind(&Program::s3(1024), Kind::BufferOnStack);
    assert_eq!(names(&found[0]), ["main"]);
    let bytes = Program::s3(2048).elf();
    let frames = Frames::of(&Firmware::parse(&bytes, None).unwrap());
    let frame = &frames.frames[0];
    assert_eq!((frame.source, frame.size), (Source::Entry, 2048));
}

#[test]
fn frames_of_more_than_32_kilobytes_are_made_in_two_steps() {
    let frame = |text: &str| {
        let bytes = Program::assembled(text);
        let frames = Frames::of(&Firmware::parse(&bytes, None).unwrap());
        let frame = frames
            .frames
            .into_iter()
            .find(|frame| frame.function == "main");
        let Frame { size, at_least, .. } = frame.unwrap();
        (size, at_least)
    };
    assert_eq!(
        frame(
            "bytes: .word 40000\nmain: entry a1, 32\n l32r a8, bytes\n sub a8, a1, a8\n movsp a1, a8\n retw.n"
        ),
        (40_032, false)
    );
    // What a caller gives is not known.
    assert_eq!(
        frame("main: entry a1, 2048\n sub a8, a1, a2\n movsp a1, a8\n retw.n"),
        (2048, true)
    );
}

/// A common entry and one for each function: the stack pointer's way, and whether a frame pointer follows it.
fn unwinding(eh: bool, functions: &[(u32, u16, bool)]) -> Vec<u8> {
    // Version 1, no augmentation, factors 1 and -4, return address in x1; the frame is at x2 + 0.
    let id: u32 = if eh { 0 } else { u32::MAX };
    let common = [
        &id.to_le_bytes()[..],
        &[1, 0, 1, 0x7c, 1, 0x0c, 2, 0, 0, 0, 0, 0],
    ]
    .concat();
    let mut bytes = [&(common.len() as u32).to_le_bytes()[..], &common].concat();
    for (address, size, frame_pointer) in functions {
        let back = if eh { bytes.len() as u32 + 4 } else { 0 };
        let mut entry = Vec::new();
        for word in [back, *address, 0x40] {
            entry.extend(word.to_le_bytes());
        }
        // Two bytes further, the frame is at x2 + size; then, perhaps, at x8 + 0.
        entry.extend([0x42, 0x0e, *size as u8 & 0x7f | 0x80, (*size >> 7) as u8]);
        entry.extend(if *frame_pointer {
            [0x42, 0x0c, 8, 0]
        } else {
            [0; 4]
        });
        bytes.extend((entry.len() as u32).to_le_bytes());
        bytes.extend(entry);
    }
    bytes
}

#[test]
fn frames_come_from_unwinding() {
    for (name, eh) in [(".debug_frame", false), (".eh_frame", true)] {
        let mut program = Program::c6();
        let mut noted = section(name, 0, false, 0);
        // The function at address 0 was dropped by the linker.
        let functions = [
            (0x4080_0000, 1040, false),
            (0x4201_0000, 2032, true),
            (0, 9000, false),
        ];
        noted.bytes = unwinding(eh, &functions);
        program.sections.push(noted);
        let bytes = program.elf();
        let found = Frames::of(&Firmware::parse(&bytes, None).unwrap());
        let frame = |function: &str, size, at_least| Frame {
            function: function.to_owned(),
            size,
            at_least,
            source: Source::Unwinding,
        };
        assert_eq!(
            found.frames,
            [frame("main", 2032, true), frame("hot", 1040, false)],
            "{name}"
        );
        assert!(found.unknown.is_empty());
        let warnings = of_kind(&program, Kind::BufferOnStack);
        assert!(
            warnings[0].problem.contains("2032 bytes or more"),
            "{warnings:?}"
        );
    }
}

#[test]
fn each_frame_comes_from_the_best_source_that_knows_it() {
    let mut program = Program::c6();
    let mut noted = section(".stack_sizes", 0, false, 0);
    noted.bytes = [&0x4201_0000_u32.to_le_bytes()[..], &[16]].concat();
    let mut unwound = section(".debug_frame", 0, false, 0);
    unwound.bytes = unwinding(
        false,
        &[(0x4080_0000, 1040, false), (0x4201_0000, 2032, true)],
    );
    program.sections.extend([noted, unwound]);
    let bytes = program.elf();
    let found = Frames::of(&Firmware::parse(&bytes, None).unwrap());
    let sizes: Vec<_> = found
        .frames
        .iter()
        .map(|frame| (frame.source, frame.size))
        .collect();
    assert_eq!(sizes, [(Source::Unwinding, 1040), (Source::StackSizes, 16)]);
}

#[test]
fn unknown_frames_are_said_to_be_unknown() {
    let found = of_kind(&Program::c6(), Kind::Unknown);
    assert!(found[0].remedy.contains("debug = 2"), "{found:?}");
}

#[test]
fn little_stack_is_noticed() {
    let mut program = Program::c6();
    program.symbols[4].1 = 0x4080_4000 + 8191;
    assert!(of_kind(&Program::c6(), Kind::LittleStack).is_empty());
    let found = of_kind(&program, Kind::LittleStack);
    assert!(found[0].problem.contains("8191 bytes"), "{found:?}");
}

#[test]
fn hot_functions_in_flash_are_named() {
    let mut program = Program::c6();
    let hot = [
        "net::_::step_7",
        "shortcrust_Net_0123456789abcdef_3",
        "handle_interrupts",
    ];
    for (index, name) in (0..).zip(hot) {
        program
            .symbols
            .push(Symbol(name, 0x4201_0100 + 32 * index, 32, true));
        // The same in RAM is as it should be.
        program
            .symbols
            .push(Symbol(name, 0x4080_0040 + 32 * index, 32, true));
    }
    let found = of_kind(&program, Kind::HotInFlash);
    let names: Vec<_> = found.iter().flat_map(names).collect();
    assert_eq!(names, hot);
    assert!(of_kind(&Program::c6(), Kind::HotInFlash).is_empty());
}

#[test]
fn interrupts_in_flash_are_named_even_where_they_are_labels() {
    let mut program = Program::c6();
    program
        .symbols
        .push(Symbol("_vector_table", 0x4201_0200, 0, false));
    let found = of_kind(&program, Kind::HotInFlash);
    assert_eq!(names(&found[0]), ["_vector_table"]);
    assert!(found[0].reason.contains("interrupt"), "{found:?}");
}

#[test]
fn overfull_memory_is_noticed() {
    assert!(of_kind(&Program::c6(), Kind::Overfull).is_empty());
    let end = 0x4086_e610;
    for address in [end - 8, end] {
        let mut program = Program::c6();
        program.sections.push(section(".data", address, false, 16));
        let found = of_kind(&program, Kind::Overfull);
        assert_eq!(names(&found[0]), [".data"], "{found:?}");
    }
    let mut program = Program::c6();
    program.sections.push(section(".data", end - 16, false, 16));
    assert!(of_kind(&program, Kind::Overfull).is_empty());

    // Code and data of an ESP32-S3 have addresses of their own, and share the RAM behind them.
    let mut program = Program::s3(32);
    program
        .sections
        .push(section(".rwtext", 0x4037_8000, true, 0x53700 - 0x1000));
    assert!(of_kind(&program, Kind::Overfull).is_empty());
    program
        .sections
        .push(section(".data", 0x3fc9_0000, false, 1));
    let found = of_kind(&program, Kind::Overfull);
    assert!(found[0].problem.contains("341761 of 341760"), "{found:?}");
    assert_eq!(names(&found[0]), ["NET"]);
}

#[test]
fn sections_where_the_chip_has_no_memory_are_named() {
    let mut program = Program::c6();
    program
        .sections
        .push(section(".sram", 0x2000_0000, false, 16));
    let bytes = program.elf();
    let chip = "esp32c6".parse().unwrap();
    let firmware = Firmware::parse(&bytes, Some(chip)).unwrap();
    let found = warnings_of_firmware(&firmware, &bytes);
    let outside = found
        .iter()
        .find(|warning| warning.kind == Kind::Overfull)
        .unwrap();
    assert!(
        outside.problem.contains("`.sram`, 16 bytes at 0x20000000"),
        "{outside:?}"
    );
}

#[test]
fn a_file_without_symbols_is_said_to_have_none() {
    let mut program = Program::c6();
    program.symbols.clear();
    let found = of_kind(&program, Kind::Unknown);
    assert_eq!(found.len(), 2, "{found:?}");
    assert!(found[1].problem.contains("no symbols"), "{found:?}");
}

#[test]
fn the_chip_that_the_file_notes_decides() {
    let noted = |name: &str| {
        let mut program = Program::c6();
        let mut note = section(".espressif.metadata", 0x10, false, 0);
        note.bytes = name.as_bytes().to_vec();
        program.sections.push(note);
        let symbol = Symbol("build_info.CHIP_NAME", 0x10, name.len() as u32, false);
        program.symbols.push(symbol);
        program.elf()
    };
    let chip = |bytes: &[u8]| Firmware::parse(bytes, None).map(|firmware| firmware.chip.name);
    assert_eq!(chip(&noted("esp32c3")).unwrap(), "esp32c3");
    // Its addresses are those of a C6.
    let error = chip(&noted("esp32h2")).unwrap_err();
    assert!(
        error.to_string().contains("a program for esp32h2"),
        "{error}"
    );
    let bytes = Program::c6().elf();
    let error = Firmware::parse(&bytes, "esp32s3".parse().ok())
        .err()
        .unwrap();
    assert!(matches!(error, ElfError::OtherChip { .. }), "{error}");
}

#[test]
fn an_unaligned_buffer_is_named_with_what_a_vector_load_would_do() {
    let mut program = Program::c6();
    program.symbols[1].1 += 8;
    let found = of_kind(&program, Kind::Unaligned);
    assert_eq!(names(&found[0]), ["NET"]);
    assert!(found[0].problem.contains("0x40801008"), "{found:?}");
    assert!(
        found[0].problem.contains("read from 0x40801000"),
        "{found:?}"
    );
}

#[test]
fn a_missing_descriptor_and_a_small_partition_are_explained() {
    let mut program = Program::c6();
    program.sections.remove(2);
    let found = of_kind(&program, Kind::Image);
    assert!(found[0].problem.contains("app descriptor"), "{found:?}");
    assert!(found[0].remedy.contains("esp_app_desc!"), "{found:?}");

    let bytes = Program::c6().elf();
    let firmware = Firmware::parse(&bytes, None).unwrap();
    let folder = tempfile::tempdir().unwrap();
    let make = |size, table: &str| {
        let path = folder.path().join("partitions.csv");
        std::fs::write(&path, table).unwrap();
        let partitions = Some(&*path);
        Image::make(firmware.chip, &bytes, &Flash { partitions, size })
    };
    let error = |size, table| make(size, table).err().unwrap();
    let table = "nvs, data, nvs, 0x9000, 0x6000\napp, app, factory, 0x10000, 0x100000\n";
    let image = make(Some("2mb"), table).unwrap();
    assert_eq!(image.partition_bytes, 0x10_0000);
    assert_eq!(image.segments.last().unwrap().address, 0x1_0000);
    assert!(matches!(
        error(Some("1MB"), table),
        ImageError::SmallFlash { .. }
    ));
    assert!(matches!(
        error(Some("3 apples"), table),
        ImageError::FlashSize(_)
    ));
    assert!(matches!(error(None, "no table"), ImageError::Partitions(_)));
    let data_alone = "nvs, data, nvs, 0x9000, 0x6000\n";
    assert!(matches!(error(None, data_alone), ImageError::Partitions(_)));

    let small = "nvs, data, nvs, 0x9000, 0x6000\napp, app, factory, 0x10000, 0x10000\n";
    let image = Err(error(None, small));
    let found = warnings(&Findings {
        firmware: &firmware,
        frames: &Frames::of(&firmware),
        image: &image,
    });
    let found = found
        .iter()
        .find(|warning| warning.kind == Kind::Image)
        .unwrap();
    assert!(found.problem.contains("partition of 65536"), "{found:?}");
    assert_eq!(names(found), ["main"]);
}

#[test]
fn sections_that_overlap_are_explained() {
    let mut program = Program::c6();
    program
        .sections
        .push(section(".second", 0x4201_0010, true, 16));
    let found = of_kind(&program, Kind::Image);
    assert!(found[0].problem.contains("sections overlap"), "{found:?}");
}

#[test]
fn what_is_no_firmware_is_explained() {
    let error = |bytes: &[u8]| Firmware::parse(bytes, None).err().unwrap();
    assert!(matches!(error(b"MZ no ELF"), ElfError::Unsound(_)));
    let whole = Program::c6().elf();
    assert!(matches!(
        error(&whole[..whole.len() - 100]),
        ElfError::Unsound(_)
    ));
    let mut program = Program::c6();
    program.machine = elf::EM_386;
    assert!(matches!(error(&program.elf()), ElfError::Processor(_)));
    program = Program::c6();
    program.sections[1].address = 0x2000_0000;
    assert!(matches!(error(&program.elf()), ElfError::Addresses));
    program.sections.clear();
    assert!(matches!(error(&program.elf()), ElfError::Empty));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    #[test]
    fn damaged_files_are_refused_or_read(
        damage in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..8),
        xtensa: bool,
    ) {
        let mut program = if xtensa { Program::s3(1024) } else { Program::c6() };
        let mut unwound = section(".debug_frame", 0, false, 0);
        unwound.bytes = unwinding(false, &[(0x4201_0000, 2032, true)]);
        program.sections.push(unwound);
        let mut bytes = program.elf();
        for (place, byte) in damage {
            let at = place.index(bytes.len());
            bytes[at] = byte;
        }
        for chip in [None, "esp32s3".parse().ok(), "esp32c3".parse().ok()] {
            if let Ok(firmware) = Firmware::parse(&bytes, chip) {
                map::regions(&firmware, 3);
                warnings_of_firmware(&firmware, &bytes);
            }
        }
    }
}

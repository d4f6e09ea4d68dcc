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
    let firmware = Firmware::parse(bytes, None).unwrap();
    let image = Image::make(firmware.chip, bytes, &Flash::default());
    let frames = Frames::of(&firmware);
    warnings(&Findings {
        firmware: &firmware,
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
    let flash = Flash {
        size: Some("3 apples"),
        ..Flash::default()
    };
    let error = Image::make(firmware.chip, &bytes, &flash).err().unwrap();
    assert!(matches!(error, ImageError::FlashSize(_)), "{error}");
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
    #![proptest_config(ProptestConfig::with_cases(2000))]

    #[test]
    fn damaged_files_are_refused_or_read(
        damage in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..8),
        xtensa: bool,
    ) {
        let program = if xtensa { Program::s3(1024) } else { Program::c6() };
        let mut bytes = program.elf();
        for (place, byte) in damage {
            let at = place.index(bytes.len());
            bytes[at] = byte;
        }
        if let Ok(firmware) = Firmware::parse(&bytes, None) {
            let frames = Frames::of(&firmware);
            map::regions(&firmware, 3);
            // Making an image is espflash's business.
            let image = Err(ImageError::NoDescriptor);
            warnings(&Findings { firmware: &firmware, frames: &frames, image: &image });
        }
    }
}

//! What will go wrong on the chip.

use serde::Serialize;

use crate::chip::Memory;
use crate::elf::{Firmware, Section, Symbol};
use crate::frames::{Frame, Frames};
use crate::image::{Image, ImageError};
use crate::map::{self, Use};

/// A frame of this size or more is a buffer on the stack.
pub const LARGE_FRAME: u64 = 1024;

/// A static of this size or more is a buffer.
const LARGE_STATIC: u64 = 4096;

/// The width of a vector load.
const VECTOR: u64 = 16;

/// Less stack than this is too little for a program that prints.
const LITTLE_STACK: u64 = 8192;

/// A kind of warning.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// A function keeps a buffer in its frame.
    BufferOnStack,
    /// Little is left for the stack.
    LittleStack,
    /// More is in a memory than it has, or where there is none.
    Overfull,
    /// A function that should not wait for flash lies there.
    HotInFlash,
    /// A buffer does not start at a multiple of 16.
    Unaligned,
    /// No flash image can be made.
    Image,
    /// Something is not known.
    Unknown,
}

/// A function, a static or a section that a warning is about.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Affected {
    /// Its name.
    pub name: String,
    /// The bytes that are wrong: of a function's frame, of its code, of a static.
    pub bytes: u64,
}

/// What is wrong, and what to do about it.
#[derive(Clone, Debug, Serialize)]
pub struct Warning {
    /// The kind.
    pub kind: Kind,
    /// What it is about, the largest first.
    pub symbols: Vec<Affected>,
    /// What is wrong, with names and numbers.
    pub problem: String,
    /// Why that is bad.
    pub reason: &'static str,
    /// What to do about it.
    pub remedy: &'static str,
}

/// A firmware, and what was found out about it.
pub struct Findings<'a> {
    /// The firmware.
    pub firmware: &'a Firmware<'a>,
    /// Its functions' frames.
    pub frames: &'a Frames,
    /// Its flash image.
    pub image: &'a Result<Image, ImageError>,
}

/// A rule: what is wrong by it.
type Rule = fn(&Findings) -> Vec<Warning>;

/// Every rule.
const RULES: [Rule; 9] = [
    buffers_on_the_stack,
    unknown_frames,
    unknown_symbols,
    little_stack,
    overfull,
    outside,
    hot_in_flash,
    unaligned,
    image,
];

/// Tells functions by their names.
type Names = fn(&str) -> bool;

/// Functions that should not wait for flash, and why.
const HOT: [(Names, &str); 4] = [
    (|name| name.contains("shortcrust_kernels::"), SLOW),
    (is_step, SLOW),
    (is_machine_code, SLOW),
    (is_interrupt, LATE),
];

const SLOW: &str = "every pass waits for the cache whenever something else has used it since";
const LATE: &str = "an interrupt waits for the cache, and stops the program while flash is written";

/// Where interrupts are entered.
const INTERRUPTS: [&str; 16] = [
    // RISC-V: esp-hal and riscv-rt, ESP-IDF.
    "_vector_table",
    "_start_trap",
    "_start_trap_rust",
    "handle_interrupts",
    "_interrupt_handler",
    // Xtensa: xtensa-lx-rt and esp-hal, ESP-IDF. The vectors and the handlers of levels have numbers in their names.
    "__user_exception",
    "__naked_user_exception",
    "__default_naked_exception",
    "save_context",
    "restore_context",
    "_KernelExceptionVector",
    "_UserExceptionVector",
    "_xt_user_exc",
    "_xt_lowint1",
    "_xt_medint2",
    "_xt_medint3",
];

/// What is wrong with a firmware; empty if nothing is.
pub fn warnings(findings: &Findings) -> Vec<Warning> {
    RULES.iter().flat_map(|rule| rule(findings)).collect()
}

fn buffers_on_the_stack(findings: &Findings) -> Vec<Warning> {
    let frames = findings.frames.frames.iter();
    let large = frames.filter(|frame| frame.size >= LARGE_FRAME);
    large
        .map(|frame| Warning {
            kind: Kind::BufferOnStack,
            symbols: vec![Affected {
                name: frame.function.clone(),
                bytes: frame.size,
            }],
            problem: describe(frame),
            reason: "the stack has only what the statics leave, and nothing checks that a frame fits",
            remedy: "put the buffer into a static cell (static_cell::ConstStaticCell) and pass `&mut` to it",
        })
        .collect()
}

fn describe(
    Frame {
        function,
        size,
        at_least,
        ..
    }: &Frame,
) -> String {
    let or_more = if *at_least { " or more" } else { "" };
    format!("`{function}` takes {size} bytes{or_more} of stack: a buffer is on it")
}

fn unknown_frames(findings: &Findings) -> Vec<Warning> {
    let Frames { frames, unknown } = findings.frames;
    let warning = frames.is_empty().then(|| Warning {
        kind: Kind::Unknown,
        symbols: Vec::new(),
        problem: format!(
            "what functions take of the stack is not known of any of {}",
            unknown.len()
        ),
        reason: "the file has neither .stack_sizes nor .debug_frame, so a buffer on the stack would not be seen",
        remedy: "build with debug = 2 in the profile, and do not strip the file",
    });
    warning.into_iter().collect()
}

fn unknown_symbols(findings: &Findings) -> Vec<Warning> {
    let warning = findings.firmware.symbols.is_empty().then(|| Warning {
        kind: Kind::Unknown,
        symbols: Vec::new(),
        problem: "it has no symbols: functions and statics have no names".to_owned(),
        reason: "what lies in flash that should not, or is not aligned, cannot be seen",
        remedy: "build with strip = false in the profile",
    });
    warning.into_iter().collect()
}

fn little_stack(findings: &Findings) -> Vec<Warning> {
    let bytes = map::stack_bytes(findings.firmware);
    let warning = (bytes < LITTLE_STACK).then(|| Warning {
        kind: Kind::LittleStack,
        symbols: largest_statics(findings.firmware),
        problem: format!("the statics leave {bytes} bytes for the stack"),
        reason: "a message with numbers takes some KB, and what lies below the stack is overwritten without notice",
        remedy: "make statics smaller, or place some in memory that the bootloader returns (#[ram(reclaimed)])",
    });
    warning.into_iter().collect()
}

fn overfull(findings: &Findings) -> Vec<Warning> {
    let firmware = findings.firmware;
    let (code, data) = (
        map::bytes(firmware, Use::RamCode),
        map::bytes(firmware, Use::RamData),
    );
    let (used, ram) = (code + data, map::ram_bytes(firmware));
    let too_much = (used > ram).then(|| Warning {
        kind: Kind::Overfull,
        symbols: largest_statics(firmware),
        problem: format!("code and statics take {used} of {ram} bytes of internal RAM"),
        reason: "they overwrite the bootloader while it loads them, or each other",
        remedy: "make statics smaller, or leave in flash what is not hot",
    });
    // What starts as zeros may lie where the bootloader was.
    let sections = firmware.sections.iter().filter(|section| {
        let behind_end = section.beyond > 0 && section.name != ".stack";
        section.stored && (behind_end || section.memory == Some(Memory::Reclaimed))
    });
    let loaded_over = sections.map(|section| Warning {
        kind: Kind::Overfull,
        symbols: vec![whole(section)],
        problem: format!(
            "`{}`, {} bytes at {:#x}, reaches beyond the end of its memory",
            section.name, section.size, section.address
        ),
        reason: "behind internal RAM runs the bootloader, which this overwrites; behind flash there is nothing",
        remedy: "use the linker script of the HAL (linkall.x), and make the section smaller",
    });
    too_much.into_iter().chain(loaded_over).collect()
}

fn outside(findings: &Findings) -> Vec<Warning> {
    let sections = findings.firmware.sections.iter();
    let outside: Vec<&Section> = sections
        .filter(|section| section.memory.is_none())
        .collect();
    let warning = outside.first().map(|first| Warning {
        kind: Kind::Overfull,
        symbols: outside.iter().map(|section| whole(section)).collect(),
        problem: format!(
            "`{}`{}, {} bytes at {:#x}, is where the {} has no memory",
            first.name,
            others(outside.len()),
            first.size,
            first.address,
            findings.firmware.chip.name
        ),
        reason: "the bootloader refuses it, or the first access stops the program",
        remedy: "link for this chip, or name the chip that it is linked for (--chip)",
    });
    warning.into_iter().collect()
}

/// How many more there are than the one that is named.
fn others(count: usize) -> String {
    match count {
        1 => String::new(),
        count => format!(" and {} more", count - 1),
    }
}

fn hot_in_flash(findings: &Findings) -> Vec<Warning> {
    let in_flash = |symbol: &&Symbol| symbol.code && symbol.memory == Memory::Flash;
    HOT.iter()
        .filter_map(|(is_hot, reason)| {
            let symbols = findings.firmware.symbols.iter().filter(in_flash);
            let symbols = affected(symbols.filter(|symbol| is_hot(&symbol.name)));
            let first = symbols.first()?;
            let bytes: u64 = symbols.iter().map(|symbol| symbol.bytes).sum();
            Some(Warning {
                kind: Kind::HotInFlash,
                problem: format!(
                    "`{}`{}, {bytes} bytes, run from flash",
                    first.name,
                    others(symbols.len())
                ),
                reason,
                remedy: "place them in internal RAM: #[esp_hal::ram], or the linker section .rwtext",
                symbols,
            })
        })
        .collect()
}

fn unaligned(findings: &Findings) -> Vec<Warning> {
    let symbols = findings.firmware.symbols.iter();
    let buffers = symbols.filter(|symbol| {
        !symbol.code
            && matches!(symbol.memory, Memory::Ram | Memory::Reclaimed)
            && symbol.size >= LARGE_STATIC
            && !symbol.address.is_multiple_of(VECTOR)
    });
    buffers
        .map(|symbol| Warning {
            kind: Kind::Unaligned,
            symbols: affected([symbol]),
            problem: format!(
                "`{}`, {} bytes, starts at {:#x}, which is no multiple of 16: a vector load would read from {:#x}",
                symbol.name,
                symbol.size,
                symbol.address,
                symbol.address - symbol.address % VECTOR
            ),
            reason: "the ESP32-S3's vector unit drops an address's last four bits without notice",
            remedy: "align it: #[repr(align(16))] on its type",
        })
        .collect()
}

fn image(findings: &Findings) -> Vec<Warning> {
    let warning = findings.image.as_ref().err().map(|error| {
        let (reason, remedy) = explain(error);
        let symbols = findings.firmware.symbols.iter();
        let in_flash = symbols.filter(|symbol| symbol.memory == Memory::Flash && symbol.size > 0);
        let symbols = match error {
            ImageError::TooLarge { .. } => affected(in_flash).into_iter().take(3).collect(),
            _ => Vec::new(),
        };
        Warning {
            kind: Kind::Image,
            symbols,
            problem: error.to_string(),
            reason,
            remedy,
        }
    });
    warning.into_iter().collect()
}

/// What to do where an image cannot be made.
pub fn remedy(error: &ImageError) -> &'static str {
    explain(error).1
}

/// Why an image is needed, and what to do where there is none.
fn explain(error: &ImageError) -> (&'static str, &'static str) {
    match error {
        ImageError::TooLarge { .. } => (
            "it cannot be flashed",
            "make the partition larger (--partitions partitions.csv, --flash-size), or weights and pictures smaller",
        ),
        ImageError::NoDescriptor => (
            "espflash refuses it, and the bootloader would not know what it is",
            "write `esp_bootloader_esp_idf::esp_app_desc!();` once in the binary",
        ),
        ImageError::FlashSize(_) => (
            "the image names the size of the flash",
            "give --flash-size the size of your module's flash, such as 8MB",
        ),
        ImageError::SmallFlash { .. } => (
            "the last partition is not there",
            "give --flash-size the size of your module's flash, or make partitions smaller",
        ),
        ImageError::Partitions(_) => (
            "the table says where the program goes",
            "correct the table; ESP-IDF's documentation of partition tables says what each field may be",
        ),
        ImageError::Chip(_) | ImageError::Format(_) | ImageError::Layout => (
            "it cannot be flashed",
            "use the linker script of the HAL (linkall.x) or of ESP-IDF",
        ),
    }
}

/// Symbols with their sizes, the largest first.
fn affected<'a>(symbols: impl IntoIterator<Item = &'a Symbol>) -> Vec<Affected> {
    let symbols = symbols.into_iter().map(|symbol| Affected {
        name: symbol.name.clone(),
        bytes: symbol.size,
    });
    let mut symbols: Vec<Affected> = symbols.collect();
    symbols.sort_by(|a, b| b.bytes.cmp(&a.bytes).then_with(|| a.name.cmp(&b.name)));
    symbols
}

/// What takes most of internal RAM.
fn largest_statics(firmware: &Firmware) -> Vec<Affected> {
    let symbols = firmware.symbols.iter();
    let statics = symbols.filter(|symbol| !symbol.code && symbol.memory == Memory::Ram);
    let statics = affected(statics.filter(|symbol| symbol.size > 0));
    statics.into_iter().take(3).collect()
}

fn whole(section: &Section) -> Affected {
    Affected {
        name: section.name.clone(),
        bytes: section.size,
    }
}

/// `path::step_12`, which the attribute `model` generates, with or without type arguments.
fn is_step(name: &str) -> bool {
    let number = plain(name).rsplit_once("::step_").map(|(_, number)| number);
    number.is_some_and(|number| {
        !number.is_empty() && number.bytes().all(|byte| byte.is_ascii_digit())
    })
}

/// `shortcrust_Net_0123456789abcdef_3`, which the attribute `model` generates.
fn is_machine_code(name: &str) -> bool {
    name.starts_with("shortcrust_") && !name.contains("::")
}

/// An entry of interrupts, by its name or by a pattern with its level.
fn is_interrupt(name: &str) -> bool {
    let between = |start, end| {
        let middle = name
            .strip_prefix(start)
            .and_then(|rest: &str| rest.strip_suffix(end));
        middle.is_some_and(|level| matches!(level, "1" | "2" | "3" | "4" | "5" | "6" | "7"))
    };
    INTERRUPTS.contains(&name)
        || between("_Level", "InterruptVector")
        || between("__level_", "_interrupt")
        || between("__naked_level_", "_interrupt")
        || between("__default_naked_level_", "_interrupt")
        || ["_WindowOverflow", "_WindowUnderflow"]
            .iter()
            .any(|start| name.starts_with(start))
        || name.starts_with("esp_hal::") && plain(name).ends_with("::handle_interrupts")
}

/// A path without type arguments at its end.
fn plain(name: &str) -> &str {
    name.find("::<")
        .filter(|_| name.ends_with('>'))
        .map_or(name, |end| &name[..end])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn generated_names_are_known() {
        assert!(is_step("esp_flash::networks::_::step_12"));
        assert!(is_step("net::_::step_3::<shortcrust::cores::OneCore>"));
        assert!(!is_step("motor::step_by"));
        assert!(!is_step("step_"));
        assert!(is_machine_code(
            "shortcrust_PersonDetect_0123456789abcdef_3"
        ));
        assert!(is_machine_code("shortcrust_Net_0123456789abcdef_enable"));
        assert!(!is_machine_code("shortcrust_pictures::scale"));
    }

    #[test]
    fn interrupts_are_known_on_both_processors() {
        for name in [
            "_vector_table",
            "_start_trap",
            "handle_interrupts",
            "esp_hal::interrupt::xtensa::vectored::handle_interrupts::<1>",
            "__level_1_interrupt",
            "__default_naked_level_7_interrupt",
            "_Level3InterruptVector",
            "_WindowOverflow8",
        ] {
            assert!(is_interrupt(name), "{name}");
        }
        for name in [
            "my::save_context",
            "__level_9_interrupt",
            "_LevelInterruptVector",
        ] {
            assert!(!is_interrupt(name), "{name}");
        }
    }
}

//! What will go wrong on the chip.

use serde::Serialize;

use crate::chip::Memory;
use crate::elf::{Firmware, Symbol};
use crate::frames::{Frames, Source};
use crate::image::{Image, ImageError};
use crate::map::stack_bytes;

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
    /// A function that should not wait for flash lies there.
    HotInFlash,
    /// A buffer does not start at a multiple of 16.
    Unaligned,
    /// No flash image can be made.
    Image,
    /// Something is not known.
    Unknown,
}

/// What is wrong, and what to do about it.
#[derive(Clone, Debug, Serialize)]
pub struct Warning {
    /// The kind.
    pub kind: Kind,
    /// The functions or statics that it is about.
    pub symbols: Vec<String>,
    /// What is wrong, with names and numbers.
    pub problem: String,
    /// What to do about it.
    pub remedy: String,
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
const RULES: [Rule; 5] = [
    buffers_on_the_stack,
    little_stack,
    hot_in_flash,
    unaligned,
    image,
];

/// Tells functions by their names.
type Names = fn(&str) -> bool;

/// Functions that should not wait for flash, and what they are.
const HOT: [(Names, &str); 4] = [
    (|name| name.contains("shortcrust_kernels::"), "kernel"),
    (is_step, "layer of a network"),
    (is_machine_code, "kernel in machine code"),
    (|name| INTERRUPTS.contains(&name), "entry of an interrupt"),
];

/// Where interrupts enter on RISC-V (esp-hal, riscv-rt) and on Xtensa (xtensa-lx-rt, esp-hal).
const INTERRUPTS: [&str; 10] = [
    "_vector_table",
    "_start_trap",
    "_start_trap_rust",
    "handle_interrupts",
    "__level_1_interrupt",
    "__level_2_interrupt",
    "__level_3_interrupt",
    "__user_exception",
    "save_context",
    "restore_context",
];

/// What is wrong with a firmware; empty if nothing is.
pub fn warnings(findings: &Findings) -> Vec<Warning> {
    RULES.iter().flat_map(|rule| rule(findings)).collect()
}

fn buffers_on_the_stack(findings: &Findings) -> Vec<Warning> {
    let Frames { source, frames } = findings.frames;
    if source.is_none() {
        return vec![Warning {
            kind: Kind::Unknown,
            symbols: Vec::new(),
            problem: "what functions take of the stack is not known: the file has neither .stack_sizes nor .debug_frame".to_owned(),
            remedy: "build with debug = 2 in the profile".to_owned(),
        }];
    }
    let large = frames.iter().filter(|frame| frame.size >= LARGE_FRAME);
    large
        .map(|frame| Warning {
            kind: Kind::BufferOnStack,
            symbols: vec![frame.function.clone()],
            problem: format!(
                "`{}` takes {} bytes of stack: a buffer is on it",
                frame.function, frame.size
            ),
            remedy: "put the buffer into a static cell (static_cell::ConstStaticCell) and pass `&mut` to it".to_owned(),
        })
        .collect()
}

fn little_stack(findings: &Findings) -> Vec<Warning> {
    let bytes = stack_bytes(findings.firmware).filter(|bytes| *bytes < LITTLE_STACK);
    let warning = bytes.map(|bytes| Warning {
        kind: Kind::LittleStack,
        symbols: Vec::new(),
        problem: format!("the statics leave {bytes} bytes for the stack"),
        remedy: "make statics smaller, or place some in memory that the bootloader returns (#[ram(reclaimed)])".to_owned(),
    });
    warning.into_iter().collect()
}

fn hot_in_flash(findings: &Findings) -> Vec<Warning> {
    HOT.iter()
        .filter_map(|(is_hot, what)| {
            let symbols = findings.firmware.symbols.iter();
            let slow: Vec<&Symbol> = symbols
                .filter(|symbol| {
                    symbol.code && symbol.memory == Memory::Flash && is_hot(&symbol.name)
                })
                .collect();
            let first = slow.iter().max_by_key(|symbol| symbol.size)?;
            let bytes: u64 = slow.iter().map(|symbol| symbol.size).sum();
            let others = match slow.len() {
                1 => String::new(),
                count => format!(" and {} more", count - 1),
            };
            Some(Warning {
                kind: Kind::HotInFlash,
                symbols: slow.iter().map(|symbol| symbol.name.clone()).collect(),
                problem: format!(
                    "`{}`{others}, {bytes} bytes, run from flash: {what}",
                    first.name
                ),
                remedy:
                    "place them in internal RAM: #[esp_hal::ram], or the linker section .rwtext"
                        .to_owned(),
            })
        })
        .collect()
}

fn unaligned(findings: &Findings) -> Vec<Warning> {
    let symbols = findings.firmware.symbols.iter();
    let buffers = symbols.filter(|symbol| {
        !symbol.code
            && symbol.memory == Memory::Ram
            && symbol.size >= LARGE_STATIC
            && !symbol.address.is_multiple_of(VECTOR)
    });
    buffers
        .map(|symbol| Warning {
            kind: Kind::Unaligned,
            symbols: vec![symbol.name.clone()],
            problem: format!(
                "`{}`, {} bytes, starts at {:#x}, which is no multiple of 16: a vector load would silently read from {:#x}",
                symbol.name,
                symbol.size,
                symbol.address,
                symbol.address - symbol.address % VECTOR
            ),
            remedy: "align it: #[repr(align(16))] on its type".to_owned(),
        })
        .collect()
}

fn image(findings: &Findings) -> Vec<Warning> {
    let warning = findings.image.as_ref().err().map(|error| Warning {
        kind: Kind::Image,
        symbols: Vec::new(),
        problem: error.to_string(),
        remedy: remedy(error).to_owned(),
    });
    warning.into_iter().collect()
}

fn remedy(error: &ImageError) -> &'static str {
    match error {
        ImageError::Format(espflash::Error::ElfTooBig(..)) => {
            "make the partition larger (--partitions partitions.csv), or the weights smaller"
        }
        ImageError::NoDescriptor => {
            "write `esp_bootloader_esp_idf::esp_app_desc!();` once in the binary"
        }
        ImageError::FlashSize(_) => "give --flash-size the size of your module's flash",
        _ => "see the message of espflash",
    }
}

impl Source {
    /// The source, as it is named in a sentence.
    pub fn description(self) -> &'static str {
        match self {
            Source::StackSizes => ".stack_sizes",
            Source::DebugFrame => ".debug_frame",
            Source::Entry => "the first instruction of each function",
        }
    }
}

/// `path::step_12`, which the attribute `model` generates.
fn is_step(name: &str) -> bool {
    let last = name.rsplit_once("::step_").map(|(_, number)| number);
    last.is_some_and(|number| {
        let number = number.split('<').next().unwrap_or_default();
        let number = number.trim_end_matches("::");
        !number.is_empty() && number.bytes().all(|byte| byte.is_ascii_digit())
    })
}

/// `shortcrust_Net_0123456789abcdef_3`, which the attribute `model` generates.
fn is_machine_code(name: &str) -> bool {
    let mut parts = name.rsplit('_');
    let number = parts.next().unwrap_or_default();
    let hash = parts.next().unwrap_or_default();
    name.starts_with("shortcrust_")
        && number.bytes().all(|byte| byte.is_ascii_alphanumeric())
        && hash.len() == 16
        && hash.bytes().all(|byte| byte.is_ascii_hexdigit())
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
        assert!(!is_machine_code("shortcrust_kernels::conv_2d"));
    }
}

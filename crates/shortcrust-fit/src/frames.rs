//! What each function takes of the stack.

use gimli::{
    BaseAddresses, CfaRule, DebugFrame, LittleEndian, Register, UnwindContext, UnwindSection,
};
use object::{Architecture, Object, ObjectSection};
use serde::Serialize;

use crate::elf::Firmware;

/// A function's stack frame.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Frame {
    /// The function.
    pub function: String,
    /// Bytes of stack.
    pub size: u64,
}

/// Where frame sizes come from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Source {
    /// The section `.stack_sizes` of `-Zemit-stack-sizes`.
    StackSizes,
    /// How a debugger unwinds: `.debug_frame`.
    DebugFrame,
    /// The instruction `entry` with which every function for Xtensa starts.
    Entry,
}

/// The frames of a firmware's functions.
#[derive(Clone, Debug, Serialize)]
pub struct Frames {
    /// Where they come from; none where the file does not say.
    pub source: Option<Source>,
    /// The frames, the largest first.
    pub frames: Vec<Frame>,
}

/// RISC-V's stack pointer in DWARF.
const STACK_POINTER: Register = Register(2);

impl Frames {
    /// The frames of a firmware, from the best source that it has.
    pub fn of(firmware: &Firmware) -> Self {
        let sources = [
            (Source::StackSizes, stack_sizes(firmware)),
            (Source::Entry, entries(firmware)),
            (Source::DebugFrame, debug_frame(firmware)),
        ];
        let found = sources.into_iter().find(|(_, frames)| !frames.is_empty());
        let (source, mut frames) = match found {
            Some((source, frames)) => (Some(source), frames),
            None => (None, Vec::new()),
        };
        frames.sort_by_key(|(address, size)| (u64::MAX - size, *address));
        let frame = |(address, size)| Frame {
            function: firmware
                .function_at(address)
                .map_or_else(|| format!("{address:#x}"), |symbol| symbol.name.clone()),
            size,
        };
        Self {
            source,
            frames: frames.into_iter().map(frame).collect(),
        }
    }
}

/// What the compiler noted: an address and a size as LEB128 for each function.
fn stack_sizes(firmware: &Firmware) -> Vec<(u64, u64)> {
    let section = firmware.file.section_by_name(".stack_sizes");
    let Some(mut rest) = section.and_then(|section| section.data().ok()) else {
        return Vec::new();
    };
    let mut frames = Vec::new();
    while let Some((address, sizes)) = rest.split_first_chunk::<4>() {
        let address = u64::from(u32::from_le_bytes(*address));
        let Ok(size) =
            gimli::leb128::read::unsigned(&mut gimli::EndianSlice::new(sizes, LittleEndian))
        else {
            break;
        };
        let length = sizes.iter().position(|byte| byte & 0x80 == 0);
        rest = &sizes[length.map_or(sizes.len(), |last| last + 1)..];
        frames.push((address, size));
    }
    frames
}

/// The largest distance between each function's stack pointer and its caller's.
fn debug_frame(firmware: &Firmware) -> Vec<(u64, u64)> {
    let section = firmware.file.section_by_name(".debug_frame");
    let Some(data) = section.and_then(|section| section.data().ok()) else {
        return Vec::new();
    };
    let mut section = DebugFrame::new(data, LittleEndian);
    section.set_address_size(4);
    let bases = BaseAddresses::default();
    let mut context = UnwindContext::new();
    let mut frames = Vec::new();
    let mut entries = section.entries(&bases);
    while let Ok(Some(entry)) = entries.next() {
        let gimli::CieOrFde::Fde(partial) = entry else {
            continue;
        };
        let Ok(description) =
            partial.parse(|section, bases, offset| section.cie_from_offset(bases, offset))
        else {
            continue;
        };
        let Ok(mut rows) = description.rows(&section, &bases, &mut context) else {
            continue;
        };
        let mut size = 0;
        while let Ok(Some(row)) = rows.next_row() {
            if let CfaRule::RegisterAndOffset { register, offset } = row.cfa()
                && *register == STACK_POINTER
            {
                size = size.max(u64::try_from(*offset).unwrap_or(0));
            }
        }
        frames.push((description.initial_address(), size));
    }
    frames
}

/// The operand of each function's first instruction.
fn entries(firmware: &Firmware) -> Vec<(u64, u64)> {
    if firmware.chip.architecture != Architecture::Xtensa {
        return Vec::new();
    }
    let functions = firmware.symbols.iter().filter(|symbol| symbol.code);
    let frame = |address: u64| {
        let mut sections = firmware.file.sections();
        let bytes = sections.find_map(|section| section.data_range(address, 3).ok().flatten())?;
        let first = lx7::isa::decode(bytes, u32::try_from(address).ok()?)?;
        let [_, size] = first.operands() else {
            return None;
        };
        let is_entry = first.instruction.mnemonic == "entry";
        Some((address, u64::try_from(*size).ok()?)).filter(|_| is_entry)
    };
    functions
        .filter_map(|symbol| frame(symbol.address))
        .collect()
}

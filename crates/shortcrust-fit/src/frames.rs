//! What each function takes of the stack.

use std::collections::BTreeMap;

use gimli::{
    BaseAddresses, CfaRule, CieOrFde, DebugFrame, EhFrame, EndianSlice, LittleEndian, Register,
    UnwindContext, UnwindSection,
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
    /// Whether the function may take more, which its source does not say.
    pub at_least: bool,
    /// Where the size comes from.
    pub source: Source,
}

/// Where a frame's size comes from, the best first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Source {
    /// The section `.stack_sizes` of `-Zemit-stack-sizes`.
    StackSizes,
    /// How a debugger unwinds: `.debug_frame`, `.eh_frame`.
    Unwinding,
    /// The instruction `entry` with which every function for Xtensa starts.
    Entry,
}

impl Source {
    /// Every source.
    pub const ALL: [Self; 3] = [Self::StackSizes, Self::Unwinding, Self::Entry];

    /// The source, as it is named in a sentence.
    pub fn description(self) -> &'static str {
        match self {
            Self::StackSizes => ".stack_sizes",
            Self::Unwinding => ".debug_frame or .eh_frame",
            Self::Entry => "the function's first instruction",
        }
    }
}

/// The frames of a firmware's functions.
#[derive(Clone, Debug, Serialize)]
pub struct Frames {
    /// The frames, the largest first.
    pub frames: Vec<Frame>,
    /// The functions of whose frames nothing is known, such as those in assembly.
    pub unknown: Vec<String>,
}

/// A size, and whether it may be more.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Size {
    bytes: u64,
    at_least: bool,
}

/// Sizes of frames, by the functions' addresses.
type Sizes = BTreeMap<u64, Size>;

impl Frames {
    /// The frame of each function, from the best source that knows it.
    pub fn of(firmware: &Firmware) -> Self {
        let mut sizes: BTreeMap<u64, (Size, Source)> = BTreeMap::new();
        let noted = with(Source::StackSizes, stack_sizes(firmware));
        sizes.extend(noted);
        // Where there are both, one may miss what the other sees: unwinding instructions may be absent behind `entry`, and `entry`
        // is not all of a frame of more than 32 KB.
        let unwound = with(Source::Unwinding, unwinding(firmware));
        let entries = with(Source::Entry, entries(firmware));
        for (address, found) in unwound.chain(entries) {
            let best = sizes.entry(address).or_insert(found);
            if best.1 != Source::StackSizes && found.0.bytes > best.0.bytes {
                *best = found;
            }
        }
        // Functions that the linker dropped are still noted, at an address where there is none.
        let code = firmware.sections.iter().filter(|section| section.code);
        let code: Vec<_> = code
            .map(|section| section.address..section.address + section.size)
            .collect();
        sizes.retain(|address, _| code.iter().any(|code| code.contains(address)));
        let functions = firmware.functions();
        let frame = |(address, (size, source)): (&u64, &(Size, Source))| Frame {
            function: functions
                .get(address)
                .map_or_else(|| format!("{address:#x}"), |symbol| symbol.name.clone()),
            size: size.bytes,
            at_least: size.at_least,
            source: *source,
        };
        let mut frames: Vec<Frame> = sizes.iter().map(frame).collect();
        frames.sort_by(|a, b| {
            b.size
                .cmp(&a.size)
                .then_with(|| a.function.cmp(&b.function))
        });
        let unknown = functions
            .iter()
            .filter(|(address, _)| !sizes.contains_key(address));
        Self {
            unknown: unknown.map(|(_, function)| function.name.clone()).collect(),
            frames,
        }
    }

    /// How many frames come from a source.
    pub fn count(&self, source: Source) -> usize {
        let frames = self.frames.iter();
        frames.filter(|frame| frame.source == source).count()
    }
}

fn with(source: Source, sizes: Sizes) -> impl Iterator<Item = (u64, (Size, Source))> {
    let sizes = sizes.into_iter();
    sizes.map(move |(address, size)| (address, (size, source)))
}

/// What the compiler noted: an address and a size as LEB128 for each function.
fn stack_sizes(firmware: &Firmware) -> Sizes {
    let section = firmware.file.section_by_name(".stack_sizes");
    let Some(mut rest) = section.and_then(|section| section.data().ok()) else {
        return Sizes::new();
    };
    let mut sizes = Sizes::new();
    while let Some((address, behind)) = rest.split_first_chunk::<4>() {
        let address = u64::from(u32::from_le_bytes(*address));
        let mut reader = EndianSlice::new(behind, LittleEndian);
        let Ok(bytes) = gimli::leb128::read::unsigned(&mut reader) else {
            break;
        };
        rest = reader.slice();
        let at_least = false;
        sizes.insert(address, Size { bytes, at_least });
    }
    sizes
}

/// How a debugger finds each function's caller.
fn unwinding(firmware: &Firmware) -> Sizes {
    let mut sizes = Sizes::new();
    let data = |name| {
        let section = firmware.file.section_by_name(name)?;
        Some((section.address(), section.data().ok()?))
    };
    if let Some((_, data)) = data(".debug_frame") {
        let mut section = DebugFrame::new(data, LittleEndian);
        section.set_address_size(4);
        unwind(firmware, &section, &BaseAddresses::default(), &mut sizes);
    }
    if let Some((address, data)) = data(".eh_frame") {
        let mut section = EhFrame::new(data, LittleEndian);
        section.set_address_size(4);
        let bases = BaseAddresses::default().set_eh_frame(address);
        unwind(firmware, &section, &bases, &mut sizes);
    }
    sizes
}

/// The largest distance between each function's stack pointer and its caller's.
fn unwind<'a, S>(firmware: &Firmware, section: &S, bases: &BaseAddresses, sizes: &mut Sizes)
where
    S: UnwindSection<EndianSlice<'a, LittleEndian>>,
{
    let stack_pointer = match firmware.chip.architecture {
        Architecture::Xtensa => Register(1),
        _ => Register(2),
    };
    let mut context = UnwindContext::new();
    let mut entries = section.entries(bases);
    while let Ok(Some(entry)) = entries.next() {
        let CieOrFde::Fde(partial) = entry else {
            continue;
        };
        let Ok(description) =
            partial.parse(|section, bases, offset| section.cie_from_offset(bases, offset))
        else {
            continue;
        };
        let Ok(mut rows) = description.rows(section, bases, &mut context) else {
            continue;
        };
        let mut size = Size {
            bytes: 0,
            at_least: false,
        };
        while let Ok(Some(row)) = rows.next_row() {
            let CfaRule::RegisterAndOffset { register, offset } = row.cfa() else {
                continue;
            };
            size.bytes = size.bytes.max(u64::try_from(*offset).unwrap_or(0));
            // With a frame pointer, what the stack pointer does later is not noted.
            size.at_least |= *register != stack_pointer;
        }
        let known = sizes.entry(description.initial_address()).or_insert(size);
        *known = size.max(*known);
    }
}

/// The operand of each function's first instruction.
fn entries(firmware: &Firmware) -> Sizes {
    if firmware.chip.architecture != Architecture::Xtensa {
        return Sizes::new();
    }
    let functions = firmware.functions().into_iter();
    functions
        .filter_map(|(address, function)| {
            // Assembly may leave out sizes.
            let end = match function.size {
                0 => u64::MAX,
                size => address + size,
            };
            let size = entry(firmware, address, end)?;
            Some((address, size))
        })
        .collect()
}

/// What `entry` takes, and what is subtracted behind it: `entry` itself reaches no further than 32 KB.
fn entry(firmware: &Firmware, address: u64, end: u64) -> Option<Size> {
    /// Instructions between `entry` and `movsp`: those that load and subtract the size, and what is scheduled among them.
    const NEAR: usize = 8;
    let first = instruction(firmware, address)?;
    let [_, bytes] = first.operands() else {
        return None;
    };
    if first.instruction.mnemonic != "entry" {
        return None;
    }
    let mut size = Size {
        bytes: u64::try_from(*bytes).ok()?,
        at_least: false,
    };
    // What registers hold: a number, or the stack pointer less a number.
    let mut numbers = BTreeMap::new();
    let mut lowered = BTreeMap::new();
    let mut next = address + u64::from(first.length());
    for _ in 0..NEAR {
        let Some(instance) = instruction(firmware, next).filter(|_| next < end) else {
            break;
        };
        match (instance.instruction.mnemonic.as_str(), instance.operands()) {
            ("l32r", [register, target]) => {
                let literal = firmware.bytes_at(u64::from(*target as u32), 4);
                let literal =
                    literal.and_then(|bytes| Some(u32::from_le_bytes(bytes.try_into().ok()?)));
                numbers.insert(*register, u64::from(literal.unwrap_or(0)));
            }
            ("movi", [register, value]) => {
                numbers.insert(*register, u64::try_from(*value).unwrap_or(0));
            }
            ("sub", [register, 1, subtrahend]) => {
                lowered.insert(*register, numbers.get(subtrahend).copied());
            }
            ("movsp", [1, register]) => {
                let known = lowered.get(register).copied().flatten();
                size.bytes += known.unwrap_or(0);
                size.at_least = known.is_none();
                break;
            }
            _ => {}
        }
        next += u64::from(instance.length());
    }
    Some(size)
}

/// The instruction at an address. The last of a section may have two bytes.
fn instruction(firmware: &Firmware, address: u64) -> Option<lx7::isa::Instance> {
    let bytes = [4, 3, 2]
        .into_iter()
        .find_map(|length| firmware.bytes_at(address, length))?;
    lx7::isa::decode(bytes, u32::try_from(address).ok()?)
}

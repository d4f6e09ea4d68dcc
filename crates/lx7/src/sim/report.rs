//! What a stopped run looked like.

use super::Simulator;
use super::run::RETURN;
use super::window_fault::WindowFault;
use crate::core::{Core, Trap};
use crate::disasm;
use crate::isa;
use std::fmt::{self, Write};

/// Why a run was stopped.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum FaultKind {
    /// An instruction could not complete.
    Trap(Trap),
    /// More instructions than allowed: an endless loop, or a small budget.
    InstructionBudget,
    /// More cycles than allowed.
    CycleBudget,
    /// No symbol of this name was loaded.
    NoSymbol(String),
}

impl fmt::Display for FaultKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            FaultKind::Trap(trap) => trap.fmt(f),
            FaultKind::InstructionBudget => {
                write!(f, "the instruction budget is used up; an endless loop?")
            }
            FaultKind::CycleBudget => write!(f, "the cycle budget is used up; an endless loop?"),
            FaultKind::NoSymbol(name) => write!(f, "there is no symbol `{name}`"),
        }
    }
}

/// One level of the call stack.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Frame {
    /// Address in the function: of the stopped instruction, or of the return.
    pub pc: u32,
    /// The same with the symbol's name.
    pub name: String,
}

/// A stopped run: why, where, and the state it left. Its `Display` is a report
/// for people.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fault {
    /// Why.
    pub kind: FaultKind,
    /// Address of the instruction.
    pub pc: u32,
    /// The same with the symbol's name.
    pub location: String,
    /// The frame whose registers could not be moved, where that is why.
    pub window: Option<WindowFault>,
    /// Instructions around it; the stopped one is marked.
    pub disassembly: String,
    /// `a0`-`a15` of the current window.
    pub registers: [u32; 16],
    /// Other registers that are not 0, as text.
    pub state: String,
    /// The call stack, innermost first.
    pub frames: Vec<Frame>,
    /// Instructions executed until then.
    pub instructions: u64,
    /// Cycles passed until then.
    pub cycles: u64,
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(
            f,
            "stopped at {:#010x} ({}): {}",
            self.pc, self.location, self.kind
        )?;
        writeln!(
            f,
            "after {} instructions, {} cycles",
            self.instructions, self.cycles
        )?;
        if let Some(window) = &self.window {
            writeln!(f, "\n{window}")?;
        }
        if !self.disassembly.is_empty() {
            write!(f, "\n{}", self.disassembly)?;
        }
        writeln!(f)?;
        for (i, value) in self.registers.iter().enumerate() {
            write!(
                f,
                "{:>5} {value:08x}{}",
                format!("a{i}"),
                if i % 4 == 3 { "\n" } else { "" }
            )?;
        }
        f.write_str(&self.state)?;
        writeln!(f, "\ncall stack, innermost first:")?;
        for (i, frame) in self.frames.iter().enumerate() {
            writeln!(f, "  {i}: {:#010x} {}", frame.pc, frame.name)?;
        }
        Ok(())
    }
}

impl std::error::Error for Fault {}

const MAX_FRAMES: usize = 64;

/// The call that every run pretends to come from.
const CALL: u32 = RETURN - 3;

impl Simulator {
    pub(super) fn fault(&self, kind: FaultKind) -> Fault {
        let core = &self.core;
        Fault {
            kind,
            window: self.window_fault(),
            pc: core.pc,
            location: self.symbols.describe(core.pc),
            disassembly: self.around(core.pc),
            registers: std::array::from_fn(|i| core.a(i as i32)),
            state: other_state(core),
            frames: self.frames(),
            instructions: self.instructions,
            cycles: self.clock.now,
        }
    }

    /// Up to four instructions before and behind `pc`. Instructions have no
    /// fixed length, so the ones before are found by decoding from a symbol or
    /// from the nearest earlier address that leads exactly to `pc`.
    fn around(&self, pc: u32) -> String {
        let symbol = self
            .symbols
            .at(pc)
            .map(|(address, _)| address)
            .filter(|a| pc - a <= 256);
        let starts = symbol
            .into_iter()
            .chain((pc.saturating_sub(12)..pc).chain([pc]));
        let mut before = Vec::new();
        for start in starts {
            if let Some(path) = self.path(start, pc) {
                before = path;
                break;
            }
        }
        let mut text = String::new();
        let shown = before.len().saturating_sub(4);
        let mut address = pc;
        let mut behind = Vec::new();
        for _ in 0..5 {
            behind.push(address);
            address = address.wrapping_add(self.length_at(address).unwrap_or(1));
        }
        for address in before[shown..].iter().chain(&behind) {
            let Some(line) = self.line_at(*address) else {
                break;
            };
            let mark = if *address == pc { "=>" } else { "  " };
            let _ = writeln!(text, "{mark} {address:08x}  {line}");
        }
        text
    }

    fn instance_at(&self, address: u32) -> Option<isa::Instance> {
        let (bytes, available, _) = self.core.memory.fetch(address)?;
        isa::decode(&bytes[..available], address)
    }

    fn length_at(&self, address: u32) -> Option<u32> {
        Some(self.instance_at(address)?.length())
    }

    fn line_at(&self, address: u32) -> Option<String> {
        let (bytes, available, _) = self.core.memory.fetch(address)?;
        if available == 0 {
            return None;
        }
        let Some(instance) = isa::decode(&bytes[..available], address) else {
            return Some(format!(".byte {:#04x}", bytes[0]));
        };
        let mut text = disasm::text(&instance, address);
        if let Some(target) = disasm::target(&instance) {
            let _ = write!(text, "  # {}", self.symbols.describe(target));
        }
        Some(text)
    }

    /// Addresses of the instructions from `start` up to `end`, if they lead there.
    fn path(&self, start: u32, end: u32) -> Option<Vec<u32>> {
        let mut path = Vec::new();
        let mut address = start;
        while address < end {
            path.push(address);
            address += self.length_at(address)?;
        }
        (address == end).then_some(path)
    }

    /// The call stack: frames in the register windows first, then those on the
    /// stack.
    pub fn frames(&self) -> Vec<Frame> {
        let core = &self.core;
        let mut frames = vec![self.frame_at(core.pc)];
        let (mut window, start) = core.window();
        if let Some((_, interrupted, pc)) = core.interrupted_move()
            && pc != core.pc
        {
            window = interrupted;
            frames.push(self.frame_at(pc));
        }
        let register = |window: u32, r: u32| core.ar[(window * 4 + r) as usize & 63];
        let (mut return_address, mut sp) = (register(window, 0), register(window, 1));
        let (mut in_registers, mut passed) = (true, 0);
        while frames.len() < MAX_FRAMES {
            let increment = return_address >> 30;
            let pc = return_address & 0x3FFF_FFFF | core.pc & 0xC000_0000;
            if increment == 0 || pc == RETURN {
                break;
            }
            frames.push(self.frame_at(self.call_before(return_address)));
            window = window.wrapping_sub(increment) & 15;
            passed += increment;
            // Of the 16 windows the ones behind the last are the first again.
            in_registers &= passed < 16 && start >> window & 1 != 0;
            (return_address, sp) = if in_registers {
                (register(window, 0), register(window, 1))
            } else {
                let saved = |below| self.word(sp.wrapping_sub(below));
                match (saved(16), saved(12)) {
                    (Some(a0), Some(a1)) => (a0, a1),
                    _ => break,
                }
            };
        }
        frames
    }

    /// A frame at an address in its function.
    pub(super) fn frame_at(&self, pc: u32) -> Frame {
        let name = match pc {
            CALL => "the start of the run".to_owned(),
            _ => self.symbols.describe(pc),
        };
        Frame { pc, name }
    }

    /// The address of the call that a return address is behind.
    pub(super) fn call_before(&self, return_address: u32) -> u32 {
        (return_address & 0x3FFF_FFFF | self.core.pc & 0xC000_0000).wrapping_sub(3)
    }

    /// A word of memory, where there is one.
    pub(super) fn word(&self, address: u32) -> Option<u32> {
        let bytes = self.core.memory.read(address, 4).ok()?;
        Some(u32::from_le_bytes(bytes.try_into().ok()?))
    }
}

fn other_state(core: &Core) -> String {
    let mut text = String::new();
    for (i, q) in core.q.iter().enumerate().filter(|(_, q)| **q != [0; 16]) {
        let hex: String = q.iter().map(|b| format!("{b:02x}")).collect();
        let _ = writeln!(text, "   q{i} {hex} (byte 0 first)");
    }
    for (i, f) in core.f.iter().enumerate().filter(|(_, f)| **f != 0) {
        let _ = writeln!(
            text,
            "{:>5} {f:08x} ({})",
            format!("f{i}"),
            f32::from_bits(*f)
        );
    }
    let named = [
        ("sar", u64::from(core.sar)),
        ("sar_byte", u64::from(core.sar_byte)),
        ("accx", core.accx),
        ("lbeg", u64::from(core.lbeg)),
        ("lend", u64::from(core.lend)),
        ("lcount", u64::from(core.lcount)),
        ("ps", u64::from(core.ps)),
    ];
    let parts: Vec<String> = named
        .iter()
        .filter(|n| n.1 != 0)
        .map(|(n, v)| format!("{n} {v:x}"))
        .collect();
    let _ = writeln!(text, "      {}", parts.join("  "));
    text
}

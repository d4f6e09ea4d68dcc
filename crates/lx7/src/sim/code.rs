//! Decoded instructions, kept for as long as memory does not change under them.

use super::clock::{Hazard, Stalls, Timing};
use crate::core::{Cause, Core, Memory, Trap};
use crate::isa::{self, Coprocessor, Execute, File, Instance, Operands, Unit};

/// No slot.
pub(super) const NONE: u32 = u32::MAX;

/// Slot flag: reads from flash through the instruction cache.
pub(super) const FROM_FLASH: u8 = 1 << 1;
/// Slot flag: moves the stack pointer.
pub(super) const MOVES_STACK: u8 = 1 << 2;
/// Slot flag: vector store.
pub(super) const VECTOR_STORE: u8 = 1 << 4;
/// Slot flag: starts a hardware loop.
pub(super) const STARTS_LOOP: u8 = 1 << 5;
/// Slot flag: integer division.
pub(super) const DIVIDES: u8 = 1 << 6;
/// Slot flag: results that can delay more than the next instruction.
pub(super) const LONG_RESULT: u8 = 1 << 7;

/// The flags that ask for something behind the execution.
pub(super) const AFTERWARDS: u8 = MOVES_STACK | VECTOR_STORE | STARTS_LOOP | DIVIDES | LONG_RESULT;

/// A decoded instruction at its address.
#[derive(Debug, Clone)]
pub(super) struct Slot {
    pub(super) execute: Execute,
    pub(super) operands: Operands,
    pub(super) pc: u32,
    pub(super) fallthrough: u32,
    /// Slot of the instruction behind, once known.
    pub(super) next: u32,
    /// What that one waits because of this one.
    pub(super) next_hazard: Hazard,
    /// Last target and its slot.
    pub(super) target: (u32, u32),
    /// What that one waits because of this one, when a loop leads there.
    pub(super) target_hazard: Hazard,
    /// Quads of address registers above `a3` that it uses.
    pub(super) quads: u8,
    /// Things to handle around execution. The bits of [`Coprocessor::bit`] are
    /// set for instructions that need the coprocessor.
    pub(super) flags: u8,
    /// Needs two fetches when jumped to.
    pub(super) crossing: bool,
    pub(super) count: u64,
}

const PAGE: usize = 1 << 12;

/// All decoded instructions.
#[derive(Debug, Clone)]
pub(super) struct Code {
    pub(super) slots: Vec<Slot>,
    /// Interlocks of each slot.
    pub(super) timings: Vec<Timing>,
    /// Stall cycles of each slot.
    pub(super) stalls: Vec<Stalls>,
    /// Instruction of each slot, if its bytes are one.
    pub(super) instances: Vec<Option<Instance>>,
    /// Page table of the top 20 address bits, then slots; both hold numbers plus
    /// 1, and 0 for none, so that an empty table costs nothing.
    directory: Vec<u32>,
    pages: Vec<Box<[u32; PAGE]>>,
    generation: u64,
}

impl Code {
    pub(super) fn new() -> Self {
        Code {
            slots: Vec::new(),
            timings: Vec::new(),
            stalls: Vec::new(),
            instances: Vec::new(),
            directory: vec![0; 1 << 20],
            pages: Vec::new(),
            generation: 0,
        }
    }

    /// Forgets everything if code may have changed.
    pub(super) fn refresh(&mut self, memory: &Memory) -> bool {
        let changed = self.generation != memory.code_generation();
        if changed {
            *self = Code {
                generation: memory.code_generation(),
                ..Code::new()
            };
        }
        changed
    }

    /// Slot of the instruction at `pc`, decoding it if need be.
    pub(super) fn locate(&mut self, memory: &mut Memory, pc: u32) -> Result<u32, Trap> {
        let page = self.directory[pc as usize / PAGE];
        if page != 0 {
            let slot = self.pages[page as usize - 1][pc as usize % PAGE];
            if slot != 0 {
                return Ok(slot - 1);
            }
        }
        self.decode(memory, pc)
    }

    #[cold]
    fn decode(&mut self, memory: &mut Memory, pc: u32) -> Result<u32, Trap> {
        let Some((bytes, available, flash)) = memory.fetch(pc) else {
            return Err(Trap::at(Cause::FetchProhibited, pc, 0));
        };
        let instance = isa::decode(&bytes[..available], pc);
        let index = self.slots.len() as u32;
        let mut slot = match &instance {
            Some(instance) => decoded(instance, pc),
            None => illegal(pc),
        };
        if flash {
            slot.flags |= FROM_FLASH;
        }
        memory.mark_code(pc, (slot.fallthrough - pc) as usize);
        self.slots.push(slot);
        self.timings
            .push(instance.as_ref().map(Timing::of).unwrap_or_default());
        self.stalls.push(Stalls::default());
        self.instances.push(instance);
        let page = &mut self.directory[pc as usize / PAGE];
        if *page == 0 {
            self.pages.push(Box::new([0; PAGE]));
            *page = self.pages.len() as u32;
        }
        self.pages[*page as usize - 1][pc as usize % PAGE] = index + 1;
        Ok(index)
    }

    /// Slot of the core's next instruction, remembered as the one behind slot
    /// `current`, and what it waits there; [`NONE`] when it cannot be decoded.
    #[cold]
    pub(super) fn link(
        &mut self,
        core: &mut Core,
        current: usize,
        redirected: bool,
    ) -> (u32, Hazard) {
        let found = self.locate(&mut core.memory, core.next).unwrap_or(NONE);
        let hazard = match self.timings.get(found as usize) {
            Some(timing) => timing.behind(&self.timings[current]),
            None => Hazard::default(),
        };
        let slot = &mut self.slots[current];
        if redirected {
            (slot.target, slot.target_hazard) = ((core.next, found), hazard);
        } else {
            (slot.next, slot.next_hazard) = (found, hazard);
        }
        (found, hazard)
    }

    /// Sets all counters to 0.
    pub(super) fn reset_counters(&mut self) {
        for slot in &mut self.slots {
            slot.count = 0;
        }
        self.stalls.fill(Stalls::default());
    }
}

fn illegal(pc: u32) -> Slot {
    fn execute(_: &mut Core, _: &Operands) -> Result<(), Trap> {
        Err(Trap::new(Cause::IllegalInstruction))
    }
    Slot {
        execute,
        operands: Operands::default(),
        pc,
        fallthrough: pc.wrapping_add(1),
        next: NONE,
        next_hazard: Hazard::default(),
        target: (0, NONE),
        target_hazard: Hazard::default(),
        quads: 0,
        flags: 0,
        crossing: false,
        count: 0,
    }
}

fn decoded(instance: &Instance, pc: u32) -> Slot {
    let row = instance.instruction;
    let mut slot = Slot {
        execute: row.execute,
        operands: instance.operands,
        ..illegal(pc)
    };
    slot.fallthrough = pc.wrapping_add(instance.length());
    slot.crossing = pc % 4 + instance.length() > 4;
    let long = Timing::of(instance).is_long();
    let mut uses_stack = false;
    let mut sets_stack = false;
    for (operand, value) in row.operands.iter().zip(instance.operands()) {
        if operand.file() == Some(File::A) {
            slot.quads = slot.quads.max((*value / 4) as u8);
            uses_stack |= *value == 1 && operand.used.is_some();
            sets_stack |= *value == 1 && operand.defined.is_some();
        }
    }
    let name = row.mnemonic.as_str();
    // A windowed call writes its return address into the callee's quad.
    if let Some(increment) = name.strip_prefix("callx").or(name.strip_prefix("call")) {
        let increment: u8 = increment.parse().unwrap_or(0);
        slot.quads = slot.quads.max(increment / 4);
    }
    let flag = |condition, flag| if condition { flag } else { 0 };
    slot.flags = flag(
        sets_stack && uses_stack || name == "entry" || name == "movsp" && sets_stack,
        MOVES_STACK,
    ) | flag(row.vector_store, VECTOR_STORE)
        | flag(name.starts_with("loop"), STARTS_LOOP)
        | flag(row.unit == Unit::Divider, DIVIDES)
        | flag(long, LONG_RESULT)
        | row.coprocessor.map_or(0, |c: Coprocessor| 1 << c.bit());
    slot
}

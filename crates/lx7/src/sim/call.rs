//! Starting programs and calling functions.

use super::Simulator;
use super::clock::{Stall, Stalls};
use super::report::{Fault, FaultKind};
use super::run::{Outcome, RETURN};
use crate::core::{Core, MemorySnapshot, PS_CALLINC, PS_EXCM, PS_WOE, Trap};

/// What a call did.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CallResult {
    /// How it ended.
    pub outcome: Outcome,
    /// The return registers of the windowed ABI, `a2`-`a5` of the callee.
    pub values: [u32; 4],
    /// Instructions executed.
    pub instructions: u64,
    /// Cycles passed.
    pub cycles: u64,
    /// Cycles without an instruction, by cause.
    pub stalls: Stalls,
}

impl CallResult {
    /// First return value.
    pub fn value(&self) -> u32 {
        self.values[0]
    }

    /// Stall cycles of one cause.
    pub fn stall(&self, cause: Stall) -> u64 {
        self.stalls[cause as usize]
    }
}

/// The state of core and memory at one moment; see [`Simulator::snapshot`].
#[derive(Debug, Clone)]
pub struct Snapshot {
    registers: Core,
    memory: MemorySnapshot,
}

/// Byte that unused stack is painted with.
const PAINT: u8 = 0xA5;

impl Simulator {
    /// Calls the function called `name` with the windowed ABI: the first six
    /// `arguments` in registers, more of them on the stack. Registers start from
    /// reset and the pipeline empty; memory and caches stay as they are, so
    /// equal calls from equal states take equal cycles.
    ///
    /// # Errors
    ///
    /// A [`Fault`] with a report when there is no such symbol or the run had to
    /// be stopped.
    pub fn call(&mut self, name: &str, arguments: &[u32]) -> Result<CallResult, Box<Fault>> {
        match self.symbols.address(name) {
            Some(address) => self.call_at(address, arguments),
            None => Err(Box::new(self.fault(FaultKind::NoSymbol(name.to_owned())))),
        }
    }

    /// Calls the function at `address`; see [`Simulator::call`].
    ///
    /// # Errors
    ///
    /// A [`Fault`] with a report when the run had to be stopped.
    pub fn call_at(&mut self, address: u32, arguments: &[u32]) -> Result<CallResult, Box<Fault>> {
        self.prepare(address, arguments)
            .map_err(|trap| Box::new(self.fault(FaultKind::Trap(trap))))?;
        let (instructions, cycles, stalls) = (self.instructions, self.clock.now, self.clock.stalls);
        let outcome = self.run()?;
        // The caller's window is the current one again after a return.
        let values = std::array::from_fn(|i| self.core.a(10 + i as i32));
        Ok(CallResult {
            outcome,
            values,
            instructions: self.instructions - instructions,
            cycles: self.clock.now - cycles,
            stalls: std::array::from_fn(|i| self.clock.stalls[i] - stalls[i]),
        })
    }

    /// Runs a whole program from `entry` until it exits or returns.
    ///
    /// # Errors
    ///
    /// A [`Fault`] with a report when the run had to be stopped.
    pub fn run_program(&mut self, entry: u32) -> Result<CallResult, Box<Fault>> {
        self.call_at(entry, &[])
    }

    /// A frame that looks as if it had just executed `call8 address`.
    fn prepare(&mut self, address: u32, arguments: &[u32]) -> Result<(), Trap> {
        let gpio_in = self.core.gpio_in;
        self.core.reset_registers();
        self.core.gpio_in = gpio_in;
        self.clock.drain();
        self.lowest_stack = self.settings.stack_top;
        // Room for the base save areas above the stack pointer, and a saved
        // stack pointer that the spill of the outermost frame can follow.
        let extra = arguments.len().saturating_sub(6) as u32 * 4;
        let above = 64;
        let sp = (self.settings.stack_top & !15).wrapping_sub(above + extra.next_multiple_of(16));
        let outer = sp.wrapping_add(48);
        for (offset, value) in [(16u32, 0), (12, outer), (8, 0), (4, 0)] {
            self.core
                .memory
                .write(sp.wrapping_sub(offset), &value.to_le_bytes())?;
        }
        for (i, value) in arguments.iter().enumerate() {
            match i {
                0..6 => self.core.set_a(10 + i as i32, *value),
                _ => self
                    .core
                    .memory
                    .write(sp + 4 * (i as u32 - 6), &value.to_le_bytes())?,
            }
        }
        self.core.set_a(1, sp);
        self.core.set_a(8, RETURN & 0x3FFF_FFFF | 2 << 30);
        let ps = self.core.ps & !(PS_CALLINC | PS_EXCM) | PS_WOE | 2 << 16;
        self.core.set_ps(ps);
        self.core.cycle = self.clock.now;
        self.core.next = address;
        Ok(())
    }

    /// Copies registers and memory.
    pub fn snapshot(&mut self) -> Snapshot {
        let memory = self.core.memory.snapshot();
        Snapshot {
            registers: self.core.without_memory(),
            memory,
        }
    }

    /// Goes back to a snapshot, empties pipeline and caches, and sets the cycle
    /// count to 0. Costs what was changed since, if it is the latest snapshot.
    /// Counters and symbols stay.
    pub fn restore(&mut self, snapshot: &Snapshot) {
        self.core.memory.restore(&snapshot.memory);
        self.core.restore_registers(&snapshot.registers);
        self.clock.now = 0;
        self.clock.drain();
    }

    /// Paints the stack that runs start with, for [`Simulator::stack_high_water`].
    pub fn paint_stack(&mut self) {
        let (limit, top) = (self.settings.stack_limit, self.settings.stack_top);
        let size = top.saturating_sub(limit) as usize;
        // Paint is not data: reading it is still an error in strict mode.
        if self.core.memory.write(limit, &vec![PAINT; size]).is_ok() {
            self.core.memory.forget(limit, size);
        }
    }

    /// Bytes of stack used since it was painted: what lies between the top and
    /// the lowest byte that changed.
    pub fn stack_high_water(&self) -> u32 {
        let (limit, top) = (self.settings.stack_limit, self.settings.stack_top);
        let stack = self
            .core
            .memory
            .read(limit, top.saturating_sub(limit) as usize)
            .unwrap_or(&[]);
        let untouched = stack.iter().take_while(|b| **b == PAINT).count();
        (stack.len() - untouched) as u32
    }

    /// Bytes between the top of the stack and the lowest stack pointer of the
    /// last run, without paint.
    pub fn stack_reserved(&self) -> u32 {
        self.settings.stack_top.saturating_sub(self.lowest_stack)
    }
}

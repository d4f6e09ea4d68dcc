//! The main loop.

use super::Simulator;
use super::clock::{Hazard, Stall};
use super::code::{
    AFTERWARDS, DIVIDES, FROM_FLASH, LONG_RESULT, MOVES_STACK, NONE, STARTS_LOOP, VECTOR_STORE,
};
use super::report::{Fault, FaultKind};
use crate::core::{Cause, Core, PS_EXCM, PS_UM, Trap, special};
use crate::isa::{Coprocessor, Instance};

/// How a run ended by itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// The function returned.
    Returned,
    /// The program asked to end with this status.
    Exited(i32),
}

/// An instruction about to execute, for trace hooks.
#[derive(Debug)]
pub struct TraceEvent<'a> {
    /// Cycle in which it issues.
    pub cycle: u64,
    /// Its address.
    pub pc: u32,
    /// The instruction; `None` where the bytes are none.
    pub instance: Option<&'a Instance>,
    /// Registers and memory before it executes.
    pub core: &'a Core,
}

/// Return address of the outermost frame. No memory lies there.
pub(super) const RETURN: u32 = 0x4000_0004;

impl Simulator {
    /// Runs from the core's next address until the program returns, exits or
    /// has to be stopped.
    pub(super) fn run(&mut self) -> Result<Outcome, Box<Fault>> {
        let result = if self.trace.is_some() {
            self.run_loop::<true>()
        } else {
            self.run_loop::<false>()
        };
        result.map_err(|kind| Box::new(self.fault(kind)))
    }

    fn run_loop<const TRACE: bool>(&mut self) -> Result<Outcome, FaultKind> {
        self.code.refresh(&self.core.memory);
        let last_instruction = self
            .instructions
            .saturating_add(self.settings.max_instructions);
        let last_cycle = self.clock.now.saturating_add(self.settings.max_cycles);
        // Exceptions complete no instruction, and must end too.
        let mut exceptions = 0;
        loop {
            // A budget can only run out along a jump: checked there and here.
            if self.instructions + exceptions >= last_instruction {
                return Err(FaultKind::InstructionBudget);
            }
            if self.clock.now > last_cycle {
                return Err(FaultKind::CycleBudget);
            }
            if self.core.next == RETURN {
                return Ok(Outcome::Returned);
            }
            self.code.refresh(&self.core.memory);
            let event = match self.code.locate(&mut self.core.memory, self.core.next) {
                Ok(index) => self.straight::<TRACE>(index, last_instruction, last_cycle),
                Err(trap) => {
                    self.core.pc = self.core.next;
                    Event::Trap(trap)
                }
            };
            match event {
                Event::Budget | Event::Lost => {}
                Event::Trap(trap) if trap.cause == Cause::Simcall => {
                    if let Some(status) =
                        self.host.serve(&mut self.core).map_err(FaultKind::Trap)?
                    {
                        return Ok(Outcome::Exited(status));
                    }
                }
                Event::Trap(trap) => {
                    exceptions += 1;
                    self.trapped(trap)?;
                }
            }
        }
    }

    /// Executes decoded instructions until something out of the ordinary.
    #[inline(always)]
    fn straight<const TRACE: bool>(
        &mut self,
        index: u32,
        last_instruction: u64,
        last_cycle: u64,
    ) -> Event {
        let Simulator {
            core,
            clock,
            code,
            settings,
            lowest_stack,
            trace,
            ..
        } = self;
        let mut current = index as usize;
        let mut hazard = Hazard::default();
        // Kept in registers while this runs.
        let (mut now, mut instructions) = (clock.now, self.instructions);
        core.taken = false;
        let event = loop {
            let slot = &mut code.slots[current];
            // A closure would keep `now` in memory.
            macro_rules! stall {
                ($cause:ident, $cycles:expr) => {{
                    let cycles = u64::from($cycles);
                    now += cycles;
                    clock.stalls[Stall::$cause as usize] += cycles;
                    code.stalls[current][Stall::$cause as usize] += cycles;
                }};
            }
            core.pc = slot.pc;
            core.next = slot.fallthrough;
            if hazard.cycles != 0 || clock.results.pending(now) {
                let timing = &code.timings[current];
                match clock.results.wait(now, hazard, timing, core) {
                    (cycles, Stall::Unit) => stall!(Unit, cycles),
                    (cycles, _) => stall!(Operand, cycles),
                }
            }
            if slot.flags & FROM_FLASH != 0 {
                let cost = core.memory.fetch_cost(slot.pc, slot.fallthrough - slot.pc);
                if cost != 0 {
                    stall!(CodeMiss, cost);
                }
            }
            core.cycle = now;
            if TRACE && let Some(hook) = trace {
                hook(&TraceEvent {
                    cycle: now,
                    pc: slot.pc,
                    instance: code.instances[current].as_ref(),
                    core,
                });
            }
            if slot.flags & core.disabled & COPROCESSORS != 0 {
                let float = slot.flags & (1 << Coprocessor::Float.bit()) != 0;
                let cause = if float {
                    Cause::FloatDisabled
                } else {
                    Cause::VectorDisabled
                };
                break Event::Trap(Trap::new(cause));
            }
            // When the program has its own window handlers, an overflow leaves
            // this instruction for later.
            let ready = slot.quads <= core.window_free
                || match core.claim_quads(slot.quads) {
                    Ok(ready) => ready,
                    Err(trap) => break Event::Trap(trap),
                };
            if ready {
                let stack = core.a(1);
                let done = (slot.execute)(core, &slot.operands);
                if let Err(trap) = done
                    && trap.cause != Cause::Simcall
                {
                    break Event::Trap(trap);
                }
                slot.count += 1;
                instructions += 1;
                now += 1;
                if let Err(trap) = done {
                    break Event::Trap(trap);
                }
                if slot.flags & AFTERWARDS != 0 {
                    let issued = now - 1;
                    if slot.flags & VECTOR_STORE != 0 {
                        stall!(VectorStore, clock.results.vector_store(&clock.settings));
                    }
                    if slot.flags & STARTS_LOOP != 0 {
                        stall!(Loop, clock.settings.loop_start);
                    }
                    if slot.flags & LONG_RESULT != 0 {
                        let timing = &code.timings[current];
                        clock.results.produce(issued, timing, core);
                    }
                    if slot.flags & DIVIDES != 0 {
                        let register = slot.operands[0] as u8;
                        clock.results.divided(issued, register, core);
                    }
                    let moved = slot.flags & MOVES_STACK != 0 && core.a(1) != stack;
                    if moved && (settings.stack_limit..=settings.stack_top).contains(&stack) {
                        let stack = core.a(1);
                        *lowest_stack = (*lowest_stack).min(stack);
                        if stack < settings.stack_limit && core.memory.is_strict() {
                            break Event::Trap(Trap::at(Cause::StackOverflow, stack, 0));
                        }
                    }
                }
            } else {
                stall!(Window, 1u32);
            }
            let ordinary = !(core.taken | core.window_events | core.memory.attention);
            if ordinary && (slot.fallthrough != core.lend || core.lcount == 0) {
                hazard = slot.next_hazard;
                let mut next = slot.next;
                if next == NONE {
                    (next, hazard) = code.link(core, current, false);
                    if next == NONE {
                        break Event::Lost;
                    }
                }
                current = next as usize;
                continue;
            }
            let code_changed = core.memory.attention && {
                let (cycles, changed) = core.memory.take_attention();
                stall!(DataMiss, cycles);
                changed
            };
            if core.window_events {
                stall!(
                    Window,
                    core.take_window_events(&clock.settings.window_spill)
                );
            }
            let taken = std::mem::take(&mut core.taken);
            let mut redirected = taken;
            if taken {
                stall!(Branch, clock.settings.taken_branch);
            } else if core.next == core.lend && core.lcount != 0 && !core.in_exception() {
                core.lcount -= 1;
                core.next = core.lbeg;
                redirected = true;
            }
            let (address, mut next) = if redirected {
                hazard = slot.target_hazard;
                slot.target
            } else {
                hazard = slot.next_hazard;
                (slot.fallthrough, slot.next)
            };
            if next == NONE || address != core.next {
                (next, hazard) = code.link(core, current, redirected);
            }
            if next == NONE || code_changed {
                break Event::Lost;
            }
            if redirected {
                // A jump takes longer than any hazard between neighbours.
                if taken {
                    hazard = Hazard::default();
                }
                if code.slots[next as usize].crossing {
                    stall!(Fetch, clock.settings.fetch_crossing);
                }
                if instructions >= last_instruction || now > last_cycle {
                    break Event::Budget;
                }
            }
            current = next as usize;
        };
        clock.now = now;
        self.instructions = instructions;
        event
    }

    /// Handles a trap: the program's own handler if it has one for it, or the
    /// end of the run.
    fn trapped(&mut self, trap: Trap) -> Result<(), FaultKind> {
        let core = &mut self.core;
        // In strict mode, errors stop the run even if the program would handle
        // them; asking for a service or for a coprocessor is no error.
        let service = matches!(
            trap.cause,
            Cause::Syscall | Cause::Alloca | Cause::FloatDisabled | Cause::VectorDisabled
        );
        let Some(number) = trap.cause.exception_number() else {
            return Err(FaultKind::Trap(trap));
        };
        if !core.vectors_set || core.memory.is_strict() && !service {
            return Err(FaultKind::Trap(trap));
        }
        let offset = if core.ps & PS_EXCM != 0 {
            core.special[special::DEPC] = core.pc;
            0x3C0
        } else {
            core.special[special::EPC1] = core.pc;
            if core.ps & PS_UM != 0 { 0x340 } else { 0x300 }
        };
        core.special[special::EXCCAUSE] = number;
        core.special[special::EXCVADDR] = trap.address;
        core.set_ps(core.ps | PS_EXCM);
        core.next = core.special[special::VECBASE].wrapping_add(offset);
        let cycles = u64::from(self.clock.settings.exception) + 1;
        self.clock.now += cycles;
        self.clock.stalls[Stall::Exception as usize] += cycles;
        if let Ok(index) = self.code.locate(&mut core.memory, core.pc) {
            self.code.stalls[index as usize][Stall::Exception as usize] += cycles;
        }
        Ok(())
    }
}

const COPROCESSORS: u8 = 1 << 0 | 1 << 3;

/// Why straight execution paused.
enum Event {
    /// The next instruction is not decoded and may not exist.
    Lost,
    Trap(Trap),
    /// A budget is used up.
    Budget,
}

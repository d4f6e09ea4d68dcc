//! When instructions issue.
//!
//! One instruction a cycle, in order. Before each, the largest of its operand
//! interlocks and its unit conflict; behind each, what it costs beyond its
//! cycle. The interlocks follow from the stages in the instruction table: a
//! result ready at the end of stage SA and needed at the start of stage SB keeps
//! the instructions `SA - SB + 1` cycles apart.

use crate::core::Core;
use crate::isa::{File, Instance, Kind, Unit, STATES};
use serde::Serialize;

/// Costs that are not in the instruction table. See the crate's documentation
/// for source and confidence of each default.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ClockSettings {
    /// Cycles lost by a taken branch, jump, call or return.
    pub taken_branch: u32,
    /// Cycles lost when the target instruction needs a second 4-byte fetch.
    pub fetch_crossing: u32,
    /// Cycles lost on the first pass of a hardware loop.
    pub loop_start: u32,
    /// Tenths of a cycle that each vector store adds on average.
    pub vector_store_tenths: u32,
    /// Cycles of a window overflow or underflow of 4, 8 and 12 registers.
    pub window_spill: [u32; 3],
    /// Cycles lost on entry to an exception handler.
    pub exception: u32,
}

impl Default for ClockSettings {
    fn default() -> Self {
        ClockSettings {
            taken_branch: 2,
            fetch_crossing: 1,
            loop_start: 0,
            vector_store_tenths: 6,
            window_spill: [11, 18, 22],
            exception: 2,
        }
    }
}

/// Why cycles passed without an instruction issuing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize)]
pub enum Stall {
    /// An operand was not ready.
    Operand,
    /// A function unit was busy.
    Unit,
    /// A branch, jump, call or return was taken.
    Branch,
    /// The target of a jump needed two fetches.
    Fetch,
    /// A hardware loop started.
    Loop,
    /// The vector store path was full.
    VectorStore,
    /// A window was written to or read from the stack.
    Window,
    /// An exception was entered.
    Exception,
    /// Code came from flash.
    CodeMiss,
    /// Data came from flash or PSRAM.
    DataMiss,
}

impl Stall {
    /// All causes, in order.
    pub const ALL: [Stall; 10] = [
        Stall::Operand,
        Stall::Unit,
        Stall::Branch,
        Stall::Fetch,
        Stall::Loop,
        Stall::VectorStore,
        Stall::Window,
        Stall::Exception,
        Stall::CodeMiss,
        Stall::DataMiss,
    ];

    /// Short name for table headings.
    pub fn name(self) -> &'static str {
        match self {
            Stall::Operand => "operand",
            Stall::Unit => "unit",
            Stall::Branch => "branch",
            Stall::Fetch => "fetch",
            Stall::Loop => "loop",
            Stall::VectorStore => "store",
            Stall::Window => "window",
            Stall::Exception => "exception",
            Stall::CodeMiss => "code miss",
            Stall::DataMiss => "data miss",
        }
    }
}

/// Stall cycles by cause, indexed by [`Stall`].
pub type Stalls = [u64; Stall::ALL.len()];

const F: u8 = 16;
const Q: u8 = F + 16;
const M: u8 = Q + 8;
const B: u8 = M + 4;
const STATE: u8 = B + 16;
const RESOURCES: usize = STATE as usize + STATES;

/// A register or piece of state, with the stage that uses or produces it.
/// Numbers below 16 are address registers of the current window.
#[derive(Debug, Clone, Copy, Default)]
struct Access {
    resource: u8,
    stage: u8,
}

/// What the clock needs to know about a decoded instruction.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Timing {
    uses: [Access; 12],
    used: u8,
    /// Results that can delay the instructions behind.
    late: [Access; 6],
    lates: u8,
    /// Waits directly behind an instruction of the vector unit.
    pub(super) after_vector: bool,
    /// Holds the vector unit in stage 2.
    pub(super) vector: bool,
    pub(super) divides: bool,
}

impl Timing {
    pub(super) fn of(instance: &Instance) -> Self {
        let mut timing = Timing::default();
        let row = instance.instruction;
        for (operand, value) in row.operands.iter().zip(instance.operands()) {
            let Kind::Register { file, step, .. } = operand.kind else { continue };
            let first = match file {
                File::A => 0,
                File::F => F,
                File::Q => Q,
                File::M => M,
                File::B => B,
            } + *value as u8;
            for resource in first..first + step {
                timing.add(resource, operand.used, operand.defined);
            }
        }
        for state in &row.state {
            timing.add(STATE + state.state as u8, state.used, state.defined);
        }
        timing.vector = row.unit == Unit::VectorAlu;
        timing.after_vector = row.unit.waits_for(Unit::VectorAlu);
        timing.divides = row.unit == Unit::Divider;
        timing
    }

    fn add(&mut self, resource: u8, used: Option<u8>, defined: Option<u8>) {
        if let Some(stage) = used {
            self.uses[usize::from(self.used)] = Access { resource, stage };
            self.used += 1;
        }
        // A division produces its result when it is done; see `Clock::divided`.
        if let Some(stage) = defined.filter(|stage| *stage > 1) {
            self.late[usize::from(self.lates)] = Access { resource, stage };
            self.lates += 1;
        }
    }
}

/// The pipeline.
#[derive(Debug, Clone)]
pub(super) struct Clock {
    pub(super) settings: ClockSettings,
    /// Cycle in which the next instruction can issue at the earliest.
    pub(super) now: u64,
    /// For each physical address register, the cycle behind the stage that
    /// produces its latest value.
    addresses: [u64; 64],
    /// The same for everything else.
    others: [u64; RESOURCES],
    /// Latest of all those: before it, interlocks are possible.
    pending: u64,
    /// Cycle in which the vector unit last started.
    vector_start: u64,
    divider_free: u64,
    store_debt: u32,
    pub(super) stalls: Stalls,
}

impl Clock {
    pub(super) fn new(settings: ClockSettings) -> Self {
        Clock {
            settings,
            now: 0,
            addresses: [0; 64],
            others: [0; RESOURCES],
            pending: 0,
            vector_start: u64::MAX - 1,
            divider_free: 0,
            store_debt: 0,
            stalls: [0; Stall::ALL.len()],
        }
    }

    /// Empties the pipeline.
    pub(super) fn drain(&mut self) {
        let fresh = Clock { now: self.now, stalls: self.stalls, ..Clock::new(self.settings.clone()) };
        *self = fresh;
    }

    /// Cycles that an instruction waits before it issues, and why.
    #[inline]
    pub(super) fn wait(&self, timing: &Timing, core: &Core) -> (u64, Stall) {
        let operand = if self.now + 1 < self.pending { self.operand_wait(timing, core) } else { 0 };
        if timing.after_vector && self.vector_start + 1 == self.now && operand == 0 {
            return (1, Stall::Unit);
        }
        if timing.divides && self.divider_free > self.now + operand {
            return (self.divider_free - self.now, Stall::Unit);
        }
        (operand, Stall::Operand)
    }

    fn operand_wait(&self, timing: &Timing, core: &Core) -> u64 {
        let mut earliest = self.now;
        for access in &timing.uses[..usize::from(timing.used)] {
            let ready = if access.resource < F {
                self.addresses[core.physical(access.resource)]
            } else {
                self.others[usize::from(access.resource)]
            };
            earliest = earliest.max(ready.saturating_sub(access.stage.into()));
        }
        earliest - self.now
    }

    /// Notes the results of an instruction that issued in cycle `now`.
    #[inline]
    pub(super) fn produce(&mut self, timing: &Timing, core: &Core) {
        for access in &timing.late[..usize::from(timing.lates)] {
            let ready = self.now + u64::from(access.stage) + 1;
            if access.resource < F {
                self.addresses[core.physical(access.resource)] = ready;
            } else {
                self.others[usize::from(access.resource)] = ready;
            }
            self.pending = self.pending.max(ready);
        }
        if timing.vector {
            self.vector_start = self.now;
        }
    }

    /// Notes a division of `cycles` cycles into `register`.
    pub(super) fn divided(&mut self, cycles: u32, register: u8, core: &Core) {
        let ready = self.now + u64::from(cycles) + 1;
        self.addresses[core.physical(register)] = ready;
        self.pending = self.pending.max(ready);
        self.divider_free = self.now + u64::from(cycles);
    }

    /// Cycles that a vector store costs now.
    pub(super) fn vector_store(&mut self) -> u32 {
        self.store_debt += self.settings.vector_store_tenths;
        let cycles = self.store_debt / 10;
        self.store_debt %= 10;
        cycles
    }
}

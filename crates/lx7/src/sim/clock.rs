//! When instructions issue.
//!
//! One instruction a cycle, in order. Before each, the largest of its operand
//! interlocks and its unit conflict; behind each, what it costs beyond its
//! cycle. The interlocks follow from the stages in the instruction table: a
//! result ready at the end of stage SA and needed at the start of stage SB keeps
//! the instructions `SA - SB + 1` cycles apart.

use crate::core::Core;
use crate::isa::{File, Instance, Kind, STATES, Unit};
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
#[derive(Debug, Clone, Default)]
pub(super) struct Timing {
    uses: Vec<Access>,
    /// Everything it produces.
    results: Vec<Access>,
    /// Results ready after stage 2 or later; earlier ones never delay anything.
    late: Vec<Access>,
    unit: Option<Unit>,
}

/// Cycles that an instruction waits because of the one directly before it.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Hazard {
    pub(super) cycles: u8,
    /// A busy unit, not an operand, is the reason.
    pub(super) unit: bool,
}

impl Timing {
    pub(super) fn of(instance: &Instance) -> Self {
        let row = instance.instruction;
        let mut timing = Timing {
            unit: Some(row.unit),
            ..Timing::default()
        };
        for (operand, value) in row.operands.iter().zip(instance.operands()) {
            let Kind::Register { file, step, .. } = operand.kind else {
                continue;
            };
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
        timing
    }

    fn add(&mut self, resource: u8, used: Option<u8>, defined: Option<u8>) {
        self.uses
            .extend(used.map(|stage| Access { resource, stage }));
        self.results
            .extend(defined.map(|stage| Access { resource, stage }));
        self.late.extend(
            defined
                .filter(|stage| *stage > 1)
                .map(|stage| Access { resource, stage }),
        );
    }

    /// Whether some result can delay more than the next instruction.
    pub(super) fn is_long(&self) -> bool {
        self.late.iter().any(|a| a.stage > 2)
    }

    /// What `self` waits when it follows `before` directly.
    pub(super) fn behind(&self, before: &Timing) -> Hazard {
        let distance = |result: &Access| {
            let used = self.uses.iter().filter(|u| u.resource == result.resource);
            used.map(|u| (result.stage + 1).saturating_sub(u.stage))
                .max()
                .unwrap_or(0)
        };
        let operand = before
            .late
            .iter()
            .map(distance)
            .max()
            .unwrap_or(0)
            .saturating_sub(1);
        let unit = match (before.unit, self.unit) {
            (Some(before), Some(unit)) => unit.waits_for(before),
            _ => false,
        };
        if operand == 0 && unit {
            Hazard { cycles: 1, unit }
        } else {
            Hazard {
                cycles: operand,
                unit: false,
            }
        }
    }
}

/// Time, and where it went.
#[derive(Debug, Clone)]
pub(super) struct Clock {
    pub(super) settings: ClockSettings,
    /// Cycle in which the next instruction can issue at the earliest.
    pub(super) now: u64,
    pub(super) results: Results,
    pub(super) stalls: Stalls,
}

impl Clock {
    pub(super) fn new(settings: ClockSettings) -> Self {
        Clock {
            settings,
            now: 0,
            results: Results::new(),
            stalls: Stalls::default(),
        }
    }

    /// Empties the pipeline.
    pub(super) fn drain(&mut self) {
        self.results = Results::new();
    }
}

/// What is under way in the pipeline.
///
/// Most interlocks concern the instruction directly behind; they are constant
/// for a pair of neighbours and found when the pair is first executed. Only
/// results of more than two stages need a board of times.
#[derive(Debug, Clone)]
pub(super) struct Results {
    /// For each physical address register, the cycle behind the stage that
    /// produces its latest long result.
    addresses: [u64; 64],
    /// The same for everything else.
    others: [u64; RESOURCES],
    /// Latest of all those: before it, long interlocks are possible.
    latest: u64,
    divider_free: u64,
    /// Tenths of a cycle that vector stores have cost but not yet taken.
    store_debt: u32,
}

impl Results {
    fn new() -> Self {
        Results {
            addresses: [0; 64],
            others: [0; RESOURCES],
            latest: 0,
            divider_free: 0,
            store_debt: 0,
        }
    }

    /// Whether results of more than two stages may be under way in cycle `now`.
    #[inline(always)]
    pub(super) fn pending(&self, now: u64) -> bool {
        now + 1 < self.latest
    }

    /// Cycles that an instruction waits, and why: for the instruction directly
    /// before it or for long results, whichever is longer.
    #[inline]
    pub(super) fn wait(
        &self,
        now: u64,
        hazard: Hazard,
        timing: &Timing,
        core: &Core,
    ) -> (u64, Stall) {
        let near = u64::from(hazard.cycles);
        if self.pending(now) {
            let (long, cause) = self.long_wait(now, timing, core);
            if long > near || long == near && long > 0 && cause == Stall::Operand {
                return (long, cause);
            }
        }
        let cause = if hazard.unit {
            Stall::Unit
        } else {
            Stall::Operand
        };
        (near, cause)
    }

    /// Cycles that an instruction waits for long results, and why.
    #[cold]
    fn long_wait(&self, now: u64, timing: &Timing, core: &Core) -> (u64, Stall) {
        let ready = |access: &Access| {
            if access.resource < F {
                self.addresses[core.physical(access.resource)]
            } else {
                self.others[usize::from(access.resource)]
            }
        };
        let uses = timing
            .uses
            .iter()
            .map(|a| ready(a).saturating_sub(a.stage.into()));
        // Results reach a register in program order.
        let results = timing
            .results
            .iter()
            .map(|a| ready(a).saturating_sub(u64::from(a.stage) + 1));
        let earliest = uses.chain(results).max().unwrap_or(0).max(now);
        if timing.unit == Some(Unit::Divider) && self.divider_free > earliest {
            return (self.divider_free - now, Stall::Unit);
        }
        (earliest - now, Stall::Operand)
    }

    /// Notes the long results of an instruction that issued in cycle `issued`.
    #[cold]
    pub(super) fn produce(&mut self, issued: u64, timing: &Timing, core: &Core) {
        for access in &timing.late {
            let ready = issued + u64::from(access.stage) + 1;
            if access.resource < F {
                self.addresses[core.physical(access.resource)] = ready;
            } else {
                self.others[usize::from(access.resource)] = ready;
            }
            self.latest = self.latest.max(ready);
        }
    }

    /// Notes the division into `register` that issued in cycle `issued`.
    pub(super) fn divided(&mut self, issued: u64, register: u8, core: &Core) {
        let cycles = u64::from(core.divide_cycles);
        let ready = issued + cycles + 1;
        self.addresses[core.physical(register)] = ready;
        self.latest = self.latest.max(ready + 1);
        self.divider_free = issued + cycles;
    }

    /// Cycles that a vector store costs now.
    pub(super) fn vector_store(&mut self, settings: &ClockSettings) -> u32 {
        self.store_debt += settings.vector_store_tenths;
        let cycles = self.store_debt / 10;
        self.store_debt %= 10;
        cycles
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{asm, isa};

    fn timing(text: &str) -> Timing {
        let bytes = asm::assemble_instruction(text, 0).unwrap();
        Timing::of(&isa::decode(&bytes, 0).unwrap())
    }

    /// Pairs measured on the chip, and pairs that the unit table predicts.
    #[test]
    fn neighbours_wait_as_measured() {
        let cases = [
            ("l32i a3, a2, 0", "add a4, a3, a3", 1, false),
            ("l32i a3, a2, 0", "add a4, a5, a5", 0, false),
            ("add a3, a2, a2", "add a4, a3, a3", 0, false),
            ("ee.ld.accx.ip a2, 0", "ee.st.accx.ip a3, 0", 1, false),
            ("ee.vrelu.s16 q0, a2, a3", "ee.mov.s16.qacc q0", 1, false),
            ("ee.andq q0, q1, q2", "ee.orq q3, q0, q0", 0, false),
            (
                "ee.vld.128.ip q0, a2, 16",
                "ee.vadds.s8 q1, q0, q2",
                1,
                false,
            ),
            (
                "ee.vmulas.s16.qacc q0, q1",
                "ee.vmulas.s16.qacc q0, q1",
                0,
                false,
            ),
            (
                "ee.vmulas.u16.qacc q0, q1",
                "ee.st.qacc_l.l.128.ip a2, 16",
                1,
                false,
            ),
            (
                "ee.vmulas.s16.qacc q0, q1",
                "ee.srcmb.s16.qacc q2, a2, 0",
                1,
                false,
            ),
            (
                "ee.vadds.s16 q0, q1, q1",
                "ee.srcmb.s16.qacc q2, a2, 0",
                1,
                true,
            ),
            ("ee.vadds.s8 q0, q1, q1", "ee.srs.accx a3, a2, 0", 1, true),
            (
                "ee.ldxq.32 q0, q1, a2, 0, 0",
                "ee.ldxq.32 q0, q1, a2, 1, 1",
                0,
                false,
            ),
        ];
        for (first, second, cycles, unit) in cases {
            let hazard = timing(second).behind(&timing(first));
            assert_eq!(hazard, Hazard { cycles, unit }, "{first}; {second}");
        }
    }
}

//! The simulator: loads programs, runs them, counts and reports.

mod call;
mod clock;
mod code;
mod host;
#[cfg(test)]
mod literal;
mod load;
mod profile;
mod report;
mod run;
mod symbols;
mod window_fault;

pub use call::{CallResult, Snapshot};
pub use clock::{ClockSettings, Stall, Stalls};
pub use host::Host;
pub use load::{Executable, LoadError, Segment};
pub use profile::{AddressProfile, Profile, SymbolProfile};
pub use report::{Fault, FaultKind, Frame};
pub use run::{Outcome, TraceEvent};
pub use symbols::{Symbol, Symbols};
pub use window_fault::WindowFault;

use crate::core::{Core, Memory, MemorySettings};
use clock::Clock;
use code::Code;

/// Everything that can be chosen about a simulation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Settings {
    /// Memories, caches, strict checks.
    pub memory: MemorySettings,
    /// Costs.
    pub clock: ClockSettings,
    /// Most instructions of one run.
    pub max_instructions: u64,
    /// Most cycles of one run.
    pub max_cycles: u64,
    /// Lowest address of the stack that runs start with.
    pub stack_limit: u32,
    /// First address above that stack, a multiple of 16.
    pub stack_top: u32,
}

impl Default for Settings {
    /// Strict, 2 thousand million instructions, and a stack of 32 KiB at the top
    /// of the memory that both instruction and data side reach.
    fn default() -> Self {
        Settings {
            memory: MemorySettings::default(),
            clock: ClockSettings::default(),
            max_instructions: 2_000_000_000,
            max_cycles: u64::MAX,
            stack_limit: 0x3FCE_8000,
            stack_top: 0x3FCF_0000,
        }
    }
}

type TraceHook = Box<dyn FnMut(&TraceEvent<'_>) + Send>;

/// A core with memory, clock, symbols and counters.
///
/// ```
/// use lx7::{asm, sim::Simulator};
///
/// let program = asm::assemble("add: entry a1, 16\n add a2, a2, a3\n retw", 0x4037_8000)?;
/// let mut sim = Simulator::default();
/// sim.load_program(&program)?;
/// let result = sim.call("add", &[40, 2])?;
/// assert_eq!(result.value(), 42);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub struct Simulator {
    core: Core,
    clock: Clock,
    code: Code,
    symbols: Symbols,
    settings: Settings,
    host: Host,
    trace: Option<TraceHook>,
    /// Instructions executed since the counters were reset.
    instructions: u64,
    /// Lowest stack pointer since the stack was last set up.
    lowest_stack: u32,
}

impl Default for Simulator {
    fn default() -> Self {
        Simulator::new(Settings::default())
    }
}

impl Simulator {
    /// A core with empty memory.
    pub fn new(settings: Settings) -> Self {
        Simulator {
            core: Core::new(Memory::new(&settings.memory)),
            clock: Clock::new(settings.clock.clone()),
            code: Code::new(),
            symbols: Symbols::default(),
            host: Host::default(),
            trace: None,
            instructions: 0,
            lowest_stack: settings.stack_top,
            settings,
        }
    }

    /// Registers and memory.
    pub fn core(&self) -> &Core {
        &self.core
    }

    /// Registers and memory, to change them.
    pub fn core_mut(&mut self) -> &mut Core {
        &mut self.core
    }

    /// The simulated memory.
    pub fn memory(&self) -> &Memory {
        &self.core.memory
    }

    /// The simulated memory, to change it.
    pub fn memory_mut(&mut self) -> &mut Memory {
        &mut self.core.memory
    }

    /// Names of addresses.
    pub fn symbols(&self) -> &Symbols {
        &self.symbols
    }

    /// What the simulation was made with.
    pub fn settings(&self) -> &Settings {
        &self.settings
    }

    /// Changes the budget of later runs.
    pub fn set_budget(&mut self, max_instructions: u64, max_cycles: u64) {
        self.settings.max_instructions = max_instructions;
        self.settings.max_cycles = max_cycles;
    }

    /// What the program wrote to the host, and where its output goes.
    pub fn host(&self) -> &Host {
        &self.host
    }

    /// The host side of `simcall`, to change it.
    pub fn host_mut(&mut self) -> &mut Host {
        &mut self.host
    }

    /// Calls `hook` before every instruction from now on; `None` ends it.
    /// Tracing slows the simulation down.
    pub fn set_trace(&mut self, hook: Option<TraceHook>) {
        self.trace = hook;
    }

    /// Instructions executed since the counters were last reset.
    pub fn instructions(&self) -> u64 {
        self.instructions
    }

    /// Cycles since the start of the simulation.
    pub fn cycles(&self) -> u64 {
        self.clock.now
    }
}

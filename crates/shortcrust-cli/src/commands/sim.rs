//! `shortcrust sim`: a program on the simulated ESP32-S3.

use std::collections::BTreeMap;
use std::io::{BufWriter, Write};
use std::path::PathBuf;

use clap::Args;
use lx7::disasm;
use lx7::sim::{CallResult, Fault, Outcome, Profile, Settings, Simulator, Stall};
use serde::Serialize;

use crate::failure::{Failure, Result};
use crate::page::{self, BAD, FAINT, GOOD, Page, STRONG, paint};
use crate::program::{self, DEFAULT_ADDRESS};
use crate::report::Report;

const EXAMPLES: &str = "\
Examples:
  shortcrust sim program.elf                                     run it, end with its exit status
  shortcrust sim program.elf --entry add --args 40 2             call one function
  shortcrust sim program.elf --profile --max-cycles 1000000      where the cycles go
  shortcrust sim kernel.bin --at 0x40378000 --trace              raw instructions, each one shown

A program ends by `simcall` (a2 = 1, a3 = status) or by returning its status from its entry. What it writes by `simcall` (a2 = 4) \
appears on standard output, or in the report with --json. The trace goes to standard error.

Exit code: the program's own status (its low 8 bits); 0 when a function called with --entry returned; 125 when the simulator \
stopped the program, with a report of the reason; 1 when the program could not be loaded.";

/// Exit code of a run that the simulator stopped.
const STOPPED: u8 = 125;

/// The chip's fastest clock, in cycles a microsecond.
const CYCLES_PER_MICROSECOND: f64 = 240.0;

/// What to run, and how.
#[derive(Args)]
#[command(after_help = EXAMPLES)]
pub struct Arguments {
    /// An ELF executable, or raw instructions
    file: PathBuf,
    /// Address of the first byte of raw instructions
    #[arg(long, value_name = "ADDRESS", value_parser = program::number, default_value = DEFAULT_ADDRESS)]
    at: u32,
    /// Call this function (a symbol, or an address) instead of starting the program
    #[arg(long, value_name = "SYMBOL")]
    entry: Option<String>,
    /// Its arguments: 32-bit numbers
    #[arg(long, num_args = 1.., value_name = "NUMBER", value_parser = program::number, allow_negative_numbers = true)]
    args: Vec<u32>,
    /// Print every instruction with its cycle before it executes
    #[arg(long)]
    trace: bool,
    /// Count instructions, cycles and stalls by symbol and by address
    #[arg(long)]
    profile: bool,
    /// Stop the program after so many cycles [default: after 2,000,000,000 instructions]
    #[arg(long, value_name = "CYCLES")]
    max_cycles: Option<u64>,
}

/// What a program did.
#[derive(Serialize)]
pub struct Simulation {
    file: PathBuf,
    /// Where it started.
    entry: String,
    end: End,
    instructions: u64,
    cycles: u64,
    /// Cycles without an instruction, by cause.
    stalls: BTreeMap<&'static str, u64>,
    /// Most bytes of the stack that were written.
    stack_bytes: u32,
    /// What the program wrote, where it was not printed at once.
    #[serde(skip_serializing_if = "Option::is_none")]
    output: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    profile: Option<Profile>,
    #[serde(skip)]
    tables: String,
    #[serde(skip)]
    status: u8,
}

/// How it ended.
#[derive(Serialize)]
#[serde(rename_all = "lowercase")]
enum End {
    /// It returned this value.
    Returned { value: u32 },
    /// It asked to end with this status.
    Exited { status: i32 },
    /// The simulator stopped it.
    Stopped(Box<Stop>),
}

/// Why and where a program was stopped.
#[derive(Serialize)]
struct Stop {
    reason: String,
    pc: u32,
    location: String,
    /// `a0` to `a15`.
    registers: [u32; 16],
    /// Functions, innermost first.
    calls: Vec<String>,
    /// All of this for people.
    report: String,
}

impl Arguments {
    /// Runs the program. Without `json`, what it writes is printed as it comes.
    pub fn run(&self, json: bool) -> Result<Simulation> {
        let mut simulator = self.simulator();
        let start = self.load(&mut simulator)?;
        simulator.paint_stack();
        if !json {
            simulator.host_mut().sink = Some(Box::new(std::io::stdout()));
        }
        if self.trace {
            trace(&mut simulator);
        }
        let result = simulator.call_at(start, &self.args);
        // Ends the trace, and with it its buffer.
        simulator.set_trace(None);
        Ok(self.report(&simulator, start, result, json))
    }

    fn simulator(&self) -> Simulator {
        let settings = Settings::default();
        Simulator::new(Settings {
            max_cycles: self.max_cycles.unwrap_or(settings.max_cycles),
            ..settings
        })
    }

    /// Loads the program; returns where to start.
    fn load(&self, simulator: &mut Simulator) -> Result<u32> {
        let bytes = program::read(&self.file)?;
        let start = if program::is_elf(&bytes) {
            simulator.load_elf(&bytes)
        } else {
            simulator.load_blob(self.at, &bytes).map(|()| self.at)
        };
        let start = start.map_err(|error| program::unloadable(&self.file, &error))?;
        let Some(entry) = &self.entry else {
            return Ok(start);
        };
        let address = simulator.symbols().address(entry);
        address
            .or_else(|| program::number(entry).ok())
            .ok_or_else(|| {
                let functions = simulator
                    .symbols()
                    .iter()
                    .filter(|(_, symbol)| symbol.function);
                let names: Vec<&str> = functions
                    .map(|(_, symbol)| symbol.name.as_str())
                    .take(8)
                    .collect();
                let remedy = match names.is_empty() {
                    true => "give an address, such as 0x40378000".to_owned(),
                    false => format!(
                        "give one of its functions ({}, ...), or an address",
                        names.join(", ")
                    ),
                };
                Failure::request(
                    format!("{} has no symbol `{entry}`", self.file.display()),
                    remedy,
                )
            })
    }

    fn report(
        &self,
        simulator: &Simulator,
        start: u32,
        result: std::result::Result<CallResult, Box<Fault>>,
        json: bool,
    ) -> Simulation {
        let profile = simulator.profile();
        let (end, status) = match result {
            Ok(result) => match result.outcome {
                Outcome::Exited(status) => (End::Exited { status }, status as u8),
                Outcome::Returned => {
                    let value = result.value();
                    let status = if self.entry.is_none() { value as u8 } else { 0 };
                    (End::Returned { value }, status)
                }
            },
            Err(fault) => (End::Stopped(Box::new(Stop::new(&fault))), STOPPED),
        };
        let causes = Stall::ALL
            .iter()
            .map(|stall| (stall.name(), profile.stalls[*stall as usize]));
        let tables = match self.profile {
            true => format!(
                "{}\n{}",
                profile.symbol_table(),
                profile.address_table(0, u32::MAX)
            ),
            false => String::new(),
        };
        Simulation {
            file: self.file.clone(),
            entry: simulator.symbols().describe(start),
            end,
            instructions: simulator.instructions(),
            cycles: simulator.cycles(),
            stalls: causes.filter(|(_, cycles)| *cycles > 0).collect(),
            stack_bytes: simulator.stack_high_water(),
            output: json.then(|| String::from_utf8_lossy(&simulator.host().output).into_owned()),
            profile: self.profile.then_some(profile),
            tables,
            status,
        }
    }
}

/// Prints every instruction to standard error.
fn trace(simulator: &mut Simulator) {
    let mut stderr = BufWriter::new(std::io::stderr());
    simulator.set_trace(Some(Box::new(move |event| {
        let text = event.instance.map_or_else(
            || "(no instruction)".to_owned(),
            |instance| disasm::text(instance, event.pc),
        );
        // A closed standard error must not end the run.
        let _ = writeln!(stderr, "{:>10}  {:08x}  {text}", event.cycle, event.pc);
    })));
}

impl Stop {
    fn new(fault: &Fault) -> Self {
        Self {
            reason: fault.kind.to_string(),
            pc: fault.pc,
            location: fault.location.clone(),
            registers: fault.registers,
            calls: fault
                .frames
                .iter()
                .map(|frame| frame.name.clone())
                .collect(),
            report: fault.to_string(),
        }
    }
}

impl Report for Simulation {
    fn text(&self, _: &Page) -> String {
        let end = match &self.end {
            End::Returned { value } => {
                paint(GOOD, format!("returned {} ({value:#x})", *value as i32))
            }
            End::Exited { status: 0 } => paint(GOOD, "exited with status 0"),
            End::Exited { status } => paint(STRONG, format!("exited with status {status}")),
            End::Stopped(stop) => format!("{}\n\n{}", paint(BAD, "was stopped"), stop.report),
        };
        let mut text = format!(
            "{} from {} {end}\n\n  {} instructions, {} cycles ({:.1} µs at 240 MHz), {} of stack",
            paint(STRONG, self.file.display()),
            self.entry,
            page::count(self.instructions),
            page::count(self.cycles),
            self.cycles as f64 / CYCLES_PER_MICROSECOND,
            page::plural(self.stack_bytes as usize, "byte", "bytes"),
        );
        if !self.stalls.is_empty() {
            let stalls = self
                .stalls
                .iter()
                .map(|(cause, cycles)| format!("{cause} {}", page::count(*cycles)));
            let stalls = stalls.collect::<Vec<_>>().join(", ");
            text += &paint(FAINT, format!("\n  stalls: {stalls}"));
        }
        if !self.tables.is_empty() {
            text += &format!("\n\n{}", self.tables);
        }
        text
    }

    fn status(&self) -> u8 {
        self.status
    }
}

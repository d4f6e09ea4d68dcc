//! The command line: which command runs, and how its report is printed.

use std::process::ExitCode;

use clap::{Parser, Subcommand};

use crate::commands::{
    asm, demonstrate, device, disasm, fit, inspect, new, operators, plan, profile, run, sim, verify,
};
use crate::failure::Result;
use crate::report;

/// Runs int8 .tflite networks exactly as TFLite Micro does, and says what they cost.
///
/// Without a command: the demonstration, a bundled network that looks for persons in bundled photographs.
#[derive(Parser)]
#[command(name = "shortcrust", version, after_help = EXAMPLES, max_term_width = 100)]
pub struct CommandLine {
    #[command(subcommand)]
    command: Option<Command>,
    /// Print JSON instead of text: the report on standard output, or the failure on standard error
    #[arg(long, global = true)]
    json: bool,
}

const EXAMPLES: &str = "\
Examples:
  shortcrust                                      a network judges four photographs
  shortcrust inspect net.tflite                   layers, shapes, MACs, bytes
  shortcrust plan net.tflite --svg arena.svg      who is where in memory, and when
  shortcrust run net.tflite --input photo.jpg     the network's answer
  shortcrust profile net.tflite --html net.html   where the time goes on the simulated ESP32-S3
  shortcrust verify models/                       compare with golden files, bit for bit
  shortcrust new kitchen --model net.tflite       a firmware project for a network
  shortcrust fit firmware.elf                     the map of a firmware's memory, and what is wrong with it
  shortcrust device run photo.jpg                 the board's answer beside the simulated chip's
  shortcrust sim program.elf --profile            run a program on the simulated chip

Exit code: 0 on success, 1 when something failed or differs, 2 when the command line is wrong; `sim` ends with the program's \
own status, or 125 when it stopped the program.

With --json, a failure is an object with message, file, operator_number, operator, tensor, shape, problem and remedy, null where \
unknown.";

#[derive(Subcommand)]
enum Command {
    /// The bundled network judges the bundled photographs (runs when no command is given)
    Demonstrate(demonstrate::Arguments),
    /// A network's layers with shapes, MACs, bytes and quantisation, and its totals
    Inspect(inspect::Arguments),
    /// Runs a network on pictures, .npy files or raw bytes
    Run(run::Arguments),
    /// Compares networks with golden files, bit for bit
    Verify(verify::Arguments),
    /// The arena: which tensor lives where, from when to when
    Plan(plan::Arguments),
    /// What each layer costs on the simulated ESP32-S3: cycles, stalls, code, weights
    Profile(profile::Arguments),
    /// Makes a firmware project for a network, ready to be flashed
    New(new::Arguments),
    /// What a firmware does with the chip's memory, and what is wrong with that
    Fit(fit::Arguments),
    /// A board, from the laptop: ports, flashing, log, answers beside predictions, accuracy
    #[command(subcommand)]
    Device(device::Device),
    /// The operators that are supported
    Operators,
    /// Runs a program for the ESP32-S3 on its simulated core, and says where the cycles went
    Sim(sim::Arguments),
    /// Assembles text for the ESP32-S3's core
    Asm(asm::Arguments),
    /// The instructions of a program for the ESP32-S3
    Disasm(disasm::Arguments),
}

impl CommandLine {
    /// Runs the command and prints its report.
    pub fn run(self) -> Result<ExitCode> {
        let json = self.json;
        match self
            .command
            .unwrap_or(Command::Demonstrate(Default::default()))
        {
            Command::Demonstrate(arguments) => report::print(&arguments.run()?, json),
            Command::Inspect(arguments) => report::print(&arguments.run()?, json),
            Command::Run(arguments) => report::print(&arguments.run()?, json),
            Command::Verify(arguments) => report::print(&arguments.run()?, json),
            Command::Plan(arguments) => report::print(&arguments.run()?, json),
            Command::Profile(arguments) => report::print(&arguments.run()?, json),
            Command::New(arguments) => report::print(&arguments.run()?, json),
            Command::Fit(arguments) => report::print(&arguments.run()?, json),
            Command::Device(device) => device.run(json),
            Command::Operators => report::print(&operators::run(), json),
            Command::Sim(arguments) => report::print(&arguments.run(json)?, json),
            Command::Asm(arguments) => report::print(&arguments.run()?, json),
            Command::Disasm(arguments) => report::print(&arguments.run()?, json),
        }
    }
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    #[test]
    fn the_command_line_is_well_formed() {
        super::CommandLine::command().debug_assert();
    }
}

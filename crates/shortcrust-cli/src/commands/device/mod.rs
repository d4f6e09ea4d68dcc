//! `shortcrust device`: a board, from the laptop.

mod eval;
mod flash;
mod list;
mod monitor;
mod run;

use std::process::ExitCode;

use clap::Subcommand;

use crate::failure::Result;
use crate::report;

/// What to do with a board.
#[derive(Subcommand)]
pub enum Device {
    /// Serial ports, and which of them a board is at
    List,
    /// Writes a firmware to the board's flash
    Flash(flash::Arguments),
    /// Shows what the board prints
    Monitor(monitor::Arguments),
    /// Sends inputs to the board, and prints its answers beside the simulated chip's
    Run(run::Arguments),
    /// Accuracy over a folder of labelled pictures
    Eval(eval::Arguments),
}

impl Device {
    /// Runs the command and prints its report.
    pub fn run(self, json: bool) -> Result<ExitCode> {
        match self {
            Self::List => report::print(&list::run()?, json),
            Self::Flash(arguments) => report::print(&arguments.run()?, json),
            Self::Monitor(arguments) => arguments.run(),
            Self::Run(arguments) => report::print(&arguments.run()?, json),
            Self::Eval(arguments) => report::print(&arguments.run()?, json),
        }
    }
}

//! The `shortcrust` command.

mod arguments;
mod chip;
mod commands;
mod comparison;
mod cores;
mod cost;
mod device;
mod difference;
mod failure;
mod files;
mod firmware;
mod golden;
mod input;
mod loss;
mod machine;
mod normalisation;
mod npy;
mod page;
mod photograph;
mod profile;
mod program;
mod progress;
mod project;
mod report;
mod tensor;
mod timeline;
mod values;
mod web;

use std::io::Write;
use std::process::ExitCode;

use clap::Parser;

use arguments::CommandLine;
use failure::Explanation;

/// Exit code of a command line that is wrong, clap's own.
const MISUSED: u8 = 2;

fn main() -> ExitCode {
    failure::lay_out();
    // The parser does not say what else was asked for where it fails.
    let json = std::env::args_os().any(|argument| argument == "--json");
    match CommandLine::try_parse() {
        Ok(line) => line.run().unwrap_or_else(|failure| {
            match json {
                true => print(&failure.explain()),
                false => tell(&format!("{:?}", miette::Report::new(failure))),
            }
            ExitCode::FAILURE
        }),
        Err(error) if json && error.use_stderr() => {
            print(&Explanation::of_command_line(&error));
            ExitCode::from(MISUSED)
        }
        // Help and version, too, are errors to the parser.
        Err(error) => error.exit(),
    }
}

/// Prints a failure as JSON.
fn print(explanation: &Explanation) {
    let text = serde_json::to_string_pretty(explanation);
    tell(&text.unwrap_or_else(|_| explanation.message.clone()));
}

/// Writes to standard error; nobody is left to tell when that is closed.
fn tell(text: &str) {
    let _ = writeln!(std::io::stderr(), "{text}");
}

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
mod machine;
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

fn main() -> ExitCode {
    failure::lay_out();
    match arguments::CommandLine::parse().run() {
        Ok(code) => code,
        Err(failure) => {
            // Nobody is left to tell when standard error is closed.
            let _ = writeln!(std::io::stderr(), "{:?}", miette::Report::new(failure));
            ExitCode::FAILURE
        }
    }
}

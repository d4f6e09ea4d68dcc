//! A command's result, as JSON for programs or as text for people.

use std::io::{ErrorKind, IsTerminal, Write};
use std::process::ExitCode;

use serde::Serialize;

use crate::failure::{Failure, Result};
use crate::page::Page;

/// What a command found out.
pub trait Report: Serialize {
    /// Lays the result out for people. The text may hold ANSI styles; they are removed where they are not wanted.
    fn text(&self, page: &Page) -> String;

    /// The command's exit code.
    fn status(&self) -> u8 {
        0
    }
}

/// Prints a report and says how the process should end.
pub fn print(report: &impl Report, json: bool) -> Result<ExitCode> {
    let stdout = anstream::stdout();
    let text = if json {
        serde_json::to_string_pretty(report).map_err(|error| {
            Failure::request(
                format!("the report is no JSON: {error}"),
                "report this as a defect",
            )
        })?
    } else {
        report.text(&Page::of_terminal(
            std::io::stdout().is_terminal(),
            stdout.current_choice() != anstream::ColorChoice::Never,
        ))
    };
    let mut stdout = stdout.lock();
    match writeln!(stdout, "{}", text.trim_end()).and_then(|()| stdout.flush()) {
        // The reader of a pipe may have seen enough.
        Err(error) if error.kind() != ErrorKind::BrokenPipe => Err(Failure::request(
            format!("the report cannot be written: {error}"),
            "check where standard output goes",
        )),
        _ => Ok(ExitCode::from(report.status())),
    }
}

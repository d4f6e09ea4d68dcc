//! `shortcrust device monitor`: what a board prints.

use std::io::{self, ErrorKind, Read, Write};
use std::process::ExitCode;
use std::thread;
use std::time::{Duration, Instant};

use clap::Args;

use crate::device::port::Connection;
use crate::failure::{Failure, Result};

const EXAMPLES: &str = "\
Examples:
  shortcrust device monitor
  shortcrust device monitor --port /dev/ttyACM0 | tee log.txt

It ends with Ctrl-C. A board that resets is waited for.";

/// How long a read waits.
const PATIENCE: Duration = Duration::from_millis(100);

/// How long a board that went away is waited for: a reset takes its USB port away for a moment.
const ABSENCE: Duration = Duration::from_secs(2);

/// The board to listen to.
#[derive(Args)]
#[command(after_help = EXAMPLES)]
pub struct Arguments {
    #[command(flatten)]
    connection: Connection,
}

impl Arguments {
    /// Copies what the board prints to standard output until the board is gone for good.
    pub fn run(&self) -> Result<ExitCode> {
        let (name, mut port) = self.connection.open(PATIENCE)?;
        let mut out = io::stdout().lock();
        let mut bytes = [0; 1024];
        loop {
            match port.read(&mut bytes) {
                Ok(count) if count > 0 => match show(&mut out, &bytes[..count]) {
                    // Nobody reads on.
                    Err(error) if error.kind() == ErrorKind::BrokenPipe => {
                        return Ok(ExitCode::SUCCESS);
                    }
                    Err(error) => {
                        return Err(Failure::request(
                            format!("the log cannot be written: {error}"),
                            "check where standard output goes",
                        ));
                    }
                    Ok(()) => {}
                },
                Err(error) if is_silence(error.kind()) => {}
                Ok(_) | Err(_) => {
                    port = self.wait_for(&name)?;
                }
            }
        }
    }

    /// Opens the port again when it is back.
    fn wait_for(&self, name: &str) -> Result<Box<dyn serialport::SerialPort>> {
        let start = Instant::now();
        while start.elapsed() < ABSENCE {
            thread::sleep(PATIENCE);
            let port = serialport::new(name, self.connection.baud)
                .timeout(PATIENCE)
                .open();
            if let Ok(mut port) = port
                && !matches!(port.read(&mut []), Err(error) if !is_silence(error.kind()))
                && port.bytes_to_read().is_ok()
            {
                return Ok(port);
            }
        }
        Err(Failure::request(
            format!("{name}: the board is gone"),
            "check the cable; see whether the board is still there: shortcrust device list",
        ))
    }
}

fn show(out: &mut impl Write, bytes: &[u8]) -> io::Result<()> {
    out.write_all(bytes)?;
    out.flush()
}

/// Whether an error only says that nothing arrived.
fn is_silence(kind: ErrorKind) -> bool {
    matches!(
        kind,
        ErrorKind::TimedOut | ErrorKind::WouldBlock | ErrorKind::Interrupted
    )
}

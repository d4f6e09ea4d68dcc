//! `simcall`: what a program can ask of the host.
//!
//! The number is in `a2`, arguments follow in `a3`, `a4`, `a5`, the result comes
//! back in `a2` and an error number in `a3`, as in the Xtensa simulator
//! convention:
//!
//! | a2 | Call | Arguments | Result |
//! | --- | --- | --- | --- |
//! | 1 | exit | status | - |
//! | 4 | write | file 1 or 2, address, bytes | bytes written |
//! | 13 | time | - | cycles: low word in `a2`, high word in `a3` |

use crate::core::{Cause, Core, Trap};
use std::io::Write;

/// The host side of `simcall`.
#[derive(Default)]
pub struct Host {
    /// All that the program wrote to files 1 and 2, up to [`Host::CAPACITY`].
    pub output: Vec<u8>,
    /// Where output goes as well, as it comes.
    pub sink: Option<Box<dyn Write + Send>>,
}

const BAD_FILE: u32 = 9;

impl Host {
    /// Most bytes of output that are kept.
    pub const CAPACITY: usize = 16 << 20;

    /// Serves a `simcall`; `Some(status)` when the program ends.
    pub(super) fn serve(&mut self, core: &mut Core) -> Result<Option<i32>, Trap> {
        match core.a(2) {
            1 => return Ok(Some(core.a(3) as i32)),
            4 => {
                let (file, address, size) = (core.a(3), core.a(4), core.a(5));
                let result = if matches!(file, 1 | 2) {
                    let bytes = core.memory.read(address, size as usize)?;
                    let room = Self::CAPACITY.saturating_sub(self.output.len());
                    self.output.extend(&bytes[..bytes.len().min(room)]);
                    // A closed pipe must not stop the simulation.
                    let _ = self
                        .sink
                        .as_mut()
                        .map(|sink| sink.write_all(bytes).and_then(|()| sink.flush()));
                    (size, 0)
                } else {
                    (u32::MAX, BAD_FILE)
                };
                core.set_a(2, result.0);
                core.set_a(3, result.1);
            }
            13 => {
                let cycle = core.cycles();
                core.set_a(2, cycle as u32);
                core.set_a(3, (cycle >> 32) as u32);
            }
            number => return Err(Trap::at(Cause::Simcall, number, 0)),
        }
        Ok(None)
    }
}

//! Answers a host: inputs come over a serial port, outputs go back, with what they cost.
//!
//! What arrives damaged, foreign or out of order is answered with a refusal; nothing that a host can send ends the loop.

use embedded_io::{Read, Write};
use shortcrust_protocol::frame::{Collector, FrameError, LONGEST, PIECE, decode, encode};
use shortcrust_protocol::{Description, Measured, Refusal, Request, Response};

use crate::{Machine, Network};

/// The number of an answer to what could not be read.
const UNKNOWN: u16 = 0;

/// What the loop remembers between frames; for a static cell.
pub struct Session {
    collector: Collector,
    reply: [u8; LONGEST],
    input: Input,
    /// The stack's high-water mark when it was last looked for.
    stack_used: usize,
}

impl Session {
    /// Nothing has arrived.
    pub const fn new() -> Self {
        Self {
            collector: Collector::new(),
            reply: [0; LONGEST],
            input: Input::Receiving { bytes: 0 },
            stack_used: 0,
        }
    }
}

impl Default for Session {
    fn default() -> Self {
        Self::new()
    }
}

/// How far the current input is.
#[derive(Clone, Copy)]
enum Input {
    /// This many bytes from its start are there.
    Receiving { bytes: usize },
    /// It is complete, and the request of this number made it an output.
    Ran { number: u16, measured: Measured },
}

/// Answers requests until the port has no more bytes, which a chip's never has.
///
/// # Errors
/// Those of the port.
///
/// # Panics
/// If the stack overflowed in a run.
pub fn serve<N: Network, M: Machine, P: Read + Write>(
    net: &mut N,
    session: &mut Session,
    machine: &M,
    port: &mut P,
) -> Result<(), P::Error> {
    const {
        assert!(
            N::NAME.len() + M::NAME.len() < PIECE - 32,
            "names fit a frame"
        )
    };
    let Session {
        collector,
        reply,
        input,
        stack_used,
    } = session;
    let mut bytes = [0; 64];
    loop {
        let count = port.read(&mut bytes)?;
        if count == 0 {
            return Ok(());
        }
        for &byte in &bytes[..count] {
            let Some(frame) = collector.push(byte) else {
                continue;
            };
            let (number, response) = match frame.and_then(decode::<Request>) {
                Ok((number, request)) => {
                    let answer = answer(net, input, machine, stack_used, number, &request);
                    (number, answer.unwrap_or_else(Response::Refused))
                }
                Err(error) => (UNKNOWN, Response::Refused(refusal(error))),
            };
            // It always fits: no piece is longer than PIECE, and the names are not, as asserted above.
            if let Ok(frame) = encode(number, &response, reply) {
                port.write_all(frame)?;
                port.flush()?;
            }
        }
    }
}

fn refusal(error: FrameError) -> Refusal {
    match error {
        FrameError::Damaged => Refusal::Damaged,
        FrameError::TooLong => Refusal::TooLong,
        FrameError::Version { theirs } => Refusal::Version { theirs },
        FrameError::Foreign => Refusal::NotARequest,
    }
}

/// Does what a request asks. Every request may come twice.
fn answer<'n, N: Network, M: Machine>(
    net: &'n mut N,
    input: &mut Input,
    machine: &M,
    stack_used: &mut usize,
    number: u16,
    request: &Request,
) -> Result<Response<'n>, Refusal> {
    match *request {
        Request::Describe => Ok(Response::Description(Description {
            network: N::NAME,
            chip: M::NAME,
            input: net.input_bytes_mut().len() as u32,
            output: net.output_bytes().len() as u32,
            arena: N::ARENA_BYTES as u32,
            weights: N::WEIGHT_BYTES as u32,
            weights_in_ram: N::WEIGHTS_IN_RAM,
            cores: N::CORES as u8,
        })),
        Request::Begin => {
            *input = Input::Receiving { bytes: 0 };
            Ok(Response::Received { bytes: 0 })
        }
        Request::Input { offset, bytes } => {
            let Input::Receiving { bytes: received } = input else {
                return Err(Refusal::Gap { received: 0 });
            };
            let whole = net.input_bytes_mut();
            let start = offset as usize;
            if start > *received {
                let received = *received as u32;
                return Err(Refusal::Gap { received });
            }
            let size = whole.len() as u32;
            let place = whole
                .get_mut(start..)
                .and_then(|rest| rest.get_mut(..bytes.len()))
                .ok_or(Refusal::Outside { bytes: size })?;
            place.copy_from_slice(bytes);
            *received = (*received).max(start + bytes.len());
            let bytes = *received as u32;
            Ok(Response::Received { bytes })
        }
        Request::Run => match *input {
            // The answer was lost: the run has used the input's storage, and its output is still there.
            Input::Ran {
                number: latest,
                measured,
            } if latest == number => Ok(Response::Ran(measured)),
            Input::Ran { .. } => Err(Refusal::InputMissing { received: 0 }),
            Input::Receiving { bytes } if bytes < net.input_bytes_mut().len() => {
                let received = bytes as u32;
                Err(Refusal::InputMissing { received })
            }
            Input::Receiving { .. } => {
                let measured = run(net, machine, stack_used);
                *input = Input::Ran { number, measured };
                Ok(Response::Ran(measured))
            }
        },
        Request::Output { offset } => {
            let Input::Ran { .. } = input else {
                return Err(Refusal::NotRun);
            };
            let whole = net.output_bytes();
            let rest = whole.get(offset as usize..).ok_or(Refusal::Outside {
                bytes: whole.len() as u32,
            })?;
            let bytes = &rest[..rest.len().min(PIECE)];
            Ok(Response::Output { offset, bytes })
        }
    }
}

fn run<N: Network, M: Machine>(net: &mut N, machine: &M, stack_used: &mut usize) -> Measured {
    let (cycles, start) = (machine.cycles(), machine.microseconds());
    net.run_on(machine.cores());
    let cycles = machine.cycles().wrapping_sub(cycles);
    let microseconds = machine.microseconds() - start;
    let stack = machine.stack();
    stack.check();
    *stack_used = stack.high_water_since(*stack_used);
    Measured {
        cycles,
        microseconds,
        stack_used: *stack_used as u32,
        stack_total: stack.total() as u32,
    }
}

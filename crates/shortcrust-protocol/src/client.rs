//! The host's side: asks, and asks again where the line lost something.

use std::io::{self, ErrorKind, Read, Write};
use std::string::String;
use std::time::{Duration, Instant};
use std::vec::Vec;

use thiserror::Error;

use crate::frame::{Collector, FrameError, LONGEST, PIECE, decode, encode};
use crate::message::{Description, Measured, Refusal, Request, Response};

/// How often a request is sent before the host gives up.
const ATTEMPTS: usize = 8;

/// How long an answer may take that needs no run.
const PATIENCE: Duration = Duration::from_millis(500);

/// How much longer each wait for a run is than the one before: at first its answer may be lost, later it may be slow.
const RUN_GROWTH: u32 = 2;

/// What went wrong between the host and the device.
#[derive(Debug, Error)]
pub enum ClientError {
    /// The port failed.
    #[error("the port failed: {0}")]
    Port(#[from] io::Error),
    /// The device went away.
    #[error("the device is gone")]
    Disconnected,
    /// Nothing that makes sense came back.
    #[error("the device did not answer {ATTEMPTS} times")]
    NoAnswer,
    /// The device refused.
    #[error("the device refused: {0}")]
    Refused(#[from] Refusal),
    /// The device speaks another version.
    #[error(transparent)]
    Version(FrameError),
    /// The device's answer belongs to another request.
    #[error("the device's answer does not fit the request")]
    Unexpected,
    /// The input is not as large as the network's.
    #[error("the network takes {expected} bytes, the input has {found}")]
    InputSize {
        /// What the network takes.
        expected: usize,
        /// What was to be sent.
        found: usize,
    },
}

/// What a device says of itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Device {
    /// The network's name.
    pub network: String,
    /// The chip's name.
    pub chip: String,
    /// Bytes of input.
    pub input: usize,
    /// Bytes of output.
    pub output: usize,
    /// Bytes of arena.
    pub arena: usize,
    /// Bytes of constants.
    pub weights: usize,
    /// Whether an ESP32-S3 reads them from internal RAM.
    pub weights_in_ram: bool,
    /// The cores that large layers are split for.
    pub cores: u8,
}

/// A connection to a device. The port's `read` must return after a while, with nothing or [`ErrorKind::TimedOut`], when nothing
/// arrives; `Ok(0)` means that the device is gone.
pub struct Client<P> {
    port: P,
    collector: Collector,
    number: u16,
    patience: Duration,
}

impl<P: Read + Write> Client<P> {
    /// A client on an open port.
    pub fn new(port: P) -> Self {
        Self {
            port,
            collector: Collector::new(),
            number: 0,
            patience: PATIENCE,
        }
    }

    /// The same client that waits for another time before it asks again.
    pub fn with_patience(self, patience: Duration) -> Self {
        Self { patience, ..self }
    }

    /// What runs on the device.
    ///
    /// # Errors
    /// See [`ClientError`].
    pub fn describe(&mut self) -> Result<Device, ClientError> {
        self.ask(&Request::Describe, 1, |response| match response {
            Response::Description(Description {
                network,
                chip,
                input,
                output,
                arena,
                weights,
                weights_in_ram,
                cores,
            }) => Some(Device {
                network: String::from(*network),
                chip: String::from(*chip),
                input: *input as usize,
                output: *output as usize,
                arena: *arena as usize,
                weights: *weights as usize,
                weights_in_ram: *weights_in_ram,
                cores: *cores,
            }),
            _ => None,
        })
    }

    /// Sends an input, runs, and returns the output with what it cost. `progress` is told the bytes that arrived.
    ///
    /// # Errors
    /// See [`ClientError`].
    pub fn run(
        &mut self,
        device: &Device,
        input: &[u8],
        mut progress: impl FnMut(usize),
    ) -> Result<(Vec<u8>, Measured), ClientError> {
        if input.len() != device.input {
            return Err(ClientError::InputSize {
                expected: device.input,
                found: input.len(),
            });
        }
        let received = |response: &Response| match response {
            Response::Received { bytes } => Some(*bytes as usize),
            _ => None,
        };
        self.ask(&Request::Begin, 1, received)?;
        for (index, bytes) in input.chunks(PIECE).enumerate() {
            let offset = (index * PIECE) as u32;
            let there = self.ask(&Request::Input { offset, bytes }, 1, received)?;
            progress(there);
        }
        let measured = self.ask(&Request::Run, RUN_GROWTH, |response| match response {
            Response::Ran(measured) => Some(*measured),
            _ => None,
        })?;
        let mut output = Vec::with_capacity(device.output);
        while output.len() < device.output {
            let wanted = output.len() as u32;
            let piece = self.ask(
                &Request::Output { offset: wanted },
                1,
                |response| match response {
                    Response::Output { offset, bytes } if *offset == wanted => Some(bytes.to_vec()),
                    _ => None,
                },
            )?;
            if piece.is_empty() || output.len() + piece.len() > device.output {
                return Err(ClientError::Unexpected);
            }
            output.extend(piece);
        }
        Ok((output, measured))
    }

    /// Sends a request until it is answered; every wait is `growth` times as long as the one before.
    fn ask<T>(
        &mut self,
        request: &Request,
        growth: u32,
        accept: impl Fn(&Response) -> Option<T>,
    ) -> Result<T, ClientError> {
        let mut patience = self.patience;
        // Number 0 is the answer to what could not be read.
        self.number = self.number.checked_add(1).unwrap_or(1);
        let mut frame = [0; LONGEST];
        let frame = encode(self.number, request, &mut frame).map_err(ClientError::Version)?;
        for _ in 0..ATTEMPTS {
            // The zero byte ends whatever the line left behind.
            self.port.write_all(&[0])?;
            self.port.write_all(frame)?;
            self.port.flush()?;
            if let Some(answer) = self.answer(patience, &accept)? {
                return Ok(answer);
            }
            patience *= growth;
        }
        Err(ClientError::NoAnswer)
    }

    /// Waits for the answer to the latest request; none where it must be sent again.
    fn answer<T>(
        &mut self,
        patience: Duration,
        accept: impl Fn(&Response) -> Option<T>,
    ) -> Result<Option<T>, ClientError> {
        let deadline = Instant::now() + patience;
        let mut bytes = [0; 64];
        while Instant::now() < deadline {
            let count = match self.port.read(&mut bytes) {
                Ok(0) => return Err(ClientError::Disconnected),
                Ok(count) => count,
                Err(error) => match error.kind() {
                    ErrorKind::TimedOut | ErrorKind::WouldBlock | ErrorKind::Interrupted => {
                        continue;
                    }
                    _ => return Err(error.into()),
                },
            };
            for &byte in &bytes[..count] {
                let Some(Ok(frame)) = self.collector.push(byte) else {
                    continue;
                };
                match decode::<Response>(frame) {
                    Ok((0, Response::Refused(refusal @ Refusal::Version { .. }))) => {
                        return Err(refusal.into());
                    }
                    Ok((0, Response::Refused(_))) => return Ok(None),
                    Ok((number, response)) if number == self.number => {
                        if let Response::Refused(refusal) = response {
                            return Err(refusal.into());
                        }
                        return accept(&response).map(Some).ok_or(ClientError::Unexpected);
                    }
                    Err(error @ FrameError::Version { .. }) => {
                        return Err(ClientError::Version(error));
                    }
                    // The answer, most likely.
                    Err(_) => return Ok(None),
                    // A late answer to an earlier request.
                    Ok(_) => {}
                }
            }
        }
        Ok(None)
    }
}

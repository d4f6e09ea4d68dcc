//! Requests and responses. A change of any of them is a new [`crate::frame::VERSION`].

use serde::{Deserialize, Serialize};
use thiserror::Error;

/// What the host asks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Request<'a> {
    /// Which network runs on which chip? Answered by [`Response::Description`].
    Describe,
    /// A new input follows; what was received is void. Answered by [`Response::Received`].
    Begin,
    /// A piece of the input, behind those before. Answered by [`Response::Received`].
    Input {
        /// Its first byte.
        offset: u32,
        /// At most [`crate::frame::PIECE`] bytes.
        bytes: &'a [u8],
    },
    /// Compute the output. Answered by [`Response::Ran`].
    Run,
    /// A piece of the output. Answered by [`Response::Output`].
    Output {
        /// Its first byte.
        offset: u32,
    },
}

/// What the firmware answers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Response<'a> {
    /// The network and the chip.
    #[serde(borrow)]
    Description(Description<'a>),
    /// The bytes of the input that are there.
    Received {
        /// From the start of the input.
        bytes: u32,
    },
    /// The output is there.
    Ran(Measured),
    /// A piece of the output, to its end or as long as a piece may be.
    Output {
        /// Its first byte.
        offset: u32,
        /// At most [`crate::frame::PIECE`] bytes.
        bytes: &'a [u8],
    },
    /// The request was not understood or not possible.
    Refused(Refusal),
}

/// What runs where. Sizes are bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Description<'a> {
    /// The network's name.
    pub network: &'a str,
    /// The chip's name.
    pub chip: &'a str,
    /// The size of its input.
    pub input: u32,
    /// The size of its output.
    pub output: u32,
    /// The size of its arena.
    pub arena: u32,
    /// The size of its constants.
    pub weights: u32,
    /// Whether an ESP32-S3 reads them from internal RAM.
    pub weights_in_ram: bool,
    /// The cores that large layers are split for.
    pub cores: u8,
}

/// What a run cost.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Measured {
    /// The cycles of the run.
    pub cycles: u32,
    /// The microseconds of the run.
    pub microseconds: u64,
    /// The most bytes of stack that were ever in use.
    pub stack_used: u32,
    /// The size of the stack in bytes.
    pub stack_total: u32,
}

/// Why a request has no other answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, Error)]
pub enum Refusal {
    /// Bytes were lost or changed on the way. The answer's number is 0, as the request's is not known.
    #[error("a frame arrived damaged")]
    Damaged,
    /// The frame was longer than [`crate::frame::LONGEST`].
    #[error("a frame arrived that is too long")]
    TooLong,
    /// The frame is of another version of the protocol.
    #[error(
        "the device speaks version {} of the protocol, the host version {theirs}",
        crate::frame::VERSION
    )]
    Version {
        /// The version that arrived.
        theirs: u8,
    },
    /// The frame is sound and of this version, and no request.
    #[error("a frame arrived that is no request")]
    NotARequest,
    /// A piece of the input does not follow what was received.
    #[error("the piece of the input does not follow the {received} bytes that were received")]
    Gap {
        /// The bytes of the input that are there.
        received: u32,
    },
    /// A piece would leave the input or output.
    #[error("the piece leaves the {bytes} bytes that there are")]
    Outside {
        /// The size of the input or output.
        bytes: u32,
    },
    /// Not all of the input is there.
    #[error("only {received} bytes of the input were received")]
    InputMissing {
        /// The bytes of the input that are there.
        received: u32,
    },
    /// There is no output since the last `Begin`.
    #[error("there is no output: the network did not run on this input")]
    NotRun,
}

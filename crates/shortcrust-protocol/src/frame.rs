//! Frames: version, number and message (postcard), CRC-32 behind them, COBS around them, a zero byte at the end.
//!
//! A zero byte occurs nowhere else, so a receiver that lost its place finds it again at the next one.

use crc::{CRC_32_ISO_HDLC, Crc};
use serde::{Deserialize, Serialize};
use thiserror::Error;

/// The version of the protocol: the first byte of every frame.
pub const VERSION: u8 = 1;

/// The most bytes of input or output in a frame.
pub const PIECE: usize = 240;

/// The longest contents of a frame: a piece; version, number, kinds, offset and length; the checksum.
const CONTENTS: usize = PIECE + 16 + CHECKSUM;

/// The longest frame, its end included: COBS adds a byte for every 254, and one.
pub const LONGEST: usize = CONTENTS + CONTENTS / 254 + 2;

/// The bytes of a checksum.
const CHECKSUM: usize = size_of::<u32>();

const CRC: Crc<u32> = Crc::<u32>::new(&CRC_32_ISO_HDLC);

/// Why bytes are no frame, or a message fits none.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum FrameError {
    /// The checksum or the framing is wrong.
    #[error("a frame arrived damaged")]
    Damaged,
    /// It has more than [`LONGEST`] bytes, or the message needs more.
    #[error("a frame is longer than {LONGEST} bytes")]
    TooLong,
    /// It is sound, and of another version.
    #[error("the frame is of version {theirs} of the protocol, this is version {VERSION}")]
    Version {
        /// Its version.
        theirs: u8,
    },
    /// It is sound and of this version, and holds another kind of message.
    #[error("the frame holds no message of the kind that was expected")]
    Foreign,
}

/// Writes a frame and returns its bytes, the zero at the end included.
///
/// # Errors
/// [`FrameError::TooLong`].
pub fn encode<'b>(
    number: u16,
    message: &impl Serialize,
    frame: &'b mut [u8; LONGEST],
) -> Result<&'b [u8], FrameError> {
    let mut contents = [0; CONTENTS];
    contents[0] = VERSION;
    let room = &mut contents[1..CONTENTS - CHECKSUM];
    let written = postcard::to_slice(&(number, message), room).map_err(|_| FrameError::TooLong)?;
    let length = 1 + written.len();
    let checksum = CRC.checksum(&contents[..length]).to_le_bytes();
    contents[length..length + CHECKSUM].copy_from_slice(&checksum);
    let length =
        cobs::try_encode(&contents[..length + CHECKSUM], frame).map_err(|_| FrameError::TooLong)?;
    let end = frame.get_mut(length).ok_or(FrameError::TooLong)?;
    *end = 0;
    Ok(&frame[..=length])
}

/// Reads a frame without the zero at its end: the message's number, and the message, which borrows from it.
///
/// # Errors
/// What is wrong with it; never [`FrameError::TooLong`].
pub fn decode<'b, M: Deserialize<'b>>(frame: &'b mut [u8]) -> Result<(u16, M), FrameError> {
    let length = cobs::decode_in_place(frame).map_err(|_| FrameError::Damaged)?;
    let contents = frame.get(..length).ok_or(FrameError::Damaged)?;
    let (contents, checksum) = contents
        .split_last_chunk::<CHECKSUM>()
        .ok_or(FrameError::Damaged)?;
    if CRC.checksum(contents) != u32::from_le_bytes(*checksum) {
        return Err(FrameError::Damaged);
    }
    match contents {
        [] => Err(FrameError::Damaged),
        [VERSION, message @ ..] => match postcard::take_from_bytes(message) {
            Ok((message, [])) => Ok(message),
            _ => Err(FrameError::Foreign),
        },
        [theirs, ..] => Err(FrameError::Version { theirs: *theirs }),
    }
}

/// Collects bytes as they arrive until a frame is whole.
pub struct Collector {
    bytes: [u8; LONGEST],
    length: usize,
    overflowed: bool,
}

impl Collector {
    /// Nothing is collected.
    pub const fn new() -> Self {
        Self {
            bytes: [0; LONGEST],
            length: 0,
            overflowed: false,
        }
    }

    /// Takes a byte. At a zero byte the frame that it ends is returned, without it; a frame of no bytes is none.
    ///
    /// # Errors
    /// [`FrameError::TooLong`] at the end of a frame that is.
    pub fn push(&mut self, byte: u8) -> Option<Result<&mut [u8], FrameError>> {
        if byte != 0 {
            match self.bytes.get_mut(self.length) {
                Some(place) => {
                    *place = byte;
                    self.length += 1;
                }
                None => self.overflowed = true,
            }
            return None;
        }
        let length = core::mem::take(&mut self.length);
        match core::mem::take(&mut self.overflowed) {
            true => Some(Err(FrameError::TooLong)),
            false if length == 0 => None,
            false => Some(Ok(&mut self.bytes[..length])),
        }
    }
}

impl Default for Collector {
    fn default() -> Self {
        Self::new()
    }
}

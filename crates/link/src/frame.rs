//! One frame: a header, a body and a tag.

use core::fmt;

use crc::{CRC_32_ISO_HDLC, Crc};

use crate::message::{Body, BodyError, Kind, Message};

/// The frame format's version, the first byte of every frame.
pub const VERSION: u8 = 1;

/// The most bytes of a frame before they are stuffed. The device has room for two. The longest message
/// that is not made of chunks has 583 bytes, a path's recipient with all 512 of its records.
pub const MAX_FRAME: usize = 640;

/// The most bytes of a frame's body. An encrypted session's tag has its room already.
pub const MAX_BODY: usize = MAX_FRAME - HEADER - SESSION_TAG;

/// The most bytes of a frame on the wire: one more for each 254, one to begin with, and a zero
/// before and after.
pub const MAX_WIRE: usize = MAX_FRAME + MAX_FRAME / 254 + 3;

/// The most bytes of a short frame before they are stuffed: `Ping`, `Status`, `Cancel` and what
/// answers them.
pub const SHORT_FRAME: usize = 40;

/// The most bytes of a short frame on the wire, where stuffing takes less than the encoder's room
/// for it.
pub const SHORT_WIRE: usize = SHORT_FRAME + MAX_WIRE - MAX_FRAME;

/// `version kind flags channel sequence length`.
pub(crate) const HEADER: usize = 8;

/// CRC-32, little-endian.
pub(crate) const TAG: usize = 4;

/// Poly1305, once there is a session.
const SESSION_TAG: usize = 16;

/// The parameters are those of Ethernet and zip: polynomial 0x04C11DB7, reflected, all ones before
/// and after.
pub(crate) const CRC: Crc<u32> = Crc::<u32>::new(&CRC_32_ISO_HDLC);

/// A whole frame, with its body still encoded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Frame<'a> {
    /// Who speaks.
    pub kind: Kind,
    /// The host's running number; a reply carries that of the frame it answers.
    pub sequence: u16,
    body: &'a [u8],
}

/// Why bytes were not a frame. None of them says anything about a message: the frame is dropped and
/// the next one begins after the next zero.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FrameError {
    /// More than [`MAX_FRAME`] bytes without a zero. Reported once, as soon as it is known.
    TooLong,
    /// Not stuffed as COBS says, or shorter than header and tag.
    Malformed,
    /// The tag does not fit: something was lost or changed.
    Checksum,
    /// A version of the format that is not ours.
    Version,
    /// A kind, flag, channel or length that this version does not have.
    Header,
}

impl fmt::Display for FrameError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::TooLong => "more bytes than a frame has",
            Self::Malformed => "not a frame",
            Self::Checksum => "wrong checksum",
            Self::Version => "unknown frame version",
            Self::Header => "unknown frame header",
        })
    }
}

impl core::error::Error for FrameError {}

impl<'a> Frame<'a> {
    /// Reads unstuffed bytes.
    pub(crate) fn parse(bytes: &'a [u8]) -> Result<Self, FrameError> {
        let (checked, tag) = bytes.split_last_chunk::<TAG>().ok_or(FrameError::Malformed)?;
        let (header, body) = checked.split_first_chunk::<HEADER>().ok_or(FrameError::Malformed)?;
        if CRC.checksum(checked) != u32::from_le_bytes(*tag) {
            return Err(FrameError::Checksum);
        }
        let [version, kind, flags, channel, first, second, low, high] = *header;
        if version != VERSION {
            return Err(FrameError::Version);
        }
        let kind = Kind::from_number(kind).ok_or(FrameError::Header)?;
        let length = usize::from(u16::from_le_bytes([low, high]));
        if flags != 0 || channel != 0 || length != body.len() || length > MAX_BODY {
            return Err(FrameError::Header);
        }
        Ok(Self { kind, sequence: u16::from_le_bytes([first, second]), body })
    }

    /// The header of a frame whose body has `length` bytes.
    pub(crate) const fn header(kind: Kind, sequence: u16, length: u16) -> [u8; HEADER] {
        let [first, second] = sequence.to_le_bytes();
        let [low, high] = length.to_le_bytes();
        [VERSION, kind.number(), 0, 0, first, second, low, high]
    }

    /// The message in the frame.
    ///
    /// # Errors
    ///
    /// [`BodyError::WrongKind`] when it is not one of the wanted kind: a terminal that echoes sends
    /// the host its own requests back.
    pub fn message<T: Body<'a>>(&self) -> Result<Message<T>, BodyError> {
        if self.kind == T::KIND { Message::parse(self.body) } else { Err(BodyError::WrongKind) }
    }
}

//! From messages to the bytes of a stream.

use core::fmt;

use cobs::{EncoderState, PushResult};

use crate::frame::{CRC, Frame, HEADER, MAX_BODY, MAX_FRAME, MAX_WIRE, SHORT_WIRE, TAG};
use crate::message::{Body, Message};
use crate::room;

/// Makes frames, in one buffer of its own: the frame is written at the end of it and stuffed
/// towards the beginning. The buffer has `N` bytes.
pub struct FrameEncoder<const N: usize = MAX_WIRE> {
    buffer: [u8; N],
}

/// Why a message could not be sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EncodeError {
    /// Its body has more than [`MAX_BODY`] bytes, or more than the encoder has room for.
    TooLong,
}

impl fmt::Display for EncodeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the message is longer than a frame")
    }
}

impl core::error::Error for EncodeError {}

/// Where the unstuffed frame begins: stuffing adds at most this much, so it never overtakes.
const START: usize = MAX_WIRE - MAX_FRAME - 1;

impl Default for FrameEncoder {
    fn default() -> Self {
        Self::new()
    }
}

impl FrameEncoder {
    /// An encoder.
    #[must_use]
    pub const fn new() -> Self {
        Self { buffer: [0; MAX_WIRE] }
    }
}

impl FrameEncoder<SHORT_WIRE> {
    /// An encoder of short frames.
    #[must_use]
    pub const fn short() -> Self {
        Self { buffer: [0; SHORT_WIRE] }
    }
}

impl<const N: usize> FrameEncoder<N> {
    /// The bytes that carry `message`, a zero before and after included.
    ///
    /// # Errors
    ///
    /// [`EncodeError::TooLong`] when the body is longer than [`MAX_BODY`] or the buffer.
    pub fn encode<'a, T: Body<'a>>(
        &mut self,
        sequence: u16,
        message: &Message<T>,
    ) -> Result<&[u8], EncodeError> {
        let length = self.write(sequence, message).ok_or(EncodeError::TooLong)?;
        let length = stuff(&mut self.buffer, length).ok_or(EncodeError::TooLong)?;
        self.buffer.get(..length).ok_or(EncodeError::TooLong)
    }

    /// The buffer, to be wiped after a secret was sent.
    pub const fn buffer_mut(&mut self) -> &mut [u8; N] {
        &mut self.buffer
    }

    /// Writes the frame to the end of the buffer and returns its length.
    fn write<'a, T: Body<'a>>(&mut self, sequence: u16, message: &Message<T>) -> Option<usize> {
        let (header, rest) = self.buffer.get_mut(START..)?.split_first_chunk_mut::<HEADER>()?;
        let room = rest.len().checked_sub(TAG)?.min(MAX_BODY);
        let body = room::write(message, rest.get_mut(..room)?)?;
        *header = Frame::header(T::KIND, sequence, u16::try_from(body).ok()?);

        let end = START.checked_add(HEADER)?.checked_add(body)?;
        let tag = CRC.checksum(self.buffer.get(START..end)?);
        *self.buffer.get_mut(end..)?.first_chunk_mut::<TAG>()? = tag.to_le_bytes();
        end.checked_add(TAG)?.checked_sub(START)
    }
}

/// Stuffs `length` bytes from [`START`] on to the front of `buffer`, between two zeros, and returns
/// the length of that.
fn stuff(buffer: &mut [u8], length: usize) -> Option<usize> {
    // One byte for the zero before, one for the first distance.
    let (first, mut end) = (1_usize, 2_usize);
    let mut state = EncoderState::default();
    for place in (START..).take(length) {
        let byte = *buffer.get(place)?;
        match state.push(byte) {
            PushResult::AddSingle(byte) => *buffer.get_mut(end)? = byte,
            PushResult::ModifyFromStartAndSkip((index, distance)) => {
                *buffer.get_mut(first.checked_add(index)?)? = distance;
            }
            PushResult::ModifyFromStartAndPushAndSkip((index, distance, byte)) => {
                *buffer.get_mut(first.checked_add(index)?)? = distance;
                *buffer.get_mut(end)? = byte;
                end = end.checked_add(1)?;
            }
        }
        end = end.checked_add(1)?;
    }
    let (index, distance) = state.finalize();
    *buffer.get_mut(first.checked_add(index)?)? = distance;
    *buffer.first_mut()? = 0;
    *buffer.get_mut(end)? = 0;
    end.checked_add(1)
}

impl<const N: usize> fmt::Debug for FrameEncoder<N> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("FrameEncoder").finish_non_exhaustive()
    }
}

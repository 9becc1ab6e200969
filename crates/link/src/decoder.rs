//! From the bytes of a stream to frames.

use core::fmt;

use cobs::{DecodeResult, DecoderState};

use crate::frame::{Frame, FrameError, MAX_FRAME, SHORT_FRAME};

/// Finds the frames in a stream of bytes, however it is cut into pieces.
///
/// Whatever is not a frame costs no more than itself: after the next zero byte everything is as if
/// it had never been there. It takes frames of up to `N` bytes.
pub struct FrameDecoder<const N: usize = MAX_FRAME> {
    buffer: [u8; N],
    length: usize,
    state: DecoderState,
    stage: Stage,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Stage {
    /// Before a frame's first byte.
    Between,
    /// In a frame.
    Inside,
    /// In bytes that cannot be a frame any more, until the next zero.
    Skipping,
}

/// What one byte made of the frame.
enum Step {
    More,
    Complete(usize),
    Failed(FrameError),
}

impl Default for FrameDecoder {
    fn default() -> Self {
        Self::new()
    }
}

impl FrameDecoder {
    /// A decoder that has seen nothing.
    #[must_use]
    pub const fn new() -> Self {
        Self::empty()
    }
}

impl FrameDecoder<SHORT_FRAME> {
    /// A decoder of short frames that has seen nothing.
    #[must_use]
    pub const fn short() -> Self {
        Self::empty()
    }
}

impl<const N: usize> FrameDecoder<N> {
    const fn empty() -> Self {
        Self { buffer: [0; N], length: 0, state: DecoderState::Idle, stage: Stage::Between }
    }

    /// Takes bytes off the front of `input` up to the end of the next frame.
    ///
    /// `None` when `input` is used up first. Empty frames (zeros in a row) are passed over.
    pub fn next(&mut self, input: &mut &[u8]) -> Option<Result<Frame<'_>, FrameError>> {
        while let Some((byte, rest)) = input.split_first() {
            *input = rest;
            match self.feed(*byte) {
                Step::More => {}
                Step::Complete(length) => {
                    let bytes = self.buffer.get(..length).unwrap_or_default();
                    return Some(Frame::parse(bytes));
                }
                Step::Failed(error) => return Some(Err(error)),
            }
        }
        None
    }

    /// Drops an unfinished frame, as when the port was closed, and hands out the buffer to be
    /// wiped.
    pub const fn reset(&mut self) -> &mut [u8; N] {
        self.begin(Stage::Between);
        &mut self.buffer
    }

    const fn begin(&mut self, stage: Stage) {
        self.length = 0;
        self.state = DecoderState::Idle;
        self.stage = stage;
    }

    fn feed(&mut self, byte: u8) -> Step {
        match (self.stage, byte) {
            (Stage::Between | Stage::Skipping, 0) => {
                self.begin(Stage::Between);
                Step::More
            }
            (Stage::Skipping, _) => Step::More,
            (Stage::Between | Stage::Inside, _) => {
                self.stage = Stage::Inside;
                self.unstuff(byte)
            }
        }
    }

    fn unstuff(&mut self, byte: u8) -> Step {
        match self.state.feed(byte) {
            Ok(DecodeResult::NoData) => Step::More,
            Ok(DecodeResult::DataContinue(unstuffed)) => self.keep(unstuffed),
            Ok(DecodeResult::DataComplete) => {
                let length = self.length;
                self.begin(Stage::Between);
                Step::Complete(length)
            }
            Err(_) => {
                self.begin(Stage::Between);
                Step::Failed(FrameError::Malformed)
            }
        }
    }

    fn keep(&mut self, byte: u8) -> Step {
        let Some(place) = self.buffer.get_mut(self.length) else {
            self.begin(Stage::Skipping);
            return Step::Failed(FrameError::TooLong);
        };
        *place = byte;
        self.length = self.length.saturating_add(1);
        Step::More
    }
}

impl<const N: usize> fmt::Debug for FrameDecoder<N> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // The bytes may be a seed's words.
        f.debug_struct("FrameDecoder").field("length", &self.length).finish_non_exhaustive()
    }
}

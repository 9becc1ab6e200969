//! The order of chunks.

use core::fmt;

use crate::Chunk;

/// Follows the chunks of one transfer: each byte exactly once and in order.
///
/// It keeps no bytes; the device passes them on to where they are hashed, the host to its memory.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Assembler {
    total: u32,
    received: u32,
}

/// What became of a chunk.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Placed {
    /// It continues the transfer: use its bytes.
    New,
    /// All of it was there before: it was sent again, and its bytes do not count.
    Repeated,
}

/// Why a transfer cannot go on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AssemblyError {
    /// The chunk does not begin where the last one ended.
    Gap,
    /// The chunk ends after the total that was announced.
    PastTheEnd,
    /// The chunk is empty.
    Empty,
    /// The transfer ended before the total that was announced.
    Incomplete,
}

impl fmt::Display for AssemblyError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Gap => "a chunk is missing or out of order",
            Self::PastTheEnd => "more bytes than announced",
            Self::Empty => "an empty chunk",
            Self::Incomplete => "fewer bytes than announced",
        })
    }
}

impl core::error::Error for AssemblyError {}

impl Assembler {
    /// A transfer of `total` bytes.
    #[must_use]
    pub const fn new(total: u32) -> Self {
        Self { total, received: 0 }
    }

    /// How many bytes there are so far.
    #[must_use]
    pub const fn received(self) -> u32 {
        self.received
    }

    /// How many bytes are missing.
    #[must_use]
    pub const fn missing(self) -> u32 {
        self.total.saturating_sub(self.received)
    }

    /// Takes the next chunk.
    ///
    /// # Errors
    ///
    /// When it is not the next one; the transfer is as it was.
    pub fn place(&mut self, chunk: &Chunk<'_>) -> Result<Placed, AssemblyError> {
        let length = u32::try_from(chunk.data.len()).ok();
        let end = length.and_then(|length| chunk.offset.checked_add(length));
        let end = end.ok_or(AssemblyError::PastTheEnd)?;
        if chunk.data.is_empty() {
            Err(AssemblyError::Empty)
        } else if end > self.total {
            Err(AssemblyError::PastTheEnd)
        } else if end <= self.received {
            Ok(Placed::Repeated)
        } else if chunk.offset == self.received {
            self.received = end;
            Ok(Placed::New)
        } else {
            Err(AssemblyError::Gap)
        }
    }

    /// Ends the transfer.
    ///
    /// # Errors
    ///
    /// [`AssemblyError::Incomplete`] when bytes are missing.
    pub const fn finish(self) -> Result<(), AssemblyError> {
        if self.missing() == 0 { Ok(()) } else { Err(AssemblyError::Incomplete) }
    }
}

#[cfg(test)]
mod tests {
    use super::{Assembler, AssemblyError, Placed};
    use crate::Chunk;

    fn chunk(offset: u32, data: &[u8]) -> Chunk<'_> {
        Chunk { offset, data }
    }

    #[test]
    fn chunks_in_order_make_the_whole() {
        let mut transfer = Assembler::new(5);
        assert_eq!(transfer.place(&chunk(0, &[1, 2, 3])), Ok(Placed::New));
        assert_eq!(transfer.finish(), Err(AssemblyError::Incomplete));
        assert_eq!(transfer.place(&chunk(3, &[4, 5])), Ok(Placed::New));
        assert_eq!(transfer.finish(), Ok(()));
    }

    #[test]
    fn a_repeated_chunk_counts_once() {
        let mut transfer = Assembler::new(5);
        assert_eq!(transfer.place(&chunk(0, &[1, 2, 3])), Ok(Placed::New));
        assert_eq!(transfer.place(&chunk(0, &[9, 9, 9])), Ok(Placed::Repeated));
        assert_eq!(transfer.place(&chunk(1, &[9, 9])), Ok(Placed::Repeated));
        assert_eq!((transfer.received(), transfer.missing()), (3, 2));
    }

    #[test]
    fn a_chunk_out_of_order_changes_nothing() {
        let mut transfer = Assembler::new(5);
        assert_eq!(transfer.place(&chunk(1, &[2])), Err(AssemblyError::Gap));
        assert_eq!(transfer.place(&chunk(0, &[1, 2])), Ok(Placed::New));
        assert_eq!(transfer.place(&chunk(1, &[2, 3])), Err(AssemblyError::Gap));
        assert_eq!(transfer.place(&chunk(3, &[4])), Err(AssemblyError::Gap));
        assert_eq!(transfer.place(&chunk(2, &[])), Err(AssemblyError::Empty));
        assert_eq!(transfer.received(), 2);
    }

    #[test]
    fn nothing_goes_past_the_end() {
        let mut transfer = Assembler::new(2);
        assert_eq!(transfer.place(&chunk(0, &[1, 2, 3])), Err(AssemblyError::PastTheEnd));
        assert_eq!(transfer.place(&chunk(u32::MAX, &[1])), Err(AssemblyError::PastTheEnd));
        assert_eq!(transfer.place(&chunk(0, &[1, 2])), Ok(Placed::New));
        assert_eq!(transfer.place(&chunk(2, &[3])), Err(AssemblyError::PastTheEnd));
    }
}

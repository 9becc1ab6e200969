use core::fmt;

use countersign_units::Msat;

/// The caller's buffer cannot hold what was to be written; nothing of that item was.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Full;

impl fmt::Display for Full {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the buffer is too small for what was to be written")
    }
}

impl core::error::Error for Full {}

/// Writes into a buffer of the caller's, from the front.
#[derive(Debug)]
pub struct Writer<'b> {
    buffer: &'b mut [u8],
    len: usize,
}

impl<'b> Writer<'b> {
    /// A writer at the start of `buffer`.
    #[must_use]
    pub const fn new(buffer: &'b mut [u8]) -> Self {
        Self { buffer, len: 0 }
    }

    /// How many bytes have been written.
    #[must_use]
    pub const fn len(&self) -> usize {
        self.len
    }

    /// Whether nothing has been written.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// What has been written so far.
    #[must_use]
    pub fn written(&self) -> &[u8] {
        self.buffer.get(..self.len).unwrap_or(&[])
    }

    /// What was written, for as long as the buffer lives.
    #[must_use]
    pub fn finish(self) -> &'b mut [u8] {
        self.buffer.get_mut(..self.len).unwrap_or(&mut [])
    }

    /// Takes the next `len` bytes of the buffer, to be filled by the caller.
    ///
    /// # Errors
    /// [`Full`].
    pub fn space(&mut self, len: usize) -> Result<&mut [u8], Full> {
        let free = self.buffer.get_mut(self.len..).ok_or(Full)?;
        let space = free.get_mut(..len).ok_or(Full)?;
        self.len = self.len.saturating_add(len);
        Ok(space)
    }

    /// Writes `bytes` as they are.
    ///
    /// # Errors
    /// [`Full`].
    pub fn bytes(&mut self, bytes: &[u8]) -> Result<(), Full> {
        for (space, &byte) in self.space(bytes.len())?.iter_mut().zip(bytes) {
            *space = byte;
        }
        Ok(())
    }

    /// Writes `value` as a `BigSize`, in its one form.
    ///
    /// # Errors
    /// [`Full`].
    pub fn bigsize(&mut self, value: u64) -> Result<(), Full> {
        let marker = match value {
            0..0xfd => None,
            0xfd..0x1_0000 => Some(0xfd),
            0x1_0000..0x1_0000_0000 => Some(0xfe),
            0x1_0000_0000.. => Some(0xff),
        };
        let mut space = self.space(bigsize_len(value))?.iter_mut();
        if let Some(marker) = marker {
            space.next().into_iter().for_each(|first| *first = marker);
        }
        // The digits fill the rest from the right.
        for (byte, digit) in space.rev().zip(value.to_be_bytes().into_iter().rev()) {
            *byte = digit;
        }
        Ok(())
    }

    /// Writes `value` as a `tu64`, `tu32` or `tu16`: big-endian without leading zero bytes.
    ///
    /// # Errors
    /// [`Full`].
    pub fn truncated(&mut self, value: u64) -> Result<(), Full> {
        let space = self.space(tu64_len(value))?;
        for (byte, digit) in space.iter_mut().rev().zip(value.to_be_bytes().into_iter().rev()) {
            *byte = digit;
        }
        Ok(())
    }

    /// Begins a record: its type, and the length of the value that the caller writes next.
    ///
    /// # Errors
    /// [`Full`].
    pub fn header(&mut self, number: u64, len: usize) -> Result<(), Full> {
        self.bigsize(number)?;
        self.bigsize(u64::try_from(len).or(Err(Full))?)
    }

    /// Writes the record of type `number` with `value`.
    ///
    /// The order of the records is the caller's: BOLT 1 wants ascending types (R-TLV-05).
    ///
    /// # Errors
    /// [`Full`].
    pub fn record(&mut self, number: u64, value: &[u8]) -> Result<(), Full> {
        self.header(number, value.len())?;
        self.bytes(value)
    }

    /// Writes the record of type `number` with `value` as a truncated integer.
    ///
    /// # Errors
    /// [`Full`].
    pub fn truncated_record(&mut self, number: u64, value: u64) -> Result<(), Full> {
        self.header(number, tu64_len(value))?;
        self.truncated(value)
    }

    /// Writes the record of type `number` with an amount as a `tu64`.
    ///
    /// # Errors
    /// [`Full`].
    pub fn msat_record(&mut self, number: u64, amount: Msat) -> Result<(), Full> {
        self.truncated_record(number, amount.get())
    }
}

/// Bytes that `value` takes as a `BigSize`.
#[must_use]
pub const fn bigsize_len(value: u64) -> usize {
    match value {
        0..0xfd => 1,
        0xfd..0x1_0000 => 3,
        0x1_0000..0x1_0000_0000 => 5,
        0x1_0000_0000.. => 9,
    }
}

/// Bytes of a record of type `number` with a value of `len` bytes.
#[must_use]
pub fn record_len(number: u64, len: usize) -> usize {
    // No length exceeds 64 bits; a sum that saturates fits no buffer.
    let len_len = bigsize_len(u64::try_from(len).unwrap_or(u64::MAX));
    bigsize_len(number).saturating_add(len_len).saturating_add(len)
}

/// Bytes that `value` takes as a truncated integer.
#[must_use]
pub const fn tu64_len(value: u64) -> usize {
    match value {
        0 => 0,
        1..0x100 => 1,
        0x100..0x1_0000 => 2,
        0x1_0000..0x100_0000 => 3,
        0x100_0000..0x1_0000_0000 => 4,
        0x1_0000_0000..0x100_0000_0000 => 5,
        0x100_0000_0000..0x1_0000_0000_0000 => 6,
        0x1_0000_0000_0000..0x100_0000_0000_0000 => 7,
        0x100_0000_0000_0000.. => 8,
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::{Full, Writer, bigsize_len, tu64_len};
    use crate::{Reader, TlvStream};

    #[test]
    fn what_does_not_fit_is_not_written() {
        let mut buffer = [0; 4];
        let mut writer = Writer::new(&mut buffer);
        assert_eq!(writer.bytes(&[1, 2, 3]), Ok(()));
        assert_eq!(writer.bytes(&[4, 5]), Err(Full));
        assert_eq!(writer.written(), &[1, 2, 3]);
        assert_eq!(writer.bytes(&[4]), Ok(()));
        assert_eq!(writer.finish(), &[1, 2, 3, 4]);
    }

    proptest! {
        #[test]
        fn integers_read_back_as_written(value: u64, shift in 0u32..64) {
            let value = value >> shift;
            let mut buffer = [0; 9];
            let mut writer = Writer::new(&mut buffer);
            writer.bigsize(value).unwrap();
            prop_assert_eq!(writer.len(), bigsize_len(value));
            let mut reader = Reader::new(writer.finish());
            prop_assert_eq!(reader.bigsize(), Ok(value));
            prop_assert!(reader.is_empty());

            let mut writer = Writer::new(&mut buffer);
            writer.truncated(value).unwrap();
            prop_assert_eq!(writer.len(), tu64_len(value));
            prop_assert_eq!(Reader::new(writer.finish()).tu64(), Ok(value));
        }

        #[test]
        fn a_record_reads_back_as_written(number: u64, value in prop::collection::vec(any::<u8>(), 0..300)) {
            let mut buffer = [0; 400];
            let mut writer = Writer::new(&mut buffer);
            writer.record(number, &value).unwrap();
            let stream = TlvStream::parse(writer.finish()).unwrap();
            let record = stream.find(number).unwrap();
            prop_assert_eq!(record.value, &value[..]);
            prop_assert_eq!(record.encoded, stream.bytes());
        }
    }
}

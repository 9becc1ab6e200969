use countersign_units::Msat;

use crate::{DecodeError, Malformed};

/// A cursor over bytes that somebody else wrote: it consumes, and never indexes.
///
/// Every method either takes what it names from the front or leaves the reader where it was and
/// says at which offset the bytes were wrong.
#[derive(Clone, Copy, Debug)]
pub struct Reader<'a> {
    rest: &'a [u8],
    offset: u32,
}

impl<'a> Reader<'a> {
    /// A reader at the start of `bytes`.
    #[must_use]
    pub const fn new(bytes: &'a [u8]) -> Self {
        Self::at(bytes, 0)
    }

    /// A reader over `bytes` that lie at `offset` of something larger, so that errors point there.
    #[must_use]
    pub const fn at(bytes: &'a [u8], offset: u32) -> Self {
        Self { rest: bytes, offset }
    }

    /// The bytes not yet consumed.
    #[must_use]
    pub const fn rest(&self) -> &'a [u8] {
        self.rest
    }

    /// Offset of the next byte.
    #[must_use]
    pub const fn offset(&self) -> u32 {
        self.offset
    }

    /// Whether everything has been consumed.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.rest.is_empty()
    }

    /// The error that `rule` is broken by the next byte.
    #[must_use]
    pub const fn error(&self, rule: Malformed) -> DecodeError {
        DecodeError { offset: self.offset, rule }
    }

    /// Takes the next `N` bytes.
    ///
    /// # Errors
    /// [`Malformed::Truncated`] when fewer are left.
    pub fn array<const N: usize>(&mut self) -> Result<&'a [u8; N], DecodeError> {
        let (taken, rest) =
            self.rest.split_first_chunk().ok_or(self.error(Malformed::Truncated))?;
        self.advance_to(rest);
        Ok(taken)
    }

    /// Takes the next `len` bytes.
    ///
    /// # Errors
    /// [`Malformed::Truncated`] when fewer are left.
    pub fn bytes(&mut self, len: u64) -> Result<&'a [u8], DecodeError> {
        let (taken, rest) = usize::try_from(len)
            .ok()
            .and_then(|len| self.rest.split_at_checked(len))
            .ok_or(self.error(Malformed::Truncated))?;
        self.advance_to(rest);
        Ok(taken)
    }

    /// Takes everything that is left.
    pub fn remaining(&mut self) -> &'a [u8] {
        let taken = self.rest;
        self.advance_to(&[]);
        taken
    }

    /// Takes a byte.
    ///
    /// # Errors
    /// [`Malformed::Truncated`] when none is left.
    pub fn u8(&mut self) -> Result<u8, DecodeError> {
        let &[byte] = self.array()?;
        Ok(byte)
    }

    /// Takes a big-endian `u16`.
    ///
    /// # Errors
    /// [`Malformed::Truncated`] when fewer than two bytes are left.
    pub fn u16(&mut self) -> Result<u16, DecodeError> {
        Ok(u16::from_be_bytes(*self.array()?))
    }

    /// Takes a big-endian `u32`.
    ///
    /// # Errors
    /// [`Malformed::Truncated`] when fewer than four bytes are left.
    pub fn u32(&mut self) -> Result<u32, DecodeError> {
        Ok(u32::from_be_bytes(*self.array()?))
    }

    /// Takes a big-endian `u64`.
    ///
    /// # Errors
    /// [`Malformed::Truncated`] when fewer than eight bytes are left.
    pub fn u64(&mut self) -> Result<u64, DecodeError> {
        Ok(u64::from_be_bytes(*self.array()?))
    }

    /// Takes a `BigSize` (BOLT 1 §Appendix A).
    ///
    /// # Errors
    /// [`Malformed::Truncated`], or [`Malformed::NotMinimal`] when a shorter form would do.
    pub fn bigsize(&mut self) -> Result<u64, DecodeError> {
        let mut ahead = *self;
        let (value, smallest) = match ahead.u8()? {
            0xff => (ahead.u64()?, 0x1_0000_0000),
            0xfe => (u64::from(ahead.u32()?), 0x1_0000),
            0xfd => (u64::from(ahead.u16()?), 0xfd),
            byte => (u64::from(byte), 0),
        };
        if value < smallest {
            return Err(self.error(Malformed::NotMinimal));
        }
        *self = ahead;
        Ok(value)
    }

    /// Takes everything that is left as a `tu16`.
    ///
    /// # Errors
    /// [`Malformed::TrailingBytes`] for more than two bytes, [`Malformed::NotMinimal`] for a
    /// leading zero byte.
    pub fn tu16(&mut self) -> Result<u16, DecodeError> {
        Ok(u16::from_be_bytes(self.truncated()?))
    }

    /// Takes everything that is left as a `tu32`.
    ///
    /// # Errors
    /// [`Malformed::TrailingBytes`] for more than four bytes, [`Malformed::NotMinimal`] for a
    /// leading zero byte.
    pub fn tu32(&mut self) -> Result<u32, DecodeError> {
        Ok(u32::from_be_bytes(self.truncated()?))
    }

    /// Takes everything that is left as a `tu64`.
    ///
    /// # Errors
    /// [`Malformed::TrailingBytes`] for more than eight bytes, [`Malformed::NotMinimal`] for a
    /// leading zero byte.
    pub fn tu64(&mut self) -> Result<u64, DecodeError> {
        Ok(u64::from_be_bytes(self.truncated()?))
    }

    /// Takes everything that is left as a `tu64` amount in millisatoshi.
    ///
    /// # Errors
    /// As [`Reader::tu64`], and [`Malformed::AmountTooLarge`] (R-TLV-06).
    pub fn msat(&mut self) -> Result<Msat, DecodeError> {
        let start = *self;
        Msat::new(self.tu64()?).ok_or(start.error(Malformed::AmountTooLarge))
    }

    /// Takes everything that is left as UTF-8 text, which is still a stranger's text.
    ///
    /// # Errors
    /// [`Malformed::NotUtf8`].
    pub fn utf8(&mut self) -> Result<&'a str, DecodeError> {
        let text = core::str::from_utf8(self.rest).or(Err(self.error(Malformed::NotUtf8)))?;
        self.advance_to(&[]);
        Ok(text)
    }

    /// Says that the value ends here.
    ///
    /// # Errors
    /// [`Malformed::TrailingBytes`] when it does not (R-TLV-02).
    pub const fn end(&self) -> Result<(), DecodeError> {
        if self.rest.is_empty() { Ok(()) } else { Err(self.error(Malformed::TrailingBytes)) }
    }

    fn truncated<const N: usize>(&mut self) -> Result<[u8; N], DecodeError> {
        if self.rest.len() > N {
            return Err(self.error(Malformed::TrailingBytes));
        }
        if self.rest.first() == Some(&0) {
            return Err(self.error(Malformed::NotMinimal));
        }
        let mut value = [0; N];
        for (byte, &read) in value.iter_mut().rev().zip(self.rest.iter().rev()) {
            *byte = read;
        }
        self.advance_to(&[]);
        Ok(value)
    }

    fn advance_to(&mut self, rest: &'a [u8]) {
        let consumed = self.rest.len().saturating_sub(rest.len());
        // Nothing that is read here is as long as 4 GiB; an offset that saturates is still total.
        self.offset = self.offset.saturating_add(u32::try_from(consumed).unwrap_or(u32::MAX));
        self.rest = rest;
    }
}

#[cfg(test)]
mod tests {
    use super::Reader;
    use crate::{DecodeError, Malformed};

    fn fails(offset: u32, rule: Malformed) -> DecodeError {
        DecodeError { offset, rule }
    }

    #[test]
    fn a_bigsize_has_one_form_only() {
        // R-TLV-01
        for (bytes, value) in [
            (&[0xfc][..], 0xfc),
            (&[0xfd, 0x00, 0xfd], 0xfd),
            (&[0xfd, 0xff, 0xff], 0xffff),
            (&[0xfe, 0, 1, 0, 0], 0x1_0000),
            (&[0xff, 0, 0, 0, 1, 0, 0, 0, 0], 0x1_0000_0000),
        ] {
            let mut reader = Reader::new(bytes);
            assert_eq!(reader.bigsize(), Ok(value));
            assert!(reader.is_empty());
        }
        for bytes in [&[0xfd, 0x00, 0xfc][..], &[0xfe, 0, 0, 0xff, 0xff], &[0xff, 0, 0, 0, 0]] {
            let mut reader = Reader::new(bytes);
            let rule = if bytes.len() == 5 && bytes[0] == 0xff {
                Malformed::Truncated
            } else {
                Malformed::NotMinimal
            };
            let error = reader.bigsize().unwrap_err();
            assert_eq!(error.rule, rule);
            assert_eq!(reader.rest(), bytes, "a failed read consumes nothing");
        }
    }

    #[test]
    fn a_truncated_integer_has_no_leading_zero_and_no_byte_too_many() {
        // R-TLV-03
        assert_eq!(Reader::new(&[]).tu64(), Ok(0));
        assert_eq!(Reader::new(&[1, 0]).tu16(), Ok(256));
        assert_eq!(Reader::new(&[0]).tu16().unwrap_err(), fails(0, Malformed::NotMinimal));
        assert_eq!(Reader::new(&[0, 1]).tu32().unwrap_err(), fails(0, Malformed::NotMinimal));
        assert_eq!(Reader::new(&[1, 0, 0]).tu16().unwrap_err(), fails(0, Malformed::TrailingBytes));
        assert_eq!(Reader::new(&[1; 8]).tu64(), Ok(0x0101_0101_0101_0101));
        assert_eq!(Reader::new(&[1; 9]).tu64().unwrap_err(), fails(0, Malformed::TrailingBytes));
    }

    #[test]
    fn an_amount_ends_at_21_million_bitcoin() {
        // R-TLV-06
        let most = 0x1d24_b2df_ac52_0000_u64;
        assert_eq!(
            Reader::new(&most.to_be_bytes()).msat().map(countersign_units::Msat::get),
            Ok(most)
        );
        assert_eq!(
            Reader::at(&(most | 1).to_be_bytes(), 7).msat().unwrap_err(),
            fails(7, Malformed::AmountTooLarge)
        );
    }

    #[test]
    fn a_length_that_no_memory_could_hold_is_truncated() {
        assert_eq!(
            Reader::new(&[1, 2]).bytes(u64::MAX).unwrap_err(),
            fails(0, Malformed::Truncated)
        );
        assert_eq!(Reader::new(&[1, 2]).bytes(3).unwrap_err(), fails(0, Malformed::Truncated));
        assert_eq!(Reader::new(&[1, 2]).bytes(2), Ok(&[1, 2][..]));
    }
}

use crate::{DecodeError, Malformed, Reader};

/// Bytes that are known to be a well-formed TLV stream.
///
/// Holding one is the proof: the only constructor walks the bytes to their end. Unknown records are
/// kept, because BOLT 12 signatures cover them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct TlvStream<'a> {
    bytes: &'a [u8],
}

/// One record of a [`TlvStream`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Record<'a> {
    /// The record's type.
    pub number: u64,
    /// Type, length and value exactly as they were received.
    pub encoded: &'a [u8],
    /// The value alone.
    pub value: &'a [u8],
    /// Offset of `encoded` in the stream, in bytes.
    pub offset: u32,
}

/// The records of a [`TlvStream`], in ascending order of their types.
#[derive(Clone, Debug)]
pub struct Records<'a> {
    reader: Reader<'a>,
}

impl<'a> TlvStream<'a> {
    /// The stream of no records.
    pub const EMPTY: Self = Self { bytes: &[] };

    /// Reads `bytes` to their end (R-TLV-01).
    ///
    /// # Errors
    /// [`Malformed::Truncated`], [`Malformed::NotMinimal`] or [`Malformed::OutOfOrder`], at the
    /// offset of the type, the length or the value that is wrong.
    pub fn parse(bytes: &'a [u8]) -> Result<Self, DecodeError> {
        let mut reader = Reader::new(bytes);
        let mut previous = None;
        while !reader.is_empty() {
            let start = reader;
            let record = Record::read(&mut reader)?;
            //= bolt1#type-length-value-format
            //# if decoded `type`s are not strictly-increasing (including situations when two or
            //# more occurrences of the same `type` are met):
            //#   - MUST fail to parse the `tlv_stream`.
            if previous.is_some_and(|previous| record.number <= previous) {
                return Err(start.error(Malformed::OutOfOrder));
            }
            previous = Some(record.number);
        }
        Ok(Self { bytes })
    }

    /// The stream as it was received.
    #[must_use]
    pub const fn bytes(&self) -> &'a [u8] {
        self.bytes
    }

    /// The records, in ascending order of their types.
    #[must_use]
    pub const fn records(&self) -> Records<'a> {
        Records { reader: Reader::new(self.bytes) }
    }

    /// The record of type `number`.
    #[must_use]
    pub fn find(&self, number: u64) -> Option<Record<'a>> {
        self.records().find(|record| record.number == number)
    }

    /// The part of the stream whose types are `first` to `last`, both included. Being a part of a
    /// well-formed stream, it is one itself.
    #[must_use]
    pub fn range(&self, first: u64, last: u64) -> Self {
        let from = self.bytes_before(|number| number < first);
        let to = self.bytes_before(|number| number <= last);
        // `to` is never below `from`: types ascend.
        let bytes = self.bytes.get(from..to).unwrap_or(&[]);
        Self { bytes }
    }

    /// Length of the leading records whose type `holds`.
    fn bytes_before(&self, holds: impl Fn(u64) -> bool) -> usize {
        self.records()
            .take_while(|record| holds(record.number))
            .fold(0, |len, record| len.saturating_add(record.encoded.len()))
    }
}

impl<'a> Record<'a> {
    /// Reads one record from the front of `reader`.
    ///
    /// # Errors
    /// [`Malformed::Truncated`] or [`Malformed::NotMinimal`].
    pub fn read(reader: &mut Reader<'a>) -> Result<Self, DecodeError> {
        let mut ahead = *reader;
        let number = ahead.bigsize()?;
        let len = ahead.bigsize()?;
        let value = ahead.bytes(len)?;
        let consumed = reader.rest().len().saturating_sub(ahead.rest().len());
        let encoded = reader.rest().get(..consumed).ok_or(reader.error(Malformed::Truncated))?;
        let offset = reader.offset();
        *reader = ahead;
        Ok(Self { number, encoded, value, offset })
    }

    /// A reader over the value, whose errors point into the stream.
    #[must_use]
    pub fn reader(&self) -> Reader<'a> {
        let header = self.encoded.len().saturating_sub(self.value.len());
        let offset = self.offset.saturating_add(u32::try_from(header).unwrap_or(u32::MAX));
        Reader::at(self.value, offset)
    }

    /// The type as it was encoded: the bytes that a BOLT 12 nonce leaf hashes (R-SIG-03).
    #[must_use]
    pub fn encoded_number(&self) -> &'a [u8] {
        let mut reader = Reader::new(self.encoded);
        let len = match reader.bigsize() {
            Ok(_) => self.encoded.len().saturating_sub(reader.rest().len()),
            Err(_) => 0,
        };
        self.encoded.get(..len).unwrap_or(&[])
    }

    /// Whether a reader that does not know the type must refuse it: "it's ok to be odd".
    #[must_use]
    pub const fn is_even(&self) -> bool {
        self.number.is_multiple_of(2)
    }
}

impl<'a> Iterator for Records<'a> {
    type Item = Record<'a>;

    fn next(&mut self) -> Option<Record<'a>> {
        if self.reader.is_empty() {
            return None;
        }
        // The stream was walked when it was parsed, so this never ends early.
        Record::read(&mut self.reader).ok()
    }
}

#[cfg(test)]
mod tests {
    use super::TlvStream;
    use crate::{DecodeError, Malformed};

    fn rejected(bytes: &[u8]) -> DecodeError {
        TlvStream::parse(bytes).unwrap_err()
    }

    #[test]
    fn every_record_keeps_its_raw_bytes() {
        let bytes = [1, 0, 2, 1, 7, 0xfd, 1, 0, 2, 8, 9];
        let stream = TlvStream::parse(&bytes).unwrap();
        let mut records = stream.records();
        let [one, two, three] = core::array::from_fn(|_| records.next().unwrap());
        assert!(records.next().is_none());
        assert_eq!((one.number, one.encoded, one.value, one.offset), (1, &bytes[..2], &[][..], 0));
        assert_eq!(
            (two.number, two.encoded, two.value, two.offset),
            (2, &bytes[2..5], &[7][..], 2)
        );
        assert_eq!((three.number, three.encoded, three.offset), (256, &bytes[5..], 5));
        assert_eq!(three.encoded_number(), &[0xfd, 1, 0]);
        assert_eq!(three.reader().offset(), 9);
        assert!(two.is_even() && !one.is_even());
    }

    #[test]
    fn a_repeated_or_descending_type_is_out_of_order() {
        // R-TLV-01
        let out_of_order = |offset| DecodeError { offset, rule: Malformed::OutOfOrder };
        assert_eq!(rejected(&[1, 0, 1, 0]), out_of_order(2));
        assert_eq!(rejected(&[2, 1, 9, 1, 0]), out_of_order(3));
    }

    #[test]
    fn a_stream_ends_with_a_record() {
        // R-TLV-01
        assert_eq!(TlvStream::parse(&[]), Ok(TlvStream::EMPTY));
        for bytes in [&[1][..], &[1, 1], &[1, 0, 2], &[1, 0xfd, 1], &[0xfd, 1], &[1, 2, 9]] {
            assert_eq!(rejected(bytes).rule, Malformed::Truncated, "{bytes:?}");
        }
        assert_eq!(rejected(&[1, 0xfd, 0, 1, 9]).rule, Malformed::NotMinimal);
    }

    #[test]
    fn a_range_is_a_stream_of_its_own() {
        let bytes = [1, 0, 2, 1, 7, 5, 0, 0xfd, 1, 0, 0];
        let stream = TlvStream::parse(&bytes).unwrap();
        assert_eq!(stream.range(2, 5).bytes(), &bytes[2..7]);
        assert_eq!(stream.range(0, u64::MAX).bytes(), &bytes);
        assert_eq!(stream.range(6, 255).bytes(), &[]);
        assert_eq!(stream.range(5, 2).bytes(), &[]);
        assert_eq!(stream.find(5).map(|record| record.offset), Some(5));
        assert_eq!(stream.find(6), None);
    }
}

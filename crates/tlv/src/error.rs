use core::fmt;

/// Bytes that are not the encoding they should be: where, and which rule.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DecodeError {
    /// Offset of the offending item, in bytes from the start of what was parsed.
    pub offset: u32,
    /// The rule that these bytes break.
    pub rule: Malformed,
}

const _: () = assert!(size_of::<DecodeError>() == 8);

/// The rules of BOLT 1 that an encoding can break.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Malformed {
    /// The bytes end in the middle of an item.
    Truncated,
    /// A `BigSize` or a truncated integer is longer than it need be.
    NotMinimal,
    /// A record's type is not greater than the one before it.
    OutOfOrder,
    /// A value goes on after its encoding has ended.
    TrailingBytes,
    /// A `utf8` value is not UTF-8.
    NotUtf8,
    /// A `point` is not a compressed point of the curve.
    NotAPoint,
    /// An amount is above 21 million bitcoin.
    AmountTooLarge,
    /// A byte that selects between encodings has none of the values it may have.
    UnknownVariant,
}

impl fmt::Display for Malformed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Truncated => "the bytes end in the middle of an item",
            Self::NotMinimal => "an integer is longer than it need be",
            Self::OutOfOrder => "a record's type is not greater than the one before it",
            Self::TrailingBytes => "bytes are left over after a value",
            Self::NotUtf8 => "text is not UTF-8",
            Self::NotAPoint => "a public key is not a compressed point of the curve",
            Self::AmountTooLarge => "an amount is above 21 million bitcoin",
            Self::UnknownVariant => "a byte has none of the values it may have here",
        })
    }
}

impl fmt::Display for DecodeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "at byte {}: {}", self.offset, self.rule)
    }
}

impl core::error::Error for DecodeError {}

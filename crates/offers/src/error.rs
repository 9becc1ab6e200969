use core::fmt;

use countersign_tlv::{DecodeError, Full};

use crate::Field;

/// Why bytes are not the message that they should be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Rejected {
    /// They are not the encoding: where, and which rule.
    Malformed(DecodeError),
    /// They are, but a requirement of BOLT 12 does not hold.
    Invalid(Invalid),
    /// They are more bytes, or more records, than a device takes ([`capacity`](crate::capacity)).
    TooLarge,
}

/// A requirement of BOLT 12 that does not hold, and the field that breaks it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Invalid {
    /// A field that must be there is not (R-OR-01, R-IR-01, R-IR-04, R-RF-01, R-VR-01).
    Missing {
        /// The field that is not there.
        field: Field,
    },
    /// A field that must not be there is (R-IR-10, R-RF-01, R-RF-11).
    Unexpected {
        /// The field that is there.
        field: Field,
    },
    /// A record of an even type that the specification does not define (R-TLV-04).
    UnknownEven {
        /// The record's type.
        number: Field,
    },
    /// A record of a type that this message cannot hold, even or odd (R-OR-01, R-IR-02).
    OutOfRange {
        /// The record's type.
        number: Field,
    },
    /// A bit of an even position that no specification defines (R-OR-01, R-IR-03, R-VR-01).
    UnknownFeature {
        /// The bitmap.
        field: Field,
    },
    /// A list without entries (R-OR-01, R-VR-01).
    Empty {
        /// The list.
        field: Field,
    },
    /// A path without hops (R-OR-01, R-IR-05, R-VR-01).
    NoHops {
        /// The list of paths.
        field: Field,
    },
    /// A number that must be greater than zero (R-OR-01, R-IR-10).
    Zero {
        /// The number's field.
        field: Field,
    },
    /// Less than the offer asks for (R-IR-11).
    TooLittle {
        /// The amount's field.
        field: Field,
    },
    /// More than there may be: of items, of money, or of what DESIGN §6 allows (R-IR-10, R-TLV-06).
    TooMuch {
        /// The number's, or the list's, field.
        field: Field,
    },
    /// Characters that the field's alphabet does not have (R-OW-03, R-IR-14).
    Alphabet {
        /// The text's field.
        field: Field,
    },
    /// A chain other than the one we are for, or than those of the offer (R-OR-01, R-IR-13).
    Chain {
        /// The field that names the chain, or does not.
        field: Field,
    },
    /// The moment named here, or that follows from it, has passed (R-OR-01, R-IR-06, R-VR-01).
    Expired {
        /// The field that names the moment.
        field: Field,
    },
    /// Not the value that another field, or the message answered, has (R-IW-05, R-VR-01, R-VR-03).
    Mismatch {
        /// The field that is different.
        field: Field,
    },
    /// It came another way than the request asked for (R-VR-04).
    Arrival {
        /// The field that says which way.
        field: Field,
    },
    /// The signature is not one of the message by the key that it names (R-IR-04, R-VR-03).
    Signature {
        /// The signature's field.
        field: Field,
    },
}

const _: () = assert!(size_of::<Invalid>() == 16 && size_of::<Rejected>() == 16);

impl Invalid {
    /// The field that breaks the requirement.
    #[must_use]
    pub const fn field(self) -> Field {
        match self {
            Self::Missing { field }
            | Self::Unexpected { field }
            | Self::UnknownEven { number: field }
            | Self::OutOfRange { number: field }
            | Self::UnknownFeature { field }
            | Self::Empty { field }
            | Self::NoHops { field }
            | Self::Zero { field }
            | Self::TooLittle { field }
            | Self::TooMuch { field }
            | Self::Alphabet { field }
            | Self::Chain { field }
            | Self::Expired { field }
            | Self::Mismatch { field }
            | Self::Arrival { field }
            | Self::Signature { field } => field,
        }
    }
}

impl fmt::Display for Invalid {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let what = match self {
            Self::Missing { .. } => "is missing",
            Self::Unexpected { .. } => "must not be there",
            Self::UnknownEven { .. } => "is of an even type that is not known",
            Self::OutOfRange { .. } => "is of a type that this message cannot hold",
            Self::UnknownFeature { .. } => "requires a feature that is not known",
            Self::Empty { .. } => "has no entries",
            Self::NoHops { .. } => "has a path without hops",
            Self::Zero { .. } => "is zero",
            Self::TooLittle { .. } => "is less than the offer asks for",
            Self::TooMuch { .. } => "is more than there may be",
            Self::Alphabet { .. } => "has characters that it must not have",
            Self::Chain { .. } => "is for another chain",
            Self::Expired { .. } => "has passed",
            Self::Mismatch { .. } => "is not what it must be equal to",
            Self::Arrival { .. } => "says that the message came the wrong way",
            Self::Signature { .. } => "does not sign this message",
        };
        write!(f, "{} {what}", self.field())
    }
}

impl core::error::Error for Invalid {}

impl fmt::Display for Rejected {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Malformed(error) => error.fmt(f),
            Self::Invalid(error) => error.fmt(f),
            Self::TooLarge => f.write_str("larger than a device takes"),
        }
    }
}

impl core::error::Error for Rejected {}

impl From<DecodeError> for Rejected {
    fn from(error: DecodeError) -> Self {
        Self::Malformed(error)
    }
}

impl From<Invalid> for Rejected {
    fn from(error: Invalid) -> Self {
        Self::Invalid(error)
    }
}

/// Why a message was not written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unwritable {
    /// Its reader would refuse it.
    Rejected(Rejected),
    /// The caller's buffer is too small.
    Full,
    /// The key that it would be signed with does not exist, or signed wrongly: once in 2¹²⁷ times,
    /// or when the hardware fails. Another nonce is another key.
    NoKey,
}

const _: () = assert!(size_of::<Unwritable>() == 16);

impl fmt::Display for Unwritable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Rejected(error) => error.fmt(f),
            Self::Full => Full.fmt(f),
            Self::NoKey => f.write_str("there is no such key, or it does not sign"),
        }
    }
}

impl core::error::Error for Unwritable {}

impl From<Full> for Unwritable {
    fn from(Full: Full) -> Self {
        Self::Full
    }
}

impl From<Rejected> for Unwritable {
    fn from(error: Rejected) -> Self {
        Self::Rejected(error)
    }
}

impl From<Invalid> for Unwritable {
    fn from(error: Invalid) -> Self {
        Self::Rejected(error.into())
    }
}

impl From<DecodeError> for Unwritable {
    fn from(error: DecodeError) -> Self {
        Self::Rejected(error.into())
    }
}

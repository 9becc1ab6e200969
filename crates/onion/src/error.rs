use core::fmt;

use countersign_tlv::DecodeError;

/// The packet or its payload is to be ignored; nothing more is said.
///
/// There is one value for every cause: a wrong version or key, a MAC that does not match, a payload
/// that is malformed, too long or not allowed where it stands. A finer answer would tell a stranger
/// which of their forgeries came how far.
//= bolt4#onion-messages
//# If decryption fails, the result is not a valid `onionmsg_tlv`, or it contains unknown even types:
//#   - MUST ignore the message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Ignored;

impl fmt::Display for Ignored {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the onion is not one that this key opens")
    }
}

impl core::error::Error for Ignored {}

/// Why an onion cannot be built. The fault is the caller's: none of this depends on a stranger.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BuildError {
    /// The session key is no key, or one that follows from it is not: once in 2¹²⁷ times.
    NotAKey,
    /// There is no payload, or there are more than [`MAX_LAYERS`](crate::capacity::MAX_LAYERS).
    LayerCount,
    /// The payloads are longer than the packet, or the packet than the buffer.
    TooLong,
    /// A payload is not as long as it was when the build began.
    PayloadChanged,
    /// The step was asked for before the one that it needs.
    OutOfOrder,
}

impl fmt::Display for BuildError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::NotAKey => "the session key leads to a number that is no key",
            Self::LayerCount => "an onion has 1 to 14 layers",
            Self::TooLong => "the payloads do not fit",
            Self::PayloadChanged => "a payload has another length than at the start",
            Self::OutOfOrder => "an earlier step of the build is missing",
        })
    }
}

impl core::error::Error for BuildError {}

/// Why bytes are not the `payload` of a payment onion.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PaymentError {
    /// They are not that encoding.
    Malformed(DecodeError),
    /// They hold a record that has to be understood and is not (R-TLV-04).
    UnknownEven {
        /// The record's type.
        number: u64,
    },
}

const _: () = assert!(size_of::<PaymentError>() <= 16);

impl From<DecodeError> for PaymentError {
    fn from(error: DecodeError) -> Self {
        Self::Malformed(error)
    }
}

impl fmt::Display for PaymentError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Malformed(error) => error.fmt(f),
            Self::UnknownEven { number } => write!(f, "record {number} is not known, and even"),
        }
    }
}

impl core::error::Error for PaymentError {}

use core::fmt;

use countersign_tlv::{DecodeError, Malformed, TlvStream};

/// A place in flash that holds one item, replaced as a whole or not at all.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Slot {
    /// The seed and its network: written once, secret.
    Seed,
    /// The merchant's decisions ([`crate::Settings`]).
    Settings,
    /// What only ever grows ([`crate::Counters`]).
    Counters,
    /// The merchant's own refunds ([`crate::Payouts`]).
    Payouts,
}

/// The last record of every item, empty: an item that was cut short does not have it.
pub(crate) const COMPLETE: u64 = 2_000;

/// The records of an item that is whole.
///
/// # Errors
/// [`Unreadable::Malformed`].
pub(crate) fn whole(bytes: &[u8]) -> Result<TlvStream<'_>, Unreadable> {
    let item = TlvStream::parse(bytes)?;
    item.find(COMPLETE).ok_or(Unreadable::Malformed(Malformed::Truncated))?;
    Ok(item)
}

/// An item in flash that is not one that this firmware would have written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unreadable {
    /// It is not whole, or not a TLV stream.
    Malformed(Malformed),
    /// It is missing, or an earlier one than was written last.
    Lost,
    /// Another board wrote it.
    Foreign,
    /// A newer firmware wrote something that this one does not know and must not ignore.
    Newer,
    /// A list is longer than this firmware can hold.
    TooLong,
    /// The rules contradict each other or are out of range.
    Rule,
    /// A key is not a point of the curve.
    Point,
    /// The seed does not give keys.
    Seed,
}

impl From<DecodeError> for Unreadable {
    fn from(error: DecodeError) -> Self {
        Self::Malformed(error.rule)
    }
}

impl fmt::Display for Unreadable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Malformed(rule) => write!(f, "it is damaged: {rule}"),
            Self::Lost => f.write_str("it is damaged: something that was written is missing"),
            Self::Foreign => {
                f.write_str("another board wrote it: install that board's image, or wipe")
            }
            Self::Newer => f.write_str("a newer firmware wrote it: install that one, or wipe"),
            Self::TooLong => f.write_str("a list in it is longer than this firmware can hold"),
            Self::Rule => f.write_str("its rules are out of range or contradict each other"),
            Self::Point => f.write_str("a key in it is not a point of the curve"),
            Self::Seed => f.write_str("its seed does not give keys"),
        }
    }
}

impl core::error::Error for Unreadable {}

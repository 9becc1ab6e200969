use core::num::{NonZeroU16, NonZeroU32};

use countersign_link::{Code, ErrorReply, Reply, Request};
use countersign_policy::Uptime;

use crate::Slot;

/// What the shell of a device tells it, one at a time.
#[derive(Debug)]
pub enum Input<'a> {
    /// A message from the host.
    Message {
        /// The request's id.
        id: u32,
        /// What the host says.
        request: Request<'a>,
    },
    /// The merchant pressed the button that says yes.
    Confirmed,
    /// The merchant pressed the button that says no, or did not answer in time.
    Cancelled,
    /// What [`Output::Store`] or [`Output::Erase`] asked for is in flash.
    Stored,
    /// It is not, and flash is as it was.
    StoreFailed,
    /// Nothing happened: the answer to [`Output::Continue`].
    Continue,
}

/// What is true at the moment of an input.
#[derive(Debug)]
pub struct Moment {
    /// Seconds since the device was switched on.
    pub uptime: Uptime,
    /// 32 fresh bytes of the board's random source.
    pub entropy: [u8; 32],
}

/// What the device wants from its shell.
#[derive(Debug)]
#[expect(clippy::large_enum_variant, reason = "it is passed on, not kept")]
pub enum Output<'o> {
    /// Nothing yet.
    Nothing,
    /// Send this to the host.
    Reply {
        /// The request's id.
        id: u32,
        /// What to say.
        reply: Reply<'o>,
    },
    /// Show [`Device::prompt`](crate::Device::prompt) and wait for a button. The host is told
    /// [`Reply::AwaitingApproval`].
    Ask {
        /// The request's id.
        id: u32,
        /// The prompt's number.
        prompt: u32,
    },
    /// Write this to flash, whole or not at all, and say how it went.
    Store {
        /// Where.
        slot: Slot,
        /// What.
        item: &'o [u8],
    },
    /// Forget every item, for good, and say how it went.
    Erase,
    /// There is more to do: look for a message of the host's and a button, then call again.
    Continue,
}

impl Output<'_> {
    /// Whether it borrows something that must not stay where it lies.
    pub(crate) const fn has_secret(&self) -> bool {
        matches!(
            self,
            Self::Store { slot: Slot::Seed, .. }
                | Self::Reply {
                    reply: Reply::Claimed { .. }
                        | Reply::BridgeKey { .. }
                        | Reply::Words(_)
                        | Reply::Prompt(_),
                    ..
                }
        )
    }
}

/// Why a request failed. It is what most functions may return, so it has the size of two registers,
/// and so has the result of one that returns nothing else.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Failure {
    /// The [`Code`], none of which is zero.
    code: NonZeroU16,
    /// One more than a field's TLV type.
    field: Option<NonZeroU32>,
}

const _: () = assert!(size_of::<Result<(), Failure>>() == 8);

/// The number of [`Code::INTERNAL`].
const INTERNAL: NonZeroU16 = match NonZeroU16::new(Code::INTERNAL.0) {
    Some(number) => number,
    None => NonZeroU16::MAX,
};

impl Failure {
    /// The failure of a field, by its TLV type. One of 2³² − 1 or more is not told.
    pub(crate) fn of_field(code: Code, field: u64) -> Self {
        let field = field.checked_add(1).and_then(|field| u32::try_from(field).ok());
        Self { field: field.and_then(NonZeroU32::new), ..code.into() }
    }

    pub(crate) fn reply<'o>(self) -> Reply<'o> {
        let field = self.field.map(|field| u64::from(field.get()).saturating_sub(1));
        Reply::Error(ErrorReply { code: Code(self.code.get()), field, offset: None })
    }
}

impl From<Code> for Failure {
    fn from(Code(code): Code) -> Self {
        Self { code: NonZeroU16::new(code).unwrap_or(INTERNAL), field: None }
    }
}

#[cfg(test)]
mod tests {
    use countersign_link::{Code, ErrorReply, Reply};

    use super::Failure;

    #[test]
    fn a_failure_names_any_field_whose_type_has_room() {
        let code = Code::INVALID_FIELD;
        let tells = |field| Reply::Error(ErrorReply { code, field, offset: None });
        let largest = u64::from(u32::MAX - 1);
        for field in [0, largest] {
            assert_eq!(Failure::of_field(code, field).reply(), tells(Some(field)));
        }
        for field in [largest + 1, u64::MAX] {
            assert_eq!(Failure::of_field(code, field).reply(), tells(None));
        }
    }
}

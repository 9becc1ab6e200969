use std::io;

use countersign_link::{Code, ErrorReply, Network, PROTOCOL};
use countersign_policy::Rule;
use countersign_simulator::FlashError;

use crate::{Access, advice};

/// Why the device did not do what it was asked, and what to do about it.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The port is not there.
    #[error("no device at {0}: plug it in, or name another with --device")]
    NoDevice(String, #[source] io::Error),
    /// Somebody else has the port.
    #[error("the port {0} is in use: end the other program that has it open")]
    PortBusy(String, #[source] io::Error),
    /// The port cannot be opened.
    #[error("the port {0} cannot be opened: {1}")]
    NotOpened(String, #[source] io::Error),
    /// The simulated device's file cannot be used.
    #[error(transparent)]
    Flash(#[from] FlashError),
    /// Whatever is at the other end does not greet.
    #[error(
        "nothing at {0} answers like a Countersign device: check that the port is the right one \
         and that nobody else uses the device, then unplug it and plug it in again"
    )]
    NoAnswer(String),
    /// The device speaks another version of the protocol.
    #[error(
        "the device's firmware {firmware} speaks version {device} of the protocol, this program \
         version {PROTOCOL}: {}", if *.device < PROTOCOL {
            "update the firmware"
        } else {
            "update this program"
        }
    )]
    OtherProtocol {
        /// The device's version.
        device: u16,
        /// The device's firmware.
        firmware: String,
    },
    /// The device is for another network.
    #[error(
        "the device is for {device}, not {wanted}: use one that is for {wanted}, or run \
         `countersign device wipe` and provision this one again"
    )]
    OtherNetwork {
        /// The device's network.
        device: &'static str,
        /// The one that was asked for.
        wanted: &'static str,
    },
    /// The device said no.
    #[error("{}", refusal(.0, on_code))]
    Refused(ErrorReply),
    /// The device does not take the payment paths that it was offered: there is no invoice with them.
    #[error("{}", refusal(.0, on_code_of_paths))]
    PathsRefused(ErrorReply),
    /// The connection broke.
    #[error("the connection to the device broke: {0}")]
    Lost(#[source] io::Error),
    /// The device does not answer any more.
    #[error("the device does not answer any more: unplug it and plug it in again")]
    Wedged,
    /// The device answers, but not with what was asked for.
    #[error("the device takes longer than it says it may: unplug it and plug it in again")]
    TooSlow,
    /// A frame was damaged on its way.
    #[error("the line to the device is bad: {0}")]
    Damaged(Code),
    /// A reply is none of those that the request can have.
    #[error("the device's firmware answers `{0}` with something else: update it")]
    Unexpected(&'static str),
    /// What was to be sent does not fit a message.
    #[error("{0} is too long for the device")]
    TooLong(&'static str),
    /// The operating system has no randomness.
    #[error("no randomness: {0}")]
    NoEntropy(#[from] getrandom::Error),
}

/// What may help against an error.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Remedy {
    /// The same frames once more.
    Repeat,
    /// A new conversation, and then the same frames.
    Reopen,
    /// Nothing that a program can do.
    None,
}

impl Error {
    pub(crate) fn open(access: &Access, error: io::Error) -> Self {
        let name = access.to_string();
        match error.kind() {
            io::ErrorKind::NotFound | io::ErrorKind::ConnectionRefused => {
                Self::NoDevice(name, error)
            }
            io::ErrorKind::ResourceBusy | io::ErrorKind::WouldBlock => Self::PortBusy(name, error),
            _ => Self::NotOpened(name, error),
        }
    }

    /// The same error, of which it is known that the device was being offered payment paths.
    pub(crate) fn about_paths(self) -> Self {
        match self {
            Self::Refused(reply)
                if reply.code.rule().is_some() || on_code_of_paths(reply.code).is_some() =>
            {
                Self::PathsRefused(reply)
            }
            // It fits no frame, and would be too long for the device by far.
            Self::TooLong(_) => {
                Self::PathsRefused(ErrorReply { code: Code::TOO_LONG, field: None, offset: None })
            }
            error => error,
        }
    }

    /// The rule of the merchant's that refused, if one did.
    #[must_use]
    pub fn rule(&self) -> Option<Rule> {
        match self {
            Self::Refused(reply) | Self::PathsRefused(reply) => {
                reply.code.rule().and_then(Rule::from_number)
            }
            _ => None,
        }
    }

    /// The device's error number, if the device gave one.
    #[must_use]
    pub const fn code(&self) -> Option<Code> {
        match self {
            Self::Refused(reply) | Self::PathsRefused(reply) => Some(reply.code),
            Self::Damaged(code) => Some(*code),
            _ => None,
        }
    }

    pub(crate) const fn remedy(&self) -> Remedy {
        match self {
            Self::Refused(reply) => match reply.code {
                Code::BUSY | Code::NOT_OPEN | Code::CHUNK_ORDER | Code::TIMED_OUT => Remedy::Repeat,
                Code::NO_HELLO => Remedy::Reopen,
                _ => Remedy::None,
            },
            Self::Damaged(_) => Remedy::Repeat,
            Self::NoDevice(..)
            | Self::NotOpened(..)
            | Self::NoAnswer(_)
            | Self::Lost(_)
            | Self::Wedged
            | Self::TooSlow => Remedy::Reopen,
            Self::PathsRefused(_)
            | Self::PortBusy(..)
            | Self::Flash(_)
            | Self::OtherProtocol { .. }
            | Self::OtherNetwork { .. }
            | Self::Unexpected(_)
            | Self::TooLong(_)
            | Self::NoEntropy(_) => Remedy::None,
        }
    }
}

/// The name of a network on the command line.
pub(crate) const fn network_name(network: Network) -> &'static str {
    match network {
        Network::Bitcoin => "bitcoin",
        Network::Testnet => "testnet",
        Network::Signet => "signet",
        Network::Regtest => "regtest",
    }
}

/// A refusal in words, with what to do about it: `on_code` says so where it was no rule.
fn refusal(reply: &ErrorReply, on_code: fn(Code) -> Option<&'static str>) -> String {
    let ErrorReply { code, field, offset } = reply;
    let what = match code.rule() {
        Some(number) => match Rule::from_number(number) {
            Some(rule) => format!("{rule} refused: {}", advice::on_rule(rule)),
            None => format!("rule {number} of newer firmware refused"),
        },
        None => match on_code(*code) {
            Some(advice) => format!("{code}: {advice}"),
            None => code.to_string(),
        },
    };
    let field = field.map(|field| match *code {
        Code::SEED_WORDS => format!("; word {}", field.saturating_add(1)),
        _ => format!("; field {field}"),
    });
    let place = offset.map(|offset| format!("; at byte {offset}"));
    [Some(what), field, place].into_iter().flatten().collect()
}

/// The errors that payment paths can have beside breaking a rule.
const fn on_code_of_paths(code: Code) -> Option<&'static str> {
    Some(match code {
        Code::TOO_LONG => "offer fewer payment paths, with fewer hops or shorter records",
        Code::UNREADABLE => "offer records of the recipient's that end at the recipient",
        Code::NOT_A_POINT => "name each node by its public key",
        Code::NOT_FOUND => {
            "run `countersign device pair recipient` with --receive-auth-key, which the records are \
             sealed with"
        }
        _ => return None,
    })
}

const fn on_code(code: Code) -> Option<&'static str> {
    Some(match code {
        Code::UNPROVISIONED => "run `countersign device provision`",
        Code::PROVISIONED => "`countersign device wipe` makes it forget its seed",
        Code::BUSY => "wait, or cancel on the device",
        Code::NOT_APPROVED => "press the button that says yes",
        Code::NOT_DISCLOSED => "read it on the device's screen",
        Code::TIME_UNKNOWN => "run `countersign device time`",
        Code::STORAGE_DAMAGED => {
            "run `countersign device wipe`, then provision it from its words and import its export"
        }
        Code::STORAGE_NEWER => "install the newer firmware again",
        Code::OTHER_NETWORK => "`countersign device info` says for which",
        Code::SEED_WORDS => "check their spelling and their order",
        Code::FULL => "revoke the epoch, or make the list shorter",
        Code::UNKNOWN_REQUEST => "update the firmware",
        _ => return None,
    })
}

//! What a frame's body holds: a request id and a message, in postcard's encoding.

use core::fmt;

use serde::{Deserialize, Serialize};

use crate::reader::read;

/// Who speaks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// The host.
    Request,
    /// The device.
    Reply,
}

impl Kind {
    pub(crate) const fn number(self) -> u8 {
        match self {
            Self::Request => 1,
            Self::Reply => 2,
        }
    }

    pub(crate) const fn from_number(number: u8) -> Option<Self> {
        match number {
            1 => Some(Self::Request),
            2 => Some(Self::Reply),
            _ => None,
        }
    }
}

/// What can be a message: [`Request`](crate::Request) and [`Reply`](crate::Reply).
pub trait Body<'a>: Serialize + Deserialize<'a> {
    /// Who says it.
    const KIND: Kind;
}

/// A request, one of its further frames, or a reply to it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Message<T> {
    /// The request's id, chosen by the host. All frames of a request and all replies to it carry
    /// it, and a repeated request carries it again.
    pub id: u32,
    /// What is said.
    pub body: T,
}

/// Why a frame's body was not a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BodyError {
    /// It is of the other kind.
    WrongKind,
    /// It is not one of the messages, or a field of it is out of range or cut short.
    Malformed,
    /// Bytes are left after it.
    TrailingBytes,
}

impl fmt::Display for BodyError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::WrongKind => "a message of the other side",
            Self::Malformed => "not a message",
            Self::TrailingBytes => "bytes after the message",
        })
    }
}

impl core::error::Error for BodyError {}

impl<T> Message<T> {
    pub(crate) fn parse<'a>(bytes: &'a [u8]) -> Result<Self, BodyError>
    where
        T: Deserialize<'a>,
    {
        match read(bytes) {
            Some((message, [])) => Ok(message),
            Some(_) => Err(BodyError::TrailingBytes),
            None => Err(BodyError::Malformed),
        }
    }
}

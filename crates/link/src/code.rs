//! Error numbers.

use core::fmt;

use serde::{Deserialize, Serialize};

/// A stable error number. Numbers that are not listed here come from a newer device.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Code(pub u16);

impl Code {
    /// A frame had more than [`MAX_FRAME`](crate::MAX_FRAME) bytes.
    pub const FRAME_TOO_LONG: Self = Self(101);
    /// A frame was not a frame, or damaged.
    pub const FRAME_DAMAGED: Self = Self(102);
    /// A frame's version, kind, flags, channel or length is unknown.
    pub const FRAME_HEADER: Self = Self(103);
    /// A frame's body is no request.
    pub const UNKNOWN_REQUEST: Self = Self(104);

    /// The first request was not `Hello`.
    pub const NO_HELLO: Self = Self(201);
    /// The protocol version of `Hello` is not the device's.
    pub const PROTOCOL_VERSION: Self = Self(202);

    /// Another request is being worked on.
    pub const BUSY: Self = Self(301);
    /// The request is not possible before provisioning.
    pub const UNPROVISIONED: Self = Self(302);
    /// The request is not possible after provisioning.
    pub const PROVISIONED: Self = Self(303);
    /// The id belongs to another request of late.
    pub const ID_REUSED: Self = Self(304);
    /// The frame continues no request that is open.
    pub const NOT_OPEN: Self = Self(305);
    /// A chunk is missing, out of order, empty or past the end.
    pub const CHUNK_ORDER: Self = Self(306);
    /// The next frame took too long.
    pub const TIMED_OUT: Self = Self(307);
    /// The host cancelled the request.
    pub const CANCELLED: Self = Self(308);
    /// The merchant said no, or did not answer.
    pub const NOT_APPROVED: Self = Self(309);
    /// The merchant's rules do not let the host see it.
    pub const NOT_DISCLOSED: Self = Self(310);
    /// A list or a buffer of the device is full.
    pub const FULL: Self = Self(311);
    /// There is nothing of that id.
    pub const NOT_FOUND: Self = Self(312);
    /// The device does not know the time yet.
    pub const TIME_UNKNOWN: Self = Self(313);
    /// The merchant is being asked about this request, or about another one that came first: the same
    /// request may be sent again later.
    pub const WITH_MERCHANT: Self = Self(314);

    /// A message of the Lightning Network, or a field of a request, could not be read.
    pub const UNREADABLE: Self = Self(401);
    /// A field of a request is longer than the device takes.
    pub const TOO_LONG: Self = Self(402);
    /// A public key is no point of the curve.
    pub const NOT_A_POINT: Self = Self(403);
    /// Seed words are not words, or their checksum is wrong.
    pub const SEED_WORDS: Self = Self(404);
    /// A request is for another network than the device's.
    pub const OTHER_NETWORK: Self = Self(405);
    /// A specification's rule is broken: the field's TLV type is with the error, if it is below
    /// 2³² − 1.
    pub const INVALID_FIELD: Self = Self(406);

    /// A signature that the device made was wrong. It did not leave.
    pub const SIGNATURE_FAULT: Self = Self(601);
    /// Sealed data is not the device's, or damaged.
    pub const NOT_OURS: Self = Self(602);
    /// The random source failed its tests.
    pub const RANDOM_SOURCE: Self = Self(603);

    /// The device's storage cannot be read. It has to be wiped.
    pub const STORAGE_DAMAGED: Self = Self(701);
    /// The device's storage cannot be written.
    pub const STORAGE_FULL: Self = Self(702);
    /// The device's storage was written by newer firmware.
    pub const STORAGE_NEWER: Self = Self(703);
    /// The device's storage is another board's.
    pub const STORAGE_FOREIGN: Self = Self(704);

    /// A self-test failed at boot.
    pub const SELF_TEST: Self = Self(801);

    /// The device found itself in a state that cannot be. It has dropped the request.
    pub const INTERNAL: Self = Self(901);

    /// The refusal of a rule of the merchant's, by the rule's number.
    #[must_use]
    pub const fn policy(rule: u8) -> Self {
        #[expect(clippy::as_conversions, reason = "u8 to u16 loses nothing")]
        Self(500_u16.saturating_add(rule as u16))
    }

    /// The number of the rule that refused, for a code that [`Code::policy`] made.
    #[must_use]
    pub fn rule(self) -> Option<u8> {
        match self.0 {
            500..=599 => self.0.checked_sub(500)?.try_into().ok(),
            _ => None,
        }
    }

    /// What went wrong, for a person.
    #[must_use]
    pub const fn meaning(self) -> &'static str {
        match self {
            Self::FRAME_TOO_LONG => "a frame was too long",
            Self::FRAME_DAMAGED => "a frame was damaged",
            Self::FRAME_HEADER => "a frame's header is unknown",
            Self::UNKNOWN_REQUEST => "the device does not know this request",
            Self::NO_HELLO => "the conversation has to begin with Hello",
            Self::PROTOCOL_VERSION => "device and host speak different protocol versions",
            Self::BUSY => "the device is working on another request",
            Self::UNPROVISIONED => "the device is not provisioned",
            Self::PROVISIONED => "the device is provisioned already",
            Self::ID_REUSED => "the request id was used for another request",
            Self::NOT_OPEN => "the request is not open",
            Self::CHUNK_ORDER => "a chunk is missing or out of order",
            Self::TIMED_OUT => "the rest of the request did not arrive in time",
            Self::CANCELLED => "the request was cancelled",
            Self::NOT_APPROVED => "the merchant did not approve",
            Self::NOT_DISCLOSED => "the merchant's rules keep this from the host",
            Self::FULL => "a list of the device is full",
            Self::NOT_FOUND => "there is nothing of that id",
            Self::TIME_UNKNOWN => "the device has not been told the time",
            Self::WITH_MERCHANT => "the merchant is being asked; send the request again later",
            Self::UNREADABLE => "a field cannot be read",
            Self::TOO_LONG => "a field is too long",
            Self::NOT_A_POINT => "a public key is not on the curve",
            Self::SEED_WORDS => "the seed words are wrong",
            Self::OTHER_NETWORK => "the device is for another network",
            Self::INVALID_FIELD => "a field breaks a rule of the specification",
            Self::SIGNATURE_FAULT => "the device's own signature was wrong and did not leave",
            Self::NOT_OURS => "the data is not this device's",
            Self::RANDOM_SOURCE => "the random source failed its tests",
            Self::STORAGE_DAMAGED => "the storage is damaged; the device has to be wiped",
            Self::STORAGE_FULL => "the storage cannot be written",
            Self::STORAGE_NEWER => "the storage is of newer firmware: install that one, or wipe",
            Self::STORAGE_FOREIGN => "the storage is another board's: install its image, or wipe",
            Self::SELF_TEST => "a self-test failed",
            Self::INTERNAL => "the device found itself in an impossible state",
            Self(500..=599) => "a rule of the merchant's refused",
            Self(_) => "an error of newer firmware",
        }
    }
}

impl fmt::Display for Code {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} (error {})", self.meaning(), self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::Code;

    #[test]
    fn a_rules_number_survives_in_its_code() {
        for rule in 0..100 {
            assert_eq!(Code::policy(rule).rule(), Some(rule));
        }
        assert_eq!(Code::INTERNAL.rule(), None);
        assert_eq!(Code(499).rule(), None);
        assert_eq!(Code(600).rule(), None);
    }
}

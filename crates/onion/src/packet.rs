use countersign_crypto::{HmacSha256, PublicKey};
use countersign_tlv::{DecodeError, Full, Malformed, Reader, Writer};

use crate::Payload;
use crate::capacity::{
    HEADER_LEN, HMAC_LEN, LARGE_PAYLOADS_LEN, MIN_PAYLOADS_LEN, PACKET_OVERHEAD, SMALL_PAYLOADS_LEN,
};

/// The length of the payloads in a packet, in bytes: from the least that can be a layer to 32,768.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PayloadsLen(usize);

impl PayloadsLen {
    /// 1,300 bytes: the small packet that BOLT 4 suggests, and the one of every payment.
    pub const SMALL: Self = Self(SMALL_PAYLOADS_LEN);

    /// 32,768 bytes: the large packet that BOLT 4 suggests.
    pub const LARGE: Self = Self(LARGE_PAYLOADS_LEN);

    /// Takes a length; `None` below the minimum of 35 and above 32,768.
    #[must_use]
    pub fn new(len: usize) -> Option<Self> {
        (MIN_PAYLOADS_LEN..=LARGE_PAYLOADS_LEN).contains(&len).then_some(Self(len))
    }

    /// Takes the length of a whole packet, header and MAC included.
    #[must_use]
    pub fn of_packet(len: usize) -> Option<Self> {
        Self::new(len.checked_sub(PACKET_OVERHEAD)?)
    }

    /// The smaller of the two lengths that we write which has room for `payloads` (R-OX-01).
    #[must_use]
    pub fn smallest_for(payloads: &[Payload<'_>]) -> Option<Self> {
        let total = payloads
            .iter()
            .try_fold(0_usize, |total, payload| total.checked_add(payload.layer_len()))?;
        [Self::SMALL, Self::LARGE].into_iter().find(|len| total <= len.get())
    }

    /// The number of bytes.
    #[must_use]
    pub const fn get(self) -> usize {
        self.0
    }

    /// The number of bytes of the whole packet.
    #[must_use]
    pub const fn packet_len(self) -> usize {
        self.0.saturating_add(PACKET_OVERHEAD)
    }
}

/// What the MACs of an onion cover besides its payloads.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AssociatedData {
    /// Nothing, as in every message (R-OX-01).
    None,
    /// The hash of the payment that the onion belongs to.
    PaymentHash([u8; 32]),
}

impl AssociatedData {
    /// Adds the data to a MAC that has covered the payloads.
    pub(crate) fn cover(&self, mac: &mut HmacSha256) {
        match self {
            Self::None => {}
            Self::PaymentHash(hash) => mac.update(hash),
        }
    }
}

/// A whole `onion_packet`, as `onion_message_packet` and `onion_routing_packet` are laid out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Packet<'a> {
    /// The version and the public key, neither of them checked.
    pub header: &'a [u8; HEADER_LEN],
    /// The payloads.
    pub payloads: &'a [u8],
    /// Their length.
    pub payloads_len: PayloadsLen,
    /// The MAC over the payloads.
    pub hmac: &'a [u8; HMAC_LEN],
}

impl<'a> Packet<'a> {
    /// Reads a packet that fills `bytes`.
    ///
    /// # Errors
    /// [`Malformed::Truncated`] when there is no room for the least payload,
    /// [`Malformed::TrailingBytes`] above 32,834 bytes.
    pub fn parse(bytes: &'a [u8]) -> Result<Self, DecodeError> {
        let mut reader = Reader::new(bytes);
        let header = reader.array()?;
        let start = reader;
        let rest = reader.remaining();
        let (payloads, hmac) = rest.split_last_chunk().ok_or(start.error(Malformed::Truncated))?;
        let rule = if payloads.len() < MIN_PAYLOADS_LEN {
            Malformed::Truncated
        } else {
            Malformed::TrailingBytes
        };
        let payloads_len = PayloadsLen::new(payloads.len()).ok_or(start.error(rule))?;
        Ok(Self { header, payloads, payloads_len, hmac })
    }
}

/// An `onion_message` of the Lightning peer protocol: its type, 513, and what it carries.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct OnionMessage<'a> {
    /// The key with which the receiver unblinds itself.
    #[doc(alias = "blinding_point")]
    pub path_key: PublicKey,
    /// The onion.
    pub packet: Packet<'a>,
}

impl<'a> OnionMessage<'a> {
    /// The message's type.
    pub const TYPE: u16 = 513;

    /// Reads a message, its type included. What follows the packet is an extension and ignored
    /// (R-TLV-09).
    ///
    /// # Errors
    /// [`Malformed::UnknownVariant`] for another type, [`Malformed::NotAPoint`] for the path key,
    /// and as [`Packet::parse`].
    pub fn parse(bytes: &'a [u8]) -> Result<Self, DecodeError> {
        let mut reader = Reader::new(bytes);
        let start = reader;
        if reader.u16()? != Self::TYPE {
            return Err(start.error(Malformed::UnknownVariant));
        }
        let start = reader;
        let path_key =
            PublicKey::parse(reader.array()?).or(Err(start.error(Malformed::NotAPoint)))?;
        let len = reader.u16()?;
        let offset = reader.offset();
        let packet = Packet::parse(reader.bytes(u64::from(len))?).map_err(|error| DecodeError {
            offset: error.offset.saturating_add(offset),
            ..error
        })?;
        Ok(Self { path_key, packet })
    }

    /// Writes what precedes the packet of a message: type, path key and the packet's length.
    ///
    /// # Errors
    /// [`Full`].
    pub fn write_header(
        writer: &mut Writer<'_>,
        path_key: &PublicKey,
        payloads_len: PayloadsLen,
    ) -> Result<(), Full> {
        writer.bytes(&Self::TYPE.to_be_bytes())?;
        writer.bytes(&path_key.serialize())?;
        let len = u16::try_from(payloads_len.packet_len()).or(Err(Full))?;
        writer.bytes(&len.to_be_bytes())
    }
}

#[cfg(test)]
mod tests {
    extern crate alloc;

    use alloc::vec;
    use alloc::vec::Vec;

    use countersign_tlv::{DecodeError, Malformed, Writer};

    use super::{OnionMessage, Packet, PayloadsLen};
    use crate::testing::key;
    use crate::{Payload, capacity};

    fn rejected(offset: u32, rule: Malformed) -> DecodeError {
        DecodeError { offset, rule }
    }

    #[test]
    fn a_packet_has_room_for_one_payload_and_at_most_32834_bytes() {
        // R-OX-01, DESIGN §6: at each limit and one past it.
        assert_eq!(Packet::parse(&[0; 101]).unwrap().payloads.len(), 35);
        assert_eq!(Packet::parse(&[0; 100]), Err(rejected(34, Malformed::Truncated)));
        assert_eq!(Packet::parse(&[0; 40]), Err(rejected(34, Malformed::Truncated)));
        assert_eq!(Packet::parse(&[0; 33]), Err(rejected(0, Malformed::Truncated)));
        let mut bytes = vec![0; capacity::MAX_PACKET_LEN];
        assert_eq!(Packet::parse(&bytes).unwrap().payloads_len, PayloadsLen::LARGE);
        bytes.push(0);
        assert_eq!(Packet::parse(&bytes), Err(rejected(34, Malformed::TrailingBytes)));
    }

    #[test]
    fn the_smallest_packet_that_fits_is_chosen() {
        let sized = |len: usize| {
            let bytes = vec![0; len];
            PayloadsLen::smallest_for(&[Payload::Pieces(&[&[0; 100]]), Payload::Pieces(&[&bytes])])
        };
        // 100 bytes with their length and MAC are 133; the other payload's overhead is 35.
        assert_eq!(sized(1_300 - 133 - 35), Some(PayloadsLen::SMALL));
        assert_eq!(sized(1_300 - 133 - 34), Some(PayloadsLen::LARGE));
        assert_eq!(sized(32_768 - 133 - 35), Some(PayloadsLen::LARGE));
        assert_eq!(sized(32_768 - 133 - 34), None);
    }

    #[test]
    fn a_message_is_read_as_it_was_written() {
        let path_key = key(5);
        let mut buffer = [7; 37 + 1_366 + 3];
        let mut writer = Writer::new(&mut buffer);
        OnionMessage::write_header(&mut writer, &path_key, PayloadsLen::SMALL).unwrap();
        assert_eq!(writer.len(), 37);

        let message = OnionMessage::parse(&buffer).unwrap();
        assert_eq!(message.path_key, path_key);
        assert_eq!(message.packet.payloads_len, PayloadsLen::SMALL);

        let mut other: Vec<u8> = buffer.to_vec();
        other[1] = 2;
        assert_eq!(OnionMessage::parse(&other), Err(rejected(0, Malformed::UnknownVariant)));
        other[1] = 1;
        other[2] = 4;
        assert_eq!(OnionMessage::parse(&other), Err(rejected(2, Malformed::NotAPoint)));
        other[2] = buffer[2];
        other[35..37].fill(0);
        assert_eq!(OnionMessage::parse(&other), Err(rejected(37, Malformed::Truncated)));
        other.truncate(1_402);
        assert!(OnionMessage::parse(&other[..1_402]).is_err());
    }
}

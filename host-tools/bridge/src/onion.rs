use core::fmt;

use bitcoin::secp256k1::PublicKey;
use lightning::ln::msgs::OnionMessage;
use lightning::onion_message::packet::Packet;
use lightning::util::ser::Writeable;

/// An onion message for one node: the path key and the packet, as BOLT 4's `onion_message` has them.
#[derive(Clone, PartialEq, Eq)]
pub struct Onion {
    /// The point that opens the receiving node's `encrypted_recipient_data`.
    pub path_key: PublicKey,
    /// The `onion_message_packet`, at most [`Onion::MAX_PACKET_BYTES`].
    pub packet: Vec<u8>,
}

impl Onion {
    /// The largest packet that is carried: BOLT 4's 32,768 bytes of payloads.
    pub const MAX_PACKET_BYTES: usize = 32_834;

    /// Reads an onion message as LDK has received it; `None` when it is larger than is carried.
    pub(crate) fn from_ldk(message: &OnionMessage) -> Option<Self> {
        let packet = message.onion_routing_packet.encode();
        (packet.len() <= Self::MAX_PACKET_BYTES)
            .then_some(Self { path_key: message.blinding_point, packet })
    }

    /// The same onion message as LDK sends it.
    ///
    /// # Errors
    /// The packet has not the form of an `onion_message_packet`.
    pub(crate) fn to_ldk(&self) -> Result<OnionMessage, PacketError> {
        if self.packet.len() > Self::MAX_PACKET_BYTES {
            return Err(PacketError::TooLarge);
        }
        let (&version, rest) = self.packet.split_first().ok_or(PacketError::TooSmall)?;
        let (public_key, rest) = rest.split_first_chunk::<33>().ok_or(PacketError::TooSmall)?;
        let (hop_data, hmac) = rest.split_last_chunk::<32>().ok_or(PacketError::TooSmall)?;
        let Ok(public_key) = PublicKey::from_slice(public_key) else {
            return Err(PacketError::PublicKey);
        };
        let hop_data = hop_data.to_vec();
        Ok(OnionMessage {
            blinding_point: self.path_key,
            onion_routing_packet: Packet { version, public_key, hop_data, hmac: *hmac },
        })
    }
}

/// Shows the size only: what a peer says is not for the log.
impl fmt::Debug for Onion {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Onion({} bytes)", self.packet.len())
    }
}

/// Why bytes are not an `onion_message_packet` that the bridge carries.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum PacketError {
    TooSmall,
    TooLarge,
    PublicKey,
}

impl fmt::Display for PacketError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::TooSmall => "it is shorter than an empty packet",
            Self::TooLarge => "it is larger than any that is carried",
            Self::PublicKey => "its public key is none",
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn onion(packet_bytes: usize) -> Onion {
        let path_key: PublicKey =
            "02eec7245d6b7d2ccb30380bfbe2a3648cd7a942653f5aa340edcea1f283686619".parse().unwrap();
        let mut packet = vec![0; packet_bytes];
        for (to, from) in packet.iter_mut().skip(1).zip(path_key.serialize()) {
            *to = from;
        }
        Onion { path_key, packet }
    }

    #[test]
    fn an_onion_survives_the_way_through_ldk() {
        for bytes in [66, 1_366, Onion::MAX_PACKET_BYTES] {
            let onion = onion(bytes);
            assert_eq!(Onion::from_ldk(&onion.to_ldk().unwrap()), Some(onion), "{bytes}");
        }
    }

    #[test]
    fn sizes_are_bounded_on_both_sides() {
        assert_eq!(onion(65).to_ldk().unwrap_err(), PacketError::TooSmall);
        let too_large = onion(Onion::MAX_PACKET_BYTES + 1);
        assert_eq!(too_large.to_ldk().unwrap_err(), PacketError::TooLarge);
        let mut message = onion(Onion::MAX_PACKET_BYTES).to_ldk().unwrap();
        message.onion_routing_packet.hop_data.push(0);
        assert_eq!(Onion::from_ldk(&message), None);
    }

    #[test]
    fn a_point_off_the_curve_is_no_packet() {
        let mut onion = onion(66);
        onion.packet[1] = 9;
        assert_eq!(onion.to_ldk().unwrap_err(), PacketError::PublicKey);
    }
}

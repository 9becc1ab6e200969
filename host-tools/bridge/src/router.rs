use core::net::SocketAddr;
use std::collections::HashMap;

use bitcoin::secp256k1::PublicKey;
use countersign_peer_address::PeerAddress;

use crate::DeviceAddress;
use crate::gossip::Map;

/// The first node of a path, as BOLT 4's `sciddir_or_pubkey` writes it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Destination {
    /// The node with this id.
    Node(PublicKey),
    /// The node at one end of a channel.
    ChannelEnd {
        /// The short channel id: block, transaction and output in 64 bits.
        short_channel_id: u64,
        /// Which of the two.
        end: ChannelEnd,
    },
}

/// An end of a channel: BOLT 7 orders the two by their node ids' bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ChannelEnd {
    /// `node_id_1`: direction byte 0.
    One,
    /// `node_id_2`: direction byte 1.
    Two,
}

/// What is known of the network beyond who is connected: from settings, from gossip, or from both.
#[derive(Clone, Debug, Default)]
pub struct Directory {
    channels: HashMap<u64, [PublicKey; 2]>,
    addresses: HashMap<PublicKey, SocketAddr>,
    /// What gossip tells; settings come first.
    map: Option<Map>,
}

impl Directory {
    /// Learns from gossip as well, from now on.
    pub(crate) fn follow(&mut self, map: Map) {
        self.map = Some(map);
    }

    /// Learns which two nodes a channel joins.
    pub fn add_channel(&mut self, short_channel_id: u64, mut ends: [PublicKey; 2]) {
        ends.sort_unstable_by_key(PublicKey::serialize);
        self.channels.insert(short_channel_id, ends);
    }

    /// Learns where a node listens.
    pub fn add_address(&mut self, peer: PeerAddress) {
        self.addresses.insert(peer.node_id, peer.address);
    }

    fn node(&self, destination: Destination) -> Option<PublicKey> {
        match destination {
            Destination::Node(node_id) => Some(node_id),
            Destination::ChannelEnd { short_channel_id, end } => {
                let [one, two] = self.ends(short_channel_id)?;
                Some(match end {
                    ChannelEnd::One => one,
                    ChannelEnd::Two => two,
                })
            }
        }
    }

    fn ends(&self, short_channel_id: u64) -> Option<[PublicKey; 2]> {
        let told = || self.map.as_ref()?.ends(short_channel_id);
        self.channels.get(&short_channel_id).copied().or_else(told)
    }

    fn address(&self, node_id: &PublicKey) -> Option<SocketAddr> {
        let told = || self.map.as_ref()?.address(node_id);
        self.addresses.get(node_id).copied().or_else(told)
    }
}

/// Finds the next step towards a destination, for a sender who is the bridge.
#[derive(Debug)]
pub(crate) struct Router {
    pub(crate) bridge: PublicKey,
    pub(crate) device: DeviceAddress,
    pub(crate) directory: Directory,
}

/// The next step towards a destination.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Way {
    /// It is the device: over the link.
    Device,
    /// It is this bridge: its layer has to be peeled.
    Bridge,
    /// It is connected.
    Peer(PublicKey),
    /// It is not connected, but it is known where it listens.
    Connect(PeerAddress),
    /// It is not known.
    Unknown,
}

impl Router {
    /// Finds the way to a destination. Like LDK's routers it knows direct connections only.
    pub(crate) fn way(
        &self,
        destination: Destination,
        is_connected: impl Fn(&PublicKey) -> bool,
    ) -> Way {
        let Some(node_id) = self.directory.node(destination) else { return Way::Unknown };
        if node_id == self.device.node_id {
            Way::Device
        } else if node_id == self.bridge {
            Way::Bridge
        } else if is_connected(&node_id) {
            Way::Peer(node_id)
        } else {
            match self.directory.address(&node_id) {
                Some(address) => Way::Connect(PeerAddress { node_id, address }),
                None => Way::Unknown,
            }
        }
    }

    /// The node behind a short channel id in the bridge's own layer of a path.
    ///
    /// The bridge has no channels: the only one it knows is the one that it made up for the device.
    pub(crate) fn own_channel(&self, short_channel_id: u64) -> Option<PublicKey> {
        (self.device.virtual_channel == Some(short_channel_id)).then_some(self.device.node_id)
    }
}

#[cfg(test)]
mod tests {
    use bitcoin::secp256k1::{Secp256k1, SecretKey};

    use super::*;

    const VIRTUAL: u64 = 7;
    const CHANNEL: u64 = 42;

    fn node(byte: u8) -> PublicKey {
        SecretKey::from_slice(&[byte; 32]).unwrap().public_key(&Secp256k1::new())
    }

    fn router() -> Router {
        let mut directory = Directory::default();
        directory.add_channel(CHANNEL, [node(3), node(4)]);
        directory.add_address(listening(4));
        let device = DeviceAddress { node_id: node(2), virtual_channel: Some(VIRTUAL) };
        Router { bridge: node(1), device, directory }
    }

    fn listening(byte: u8) -> PeerAddress {
        PeerAddress { node_id: node(byte), address: "127.0.0.1:9735".parse().unwrap() }
    }

    #[test]
    fn each_kind_of_destination_has_its_way() {
        for (byte, way) in [
            (1, Way::Bridge),
            (2, Way::Device),
            (3, Way::Peer(node(3))),
            (4, Way::Connect(listening(4))),
            (5, Way::Unknown),
        ] {
            let found = router().way(Destination::Node(node(byte)), |id| *id == node(3));
            assert_eq!(found, way, "node {byte}");
        }
    }

    #[test]
    fn the_ends_of_a_channel_are_in_the_order_of_their_bytes() {
        let mut ends = [node(3), node(4)];
        ends.sort_by_key(PublicKey::serialize);
        for (end, node_id) in [ChannelEnd::One, ChannelEnd::Two].into_iter().zip(ends) {
            let destination = Destination::ChannelEnd { short_channel_id: CHANNEL, end };
            assert_eq!(router().way(destination, |_| true), Way::Peer(node_id));
        }
    }

    #[test]
    fn an_unknown_channel_leads_nowhere() {
        let destination =
            Destination::ChannelEnd { short_channel_id: VIRTUAL, end: ChannelEnd::One };
        assert_eq!(router().way(destination, |_| true), Way::Unknown);
    }

    #[test]
    fn the_virtual_channel_leads_to_the_device_in_our_own_layer_only() {
        assert_eq!(router().own_channel(VIRTUAL), Some(node(2)));
        assert_eq!(router().own_channel(CHANNEL), None);
    }
}

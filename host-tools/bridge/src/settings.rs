use core::net::SocketAddr;
use core::num::NonZeroU32;

use countersign_peer_address::PeerAddress;

use crate::{DeviceAddress, Directory, Gossip, NetworkKey, QueueLimits, Rate};

/// What a bridge starts from.
#[derive(Debug)]
pub struct Settings {
    /// The bridge's key on the network.
    pub key: NetworkKey,
    /// How the network addresses the device.
    pub device: DeviceAddress,
    /// Where to accept connections; without it the bridge only connects to others.
    pub listen: Option<SocketAddr>,
    /// The peers to stay connected to: the introduction nodes of the merchant's offers.
    pub peers: Vec<PeerAddress>,
    /// What is known about other nodes.
    pub directory: Directory,
    /// Whether more about them is learned from peers.
    pub gossip: Gossip,
    /// Whose onion messages are forwarded.
    pub forwarding: Forwarding,
    /// What strangers may use up.
    pub limits: Limits,
}

/// Whose onion messages the bridge forwards to peers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Forwarding {
    /// The device's only.
    DeviceOnly,
    /// Everybody's, as a good neighbour does.
    Everyone,
}

/// What strangers may use up.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Onion messages from one peer.
    pub peer_rate: Rate,
    /// Onion messages from all peers.
    pub total_rate: Rate,
    /// Messages that wait for the device, in bytes.
    pub device_queue: QueueLimits,
    /// Messages that wait for one peer, in bytes.
    pub outbox_bytes: usize,
    /// Connections that others make.
    pub inbound_connections: usize,
    /// Connections made to deliver a reply.
    pub reply_connections: usize,
}

impl Default for Limits {
    /// Room for a busy shop behind one relay. A queue of 256 KiB holds seven of the largest onions.
    fn default() -> Self {
        const QUARTER_MIB: usize = 256 << 10;
        Self {
            peer_rate: rate(20, 100),
            total_rate: rate(100, 400),
            device_queue: QueueLimits { per_peer: QUARTER_MIB, total: 16 * QUARTER_MIB },
            outbox_bytes: QUARTER_MIB,
            inbound_connections: 64,
            reply_connections: 32,
        }
    }
}

const fn rate(per_second: u32, burst: u32) -> Rate {
    let at_least_one = NonZeroU32::MIN;
    Rate {
        per_second: at_least_one.saturating_add(per_second.saturating_sub(1)),
        burst: at_least_one.saturating_add(burst.saturating_sub(1)),
    }
}

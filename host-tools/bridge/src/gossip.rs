use core::fmt;
use core::net::{IpAddr, SocketAddr};
use core::time::Duration;
use std::sync::Arc;

use bitcoin::Network;
use bitcoin::secp256k1::PublicKey;
use lightning::ln::msgs::{RoutingMessageHandler, SocketAddress};
use lightning::ln::peer_handler::IgnoringMessageHandler;
use lightning::routing::gossip::{NetworkGraph, NodeId, P2PGossipSync};
use lightning::routing::utxo::UtxoLookup;
use tokio::time::interval;

use crate::log::LdkLog;

/// Whether the bridge listens to what peers tell about the network.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Gossip {
    /// It knows its settings only.
    Ignore,
    /// It keeps a map of this network, so that replies reach introduction nodes that payers name by
    /// a channel or that have to be connected to. On mainnet this takes hundreds of megabytes.
    ///
    /// Channels are not looked up on the chain: a false one can mislead a reply, nothing else.
    Follow(Network),
}

/// A map of the network, as gossip tells it.
#[derive(Clone)]
pub(crate) struct Map(Arc<NetworkGraph<Arc<LdkLog>>>);

impl Map {
    pub(crate) fn new(network: Network) -> Self {
        Self(Arc::new(NetworkGraph::new(network, Arc::new(LdkLog))))
    }

    /// The nodes that a channel joins, in the order of their bytes.
    pub(crate) fn ends(&self, short_channel_id: u64) -> Option<[PublicKey; 2]> {
        let graph = self.0.read_only();
        let channel = graph.channel(short_channel_id)?;
        Some([channel.node_one.as_pubkey().ok()?, channel.node_two.as_pubkey().ok()?])
    }

    /// The first public IP address that a node announced.
    ///
    /// The reply paths of strangers decide whom the bridge connects to: not the merchant's router.
    pub(crate) fn address(&self, node_id: &PublicKey) -> Option<SocketAddr> {
        let graph = self.0.read_only();
        let node = graph.node(&NodeId::from_pubkey(node_id))?;
        let addresses = node.announcement_info.as_ref()?.addresses();
        addresses.iter().filter_map(ip_address).find(|address| is_public(address.ip()))
    }

    /// What of LDK reads gossip into this map.
    pub(crate) fn reader(&self) -> Arc<dyn RoutingMessageHandler + Send + Sync> {
        let unchecked = None::<Arc<dyn UtxoLookup + Send + Sync>>;
        Arc::new(P2PGossipSync::new(self.0.clone(), unchecked, Arc::new(LdkLog)))
    }

    /// Forgets channels that were not heard of for two weeks, for as long as the process lives.
    pub(crate) async fn prune(self) {
        let mut clock = interval(PRUNE_EVERY);
        loop {
            clock.tick().await;
            self.0.remove_stale_channels_and_tracking();
        }
    }
}

impl fmt::Debug for Map {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Map({} channels)", self.0.read_only().channels().len())
    }
}

/// What takes the place of a reader when there is no map.
pub(crate) fn no_reader() -> Arc<dyn RoutingMessageHandler + Send + Sync> {
    Arc::new(IgnoringMessageHandler {})
}

fn ip_address(address: &SocketAddress) -> Option<SocketAddr> {
    match *address {
        SocketAddress::TcpIpV4 { addr, port } => Some((addr, port).into()),
        SocketAddress::TcpIpV6 { addr, port } => Some((addr, port).into()),
        SocketAddress::OnionV2(_)
        | SocketAddress::OnionV3 { .. }
        | SocketAddress::Hostname { .. } => None,
    }
}

fn is_public(address: IpAddr) -> bool {
    match address.to_canonical() {
        IpAddr::V4(v4) => {
            let reserved = v4.is_unspecified() || v4.is_broadcast() || v4.is_documentation();
            let local = v4.is_loopback() || v4.is_private() || v4.is_link_local();
            !(reserved || local || v4.is_multicast())
        }
        IpAddr::V6(v6) => {
            let local = v6.is_unique_local() || v6.is_unicast_link_local();
            !(local || v6.is_loopback() || v6.is_unspecified() || v6.is_multicast())
        }
    }
}

const PRUNE_EVERY: Duration = Duration::from_secs(3_600);

#[cfg(test)]
mod tests {
    use bitcoin::secp256k1::{Secp256k1, SecretKey};
    use lightning::ln::msgs::UnsignedNodeAnnouncement;
    use lightning::routing::gossip::NodeAlias;
    use lightning::types::features::{ChannelFeatures, NodeFeatures};

    use super::*;

    const CHANNEL: u64 = 42;

    fn node(byte: u8) -> PublicKey {
        SecretKey::from_slice(&[byte; 32]).unwrap().public_key(&Secp256k1::new())
    }

    fn map(addresses: Vec<SocketAddress>) -> Map {
        let map = Map::new(Network::Regtest);
        let [one, two] = [node(1), node(2)].map(|id| NodeId::from_pubkey(&id));
        let (one, two) = (one.min(two), one.max(two));
        let features = ChannelFeatures::empty();
        map.0.add_channel_from_partial_announcement(CHANNEL, None, 0, features, one, two).unwrap();
        let announcement = UnsignedNodeAnnouncement {
            features: NodeFeatures::empty(),
            timestamp: 1,
            node_id: NodeId::from_pubkey(&node(1)),
            rgb: [0; 3],
            alias: NodeAlias([0; 32]),
            addresses,
            excess_address_data: vec![],
            excess_data: vec![],
        };
        map.0.update_node_from_unsigned_announcement(&announcement).unwrap();
        map
    }

    #[test]
    fn a_channel_that_gossip_told_of_has_two_ends() {
        let mut ends = [node(1), node(2)];
        ends.sort_by_key(PublicKey::serialize);
        let map = map(vec![]);
        assert_eq!(map.ends(CHANNEL), Some(ends));
        assert_eq!(map.ends(CHANNEL + 1), None);
    }

    #[test]
    fn only_public_addresses_are_connected_to_on_a_strangers_behalf() {
        let local = [[127, 0, 0, 1], [192, 168, 1, 1], [10, 0, 0, 1], [169, 254, 1, 1], [0; 4]];
        let mut addresses: Vec<_> =
            local.map(|addr| SocketAddress::TcpIpV4 { addr, port: 9_735 }).into();
        let mapped = "::ffff:127.0.0.1".parse::<core::net::Ipv6Addr>().unwrap().octets();
        addresses.push(SocketAddress::TcpIpV6 { addr: mapped, port: 9_735 });
        assert_eq!(map(addresses.clone()).address(&node(1)), None);
        addresses.push(SocketAddress::TcpIpV4 { addr: [1, 2, 3, 4], port: 9_735 });
        assert_eq!(map(addresses).address(&node(1)), Some("1.2.3.4:9735".parse().unwrap()));
    }
}

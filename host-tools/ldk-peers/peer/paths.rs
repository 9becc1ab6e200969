use std::sync::Arc;

use bitcoin::Network;
use bitcoin::secp256k1::{PublicKey, Secp256k1, Signing, Verification};
use countersign_ldk_peer_interface::{KnownChannel, PathShape};
use lightning::blinded_path::message::{BlindedMessagePath, MessageContext, MessageForwardNode};
use lightning::onion_message::messenger::{
    DefaultMessageRouter, Destination, MessageRouter, NodeIdMessageRouter, OnionMessagePath,
};
use lightning::routing::gossip::{NetworkGraph, NodeId};
use lightning::sign::{KeysManager, ReceiveAuthKey};
use lightning::types::features::ChannelFeatures;

use super::log::Log;
use crate::release::short_path;

type Graph = Arc<NetworkGraph<Arc<Log>>>;

/// LDK's two ways to build message paths, and a wallet's own, one of which is chosen when a node
/// starts.
pub(super) enum MessagePaths {
    /// Node ids and dummy hops.
    Padded(NodeIdMessageRouter<Graph, Arc<Log>, Arc<KeysManager>>),
    /// Short channel ids where there are some, and no more hops than needed.
    Compact(DefaultMessageRouter<Graph, Arc<Log>, Arc<KeysManager>>),
    /// The first peer, then the recipient.
    Short(NodeIdMessageRouter<Graph, Arc<Log>, Arc<KeysManager>>, Arc<KeysManager>),
}

impl MessagePaths {
    pub(super) fn new(shape: PathShape, graph: Graph, keys: Arc<KeysManager>) -> Self {
        match shape {
            PathShape::Padded => Self::Padded(NodeIdMessageRouter::new(graph, keys)),
            PathShape::Compact => Self::Compact(DefaultMessageRouter::new(graph, keys)),
            PathShape::Short => Self::Short(NodeIdMessageRouter::new(graph, keys.clone()), keys),
        }
    }
}

impl MessageRouter for MessagePaths {
    fn find_path(
        &self,
        sender: PublicKey,
        peers: Vec<PublicKey>,
        destination: Destination,
    ) -> Result<OnionMessagePath, ()> {
        match self {
            Self::Padded(router) | Self::Short(router, _) => {
                router.find_path(sender, peers, destination)
            }
            Self::Compact(router) => router.find_path(sender, peers, destination),
        }
    }

    fn create_blinded_paths<T: Signing + Verification>(
        &self,
        recipient: PublicKey,
        receive_auth_key: ReceiveAuthKey,
        context: MessageContext,
        peers: Vec<MessageForwardNode>,
        secp: &Secp256k1<T>,
    ) -> Result<Vec<BlindedMessagePath>, ()> {
        match self {
            Self::Padded(router) => {
                router.create_blinded_paths(recipient, receive_auth_key, context, peers, secp)
            }
            Self::Compact(router) => {
                router.create_blinded_paths(recipient, receive_auth_key, context, peers, secp)
            }
            Self::Short(_, keys) => {
                let hops = peers.get(..1).ok_or(())?;
                Ok(vec![short_path(hops, recipient, receive_auth_key, context, keys, secp)])
            }
        }
    }
}

/// A view of the network that consists of the given channels, as if gossip had told of them.
pub(super) fn graph(network: Network, channels: &[KnownChannel]) -> anyhow::Result<Graph> {
    let graph = NetworkGraph::new(network, Arc::new(Log));
    for KnownChannel { short_channel_id, ends: [one, other] } in channels {
        graph
            .add_channel_from_partial_announcement(
                *short_channel_id,
                None,
                0,
                ChannelFeatures::empty(),
                NodeId::from_pubkey(one),
                NodeId::from_pubkey(other),
            )
            .map_err(|error| anyhow::anyhow!(error.err))?;
    }
    Ok(Arc::new(graph))
}

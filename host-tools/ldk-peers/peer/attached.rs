use core::fmt;
use std::fs;
use std::io;
use std::path::Path;

use anyhow::Context as _;
use bitcoin::secp256k1::PublicKey;
use countersign_ldk_peer_interface::{NodeArguments, PathShape, Seed};
use countersign_merchant_node::serve;
use lightning::sign::NodeSigner as _;
use tokio::net::UnixListener;

use super::channels;
use super::node::{Hearing, Node, Settings, random_bytes};

/// The merchant's own node, with channels and with a device: it tells bridges how payments reach it,
/// and holds each payment until its preimage is brought.
pub struct AttachedNode {
    /// Who it is.
    pub node_id: PublicKey,
    /// What the records in its own hop are sealed with, where LDK wants that.
    pub receive_auth_key: [u8; 32],
    _node: Node,
}

impl AttachedNode {
    /// Starts the node, opens its channels, and lets bridges ask from then on.
    ///
    /// # Errors
    /// The peer cannot be reached, the channels cannot be opened, or the socket cannot be made.
    pub async fn start(arguments: &NodeArguments) -> anyhow::Result<Self> {
        let settings = Settings {
            network: arguments.network,
            seed: arguments.key.map_or_else(|| random_bytes().map(Seed), Ok)?,
            path_shape: PathShape::Padded,
            known_channels: &[],
            ground: &arguments.ground,
        };
        let node = Node::start(&settings, Hearing::Adapter)?;
        node.connect(&arguments.peer).await?;
        channels::open(&node, &arguments.peer.node_id, &arguments.ground.channel).await?;
        let adapter = node.adapter.clone().context("the node has no adapter")?;
        tokio::spawn(serve(bind(&arguments.socket)?, adapter));
        let receive_auth_key = node.keys.get_receive_auth_key().0;
        Ok(Self { node_id: node.id()?, receive_auth_key, _node: node })
    }
}

impl fmt::Debug for AttachedNode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AttachedNode").field("node_id", &self.node_id).finish_non_exhaustive()
    }
}

/// Makes the socket, in place of one that an earlier run has left.
fn bind(socket: &Path) -> anyhow::Result<UnixListener> {
    match fs::remove_file(socket) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
        Ok(()) | Err(_) => Ok(()),
    }
    .and_then(|()| UnixListener::bind(socket))
    .with_context(|| format!("cannot listen at {}", socket.display()))
}

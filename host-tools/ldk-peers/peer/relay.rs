use core::fmt;
use core::net::SocketAddr;

use bitcoin::Network;
use bitcoin::secp256k1::PublicKey;
use countersign_ldk_peer_interface::{PathShape, RelayArguments, Seed};

use super::node::{Hearing, Node, Settings, random_bytes};

/// A node that forwards onion messages between the peers that connect to it, and payments between
/// those that have channels with it.
pub struct Relay {
    /// Who it is.
    pub node_id: PublicKey,
    /// Where it listens.
    pub address: SocketAddr,
    _node: Node,
}

impl Relay {
    /// Starts a relay, which then lives as long as the runtime it was started in.
    ///
    /// # Errors
    /// The address cannot be listened on, or the state cannot be read.
    pub async fn start(arguments: &RelayArguments) -> anyhow::Result<Self> {
        let settings = Settings {
            network: Network::Regtest,
            seed: arguments.key.map_or_else(|| random_bytes().map(Seed), Ok)?,
            path_shape: PathShape::Padded,
            known_channels: &[],
            ground: &arguments.ground,
        };
        let has_channels = arguments.ground.chain.is_some();
        let hearing = if has_channels { Hearing::Manager } else { Hearing::Nobody };
        let node = Node::start(&settings, hearing)?;
        let address = node.listen(arguments.listen).await?;
        Ok(Self { node_id: node.id()?, address, _node: node })
    }
}

impl fmt::Debug for Relay {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Relay").field("node_id", &self.node_id).finish_non_exhaustive()
    }
}

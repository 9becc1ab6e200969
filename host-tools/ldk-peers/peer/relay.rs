use core::net::SocketAddr;
use std::sync::Arc;

use bitcoin::secp256k1::PublicKey;
use countersign_ldk_peer_interface::Seed;
use lightning::blinded_path::EmptyNodeIdLookUp;
use lightning::events::{Event, EventsProvider, ReplayEvent};
use lightning::ln::msgs::OnionMessageHandler;
use lightning::ln::peer_handler::{
    ErroringMessageHandler, IgnoringMessageHandler, MessageHandler, PeerManager,
};
use lightning::onion_message::messenger::{NullMessageRouter, OnionMessenger};
use lightning::sign::{KeysManager, NodeSigner, Recipient};
use lightning_net_tokio::SocketDescriptor;

use super::connection;
use super::node::{keys, random_bytes, unix_seconds};
use super::off_chain::Log;

/// A node that forwards onion messages between the peers that connect to it.
///
/// It has no channels; it says what LDK payers insist on (`option_static_remotekey`) and refuses
/// every channel.
#[derive(Clone, Copy, Debug)]
pub struct Relay {
    /// Who it is.
    pub node_id: PublicKey,
    /// Where it listens.
    pub address: SocketAddr,
}

impl Relay {
    /// Starts a relay, which then lives as long as the runtime it was started in.
    ///
    /// # Errors
    /// The address cannot be listened on.
    pub async fn start(listen: SocketAddr, seed: Seed) -> anyhow::Result<Self> {
        let keys = keys(seed)?;
        let messenger = Arc::new(messenger(&keys));
        let peers = Arc::new(peers(&keys, &messenger)?);
        let node_id = keys
            .get_node_id(Recipient::Node)
            .map_err(|()| anyhow::anyhow!("LDK has no node id for these keys"))?;
        let address = connection::listen(peers.clone(), listen).await?;
        tokio::spawn(live(peers, messenger));
        Ok(Self { node_id, address })
    }
}

type Messenger = OnionMessenger<
    Arc<KeysManager>,
    Arc<KeysManager>,
    Arc<Log>,
    Arc<EmptyNodeIdLookUp>,
    Arc<NullMessageRouter>,
    IgnoringMessageHandler,
    IgnoringMessageHandler,
    IgnoringMessageHandler,
    IgnoringMessageHandler,
>;

type Peers = PeerManager<
    SocketDescriptor,
    Arc<ErroringMessageHandler>,
    IgnoringMessageHandler,
    Arc<Messenger>,
    Arc<Log>,
    IgnoringMessageHandler,
    Arc<KeysManager>,
    IgnoringMessageHandler,
>;

async fn live(peers: Arc<Peers>, messenger: Arc<Messenger>) {
    let forget = |_: Event| Ok::<(), ReplayEvent>(());
    let turn = || messenger.process_pending_events(&forget);
    let tick = || messenger.timer_tick_occurred();
    connection::drive(peers, || messenger.get_update_future(), turn, tick).await;
}

fn messenger(keys: &Arc<KeysManager>) -> Messenger {
    OnionMessenger::new(
        keys.clone(),
        keys.clone(),
        Arc::new(Log),
        Arc::new(EmptyNodeIdLookUp {}),
        Arc::new(NullMessageRouter {}),
        IgnoringMessageHandler {},
        IgnoringMessageHandler {},
        IgnoringMessageHandler {},
        IgnoringMessageHandler {},
    )
}

fn peers(keys: &Arc<KeysManager>, messenger: &Arc<Messenger>) -> anyhow::Result<Peers> {
    let handlers = MessageHandler {
        chan_handler: Arc::new(ErroringMessageHandler::new()),
        route_handler: IgnoringMessageHandler {},
        onion_message_handler: messenger.clone(),
        custom_message_handler: IgnoringMessageHandler {},
        send_only_message_handler: IgnoringMessageHandler {},
    };
    Ok(PeerManager::new(handlers, unix_seconds()?, &random_bytes()?, Arc::new(Log), keys.clone()))
}

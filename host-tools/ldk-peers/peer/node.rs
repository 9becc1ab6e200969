use core::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::{SystemTime, UNIX_EPOCH};

use anyhow::Context as _;
use bitcoin::Network;
use bitcoin::secp256k1::PublicKey;
use countersign_ldk_peer_interface::{Ground, KnownChannel, PathShape, PeerAddress, Seed};
use lightning::chain::chainmonitor::ChainMonitor;
use lightning::chain::{Confirm, Filter};
use lightning::events::Event;
use lightning::ln::channelmanager::ChannelManager;
use lightning::ln::msgs::ChannelMessageHandler;
use lightning::ln::peer_handler::{
    ErroringMessageHandler, IgnoringMessageHandler, MessageHandler, PeerManager,
};
use lightning::onion_message::messenger::OnionMessenger;
use lightning::sign::{InMemorySigner, KeysManager, NodeSigner as _, Recipient};
use lightning_net_tokio::SocketDescriptor;
use tempfile::TempDir;
use tokio::sync::mpsc;

use super::chain::Chain;
use super::connection;
use super::gauge::Gauge;
use super::late::LateMonitors;
use super::life::Life;
use super::log::Log;
use super::offers::{Offers, Seen};
use super::paths::{MessagePaths, graph};
use super::routes::Routes;
use super::shelf;
use crate::release::{Adapter, FilesystemStore};

/// LDK's channel manager: it makes offers, asks for invoices, answers requests, and pays.
pub(super) type Manager = ChannelManager<
    Arc<Monitors>,
    Arc<Chain>,
    Arc<KeysManager>,
    Arc<KeysManager>,
    Arc<KeysManager>,
    Arc<Chain>,
    Arc<Routes>,
    Arc<MessagePaths>,
    Arc<Log>,
>;

/// LDK's chain monitor, which keeps the channels' states in files.
pub(crate) type Monitors = ChainMonitor<
    InMemorySigner,
    Arc<dyn Filter + Send + Sync>,
    Arc<Chain>,
    Arc<Chain>,
    Arc<Log>,
    Arc<LateMonitors>,
    Arc<KeysManager>,
>;

/// What a chain monitor is made of.
pub(crate) struct MonitorParts {
    pub(crate) chain: Arc<Chain>,
    pub(crate) store: Arc<LateMonitors>,
    pub(crate) keys: Arc<KeysManager>,
}

/// LDK's onion messenger with [`Offers`] between it and the channel manager.
pub(super) type Messenger = OnionMessenger<
    Arc<KeysManager>,
    Arc<KeysManager>,
    Arc<Log>,
    Arc<Manager>,
    Arc<MessagePaths>,
    Arc<Offers>,
    IgnoringMessageHandler,
    IgnoringMessageHandler,
    IgnoringMessageHandler,
>;

/// What hears the messages about channels: the channel manager, with or without somebody before it.
pub(super) type ChannelEar = Arc<dyn ChannelMessageHandler + Send + Sync>;

pub(super) type Peers = PeerManager<
    SocketDescriptor,
    ChannelEar,
    IgnoringMessageHandler,
    Arc<Gauge>,
    Arc<Log>,
    IgnoringMessageHandler,
    Arc<KeysManager>,
    IgnoringMessageHandler,
>;

/// What a device is attached to a node by.
pub(super) type Attached = Adapter<Arc<Manager>, Arc<KeysManager>, Arc<FilesystemStore>>;

/// Who hears the messages about channels.
#[derive(Clone, Copy)]
pub(super) enum Hearing {
    /// The channel manager.
    Manager,
    /// Nobody: every channel is refused, and peers of every network are welcome.
    Nobody,
    /// The adapter for a device, and then the channel manager.
    Adapter,
}

/// What a node starts from.
pub(super) struct Settings<'a> {
    pub(super) network: Network,
    pub(super) seed: Seed,
    pub(super) path_shape: PathShape,
    pub(super) known_channels: &'a [KnownChannel],
    pub(super) ground: &'a Ground,
}

/// A Lightning node, connected over TCP: what relay, payer and merchant have in common.
pub(super) struct Node {
    pub(super) keys: Arc<KeysManager>,
    pub(super) paths: Arc<MessagePaths>,
    pub(super) manager: Arc<Manager>,
    pub(super) offers: Arc<Offers>,
    pub(super) gauge: Arc<Gauge>,
    pub(super) adapter: Option<Arc<Attached>>,
    pub(super) events: mpsc::UnboundedReceiver<Event>,
    pub(super) seen: mpsc::UnboundedReceiver<Seen>,
    peers: Arc<Peers>,
}

impl Node {
    /// Starts the node; it is not yet connected to anyone.
    pub(super) fn start(settings: &Settings<'_>, hearing: Hearing) -> anyhow::Result<Self> {
        let (network, keys) = (settings.network, keys(settings.seed)?);
        let graph = graph(network, settings.known_channels)?;
        let paths = Arc::new(MessagePaths::new(settings.path_shape, graph.clone(), keys.clone()));
        let (folder, passing) = folder(settings.ground)?;
        let store = Arc::new(FilesystemStore::new(folder));
        let chain = Arc::new(Chain::new(network, settings.ground.chain.clone()));
        let routes = Arc::new(Routes { entropy: keys.clone(), graph });
        let shelf = shelf::Parts { network, keys: &keys, paths: &paths, routes: &routes };
        let late = Arc::new(LateMonitors::new(store.clone()));
        let (manager, monitors) = shelf.take_down(&store, &late, &chain)?;
        let manager = Arc::new(manager);
        let (offers, seen) = Offers::new(manager.clone());
        let offers = Arc::new(offers);
        let messenger = Arc::new(messenger(&keys, &paths, &manager, &offers));
        let gauge = Arc::new(Gauge::new(messenger.clone()));
        let (ear, adapter): (ChannelEar, _) = match hearing {
            Hearing::Manager => (manager.clone(), None),
            Hearing::Nobody => (Arc::new(ErroringMessageHandler::new()), None),
            Hearing::Adapter => {
                let adapter = Adapter::new(manager.clone(), keys.clone(), store.clone());
                (Arc::new(adapter.ear(manager.clone())), Some(Arc::new(adapter)))
            }
        };
        let peers = Arc::new(peers(&keys, ear, &gauge)?);

        let (report, events) = mpsc::unbounded_channel();
        let life = Life {
            peers: peers.clone(),
            manager: manager.clone(),
            monitors,
            chain,
            store: store.clone(),
            late,
            messenger,
            offers: offers.clone(),
            adapter: adapter.clone(),
            report,
            _passing: passing,
        };
        tokio::spawn(life.live());
        Ok(Self { keys, paths, manager, offers, gauge, adapter, events, seen, peers })
    }

    /// Who it is.
    pub(super) fn id(&self) -> anyhow::Result<PublicKey> {
        let no_id = || anyhow::anyhow!("LDK has no node id for these keys");
        self.keys.get_node_id(Recipient::Node).map_err(|()| no_id())
    }

    /// Accepts connections from now on; says where.
    pub(super) async fn listen(&self, address: SocketAddr) -> anyhow::Result<SocketAddr> {
        connection::listen(self.peers.clone(), address).await
    }

    /// Connects to a peer, waits for its `init`, and connects again whenever it is lost.
    pub(super) async fn connect(&self, to: &PeerAddress) -> anyhow::Result<()> {
        connection::connect(self.peers.clone(), to).await?;
        tokio::spawn(connection::stay(self.peers.clone(), *to));
        Ok(())
    }

    /// Hands what LDK has queued to the sockets now instead of at its next turn.
    pub(super) fn flush(&self) {
        self.peers.process_events();
    }
}

/// The folder of a node's state, and the same if it is to vanish with the node.
fn folder(ground: &Ground) -> anyhow::Result<(PathBuf, Option<TempDir>)> {
    if let Some(folder) = &ground.state {
        return Ok((folder.clone(), None));
    }
    let passing = tempfile::tempdir().context("nowhere to keep channels")?;
    Ok((passing.path().to_owned(), Some(passing)))
}

/// The keys that follow from a seed, with a fresh start for what must not repeat.
pub(super) fn keys(Seed(seed): Seed) -> anyhow::Result<Arc<KeysManager>> {
    let now = SystemTime::now().duration_since(UNIX_EPOCH)?;
    Ok(Arc::new(KeysManager::new(&seed, now.as_secs(), now.subsec_nanos(), true)))
}

/// The Unix time in the width that LDK takes it.
pub(super) fn unix_seconds() -> anyhow::Result<u32> {
    Ok(SystemTime::now().duration_since(UNIX_EPOCH)?.as_secs().try_into()?)
}

/// 32 bytes that nobody else draws.
pub(super) fn random_bytes() -> anyhow::Result<[u8; 32]> {
    let mut bytes = [0; 32];
    getrandom::fill(&mut bytes)?;
    Ok(bytes)
}

/// Whoever is to be told of blocks.
pub(super) fn listeners<'l>(manager: &'l Manager, monitors: &'l Monitors) -> [&'l dyn Confirm; 2] {
    [monitors, manager]
}

fn messenger(
    keys: &Arc<KeysManager>,
    paths: &Arc<MessagePaths>,
    manager: &Arc<Manager>,
    offers: &Arc<Offers>,
) -> Messenger {
    OnionMessenger::new(
        keys.clone(),
        keys.clone(),
        Arc::new(Log),
        manager.clone(),
        paths.clone(),
        offers.clone(),
        IgnoringMessageHandler {},
        IgnoringMessageHandler {},
        IgnoringMessageHandler {},
    )
}

fn peers(keys: &Arc<KeysManager>, ear: ChannelEar, gauge: &Arc<Gauge>) -> anyhow::Result<Peers> {
    let handlers = MessageHandler {
        chan_handler: ear,
        route_handler: IgnoringMessageHandler {},
        onion_message_handler: gauge.clone(),
        custom_message_handler: IgnoringMessageHandler {},
        send_only_message_handler: IgnoringMessageHandler {},
    };
    Ok(PeerManager::new(handlers, unix_seconds()?, &random_bytes()?, Arc::new(Log), keys.clone()))
}

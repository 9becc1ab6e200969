use std::sync::Arc;
use std::time::{SystemTime, UNIX_EPOCH};

use bitcoin::Network;
use countersign_ldk_peer_interface::{KnownChannel, PathShape, PeerAddress, Seed};
use lightning::events::{Event, EventsProvider, ReplayEvent};
use lightning::ln::channelmanager::{ChainParameters, ChannelManager};
use lightning::ln::msgs::OnionMessageHandler;
use lightning::ln::peer_handler::{IgnoringMessageHandler, MessageHandler, PeerManager};
use lightning::onion_message::messenger::OnionMessenger;
use lightning::sign::KeysManager;
use lightning::util::config::UserConfig;
use lightning_net_tokio::SocketDescriptor;
use tokio::sync::mpsc;

use super::connection;
use super::gauge::Gauge;
use super::off_chain::{DeadEnd, Log, OffChain};
use super::offers::{Offers, Seen};
use super::paths::{MessagePaths, graph};
use crate::release::Tip;

/// LDK's channel manager over no chain: it makes offers, asks for invoices and answers requests.
pub(super) type Manager = ChannelManager<
    Arc<OffChain>,
    Arc<OffChain>,
    Arc<KeysManager>,
    Arc<KeysManager>,
    Arc<KeysManager>,
    Arc<OffChain>,
    Arc<DeadEnd>,
    Arc<MessagePaths>,
    Arc<Log>,
>;

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

type Peers = PeerManager<
    SocketDescriptor,
    Arc<Manager>,
    IgnoringMessageHandler,
    Arc<Gauge>,
    Arc<Log>,
    IgnoringMessageHandler,
    Arc<KeysManager>,
    IgnoringMessageHandler,
>;

/// What a node starts from.
pub(super) struct Settings<'a> {
    pub(super) network: Network,
    pub(super) seed: Seed,
    pub(super) path_shape: PathShape,
    pub(super) known_channels: &'a [KnownChannel],
}

/// A Lightning node without channels, connected over TCP: what payer and merchant have in common.
pub(super) struct Node {
    pub(super) keys: Arc<KeysManager>,
    pub(super) paths: Arc<MessagePaths>,
    pub(super) manager: Arc<Manager>,
    pub(super) offers: Arc<Offers>,
    pub(super) gauge: Arc<Gauge>,
    pub(super) events: mpsc::UnboundedReceiver<Event>,
    pub(super) seen: mpsc::UnboundedReceiver<Seen>,
    peers: Arc<Peers>,
}

impl Node {
    /// Starts the node; it is not yet connected to anyone.
    pub(super) fn start(settings: &Settings<'_>) -> anyhow::Result<Self> {
        let keys = keys(settings.seed)?;
        let graph = graph(settings.network, settings.known_channels)?;
        let paths = Arc::new(MessagePaths::new(settings.path_shape, graph, keys.clone()));
        let manager = Arc::new(manager(settings.network, &keys, &paths)?);
        let (offers, seen) = Offers::new(manager.clone());
        let offers = Arc::new(offers);
        let messenger = Arc::new(messenger(&keys, &paths, &manager, &offers));
        let gauge = Arc::new(Gauge::new(messenger.clone()));
        let peers = Arc::new(peers(&keys, &manager, &gauge)?);

        let (report, events) = mpsc::unbounded_channel();
        tokio::spawn(live(peers.clone(), manager.clone(), messenger, offers.clone(), report));
        Ok(Self { keys, paths, manager, offers, gauge, events, seen, peers })
    }

    /// Connects to a peer and waits for its `init`.
    pub(super) async fn connect(&self, to: &PeerAddress) -> anyhow::Result<()> {
        connection::connect(self.peers.clone(), to).await
    }

    /// Hands what LDK has queued to the sockets now instead of at its next turn.
    pub(super) fn flush(&self) {
        self.peers.process_events();
    }
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

/// Turns the wheels of a node and reports LDK's events.
async fn live(
    peers: Arc<Peers>,
    manager: Arc<Manager>,
    messenger: Arc<Messenger>,
    offers: Arc<Offers>,
    report: mpsc::UnboundedSender<Event>,
) {
    let woken = || async {
        tokio::select! {
            () = manager.get_event_or_persistence_needed_future() => {}
            () = messenger.get_update_future() => {}
            () = offers.delivered() => {}
        }
    };
    let pass_on = |event: Event| {
        if report.send(event).is_err() {
            tracing::debug!("an event came after everyone stopped waiting");
        }
        Ok::<(), ReplayEvent>(())
    };
    let turn = || {
        manager.get_and_clear_needs_persistence();
        manager.process_pending_events(&pass_on);
        messenger.process_pending_events(&pass_on);
    };
    connection::drive(peers, woken, turn, || messenger.timer_tick_occurred()).await;
}

fn manager(
    network: Network,
    keys: &Arc<KeysManager>,
    paths: &Arc<MessagePaths>,
) -> anyhow::Result<Manager> {
    let config = UserConfig { manually_handle_bolt12_invoices: true, ..UserConfig::default() };
    let off_chain = Arc::new(OffChain);
    Ok(ChannelManager::new(
        off_chain.clone(),
        off_chain.clone(),
        off_chain,
        Arc::new(DeadEnd { entropy: keys.clone() }),
        paths.clone(),
        Arc::new(Log),
        keys.clone(),
        keys.clone(),
        keys.clone(),
        config,
        ChainParameters { network, best_block: Tip::from_network(network) },
        unix_seconds()?,
    ))
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

fn peers(
    keys: &Arc<KeysManager>,
    manager: &Arc<Manager>,
    gauge: &Arc<Gauge>,
) -> anyhow::Result<Peers> {
    let handlers = MessageHandler {
        chan_handler: manager.clone(),
        route_handler: IgnoringMessageHandler {},
        onion_message_handler: gauge.clone(),
        custom_message_handler: IgnoringMessageHandler {},
        send_only_message_handler: IgnoringMessageHandler {},
    };
    Ok(PeerManager::new(handlers, unix_seconds()?, &random_bytes()?, Arc::new(Log), keys.clone()))
}

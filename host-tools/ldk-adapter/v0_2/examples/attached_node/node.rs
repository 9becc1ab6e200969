//! The node that an LDK user has already, as small as it can be: nothing in it is about devices.
//!
//! It starts anew each time, with a seed of its own. A node that is to last writes its channel
//! manager down and reads it back, as LDK's documentation of `ChannelManager` says.

use core::time::Duration;
use std::path::PathBuf;
use std::sync::{Arc, RwLock};
use std::time::{SystemTime, UNIX_EPOCH};

use anyhow::Context as _;
use bitcoin::Network;
use bitcoin::secp256k1::PublicKey;
use countersign_ldk_adapter_0_2::Ear;
use countersign_ldk_peer_0_2::{Chain, Log, funding};
use countersign_ldk_peer_interface::PeerAddress;
use lightning::chain::chainmonitor::ChainMonitor;
use lightning::chain::{BestBlock, Filter};
use lightning::events::{Event, EventsProvider as _, ReplayEvent};
use lightning::ln::channelmanager::{ChainParameters, ChannelManager, SimpleArcChannelManager};
use lightning::ln::peer_handler::{IgnoringMessageHandler, MessageHandler, PeerManager};
use lightning::onion_message::messenger::DefaultMessageRouter;
use lightning::routing::gossip::NetworkGraph;
use lightning::routing::router::DefaultRouter;
use lightning::routing::scoring::{
    ProbabilisticScorer, ProbabilisticScoringDecayParameters, ProbabilisticScoringFeeParameters,
};
use lightning::sign::{InMemorySigner, KeysManager, NodeSigner as _, Recipient};
use lightning::util::config::UserConfig;
use lightning_net_tokio::{SocketDescriptor, connect_outbound};
use lightning_persister::fs_store::FilesystemStore;
use tempfile::TempDir;
use tokio::time::{MissedTickBehavior, interval, sleep, timeout};

/// LDK's channel manager with LDK's own routers.
pub(crate) type Manager = SimpleArcChannelManager<Monitors, Chain, Chain, Log>;

type Monitors = ChainMonitor<
    InMemorySigner,
    Arc<dyn Filter + Send + Sync>,
    Arc<Chain>,
    Arc<Chain>,
    Arc<Log>,
    Arc<FilesystemStore>,
    Arc<KeysManager>,
>;

/// LDK's peer manager, whose messages about channels the adapter's ear hears.
pub(crate) type Peers = PeerManager<
    SocketDescriptor,
    Arc<Ear<Arc<Manager>>>,
    IgnoringMessageHandler,
    IgnoringMessageHandler,
    Arc<Log>,
    IgnoringMessageHandler,
    Arc<KeysManager>,
    IgnoringMessageHandler,
>;

/// An LDK node.
pub(crate) struct Node {
    /// Its keys.
    pub(crate) keys: Arc<KeysManager>,
    /// Its channels.
    pub(crate) manager: Arc<Manager>,
    /// Where it keeps things.
    pub(crate) store: Arc<FilesystemStore>,
    chain: Arc<Chain>,
    monitors: Arc<Monitors>,
    _folder: TempDir,
}

impl Node {
    /// A node on the chain in `file`; yours has a chain that is not a file.
    pub(crate) fn new(file: PathBuf) -> anyhow::Result<Self> {
        let network = Network::Regtest;
        let now = SystemTime::now().duration_since(UNIX_EPOCH)?;
        let keys = KeysManager::new(&random_bytes()?, now.as_secs(), now.subsec_nanos(), true);
        let (keys, log) = (Arc::new(keys), Arc::new(Log));
        let chain = Arc::new(Chain::new(network, Some(file)));
        let folder = tempfile::tempdir()?;
        let store = Arc::new(FilesystemStore::new(folder.path().to_owned()));
        let graph = Arc::new(NetworkGraph::new(network, log.clone()));
        let decay = ProbabilisticScoringDecayParameters::default();
        let scorer = ProbabilisticScorer::new(decay, graph.clone(), log.clone());
        let router = DefaultRouter::new(
            graph.clone(),
            log.clone(),
            keys.clone(),
            Arc::new(RwLock::new(scorer)),
            ProbabilisticScoringFeeParameters::default(),
        );
        let monitors = Arc::new(ChainMonitor::new(
            None,
            chain.clone(),
            log.clone(),
            chain.clone(),
            store.clone(),
            keys.clone(),
            keys.get_peer_storage_key(),
        ));
        let manager = Arc::new(ChannelManager::new(
            chain.clone(),
            monitors.clone(),
            chain.clone(),
            Arc::new(router),
            Arc::new(DefaultMessageRouter::new(graph, keys.clone())),
            log,
            keys.clone(),
            keys.clone(),
            keys.clone(),
            UserConfig::default(),
            ChainParameters { network, best_block: BestBlock::from_network(network) },
            now.as_secs().try_into()?,
        ));
        Ok(Self { keys, manager, store, chain, monitors, _folder: folder })
    }

    /// Who it is.
    pub(crate) fn id(&self) -> anyhow::Result<PublicKey> {
        self.keys.get_node_id(Recipient::Node).ok().context("LDK has no node id for these keys")
    }

    /// Its connections. What was `chan_handler: manager` is `ear`.
    pub(crate) fn peers(&self, ear: Ear<Arc<Manager>>) -> anyhow::Result<Arc<Peers>> {
        let handlers = MessageHandler {
            chan_handler: Arc::new(ear),
            route_handler: IgnoringMessageHandler {},
            onion_message_handler: IgnoringMessageHandler {},
            custom_message_handler: IgnoringMessageHandler {},
            send_only_message_handler: IgnoringMessageHandler {},
        };
        let now = SystemTime::now().duration_since(UNIX_EPOCH)?.as_secs().try_into()?;
        let peers =
            PeerManager::new(handlers, now, &random_bytes()?, Arc::new(Log), self.keys.clone());
        Ok(Arc::new(peers))
    }

    /// Gives LDK its turns, for ever. `hear` is told of each event before the node handles it.
    pub(crate) async fn run(
        self: Arc<Self>,
        peers: Arc<Peers>,
        hear: impl Fn(&Event) -> Result<(), ReplayEvent>,
    ) {
        let handle = |event: Event| {
            hear(&event)?;
            self.handle(event);
            Ok(())
        };
        let mut beat = interval(BEAT);
        beat.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            tokio::select! {
                () = self.manager.get_event_or_persistence_needed_future() => {}
                _ = beat.tick() => {
                    if let Err(error) = self.chain.tell_new(&[&*self.monitors, &*self.manager]) {
                        tracing::warn!(%error, "the chain cannot be read");
                    }
                }
            }
            self.manager.process_pending_htlc_forwards();
            self.manager.process_pending_events(&handle);
            self.monitors.process_pending_events(&handle);
            peers.process_events();
        }
    }

    /// Connects to a peer, opens a channel, and waits until payments can come through it.
    pub(crate) async fn open_channel(
        &self,
        peers: Arc<Peers>,
        to: &PeerAddress,
    ) -> anyhow::Result<()> {
        let connection = connect_outbound(peers.clone(), to.node_id, to.address).await;
        tokio::spawn(connection.with_context(|| format!("nobody answers at {to}"))?);
        let opened = async {
            while peers.peer_by_node_id(&to.node_id).is_none() {
                sleep(POLL).await;
            }
            self.manager
                .create_channel(to.node_id, SATOSHI, GIVEN_MSAT, 0, None, None)
                .map_err(|error| anyhow::anyhow!("LDK opens no such channel: {error:?}"))?;
            let priced = || {
                let channels = self.manager.list_usable_channels();
                channels.iter().any(|channel| channel.counterparty.forwarding_info.is_some())
            };
            while !priced() {
                sleep(POLL).await;
            }
            Ok(())
        };
        timeout(PATIENCE, opened).await.context("the channel does not become usable")?
    }

    /// Pays for its channel. What else your node does about events stays as it is.
    fn handle(&self, event: Event) {
        if let Event::FundingGenerationReady {
            temporary_channel_id: id,
            counterparty_node_id: peer,
            channel_value_satoshis: satoshi,
            output_script,
            ..
        } = event
        {
            let funded = funding(output_script, satoshi).and_then(|transaction| {
                self.manager.funding_transaction_generated(id, peer, transaction)
            });
            if let Err(error) = funded {
                tracing::warn!(?error, "LDK makes no channel");
            }
        }
    }
}

fn random_bytes() -> anyhow::Result<[u8; 32]> {
    let mut bytes = [0; 32];
    getrandom::fill(&mut bytes)?;
    Ok(bytes)
}

/// The size of the channel, and the share of the other side, which pays out of it.
const SATOSHI: u64 = 1_000_000;
const GIVEN_MSAT: u64 = 900_000_000;
/// Files do not wake anybody for a block.
const BEAT: Duration = Duration::from_millis(20);
const POLL: Duration = Duration::from_millis(10);
const PATIENCE: Duration = Duration::from_secs(30);

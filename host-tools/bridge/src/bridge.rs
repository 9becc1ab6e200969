use core::fmt;
use core::net::SocketAddr;
use core::time::Duration;
use std::collections::VecDeque;
use std::sync::Arc;
use std::time::{SystemTime, UNIX_EPOCH};

use bitcoin::secp256k1::PublicKey;
use lightning::ln::msgs::OnionMessageHandler;
use tokio::net::TcpStream;
use tokio::task::JoinSet;
use tokio::time::{Instant, MissedTickBehavior, interval, timeout};

use crate::connections::{Peers, accept, bind, fetch, keep, peers};
use crate::forwarder::{Errand, Forwarder, Laps};
use crate::gossip::{Map, no_reader};
use crate::router::{Router, Way};
use crate::waiting::Waiting;
use crate::{Counts, Destination, Device, Gossip, Outcome, Outgoing, Settings};

/// A running bridge. It stops when it is dropped.
pub struct Bridge {
    node_id: PublicKey,
    listening: Option<SocketAddr>,
    forwarder: Arc<Forwarder>,
    peers: Arc<Peers>,
    /// Aborted on drop.
    _tasks: JoinSet<()>,
}

impl Bridge {
    /// Starts a bridge for a device, in the current Tokio runtime.
    ///
    /// # Errors
    /// The port cannot be listened on, the clock is before 1970, or there are no random bytes.
    pub async fn start(settings: Settings, device: impl Device) -> anyhow::Result<Self> {
        let Settings { key, device: address, listen, peers: kept, gossip, .. } = settings;
        let Settings { mut directory, forwarding, limits, .. } = settings;
        let mut tasks = JoinSet::new();
        let reader = match gossip {
            Gossip::Ignore => no_reader(),
            Gossip::Follow(network) => {
                let map = Map::new(network);
                directory.follow(map.clone());
                tasks.spawn(map.clone().prune());
                map.reader()
            }
        };
        let key = Arc::new(key);
        let node_id = key.node_id();
        let router = Router { bridge: node_id, device: address, directory };
        let (forwarder, wanted) = Forwarder::new(key.clone(), router, forwarding, &limits);
        let forwarder = Arc::new(forwarder);
        let now = SystemTime::now().duration_since(UNIX_EPOCH)?.as_secs().try_into()?;
        let peers = Arc::new(peers(key, forwarder.clone(), reader, now)?);

        let mut listening = None;
        if let Some(address) = listen {
            let listener = bind(address).await?;
            listening = Some(listener.local_addr()?);
            tasks.spawn(accept(peers.clone(), listener, limits.inbound_connections));
        }
        for peer in kept {
            tasks.spawn(keep(peers.clone(), peer));
        }
        tasks.spawn(fetch(peers.clone(), wanted, limits.reply_connections));
        tasks.spawn(tick(peers.clone(), forwarder.clone()));
        tasks.spawn(serve(peers.clone(), forwarder.clone(), device));
        Ok(Self { node_id, listening, forwarder, peers, _tasks: tasks })
    }

    /// The bridge's node id.
    #[must_use]
    pub fn node_id(&self) -> PublicKey {
        self.node_id
    }

    /// Where others connect to, with the port that was taken.
    #[must_use]
    pub fn listening(&self) -> Option<SocketAddr> {
        self.listening
    }

    /// Who is connected.
    #[must_use]
    pub fn connected(&self) -> Vec<PublicKey> {
        self.peers.list_peers().into_iter().map(|peer| peer.counterparty_node_id).collect()
    }

    /// Sends an onion of the device's that answers nothing, such as the invoice for a refund.
    pub fn send(&self, outgoing: &Outgoing) {
        self.forwarder.send_from_device(Laps::REPLY, outgoing);
        self.peers.process_events();
    }

    /// Whether an onion for `destination` would arrive: it is connected, or answers where it is known
    /// to listen.
    pub async fn reaches(&self, destination: Destination) -> bool {
        match self.forwarder.way(destination) {
            Way::Device | Way::Bridge | Way::Peer(_) => true,
            Way::Connect(peer) => {
                let connection = timeout(PATIENCE, TcpStream::connect(peer.address)).await;
                matches!(connection, Ok(Ok(_)))
            }
            Way::Unknown => false,
        }
    }

    /// What became of the onion messages so far.
    #[must_use]
    pub fn counts(&self) -> Counts {
        self.forwarder.counts()
    }
}

impl Drop for Bridge {
    fn drop(&mut self) {
        self.peers.disconnect_all_peers();
    }
}

impl fmt::Debug for Bridge {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Bridge")
            .field("node_id", &self.node_id)
            .field("listening", &self.listening)
            .field("counts", &self.counts())
            .finish_non_exhaustive()
    }
}

/// Asks the device about one onion after the other and sends on what it answers: first about what an
/// earlier bridge left. What waits for the merchant's button is asked about again, and holds up
/// nothing else.
async fn serve(peers: Arc<Peers>, forwarder: Arc<Forwarder>, mut device: impl Device) {
    let mut waiting = Waiting::new();
    let mut clock = interval(LOOK);
    clock.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let left = device.left_over().await.into_iter();
    let mut due: VecDeque<_> =
        left.map(|onion| (None, Errand { onion, laps: Laps::REPLY })).collect();
    loop {
        for (since, errand) in due {
            let since = match device.answer(&errand.onion).await {
                Outcome::Silence => continue,
                Outcome::Send(outgoing) => {
                    forwarder.send_from_device(errand.laps, &outgoing);
                    peers.process_events();
                    continue;
                }
                Outcome::Later => since.or_else(|| Some(Instant::now())),
                Outcome::Unheard => None,
            };
            if let Some(dropped) = waiting.push(since, errand) {
                device.given_up(&dropped.onion).await;
            }
        }
        due = tokio::select! {
            errand = forwarder.next_for_device() => VecDeque::from([(None, errand)]),
            _ = clock.tick(), if !waiting.is_empty() => {
                if device.has_merchant_decided().await {
                    let [due, late] = waiting.take(Instant::now());
                    for (_, errand) in late {
                        device.given_up(&errand.onion).await;
                    }
                    due
                } else {
                    VecDeque::new()
                }
            }
        };
    }
}

/// Keeps LDK's time: pings, and peers that do not answer them.
async fn tick(peers: Arc<Peers>, forwarder: Arc<Forwarder>) {
    let mut clock = interval(TICK);
    loop {
        clock.tick().await;
        forwarder.timer_tick_occurred();
        peers.timer_tick_occurred();
        peers.process_events();
    }
}

/// How often a merchant who is being asked is looked after.
const LOOK: Duration = Duration::from_secs(1);

/// How long a node may take to answer a first packet.
const PATIENCE: Duration = Duration::from_secs(3);

/// LDK's documentation asks for a tick "roughly once every ten seconds".
const TICK: Duration = Duration::from_secs(10);

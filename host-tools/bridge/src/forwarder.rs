use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Instant;

use bitcoin::secp256k1::{All, PublicKey, Secp256k1};
use countersign_peer_address::PeerAddress;
use lightning::blinded_path::message::NextMessageHop;
use lightning::ln::msgs::{
    BaseMessageHandler, Init, MessageSendEvent, OnionMessage, OnionMessageHandler,
};
use lightning::ln::peer_handler::IgnoringMessageHandler;
use lightning::onion_message::messenger::{PeeledOnion, peel_onion_message};
use lightning::types::features::{InitFeatures, NodeFeatures};
use tokio::sync::{Notify, mpsc};

use crate::bucket::Buckets;
use crate::fair_queue::{Dropped, FairQueue};
use crate::log::LdkLog;
use crate::outbox::Outboxes;
use crate::router::{Router, Way};
use crate::{Counts, Destination, Forwarding, Limits, NetworkKey, Onion, Outgoing};

/// Takes the onion messages of all peers, peels the bridge's layer and passes on what is inside.
///
/// LDK's own messenger is not used: it offers messages for nodes that are not connected as events
/// of one queue, which any stranger can fill.
pub(crate) struct Forwarder {
    key: Arc<NetworkKey>,
    secp: Secp256k1<All>,
    router: Router,
    forwarding: Forwarding,
    state: Mutex<State>,
    device_wakes: Notify,
    connect: mpsc::Sender<PeerAddress>,
}

struct State {
    buckets: Buckets,
    outboxes: Outboxes,
    for_device: FairQueue<Origin, Errand>,
    counts: Counts,
}

/// Where an onion message came from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Origin {
    Peer(PublicKey),
    Device,
}

/// An onion message for the device.
#[derive(Debug)]
pub(crate) struct Errand {
    pub(crate) onion: Onion,
    /// What a reply to it may do.
    pub(crate) laps: Laps,
}

/// How often a reply may still come back to the bridge or to the device, since a stranger's reply
/// path can name them over and over.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Laps(u8);

impl Laps {
    /// Enough for a reply path that begins with device and bridge, in any order.
    pub(crate) const REPLY: Self = Self(3);
    const NONE: Self = Self(0);

    fn next(self) -> Option<Self> {
        self.0.checked_sub(1).map(Self)
    }
}

impl Forwarder {
    /// Builds the forwarder, and the list of nodes that it wants a connection to.
    pub(crate) fn new(
        key: Arc<NetworkKey>,
        router: Router,
        forwarding: Forwarding,
        limits: &Limits,
    ) -> (Self, mpsc::Receiver<PeerAddress>) {
        let (connect, wanted) = mpsc::channel(limits.reply_connections.max(1));
        let state = State {
            buckets: Buckets::new(limits.peer_rate, limits.total_rate, Instant::now()),
            outboxes: Outboxes::new(limits.outbox_bytes),
            for_device: FairQueue::new(limits.device_queue),
            counts: Counts::default(),
        };
        let forwarder = Self {
            key,
            secp: Secp256k1::new(),
            router,
            forwarding,
            state: Mutex::new(state),
            device_wakes: Notify::new(),
            connect,
        };
        (forwarder, wanted)
    }

    /// Waits for the next onion message for the device, the peers taking turns.
    pub(crate) async fn next_for_device(&self) -> Errand {
        loop {
            let next = self.lock().for_device.pop();
            if let Some((_, errand)) = next {
                self.count(|counts| &mut counts.given_to_device);
                return errand;
            }
            self.device_wakes.notified().await;
        }
    }

    /// Sends on what the device made of an errand.
    pub(crate) fn send_from_device(&self, laps: Laps, outgoing: &Outgoing) {
        match outgoing.onion.to_ldk() {
            Ok(message) => self.deliver(Origin::Device, laps, outgoing.destination, message),
            Err(error) => {
                tracing::warn!(%error, "the device sent a packet that cannot be carried");
                self.count(|counts| &mut counts.unreadable);
            }
        }
    }

    /// What became of the messages so far.
    pub(crate) fn counts(&self) -> Counts {
        self.lock().counts
    }

    /// Opens the bridge's own layer and passes on what is inside.
    fn open(&self, origin: Origin, laps: Laps, message: &OnionMessage) {
        let opened =
            peel_onion_message(message, &self.secp, &*self.key, &LdkLog, IgnoringMessageHandler {});
        let Ok(PeeledOnion::Forward(next, message)) = opened else {
            return self.count(|counts| &mut counts.unreadable);
        };
        let next = match next {
            NextMessageHop::NodeId(node_id) => Some(node_id),
            NextMessageHop::ShortChannelId(id) => self.router.own_channel(id),
        };
        match next {
            Some(node_id) => self.deliver(origin, laps, Destination::Node(node_id), message),
            None => self.count(|counts| &mut counts.unroutable),
        }
    }

    /// Takes the next step with a message that is not for the bridge's peeling, or not yet.
    fn deliver(&self, origin: Origin, laps: Laps, to: Destination, message: OnionMessage) {
        let way = self.way(to);
        let own = matches!(origin, Origin::Device);
        match way {
            Way::Device => self.queue_for_device(origin, laps, &message),
            Way::Bridge => match laps.next() {
                Some(laps) => self.open(origin, laps, &message),
                None => self.count(|counts| &mut counts.unroutable),
            },
            Way::Peer(peer) if own || self.forwarding == Forwarding::Everyone => {
                self.queue_for_peer(peer, message);
            }
            Way::Connect(peer) if own => {
                self.queue_for_peer(peer.node_id, message);
                if self.connect.try_send(peer).is_err() {
                    tracing::debug!("too many connections are wanted at once");
                }
            }
            Way::Peer(_) | Way::Connect(_) | Way::Unknown => {
                self.count(|counts| &mut counts.unroutable);
            }
        }
    }

    /// The next step towards a destination.
    pub(crate) fn way(&self, to: Destination) -> Way {
        let state = self.lock();
        self.router.way(to, |peer| state.outboxes.is_connected(peer))
    }

    fn queue_for_device(&self, origin: Origin, laps: Laps, message: &OnionMessage) {
        let laps = match origin {
            Origin::Peer(_) => Some(Laps::REPLY),
            Origin::Device => laps.next(),
        };
        let (Some(laps), Some(onion)) = (laps, Onion::from_ldk(message)) else {
            return self.count(|counts| &mut counts.unroutable);
        };
        let bytes = onion.packet.len();
        let queued = self.lock().for_device.push(origin, bytes, Errand { onion, laps });
        self.count(|counts| match queued {
            Ok(()) => &mut counts.queued_for_device,
            Err(Dropped) => &mut counts.dropped_before_device,
        });
        self.device_wakes.notify_one();
    }

    fn queue_for_peer(&self, peer: PublicKey, message: OnionMessage) {
        let queued = self.lock().outboxes.push(peer, message);
        self.count(|counts| match queued {
            Ok(()) => &mut counts.queued_for_peers,
            Err(Dropped) => &mut counts.unroutable,
        });
    }

    fn count(&self, counter: impl FnOnce(&mut Counts) -> &mut u64) {
        let mut state = self.lock();
        let counter = counter(&mut state.counts);
        *counter = counter.saturating_add(1);
    }

    /// A panic elsewhere leaves every queue whole: nothing here is changed in two steps.
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl OnionMessageHandler for Forwarder {
    fn handle_onion_message(&self, peer: PublicKey, message: &OnionMessage) {
        self.count(|counts| &mut counts.received);
        if !self.lock().buckets.take(peer, Instant::now()) {
            return self.count(|counts| &mut counts.limited);
        }
        if message.onion_routing_packet.hop_data.len() > MAX_HOP_DATA_BYTES {
            return self.count(|counts| &mut counts.unreadable);
        }
        self.open(Origin::Peer(peer), Laps::NONE, message);
    }

    fn next_onion_message_for_peer(&self, peer: PublicKey) -> Option<OnionMessage> {
        self.lock().outboxes.next(&peer)
    }

    fn timer_tick_occurred(&self) {
        let mut state = self.lock();
        state.buckets.forget_full(Instant::now());
        let given_up = u64::try_from(state.outboxes.tick()).unwrap_or(u64::MAX);
        state.counts.given_up = state.counts.given_up.saturating_add(given_up);
    }
}

impl BaseMessageHandler for Forwarder {
    fn get_and_clear_pending_msg_events(&self) -> Vec<MessageSendEvent> {
        Vec::new()
    }

    fn peer_disconnected(&self, peer: PublicKey) {
        self.lock().outboxes.disconnected(&peer);
    }

    fn provided_node_features(&self) -> NodeFeatures {
        let mut features = NodeFeatures::empty();
        features.set_onion_messages_optional();
        features
    }

    fn provided_init_features(&self, _peer: PublicKey) -> InitFeatures {
        let mut features = InitFeatures::empty();
        features.set_onion_messages_optional();
        features
    }

    fn peer_connected(&self, peer: PublicKey, init: &Init, _inbound: bool) -> Result<(), ()> {
        if init.features.supports_onion_messages() {
            self.lock().outboxes.connected(peer);
        }
        Ok(())
    }
}

/// What is left of the largest packet without version, public key and HMAC.
const MAX_HOP_DATA_BYTES: usize = Onion::MAX_PACKET_BYTES - 66;

#[cfg(test)]
mod tests {
    use core::num::NonZeroU32;

    use bitcoin::secp256k1::SecretKey;
    use lightning::blinded_path::EmptyNodeIdLookUp;
    use lightning::blinded_path::message::{
        BlindedMessagePath, MessageContext, MessageForwardNode, OffersContext,
    };
    use lightning::offers::invoice_error::InvoiceError;
    use lightning::offers::nonce::Nonce;
    use lightning::onion_message::messenger::{
        Destination as LdkDestination, OnionMessagePath, create_onion_message,
    };
    use lightning::onion_message::offers::OffersMessage;
    use lightning::sign::{KeysManager, NodeSigner};

    use super::*;
    use crate::{DeviceAddress, Directory, QueueLimits, Rate};

    const BRIDGE: u8 = 1;
    const DEVICE: u8 = 2;
    const NEIGHBOUR: u8 = 3;
    const NOBODY: u8 = 4;
    const ATTACKER: u8 = 5;
    const CUSTOMER: u8 = 6;

    #[test]
    fn bogus_next_hops_of_one_peer_do_not_starve_the_device() {
        let forwarder = forwarder(&limits(1_000));
        let (bogus, request) = (through_bridge_to(NOBODY), through_bridge_to(DEVICE));
        for _ in 0..500 {
            forwarder.handle_onion_message(node(ATTACKER), &bogus);
        }
        forwarder.handle_onion_message(node(CUSTOMER), &request);
        let counts = forwarder.counts();
        assert_eq!((counts.unroutable, counts.queued_for_device), (500, 1));
        assert!(forwarder.lock().for_device.pop().is_some());
    }

    #[test]
    fn a_peer_that_floods_the_device_waits_behind_itself_only() {
        let forwarder = forwarder(&limits(1_000));
        let request = through_bridge_to(DEVICE);
        for _ in 0..500 {
            forwarder.handle_onion_message(node(ATTACKER), &request);
        }
        forwarder.handle_onion_message(node(CUSTOMER), &request);
        let mut origins = Vec::new();
        while let Some((origin, _)) = forwarder.lock().for_device.pop() {
            origins.push(origin);
        }
        assert_eq!(origins.get(1), Some(&Origin::Peer(node(CUSTOMER))));
        let room = limits(1).device_queue.per_peer / 1_366;
        assert_eq!(origins.len(), room + 1, "256 KiB of the attacker's are kept");
    }

    #[test]
    fn a_peer_over_its_rate_is_not_looked_at_and_others_are() {
        let forwarder = forwarder(&limits(2));
        let request = through_bridge_to(DEVICE);
        for _ in 0..10 {
            forwarder.handle_onion_message(node(ATTACKER), &request);
        }
        forwarder.handle_onion_message(node(CUSTOMER), &request);
        let counts = forwarder.counts();
        assert_eq!((counts.received, counts.limited, counts.queued_for_device), (11, 8, 3));
    }

    #[test]
    fn only_the_largest_packet_of_the_specification_is_looked_at() {
        let forwarder = forwarder(&limits(1_000));
        let mut message = through_bridge_to(DEVICE);
        message.onion_routing_packet.hop_data.resize(MAX_HOP_DATA_BYTES + 1, 0);
        forwarder.handle_onion_message(node(CUSTOMER), &message);
        assert_eq!(forwarder.counts().unreadable, 1);
    }

    #[test]
    fn a_message_between_strangers_is_not_forwarded_for_them() {
        let forwarder = forwarder(&limits(1_000));
        forwarder.lock().outboxes.connected(node(NEIGHBOUR));
        forwarder.handle_onion_message(node(CUSTOMER), &through_bridge_to(NEIGHBOUR));
        assert!(forwarder.next_onion_message_for_peer(node(NEIGHBOUR)).is_none());
        assert_eq!(forwarder.counts().unroutable, 1);
    }

    #[test]
    fn nothing_is_kept_of_peers_that_are_gone() {
        // A bucket that is full again at once.
        let quick = Rate { per_second: NonZeroU32::MAX, burst: NonZeroU32::MAX };
        let forwarder = forwarder(&Limits { peer_rate: quick, ..limits(1_000) });
        let request = through_bridge_to(DEVICE);
        let gone = 7..u8::MAX;
        for peer in gone.clone().map(node) {
            let features = forwarder.provided_init_features(peer);
            let init = Init { features, networks: None, remote_network_address: None };
            forwarder.peer_connected(peer, &init, true).unwrap();
            forwarder.handle_onion_message(peer, &request);
            forwarder.queue_for_peer(peer, request.clone());
        }
        let kept = |state: &State| {
            [state.outboxes.peers(), state.buckets.peers(), state.for_device.sources()]
        };
        assert_eq!(kept(&forwarder.lock()), [gone.len(); 3]);
        gone.for_each(|byte| forwarder.peer_disconnected(node(byte)));
        while forwarder.lock().for_device.pop().is_some() {}
        // A reply is kept for two ticks, in case its peer comes back.
        (0..3).for_each(|_| forwarder.timer_tick_occurred());
        assert_eq!(kept(&forwarder.lock()), [0; 3]);
        assert_eq!(forwarder.counts().given_up, 248);
    }

    fn limits(burst: u32) -> Limits {
        let rate = |burst| Rate { per_second: NonZeroU32::MIN, burst };
        let burst = NonZeroU32::new(burst).unwrap();
        Limits {
            peer_rate: rate(burst),
            total_rate: rate(burst.saturating_mul(NonZeroU32::new(10).unwrap())),
            device_queue: QueueLimits { per_peer: 256 << 10, total: 4 << 20 },
            ..Limits::default()
        }
    }

    fn forwarder(limits: &Limits) -> Forwarder {
        let key = Arc::new(NetworkKey::new([BRIDGE; 32]).unwrap());
        let device = DeviceAddress { node_id: node(DEVICE), virtual_channel: None };
        let router = Router { bridge: key.node_id(), device, directory: Directory::default() };
        Forwarder::new(key, router, Forwarding::DeviceOnly, limits).0
    }

    fn node(byte: u8) -> PublicKey {
        SecretKey::from_slice(&[byte; 32]).unwrap().public_key(&Secp256k1::new())
    }

    /// A message along the path bridge → `last`.
    fn through_bridge_to(last: u8) -> OnionMessage {
        let (keys, secp) = (KeysManager::new(&[9; 32], 1, 1, true), Secp256k1::new());
        let context = MessageContext::Offers(OffersContext::InvoiceRequest {
            nonce: Nonce::from_entropy_source(&keys),
        });
        let hops = [MessageForwardNode { node_id: node(BRIDGE), short_channel_id: None }];
        let auth = keys.get_receive_auth_key();
        let path = BlindedMessagePath::new(&hops, node(last), auth, context, &keys, &secp);
        let path = OnionMessagePath {
            intermediate_nodes: vec![],
            destination: LdkDestination::BlindedPath(path),
            first_node_addresses: vec![],
        };
        let contents = OffersMessage::InvoiceError(InvoiceError::from_string(String::new()));
        create_onion_message(&&keys, &&keys, &&EmptyNodeIdLookUp {}, &secp, path, contents, None)
            .unwrap()
            .1
    }
}

use std::sync::{Arc, Mutex, PoisonError};

use bitcoin::secp256k1::PublicKey;
use lightning::ln::msgs::{
    BaseMessageHandler, Init, MessageSendEvent, OnionMessage, OnionMessageHandler,
};
use lightning::types::features::{InitFeatures, NodeFeatures};
use lightning::util::ser::Writeable;

use super::node::Messenger;

/// Reads the sizes of the onion packets that pass between LDK's messenger and its connections.
///
/// LDK does not tell them, and a test that claims "a request of 32,834 bytes" has to have seen
/// one. Nothing is changed on the way.
pub(super) struct Gauge {
    messenger: Arc<Messenger>,
    sizes: Mutex<Sizes>,
}

/// The latest packet in each direction, in bytes: BOLT 4's `onion_message_packet`.
#[derive(Clone, Copy, Default)]
pub(super) struct Sizes {
    pub(super) sent: Option<usize>,
    pub(super) received: Option<usize>,
}

impl Gauge {
    pub(super) fn new(messenger: Arc<Messenger>) -> Self {
        Self { messenger, sizes: Mutex::default() }
    }

    /// Forgets what was seen so far.
    pub(super) fn reset(&self) {
        self.note(|sizes| *sizes = Sizes::default());
    }

    /// What was seen since the last reset.
    pub(super) fn latest(&self) -> Sizes {
        *self.sizes.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn note(&self, change: impl FnOnce(&mut Sizes)) {
        change(&mut self.sizes.lock().unwrap_or_else(PoisonError::into_inner));
    }
}

impl OnionMessageHandler for Gauge {
    fn handle_onion_message(&self, peer: PublicKey, message: &OnionMessage) {
        self.note(|sizes| sizes.received = Some(packet_bytes(message)));
        self.messenger.handle_onion_message(peer, message);
    }

    fn next_onion_message_for_peer(&self, peer: PublicKey) -> Option<OnionMessage> {
        let message = self.messenger.next_onion_message_for_peer(peer)?;
        self.note(|sizes| sizes.sent = Some(packet_bytes(&message)));
        Some(message)
    }

    fn timer_tick_occurred(&self) {
        self.messenger.timer_tick_occurred();
    }
}

impl BaseMessageHandler for Gauge {
    fn get_and_clear_pending_msg_events(&self) -> Vec<MessageSendEvent> {
        self.messenger.get_and_clear_pending_msg_events()
    }

    fn peer_disconnected(&self, peer: PublicKey) {
        self.messenger.peer_disconnected(peer);
    }

    fn provided_node_features(&self) -> NodeFeatures {
        self.messenger.provided_node_features()
    }

    fn provided_init_features(&self, peer: PublicKey) -> InitFeatures {
        self.messenger.provided_init_features(peer)
    }

    fn peer_connected(&self, peer: PublicKey, init: &Init, inbound: bool) -> Result<(), ()> {
        self.messenger.peer_connected(peer, init, inbound)
    }
}

fn packet_bytes(message: &OnionMessage) -> usize {
    message.onion_routing_packet.serialized_length()
}

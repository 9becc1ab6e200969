use std::collections::{HashMap, VecDeque};

use bitcoin::secp256k1::PublicKey;
use lightning::ln::msgs::OnionMessage;
use lightning::util::ser::Writeable;

use crate::fair_queue::Dropped;

/// The onion messages that wait for their peers: until a socket has room, or a connection is there.
#[derive(Debug)]
pub(crate) struct Outboxes {
    bytes_per_peer: usize,
    peers: HashMap<PublicKey, Outbox>,
}

#[derive(Debug)]
struct Outbox {
    presence: Presence,
    bytes: usize,
    messages: VecDeque<(usize, OnionMessage)>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Presence {
    Connected,
    /// Not connected; what waits is dropped after so many more ticks.
    Awaited {
        ticks: u8,
    },
}

impl Outboxes {
    pub(crate) fn new(bytes_per_peer: usize) -> Self {
        Self { bytes_per_peer, peers: HashMap::new() }
    }

    pub(crate) fn is_connected(&self, peer: &PublicKey) -> bool {
        self.peers.get(peer).is_some_and(|outbox| outbox.presence == Presence::Connected)
    }

    /// A peer is there: what was waiting for it may go.
    pub(crate) fn connected(&mut self, peer: PublicKey) {
        self.outbox(peer).presence = Presence::Connected;
    }

    /// A peer is gone. It may come back at once, so what waits for it is kept for a while.
    pub(crate) fn disconnected(&mut self, peer: &PublicKey) {
        if let Some(outbox) = self.peers.get_mut(peer) {
            if outbox.messages.is_empty() {
                self.peers.remove(peer);
            } else {
                outbox.presence = AWAITED;
            }
        }
    }

    /// Puts a message into a peer's outbox, connected or not.
    ///
    /// # Errors
    /// The outbox is full, or too many absent peers are waited for already.
    pub(crate) fn push(&mut self, peer: PublicKey, message: OnionMessage) -> Result<(), Dropped> {
        if !self.peers.contains_key(&peer) && self.awaited() >= MOST_AWAITED {
            return Err(Dropped);
        }
        let limit = self.bytes_per_peer;
        let bytes = message.serialized_length();
        let outbox = self.outbox(peer);
        let filled = outbox.bytes.saturating_add(bytes);
        if filled > limit {
            return Err(Dropped);
        }
        outbox.bytes = filled;
        outbox.messages.push_back((bytes, message));
        Ok(())
    }

    /// Takes the oldest message for a connected peer.
    pub(crate) fn next(&mut self, peer: &PublicKey) -> Option<OnionMessage> {
        let outbox = self.peers.get_mut(peer)?;
        if outbox.presence != Presence::Connected {
            return None;
        }
        let (bytes, message) = outbox.messages.pop_front()?;
        outbox.bytes = outbox.bytes.saturating_sub(bytes);
        Some(message)
    }

    /// Lets time pass for the absent; returns how many messages were given up.
    pub(crate) fn tick(&mut self) -> usize {
        let mut given_up: usize = 0;
        self.peers.retain(|_, outbox| match &mut outbox.presence {
            Presence::Connected => true,
            Presence::Awaited { ticks: 0 } => {
                given_up = given_up.saturating_add(outbox.messages.len());
                false
            }
            Presence::Awaited { ticks } => {
                *ticks = ticks.saturating_sub(1);
                true
            }
        });
        given_up
    }

    fn outbox(&mut self, peer: PublicKey) -> &mut Outbox {
        self.peers.entry(peer).or_insert_with(|| Outbox {
            presence: AWAITED,
            bytes: 0,
            messages: VecDeque::new(),
        })
    }

    fn awaited(&self) -> usize {
        self.peers.values().filter(|outbox| outbox.presence != Presence::Connected).count()
    }

    /// How many peers anything is kept of.
    #[cfg(test)]
    pub(crate) fn peers(&self) -> usize {
        self.peers.len()
    }
}

/// Two ticks of ten seconds, as LDK waits for peers.
const AWAITED: Presence = Presence::Awaited { ticks: 2 };

/// How many absent peers are waited for at once.
const MOST_AWAITED: usize = 64;

#[cfg(test)]
mod tests {
    use bitcoin::secp256k1::{Secp256k1, SecretKey};
    use lightning::onion_message::packet::Packet;

    use super::*;

    fn peer(number: usize) -> PublicKey {
        let mut secret = [1; 32];
        secret[31] = u8::try_from(number).unwrap();
        SecretKey::from_slice(&secret).unwrap().public_key(&Secp256k1::new())
    }

    /// 33 bytes of path key, 2 of length, 66 of packet around the payloads.
    fn message(bytes: usize) -> OnionMessage {
        let hop_data = vec![0; bytes.checked_sub(101).unwrap()];
        let onion_routing_packet =
            Packet { version: 0, public_key: peer(0), hop_data, hmac: [0; 32] };
        OnionMessage { blinding_point: peer(0), onion_routing_packet }
    }

    #[test]
    fn a_full_outbox_takes_no_more_until_something_went() {
        let mut outboxes = Outboxes::new(300);
        outboxes.connected(peer(1));
        assert_eq!(outboxes.push(peer(1), message(200)), Ok(()));
        assert_eq!(outboxes.push(peer(1), message(101)), Err(Dropped));
        assert_eq!(outboxes.push(peer(2), message(101)), Ok(()), "others have room of their own");
        assert_eq!(outboxes.next(&peer(1)), Some(message(200)));
        assert_eq!(outboxes.push(peer(1), message(300)), Ok(()));
    }

    #[test]
    fn an_absent_peer_gets_its_messages_when_it_comes_soon() {
        let mut outboxes = Outboxes::new(1_000);
        outboxes.push(peer(1), message(200)).unwrap();
        assert_eq!(outboxes.next(&peer(1)), None);
        assert_eq!([outboxes.tick(), outboxes.tick()], [0, 0]);
        outboxes.connected(peer(1));
        assert_eq!(outboxes.next(&peer(1)), Some(message(200)));
    }

    #[test]
    fn what_waits_too_long_is_given_up() {
        let mut outboxes = Outboxes::new(1_000);
        outboxes.connected(peer(1));
        outboxes.push(peer(1), message(200)).unwrap();
        outboxes.disconnected(&peer(1));
        assert_eq!([outboxes.tick(), outboxes.tick(), outboxes.tick()], [0, 0, 1]);
        outboxes.connected(peer(1));
        assert_eq!(outboxes.next(&peer(1)), None);
    }

    #[test]
    fn only_so_many_absent_peers_are_waited_for() {
        let mut outboxes = Outboxes::new(1_000);
        for number in 0..MOST_AWAITED {
            assert_eq!(outboxes.push(peer(number), message(200)), Ok(()), "peer {number}");
        }
        assert_eq!(outboxes.push(peer(MOST_AWAITED), message(200)), Err(Dropped));
        assert_eq!(outboxes.push(peer(0), message(200)), Ok(()));
    }
}

//! The bridge between the Lightning Network and the device: an ordinary Lightning peer that
//! forwards onion messages, one of whose next hops happens to be a serial port.
//!
//! ```text
//! peers ──BOLT 8── connections ── forwarder ── fair queue ── device
//!                                    │  └───── outboxes ──── peers
//!                                  router
//! ```
//!
//! - [`Bridge`] runs it all: LDK's `PeerManager` over TCP, connections kept alive, a device served.
//! - The forwarder takes every onion message, peels the bridge's own layer with LDK, and hands the
//!   rest to the device, to a peer, or to nobody. It limits each peer and the whole.
//! - The router finds the way to a [`Destination`]: the device, the bridge itself, a connected peer,
//!   or a node to connect to. What it knows is a [`Directory`].
//! - [`Device`] is whatever answers onion messages: the link to the board, or a fake in a test.
//!
//! The bridge has a network key of its own, hot and replaceable. It refuses to know the device's
//! keys and what is inside the messages that it carries. BOLT 1, BOLT 4 §Onion Messages, BOLT 8.

#![expect(clippy::std_instead_of_alloc, reason = "a host program has std")]
#![expect(clippy::large_stack_frames, reason = "LDK's values are kilobytes, and a host has stack")]

mod bridge;
mod bucket;
mod connections;
mod counts;
mod device;
mod fair_queue;
mod forwarder;
mod gossip;
mod key;
mod log;
mod onion;
mod outbox;
mod router;
mod settings;
mod waiting;

pub use bridge::Bridge;
pub use bucket::Rate;
pub use countersign_peer_address::{AddressError, KnownChannel, PeerAddress};
pub use counts::Counts;
pub use device::{Device, DeviceAddress, Outcome, Outgoing};
pub use fair_queue::QueueLimits;
pub use gossip::Gossip;
pub use key::NetworkKey;
pub use onion::Onion;
pub use router::{ChannelEnd, Destination, Directory};
pub use settings::{Forwarding, Limits, Settings};

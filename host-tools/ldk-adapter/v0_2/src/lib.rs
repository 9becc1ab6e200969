//! An LDK 0.2.7 node whose BOLT 12 payments go through a Countersign device: a
//! [`MerchantNode`](countersign_merchant_node::MerchantNode) for nodes that run LDK.
//!
//! A few lines attach it to a node. [`Adapter::new`] wants the channel manager, the keys and the
//! store; [`Adapter::ear`] goes where LDK's `MessageHandler` takes the channel manager, and
//! [`Adapter::handle`] is called for every event. `countersign_merchant_node::serve` then lets a
//! bridge ask. The example `attached_node` has them in a whole node.
//!
//! ```text
//! a payment    update_add_htlc ──> Ear notes the path key ──> channel manager
//!              PaymentClaimable ──> held, on disk, until the bridge brings the preimage
//!              PaymentClaimed ──> told until the bridge has it on record
//! a payout     send_payment, its id the payment hash ──> PaymentSent, kept for ever: never twice
//! ```
//!
//! It refuses to have the preimage before that: LDK is given the hash alone
//! (`create_inbound_payment_for_hash`). The source is the same for every release, in `../adapter`;
//! only `release` differs.

#![expect(clippy::std_instead_of_alloc, reason = "a host program has std")]
#![expect(clippy::large_stack_frames, reason = "LDK's values are kilobytes, and a host has stack")]

#[path = "../../adapter/adapter.rs"]
mod adapter;
mod release;

pub use adapter::{Adapter, Ear};

//! What a bridge asks of the merchant's Lightning node: ways for a payment to reach it, which
//! payments it holds, and to settle or refuse each of them; and to pay an invoice that the device
//! has authorised.
//!
//! [`MerchantNode`] is that, whatever the node runs: an adapter for LDK implements it, and those for
//! other nodes can. The node and the bridge are two programs; [`serve`] lets a node be asked over
//! a Unix socket, and [`Remote`] asks.
//!
//! A node is asked what it holds, again and again: nothing it says can be lost, whichever of the two
//! programs dies when. It refuses to know the device: the preimage comes to it in
//! [`MerchantNode::settle`], once the device has let go of it.

#![expect(clippy::std_instead_of_alloc, reason = "a host program has std")]
#![expect(clippy::large_stack_frames, reason = "a host has stack, and futures live on its heap")]

mod message;
mod node;
mod proposal;
mod remote;
mod serve;

pub use node::{MerchantNode, NodeError, PathKey, Payment, Payout, Progress};
pub use proposal::{Proposal, ProposedHop, ProposedPath, ProposedRecipient};
pub use remote::Remote;
pub use serve::serve;

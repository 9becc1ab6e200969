//! LDK 0.2.7 as the rest of the Lightning Network: a relay, a payer and a merchant.
//!
//! Nothing of LDK is changed or replaced but the chain, which is a file (`peer/chain.rs`). The source
//! is the same for every release, in `../peer`; only `release` differs. The command line
//! and the output are in `countersign-ldk-peer-interface`.
//!
//! It refuses to know what the other side of a connection is.

#![expect(clippy::std_instead_of_alloc, reason = "a host program has std")]
#![expect(clippy::large_stack_frames, reason = "LDK's values are kilobytes, and a host has stack")]

#[path = "../../peer/peer.rs"]
mod peer;
mod release;

pub use peer::{
    AttachedNode, Chain, Log, Merchant, Payback, Payer, Relay, Withdrawal, funding, main,
};

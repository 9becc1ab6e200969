//! What the LDK peers of both releases share without naming LDK: the command line they read and
//! the JSON lines they print.
//!
//! The peers stand for everybody else on the Lightning Network in the demo and in the tests: a
//! relay that forwards onion messages, a payer that asks for an invoice and judges it, and a
//! merchant to compare ours with. Tests of one release must be able to replace the other, so the
//! words are fixed here, once.
//!
//! This crate refuses to know how a Lightning node works.

mod answer;
mod arguments;
mod seed;

pub use answer::{Answer, Failure, Payment, VerifiedInvoice};
pub use arguments::{
    Arguments, ChannelSize, Ground, MerchantArguments, NodeArguments, PathShape, PayerArguments,
    RefundArguments, RelayArguments, Verb, WithdrawArguments,
};
pub use countersign_peer_address::{KnownChannel, PeerAddress};
pub use seed::{Seed, SeedError};

//! The peers themselves, compiled once with each release of LDK.
//!
//! What differs between the releases is in the `release` module of the package that includes this
//! one; everything else has to be the same source, since a difference in what is tried would hide
//! a difference in LDK.

mod command;
mod connection;
mod gauge;
mod merchant;
mod node;
mod off_chain;
mod offers;
mod paths;
mod payer;
mod refund;
mod relay;

pub use command::main;
pub use merchant::Merchant;
pub(crate) use off_chain::{DeadEnd, OffChain};
pub use payer::Payer;
pub use refund::{Payback, Withdrawal};
pub use relay::Relay;

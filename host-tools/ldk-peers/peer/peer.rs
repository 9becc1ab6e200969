//! The peers themselves, compiled once with each release of LDK.
//!
//! What differs between the releases is in the `release` module of the package that includes this
//! one; everything else has to be the same source, since a difference in what is tried would hide
//! a difference in LDK.

mod attached;
mod chain;
mod channels;
mod command;
mod connection;
mod gauge;
mod late;
mod life;
mod log;
mod merchant;
mod node;
mod offers;
mod paths;
mod payer;
mod payment;
mod refund;
mod relay;
mod routes;
mod shelf;

pub use attached::AttachedNode;
pub use chain::{Chain, funding};
pub use command::main;
pub use log::Log;
pub use merchant::Merchant;
pub(crate) use node::{MonitorParts, Monitors};
pub use payer::Payer;
pub use refund::{Payback, Withdrawal};
pub use relay::Relay;
pub(crate) use routes::Routes;

//! The host's end of the link.
//!
//! ```text
//! Client ── one operation, asked again under the same id until it is answered
//!   └─ Link ── one conversation: frames, credits, approvals, pings
//!        └─ Access ── a serial port, a socket, or a simulated device
//! ```
//!
//! A [`Client`] is one device, whatever happens to the cable: a port that closes or goes silent is
//! opened again, and the request that was under way is sent again under its own id, which the device
//! answers with the same bytes and counts once. What a person has to know meanwhile comes as an
//! [`Event`]; what went wrong in the end is an [`Error`] that says what to do.
//!
//! It refuses to know what onions, offers and invoices contain. The protocol is `PROTOCOL.md` of
//! `countersign-link`.

#![expect(clippy::std_instead_of_alloc, reason = "a host program has std")]
#![expect(clippy::large_stack_frames, reason = "a host has stack, and futures live on its heap")]
#![expect(
    clippy::wildcard_enum_match_arm,
    reason = "a device may answer with anything, and whatever is not expected is one error"
)]

mod access;
mod advice;
mod answer;
mod approval;
mod backup;
mod claims;
mod client;
mod error;
mod event;
mod link;
mod merchant;
mod offers;
mod operation;
mod provisioning;
mod rate;
mod refunds;
mod response;

pub use access::{Access, AddressError, DeviceAddress};
pub use answer::{
    NoPaths, Onion, Outcome, Outgoing, PaymentPath, PaymentPaths, PaymentPathsSource, RecipientHop,
    Waiting,
};
pub use claims::{Collected, PaymentPart};
pub use client::Client;
pub use error::Error;
pub use event::Event;
pub use link::Hello;
pub use merchant::Pinned;
pub use offers::{Issued, OfferPath, OfferTerms};
pub use provisioning::Words;
pub use rate::{Rate, decimal};
pub use refunds::{Accepted, RefundTerms};

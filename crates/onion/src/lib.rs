//! BOLT 4: Sphinx, peeled and built in chunks, for messages and for payments.
//!
//! No buffer here is as large as a packet. [`Peel`] takes a packet in chunks of any size, keeps the
//! leading payload only, and releases nothing before the MAC over the whole has matched.
//! [`Forward`] turns a packet, sent a second time, into the next hop's. [`Build`] makes a packet by
//! seeking in the layers' keystreams, in portions that the caller chooses.
//!
//! [`Message`] and [`PaymentPayload`] are what the payloads mean; [`Payload`] writes them.
//!
//! The crate knows no route blinding: a hop that was reached through a blinded path peels with its
//! tweaked key, which is `countersign-blinding`'s to make. `reply_path` and
//! `encrypted_recipient_data` are bytes here.
//!
//! ```
//! # use countersign_crypto::{Curve, CurveMemory, Secret, SecretKey};
//! # use countersign_onion::{
//! #     AssociatedData, Build, ContentType, FinalMessage, Message, Packet, Pad, Payload, PayloadsLen,
//! #     Peel, Peeled, Plan, Progress,
//! # };
//! # fn there_and_back() -> Option<()> {
//! # let mut memory = CurveMemory::new();
//! # let curve = Curve::new(&mut memory, &Secret::new([1; 32]))?;
//! # let node = SecretKey::parse(&Secret::new([2; 32])).ok()?;
//! # let session_key = Secret::new([3; 32]);
//! # let mut link: Vec<u8> = Vec::new();
//! let payloads = [Payload::Final(FinalMessage {
//!     reply_path: None,
//!     encrypted_recipient_data: b"data",
//!     content_type: ContentType::INVOICE,
//!     content: &[b"an invoice ", b"in pieces"],
//! })];
//! let plan = Plan {
//!     payloads: &payloads,
//!     payloads_len: PayloadsLen::smallest_for(&payloads)?,
//!     associated: AssociatedData::None,
//!     pad: Pad::Middle,
//! };
//! let mut build = Build::new();
//! build.begin(&session_key, &plan).ok()?;
//! while build.layer(&curve, &node.public_key(&curve)).ok()? == Progress::More {}
//! while build.work(&payloads, 4_096).ok()? == Progress::More {}
//! let mut chunk = [0; 600];
//! while let len @ 1.. = build.chunk(&payloads, link.len(), &mut chunk).ok()? {
//!     link.extend_from_slice(&chunk[..len]);
//! }
//!
//! let packet = Packet::parse(&link).ok()?;
//! let mut peel = Peel::new();
//! peel.begin(&node, packet.header, packet.payloads_len, AssociatedData::None).ok()?;
//! for chunk in packet.payloads.chunks(600) {
//!     peel.chunk(chunk);
//! }
//! let Peeled::Final { payload } = peel.finish(packet.hmac).ok()? else { return None };
//! assert_eq!(Message::parse(payload).ok()?.content?.value, b"an invoice in pieces");
//! # Some(())
//! # }
//! # assert!(there_and_back().is_some());
//! ```
//!
//! Specification: BOLT 4 §Packet Structure, §Onion Decryption, §Onion Messages. Sizes are in
//! [`capacity`].

#![no_std]
#![forbid(unsafe_code)]

mod build;
pub mod capacity;
mod error;
mod forward;
mod layers;
mod message;
mod packet;
mod payload;
mod payment;
mod peel;
#[cfg(test)]
mod testing;

pub use build::{Build, Plan, Progress};
pub use error::{BuildError, Ignored, PaymentError};
pub use forward::Forward;
pub use layers::Pad;
pub use message::{Content, ContentType, Message};
pub use packet::{AssociatedData, OnionMessage, Packet, PayloadsLen};
pub use payload::{FinalMessage, Payload};
pub use payment::{PaymentData, PaymentPayload};
pub use peel::{Peel, Peeled};

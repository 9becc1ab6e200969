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

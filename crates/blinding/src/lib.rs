//! BOLT 4: route blinding, for messages and for payments.
//!
//! A blinded path is read ([`BlindedPath`]), created ([`Route`], and [`PaymentPath`] for what a
//! payment path costs) and, by a node that stands on it, opened hop by hop ([`Unblinding`]). What a
//! hop is told is an [`EncryptedDataTlv`]. Everything is encrypted and decrypted where it lies.
//!
//! The crate knows no onion and no purpose: it does not say what a `path_id` must be, nor who may
//! be the recipient of a payment. It draws no randomness: a session key is an argument.
//!
//! Specification: BOLT 4 §Route Blinding, BOLT 12 §Invoices (`blinded_payinfo`).

#![no_std]
#![forbid(unsafe_code)]

mod chain;
mod create;
mod field;
mod open;
mod padding;
mod path;
mod payinfo;
mod payment;
mod recipient;
mod relay;

pub use create::{
    CreateError, Hop, LastHop, MAX_MESSAGE_HOPS, MAX_PAYMENT_HOPS, Purpose, Route, Sealing, Start,
};
pub use field::Field;
pub use open::Unblinding;
pub use padding::Padding;
pub use path::{BlindedHop, BlindedPath, BlindedPaths, Direction, Introduction, ShortChannelId};
pub use payinfo::{BlindedPayInfo, BlindedPayInfos};
pub use payment::{ForwardingNode, PathError, PaymentPath, Recipient};
pub use recipient::{AllowedFeatures, EncryptedDataTlv, Invalid, NextHop, UnknownRecords};
pub use relay::{PaymentConstraints, PaymentRelay};

//! The till: tells a shop's software what becomes of the merchant's invoices and refunds, as it
//! happens.
//!
//! Everything is read from the merchant's record ([`countersign_records`]), whichever program wrote
//! it: a [`Watch`] follows its events, a [`Webhook`] posts them to the shop until it has taken each.
//! What was delivered is in the record too, so a program that is killed at any moment goes on where
//! it was; an event may come twice then, under the same id, and never not at all.

mod json;
mod watch;
mod webhook;

pub use json::{event_json, invoice_json, refund_json};
pub use watch::{TillError, Watch};
pub use webhook::{SIGNATURE_HEADER, Webhook, webhook_secret};

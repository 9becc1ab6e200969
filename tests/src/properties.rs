//! Properties: each takes any bytes and compares what a crate makes of them with something else.
//!
//! A property is a fuzz target of the same name, and its corpus is replayed by `cargo test`.

mod bip353;
mod blinding;
mod bolt12;
mod device;
mod escape;
mod invoice_error;
mod link;
pub(crate) mod merkle;
mod mnemonic;
mod onion;
mod payer_proof;
mod text;
pub(crate) mod tlv;

pub use bip353::bip353_name;
pub use blinding::{blinded_path, blinded_round_trip, encrypted_data};
pub use bolt12::{invoice, invoice_build, invoice_request, offer, refund};
pub use device::device;
pub use escape::escape_text;
pub use invoice_error::invoice_error;
pub use link::link_message;
pub use merkle::merkle_root;
pub use mnemonic::mnemonic;
pub use onion::{onion_cuts, onion_message, onion_payment, onion_round_trip};
pub use payer_proof::payer_proof;
pub use text::text_string;
pub use tlv::{tlv_round_trip, tlv_stream};

/// Takes any bytes and panics when a comparison fails.
pub type Property = fn(&[u8]);

/// Every property with its name, which is also its fuzz target's and its corpus folder's.
pub const ALL: &[(&str, Property)] = &[
    ("bip353_name", bip353_name),
    ("blinded_path", blinded_path),
    ("blinded_round_trip", blinded_round_trip),
    ("device", device),
    ("encrypted_data", encrypted_data),
    ("escape_text", escape_text),
    ("invoice", invoice),
    ("invoice_build", invoice_build),
    ("invoice_error", invoice_error),
    ("invoice_request", invoice_request),
    ("link_message", link_message),
    ("merkle_root", merkle_root),
    ("mnemonic", mnemonic),
    ("offer", offer),
    ("onion_cuts", onion_cuts),
    ("onion_message", onion_message),
    ("onion_payment", onion_payment),
    ("onion_round_trip", onion_round_trip),
    ("payer_proof", payer_proof),
    ("refund", refund),
    ("text_string", text_string),
    ("tlv_round_trip", tlv_round_trip),
    ("tlv_stream", tlv_stream),
];

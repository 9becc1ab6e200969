//! Properties: each takes any bytes and compares what a crate makes of them with something else.
//!
//! A property is a fuzz target of the same name, and its corpus is replayed by `cargo test`.

mod tlv;

pub use tlv::{tlv_round_trip, tlv_stream};

/// Takes any bytes and panics when a comparison fails.
pub type Property = fn(&[u8]);

/// Every property with its name, which is also its fuzz target's and its corpus folder's.
pub const ALL: &[(&str, Property)] =
    &[("tlv_round_trip", tlv_round_trip), ("tlv_stream", tlv_stream)];

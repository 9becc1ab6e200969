//! Money and time that cannot be out of range.
//!
//! An [`Msat`] is at most 21 million bitcoin, so a sum that does not exist in bitcoin does not
//! exist in this program either. Arithmetic is by named methods that return `Option`: there are no
//! operators that could overflow, and no floating point. What such numbers become in between is in
//! [`wide`].
//!
//! The crate knows no encoding: bytes are read by `countersign-tlv`.

#![no_std]
#![forbid(unsafe_code)]

mod money;
mod time;
pub mod wide;

pub use money::Msat;
pub use time::{Seconds, UnixTime};

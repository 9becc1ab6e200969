//! BOLT 4: route blinding, for messages and for payments.

#![no_std]
#![forbid(unsafe_code)]

mod path;
mod payinfo;

pub use path::{BlindedHop, BlindedPath, BlindedPaths, Direction, Introduction, ShortChannelId};
pub use payinfo::{BlindedPayInfo, BlindedPayInfos};

//! A whole shop for tests: a device (simulated, or the firmware's image in QEMU), a bridge, LDK
//! relays and LDK payers, each a process of its own, over real TCP.
//!
//! The programs are found beside the tests; `cargo xtask test` builds them all. None of them is
//! told that it is in a test.

mod board;
mod line;
mod market;
mod process;
mod shop;

pub use board::Hardware;
pub use line::{CutLine, RecordedLine};
pub use market::{Market, Software, Stall};
pub use process::{Process, ask, program};
pub use shop::{Ldk, Merchant, Opening, Relay, Shop, verified};

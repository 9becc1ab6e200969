//! The device without the hardware: one input, one output.
//!
//! A [`Device`] holds a merchant's keys, opens the onion messages that customers send, reads and
//! judges every invoice request itself, and signs the invoice. It is sans-IO: a shell hands it one
//! [`Input`] after another (a message of the host's, a button, "stored") with the time since it was
//! switched on and fresh entropy, and does what the [`Output`] says. The same core runs in firmware,
//! in the simulator, under the fuzzer and in tests.
//!
//! ```text
//! onion --peel--> payload --hear--> ours --check--> checked --judge--> Pending --paths--> signed
//!          silence         silence         invoice_error       button, flash        judged by rules
//! ```
//!
//! Two things follow from types and not from care. What the merchant was shown is what is acted
//! upon: the prompt is made from the value that the button then consumes. And no signature exists
//! before flash knows that it is counted.
//!
//! The crate knows no serial port, no flash chip and no screen. Sizes are in [`capacity`],
//! refinements of the design in `DECISIONS.md`.

#![no_std]
#![forbid(unsafe_code)]
#![expect(
    clippy::large_stack_frames,
    reason = "the lint adds up what an unoptimised build would use; the peak is measured on the image"
)]

mod answer;
mod approval;
mod backup;
pub mod build;
pub mod capacity;
pub mod conversation;
mod copy;
mod counters;
mod decisions;
mod device;
mod host;
mod input;
mod keys;
mod log;
mod merchant;
mod network;
mod offer;
mod onion;
mod parts;
mod paths;
mod payment;
mod payouts;
mod prompt;
mod provisioning;
mod questions;
mod rate;
mod refund;
mod settings;
mod sheet;
mod store;
mod task;
mod text;
mod vault;
mod withdrawal;

pub use counters::Counters;
pub use device::{About, Desk, Device, Scratch, Screen, Stored};
pub use input::{Input, Moment, Output};
pub use payouts::Payouts;
pub use prompt::Line;
pub use settings::{OfferId, Settings};
pub use store::{Slot, Unreadable};

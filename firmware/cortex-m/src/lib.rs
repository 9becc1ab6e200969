//! What every Cortex-M board shares: the loop that drives the application, which processor it is,
//! the depth of the stack, and what a panic or a fault leaves behind. Its panic handler is every
//! image's.
//!
//! The one place with `unsafe` in it, beside `rp` and the boards' own files.

#![no_std]

mod drive;
mod failure;
mod last_words;
mod processor;

// What libsecp256k1 calls.
use countersign_curve as _;
// What the compiler calls.
use countersign_memmove as _;

pub use countersign_stack::{paint, used};
pub use drive::run;
pub use last_words::LastWords;
pub use processor::Processor;

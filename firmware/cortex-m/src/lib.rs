//! What every Cortex-M board shares: which processor it is, the depth of its stack, and what a panic
//! leaves behind.
//!
//! The one place beside the boards' own files with `unsafe` in it.

#![no_std]

mod last_words;
mod processor;
mod stack;

pub use last_words::{LastWords, fault};
pub use processor::Processor;
pub use stack::{paint, used};

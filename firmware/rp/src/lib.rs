//! What the boards with an RP2040 or an RP2350 share: the watchdog, and what runs beside the
//! application.
//!
//! Which of the two chips it is built for, a feature of `embassy-rp` says, which the board's own crate
//! turns on.

#![no_std]

mod beside;
mod watchdog;

pub use beside::start_beside;
pub use watchdog::Dog;

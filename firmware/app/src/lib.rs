//! The application that every board runs.
//!
//! It surrounds the device core with what a board has: bytes in and out, flash, buttons, perhaps a
//! screen, a clock, a watchdog and a random source. A board is whatever implements [`Board`]; the
//! application knows no register and no pin, and has no board-specific code.
//!
//! ```text
//! host --Serial--> FrameDecoder --> Device --> FrameEncoder --Serial--> host
//!                     Buttons, Flash ^  | Screen, Flash
//! ```
//!
//! Whatever it logs is an [`Event`], which has no room for a payload.

#![no_std]
#![forbid(unsafe_code)]

mod board;
mod boot;
mod buttons;
mod doorman;
mod entropy;
mod event;
mod health;
mod self_test;
mod shell;
mod storage;
mod worker;

pub use board::{
    Board, Buttons, Clock, HungUp, Indication, Parts, Press, Random, Reset, Screen, Serial,
    TRANSFER, Turn, Watchdog,
};
pub use boot::{Memory, run};
pub use buttons::PinButtons;
pub use doorman::{Desk, Doorman, Passage, Verdict, Work};
pub use event::Event;

use countersign_signer::build;

/// The version of this application, which is also the core's.
pub const VERSION: [u8; 3] = build::version([
    env!("CARGO_PKG_VERSION_MAJOR"),
    env!("CARGO_PKG_VERSION_MINOR"),
    env!("CARGO_PKG_VERSION_PATCH"),
]);

/// The commit that it is built from, as `cargo xtask firmware` says.
pub const COMMIT: [u8; 20] = build::commit(option_env!("COUNTERSIGN_COMMIT"));

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
    TRANSFER, Watchdog,
};
pub use boot::{Memory, run};
pub use buttons::PinButtons;
pub use doorman::{Desk, Doorman, Passage, Verdict, Work};
pub use event::Event;

/// The version of this application, which is also the core's.
pub const VERSION: [u8; 3] = [
    number(env!("CARGO_PKG_VERSION_MAJOR")),
    number(env!("CARGO_PKG_VERSION_MINOR")),
    number(env!("CARGO_PKG_VERSION_PATCH")),
];

/// A number below 256, or 255.
const fn number(text: &str) -> u8 {
    match u8::from_str_radix(text, 10) {
        Ok(number) => number,
        Err(_) => u8::MAX,
    }
}

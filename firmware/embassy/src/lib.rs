//! What every board that Embassy knows shares: all but the drivers of its chip's parts.
//!
//! Nothing here knows a chip.

#![no_std]
#![forbid(unsafe_code)]

mod around;
mod clock;
mod light;
mod log;
mod pages;
mod usb;

pub use around::{Around, Chip, ChipParts, beside, run};
pub use clock::Timer;
pub use light::{Light, blink};
pub use log::log;
pub use pages::Pages;
pub use usb::{Port, Usb};

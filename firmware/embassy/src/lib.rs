//! What every board that Embassy knows shares: USB, flash, the clock and the light.
//!
//! A board hands its chip's drivers in; nothing here knows a chip.

#![no_std]
#![forbid(unsafe_code)]

mod clock;
mod light;
mod log;
mod pages;
mod usb;

pub use clock::Timer;
pub use light::{Light, blink};
pub use log::log;
pub use pages::Pages;
pub use usb::{Usb, serve};

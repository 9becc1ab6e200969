//! A small screen for boards: prompts in pages that the buttons turn, and the QR code of an offer.
//!
//! It draws onto whatever is a [`Panel`]: the SSD1306 is one, a picture in memory is another.

#![no_std]
#![forbid(unsafe_code)]

mod code;
mod oled;
mod panel;
mod sheet;

pub use oled::{Oled, ROWS};
pub use panel::{HEIGHT, Panel, STRIP_LEN, Ssd1306, WIDTH};
pub use sheet::COLUMNS;

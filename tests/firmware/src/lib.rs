//! The firmware's images in emulators, driven by the ordinary client: QEMU's Cortex-M4, and the
//! Raspberry Pi Pico with its USB port.

mod debugger;
mod emulator;
mod merchant;
mod oracle;
mod pico;
mod port;
mod request;

pub use emulator::{Emulator, image};
pub use oracle::{Answer, Oracle};
pub use pico::{Direction, Pico, Transfer, pico_image};
pub use port::{Port, wire};
pub use request::{Answered, Asked, LARGEST, Onions, SMALLEST, answer_request, ask};

//! The firmware's image in QEMU, driven by the ordinary client.

mod emulator;
mod merchant;
mod worst;

pub use emulator::{Emulator, image};
pub use worst::{Answered, LARGEST, worst_request};

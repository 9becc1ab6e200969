//! The firmware's image in QEMU, driven by the ordinary client.

mod debugger;
mod emulator;
mod merchant;
mod oracle;
mod worst;

pub use emulator::{Emulator, image};
pub use oracle::{Answer, Oracle};
pub use worst::{Answered, LARGEST, worst_request};

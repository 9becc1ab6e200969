//! The device on the host: the same core as in the firmware, with a file for its flash and a
//! terminal, or a script, for its screen and buttons.
//!
//! ```text
//! host ──bytes── Line ── Shell ── countersign_signer::Device
//!                          ├───── Flash     a file, replaced whole
//!                          ├───── Buttons   a terminal or a script
//!                          └───── Sources   uptime and randomness
//! ```
//!
//! - [`Board`] is the hardware: what the core needs and cannot do itself.
//! - [`Line`] is where hosts connect: a pseudo-terminal, a Unix socket, TCP, or the same process.
//! - [`Simulator`] runs a board on a thread of its own, and can pull its plug.
//!
//! The shell does around the core what `PROTOCOL.md` of `countersign-link` asks of a device: it says
//! that it is busy or waits for a button, keeps the time between frames, finds its way back after
//! garbage, and forgets a host that hung up. It refuses to know what the messages mean.

#![expect(clippy::std_instead_of_alloc, reason = "a host program has std")]
#![expect(clippy::large_stack_frames, reason = "a host has stack, and the core is kilobytes")]

mod board;
mod buttons;
mod flash;
mod line;
mod port;
mod shell;
mod simulator;
mod sources;

pub use board::Board;
pub use buttons::{Buttons, Press, PromptText, Script, Terminal};
pub use countersign_signer::Screen;
pub use flash::{Flash, FlashError};
pub use line::Line;
pub use simulator::Simulator;
pub use sources::{Clock, Entropy};

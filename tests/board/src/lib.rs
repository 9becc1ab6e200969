//! The application of every board, on a board made of memory whose power can fail.

mod board;
mod chip;
mod customer;
mod host;
mod merchant;

pub use board::{Blind, Hardware, Noise, Seeing, Sight};
pub use chip::{Chip, Cut, PAGE, PowerCut};
pub use customer::END;
pub use host::Host;

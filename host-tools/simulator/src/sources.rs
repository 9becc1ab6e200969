use core::sync::atomic::{AtomicU64, Ordering};
use core::time::Duration;
use std::io;
use std::sync::Arc;
use std::time::Instant;

use countersign_crypto::{Secret, sha256};

/// What counts the seconds since the board was switched on.
#[derive(Clone, Debug)]
pub enum Clock {
    /// The computer's own.
    System,
    /// A number of seconds that a test moves on by hand.
    Manual(Arc<AtomicU64>),
}

impl Clock {
    /// Time since `start` for the computer's clock, since zero for one moved by hand.
    pub(crate) fn since(&self, start: Instant) -> Duration {
        match self {
            Self::System => start.elapsed(),
            Self::Manual(seconds) => Duration::from_secs(seconds.load(Ordering::Relaxed)),
        }
    }
}

/// The board's random source.
#[derive(Debug)]
pub enum Entropy {
    /// The operating system's.
    System,
    /// A sequence that the same seed gives again: for tests, whose keys are worth nothing.
    Seeded {
        /// The seed.
        seed: Secret<32>,
        /// How often it was asked.
        drawn: u64,
    },
}

impl Entropy {
    /// A sequence that the same `seed` gives again.
    #[must_use]
    pub fn seeded(seed: u64) -> Self {
        Self::Seeded { seed: Secret::new(sha256(&[&seed.to_be_bytes()])), drawn: 0 }
    }

    /// The next 32 bytes.
    ///
    /// # Errors
    ///
    /// The operating system's, should it have no randomness.
    pub(crate) fn draw(&mut self) -> io::Result<[u8; 32]> {
        match self {
            Self::System => {
                let mut bytes = [0; 32];
                getrandom::fill(&mut bytes)?;
                Ok(bytes)
            }
            Self::Seeded { seed, drawn } => {
                *drawn = drawn.wrapping_add(1);
                Ok(sha256(&[seed.expose_secret(), &drawn.to_be_bytes()]))
            }
        }
    }
}

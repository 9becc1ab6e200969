use core::fmt;
use core::time::Duration;

use countersign_link::{ResetReason, SeedAtRest};
use countersign_signer::{About, Screen};

use crate::{Buttons, Clock, Entropy, Flash};

/// The simulated hardware. It outlives a power cut; the core that runs on it does not.
pub struct Board {
    /// What survives a power cut.
    pub flash: Flash,
    /// Screen and buttons.
    pub buttons: Box<dyn Buttons>,
    /// What counts seconds.
    pub clock: Clock,
    /// The random source.
    pub entropy: Entropy,
    /// Whether prompts can be read on the device itself.
    pub screen: Screen,
    /// How long a person takes to press a button at least.
    pub reaction: Duration,
}

impl Board {
    /// A board with a screen, the computer's clock and its random source.
    #[must_use]
    pub fn new(flash: Flash, buttons: Box<dyn Buttons>) -> Self {
        Self {
            flash,
            buttons,
            clock: Clock::System,
            entropy: Entropy::System,
            screen: Screen::OnBoard,
            reaction: Duration::from_millis(50),
        }
    }

    /// What the device says about itself in `Hello`.
    pub(crate) const fn about(&self) -> About {
        About {
            board: "simulator",
            firmware: FIRMWARE,
            commit: [0; 20],
            reset: ResetReason::PowerOn,
            screen: self.screen,
            seed: SeedAtRest::Plain,
        }
    }
}

/// The version of the workspace, which is also the core's.
const FIRMWARE: [u8; 3] = [
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

impl fmt::Debug for Board {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Board").field("flash", &self.flash).finish_non_exhaustive()
    }
}

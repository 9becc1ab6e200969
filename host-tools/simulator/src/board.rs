use core::fmt;
use core::time::Duration;

use countersign_link::{ResetReason, SeedAtRest};
use countersign_signer::{About, Screen, build};

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
            commit: COMMIT,
            reset: ResetReason::PowerOn,
            screen: self.screen,
            seed: SeedAtRest::Plain,
        }
    }
}

/// The version of the workspace, which is also the core's.
const FIRMWARE: [u8; 3] = build::version([
    env!("CARGO_PKG_VERSION_MAJOR"),
    env!("CARGO_PKG_VERSION_MINOR"),
    env!("CARGO_PKG_VERSION_PATCH"),
]);

/// The commit that it is built from, where the build says.
const COMMIT: [u8; 20] = build::commit(option_env!("COUNTERSIGN_COMMIT"));

impl fmt::Debug for Board {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Board").field("flash", &self.flash).finish_non_exhaustive()
    }
}

//! What the application wants of a board.

use core::time::Duration;
use core::{error, fmt};

use countersign_crypto::Secret;
use countersign_link::ResetReason;
use countersign_signer::Line;
use embedded_io_async::{ErrorKind, Read, Write};
use embedded_storage_async::nor_flash::NorFlash;

use crate::{Event, Verdict, Work};

/// A board: the name of its image and the types of its parts.
pub trait Board {
    /// What `Hello` calls it.
    const NAME: &'static str;

    /// How long a person takes to press a button at least. A press that comes sooner was meant for
    /// something else.
    const REACTION: Duration;

    /// The link to the host.
    type Serial: Serial;
    /// The source of noise.
    type Random: Random;
    /// The pages of flash that hold the state, from address 0 to their end: three at least.
    type Flash: NorFlash;
    /// Yes and no.
    type Buttons: Buttons;
    /// Where prompts and states are shown.
    type Screen: Screen;
    /// Time since the board was switched on.
    type Clock: Clock;
    /// What resets a board that hangs.
    type Watchdog: Watchdog;
    /// Why the board started, and how to start it again.
    type Reset: Reset;

    /// Writes to the log.
    fn log(event: Event);

    /// How deep the stack has been since the board started, in bytes.
    fn stack_used() -> u32;
}

/// A board's parts, once they are set up.
#[expect(missing_docs, reason = "each is the part of that name in `Board`")]
pub struct Parts<B: Board> {
    pub serial: B::Serial,
    pub random: B::Random,
    pub flash: B::Flash,
    /// The board's own secret, which is nowhere in its flash and on no other board; `None` where the
    /// chip has none. The seed is encrypted under a key from it.
    pub secret: Option<Secret<32>>,
    pub buttons: B::Buttons,
    pub screen: B::Screen,
    pub clock: B::Clock,
    pub watchdog: B::Watchdog,
    pub reset: B::Reset,
}

/// The host closed the port, or the cable is out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct HungUp;

impl fmt::Display for HungUp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the host hung up")
    }
}

impl error::Error for HungUp {}

impl embedded_io_async::Error for HungUp {
    fn kind(&self) -> ErrorKind {
        ErrorKind::NotConnected
    }
}

/// Bytes that the application reads at a time: a packet of full-speed USB.
pub const TRANSFER: usize = 64;

/// The link to the host: bytes, in order.
///
/// What waits to read says [`HungUp`] once each time that the host hangs up, and then waits for the
/// next one; a future that is dropped has lost no bytes. What is written is sent with whatever the
/// transport wants after the last of it, without being flushed.
pub trait Serial: Read<Error = HungUp> + Write<Error = HungUp> {
    /// The core begins with this, and looks at nothing until [`Serial::release`]. A line with an
    /// interrupt leaves it to a [`Doorman`](crate::Doorman) to answer meanwhile; any other is deaf
    /// for as long as a step of the core takes.
    fn engage(&mut self, _: Work) {}

    /// The core looks up again: whether the host still wants what it was at.
    fn release(&mut self) -> Verdict {
        Verdict::Wanted
    }
}

/// A source of noise. The application tests it and conditions what it gives.
pub trait Random {
    /// Fills `noise` with what the hardware gives, as it gives it.
    fn fill(&mut self, noise: &mut [u8]);
}

/// What the merchant said.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Press {
    /// Yes.
    Confirm,
    /// No.
    Cancel,
}

/// The two buttons, looked at every few milliseconds while a prompt waits.
pub trait Buttons {
    /// Forgets what was pressed up to now: it was meant for something else.
    fn forget(&mut self);

    /// A press that has happened since.
    fn pressed(&mut self) -> Option<Press>;
}

/// What goes on, for a board that has a light.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Indication {
    /// Waiting for a host or its request.
    Idle,
    /// At work.
    Working,
    /// A button is wanted.
    Asking,
    /// Out of order.
    Failed,
}

/// What a yes comes to while a prompt is shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Turn {
    /// All of the prompt has been shown: it is a yes.
    Over,
    /// There was another page, and it is shown now.
    Turned,
    /// There is another page. It is shown once the prompt's lines are given again, from the first.
    Again,
}

/// Where prompts are shown, if they are, and states.
pub trait Screen {
    /// Whether prompts can be read here.
    const PROMPTS: countersign_signer::Screen;

    /// Takes whatever is shown away.
    fn clear(&mut self);

    /// Shows one more line of a prompt.
    fn line(&mut self, line: &Line<'_>);

    /// Shows what goes on. After the last line of a prompt, that a button is wanted for it.
    fn indicate(&mut self, indication: Indication);

    /// Turns to the next page of a prompt that is longer than the screen.
    fn turn(&mut self) -> Turn {
        Turn::Over
    }

    /// Shows the QR code of `text` until the next prompt, if there is room for it.
    fn show_code(&mut self, _: &str) {}
}

impl<S: Screen> Screen for &mut S {
    const PROMPTS: countersign_signer::Screen = S::PROMPTS;

    fn clear(&mut self) {
        S::clear(self);
    }

    fn line(&mut self, line: &Line<'_>) {
        S::line(self, line);
    }

    fn indicate(&mut self, indication: Indication) {
        S::indicate(self, indication);
    }

    fn turn(&mut self) -> Turn {
        S::turn(self)
    }

    fn show_code(&mut self, text: &str) {
        S::show_code(self, text);
    }
}

/// Time since the board was switched on.
#[expect(async_fn_in_trait, reason = "boards run one future, which never moves to another thread")]
pub trait Clock {
    /// How long that is.
    fn now(&self) -> Duration;

    /// Waits until it is `moment`.
    async fn until(&self, moment: Duration);
}

/// What resets a board that hangs.
pub trait Watchdog {
    /// The longest it waits.
    const PATIENCE: Duration;

    /// Starts it. It cannot be stopped again.
    fn start(&mut self);

    /// Tells it that there was progress.
    fn feed(&mut self);
}

/// Why the board started, and how to start it again.
pub trait Reset {
    /// Why it started.
    fn reason(&self) -> ResetReason;
}

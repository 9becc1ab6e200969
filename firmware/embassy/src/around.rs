use core::marker::PhantomData;
use core::time::Duration;

use countersign_cortex_m::LastWords;
use countersign_crypto::Secret;
use countersign_firmware::{Board, Event, Parts, PinButtons, Random, Screen, Watchdog};
use embassy_futures::join::join;
use embassy_usb::driver::Driver;
use embedded_hal::digital::{InputPin, OutputPin};
use embedded_storage_async::nor_flash::NorFlash;

use crate::{Port, Timer, Usb, blink};

/// What differs between boards with a chip that Embassy knows.
pub trait Chip {
    /// What `Hello` calls the board.
    const NAME: &'static str;

    /// The source of noise.
    type Random: Random;
    /// The pages of flash that hold the state.
    type Flash: NorFlash;
    /// The pin of a button, which is high unless the button is pressed.
    type Pin: InputPin;
    /// Where prompts and states are shown.
    type Screen: Screen;
    /// What resets the chip when it hangs.
    type Watchdog: Watchdog;
}

/// The board around such a chip: a USB port, two buttons, and Embassy's clock.
#[derive(Debug)]
pub struct Around<C>(PhantomData<C>);

/// The chip's parts, once they are set up.
#[expect(missing_docs, reason = "each is the part of that name in `Chip`")]
pub struct ChipParts<C: Chip> {
    pub random: C::Random,
    pub flash: C::Flash,
    /// As in [`Parts`].
    pub secret: Option<Secret<32>>,
    /// The button for yes.
    pub confirm: C::Pin,
    /// The button for no.
    pub cancel: C::Pin,
    pub screen: C::Screen,
    pub watchdog: C::Watchdog,
}

impl<C: Chip> Board for Around<C> {
    const NAME: &'static str = C::NAME;
    const REACTION: Duration = Duration::from_millis(300);

    type Serial = Usb;
    type Random = C::Random;
    type Flash = C::Flash;
    type Buttons = PinButtons<C::Pin, C::Pin>;
    type Screen = C::Screen;
    type Clock = Timer;
    type Watchdog = C::Watchdog;
    type Reset = LastWords;

    fn log(event: Event) {
        crate::log(event);
    }

    fn stack_used() -> u32 {
        countersign_cortex_m::used()
    }
}

/// Runs the application on a chip, for ever.
pub fn run<C: Chip>(chip: ChipParts<C>, reset: LastWords) -> ! {
    let ChipParts { random, flash, secret, confirm, cancel, screen, watchdog } = chip;
    let parts = Parts::<Around<C>> {
        serial: Usb,
        random,
        flash,
        secret,
        buttons: PinButtons::new(confirm, cancel),
        screen,
        clock: Timer,
        watchdog,
        reset,
    };
    countersign_cortex_m::run(parts, cortex_m::asm::wfe)
}

/// What runs on an interrupt of its own, whatever the application is at: USB, and the light, which
/// is on when its pin is high.
pub fn beside<D: Driver<'static>>(usb: &mut Port<D>, light: impl OutputPin) -> impl Future {
    join(usb.serve(), blink(light))
}

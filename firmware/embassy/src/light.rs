use countersign_firmware::{Indication, Screen};
use countersign_signer::Line;
use embassy_futures::select::{Either, select};
use embassy_sync::blocking_mutex::raw::CriticalSectionRawMutex;
use embassy_sync::signal::Signal;
use embassy_time::{Duration, Timer};
use embedded_hal::digital::OutputPin;

/// What the light is to say next.
static NEXT: Signal<CriticalSectionRawMutex, Indication> = Signal::new();

/// How long the light stays as it is while a button is wanted.
const ASKING: Duration = Duration::from_millis(125);

/// How long it does when the device is out of order.
const FAILED: Duration = Duration::from_millis(500);

/// The light on the board, in the place of a screen: off idle, on at work, flickering four times a
/// second while a button is wanted, once a second when the device is out of order.
#[derive(Debug)]
pub struct Light;

impl Screen for Light {
    const PROMPTS: countersign_signer::Screen = countersign_signer::Screen::None;

    fn clear(&mut self) {}

    fn line(&mut self, _: &Line<'_>) {}

    fn indicate(&mut self, indication: Indication) {
        NEXT.signal(indication);
    }
}

/// Drives the pin that the light hangs on, which is on when the pin is high.
pub async fn blink(mut pin: impl OutputPin) -> ! {
    let mut indication = Indication::Idle;
    let mut is_on = false;
    loop {
        let (next, half) = match indication {
            Indication::Idle => (false, None),
            Indication::Working => (true, None),
            Indication::Asking => (!is_on, Some(ASKING)),
            Indication::Failed => (!is_on, Some(FAILED)),
        };
        is_on = next;
        // A pin of the chip's own cannot fail.
        let _set = if is_on { pin.set_high() } else { pin.set_low() };
        indication = match half {
            None => NEXT.wait().await,
            Some(half) => match select(NEXT.wait(), Timer::after(half)).await {
                Either::First(next) => next,
                Either::Second(()) => indication,
            },
        };
    }
}

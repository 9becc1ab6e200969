//! The Raspberry Pi Pico: an RP2040.
//!
//! The link is USB. Yes is a button between GP14 and ground, no one between GP15 and ground, and the
//! light says what goes on: off idle, on at work or asking. There is no screen: the device takes only
//! what needs no reading, unless the merchant trusts the host's.
//!
//! The chip has no random source but its ring oscillator, no secret of its own and no protection of
//! its flash: whoever holds the board has the seed.

#![no_std]
#![no_main]

mod clock;
mod failure;
mod flash;
mod light;
mod noise;
mod usb;
mod watchdog;

use core::pin::pin;
use core::task::{Context, Waker};
use core::time::Duration;

use cortex_m_rt::entry;
use countersign_cortex_m::LastWords;
use countersign_firmware::{Board, Event, Memory, Parts, PinButtons, Reset, run};
use countersign_link::ResetReason;
use defmt_rtt as _;
use embassy_rp::gpio::{Input, Level, Output, Pull};
use static_cell::StaticCell;

use crate::clock::Timer;
use crate::flash::LastPages;
use crate::light::Light;
use crate::noise::RingOscillator;
use crate::usb::Usb;
use crate::watchdog::Dog;

/// The board.
struct Pico;

impl Board for Pico {
    const NAME: &'static str = "pico";
    const REACTION: Duration = Duration::from_millis(300);

    type Serial = Usb;
    type Random = RingOscillator;
    type Flash = LastPages;
    type Buttons = PinButtons<Input<'static>, Input<'static>>;
    type Screen = Light;
    type Clock = Timer;
    type Watchdog = Dog;
    type Reset = Reason;

    fn log(event: Event) {
        defmt::info!("{=str} {=u16}", event.name(), event.number());
    }

    fn stack_used() -> u32 {
        countersign_cortex_m::used()
    }
}

/// Why the board started.
struct Reason(LastWords);

impl Reset for Reason {
    fn reason(&self) -> ResetReason {
        self.0.reason()
    }
}

#[entry]
fn main() -> ! {
    countersign_cortex_m::paint();
    let reset = Reason(LastWords::take());
    let chip = embassy_rp::init(embassy_rp::config::Config::default());
    let parts = Parts::<Pico> {
        serial: Usb::start(chip.USB),
        random: RingOscillator,
        flash: LastPages::new(chip.FLASH),
        secret: None,
        buttons: PinButtons::new(
            Input::new(chip.PIN_14, Pull::Up),
            Input::new(chip.PIN_15, Pull::Up),
        ),
        screen: Light(Output::new(chip.PIN_25, Level::Low)),
        clock: Timer,
        watchdog: Dog::new(chip.WATCHDOG),
        reset,
    };
    let mut application = pin!(run(parts, memory()));
    let mut context = Context::from_waker(Waker::noop());
    loop {
        // It never ends. An interrupt since the last look ends the sleep before it begins.
        let _pending = application.as_mut().poll(&mut context);
        cortex_m::asm::wfe();
    }
}

/// The application's buffers, put together where the stack that it takes is free again afterwards.
#[inline(never)]
fn memory() -> &'static mut Memory {
    static MEMORY: StaticCell<Memory> = StaticCell::new();
    MEMORY.init_with(Memory::new)
}

//! The Raspberry Pi Pico 2: an RP2350. The board that we recommend.
//!
//! The link is USB. Yes is a button between GP14 and ground, no one between GP15 and ground, and the
//! light says what goes on. There is no screen: the device takes only what needs no reading, unless
//! the merchant trusts the host's.
//!
//! The chip has a random source. Its flash lies beside it and can be read by whoever holds the board:
//! firmware/README.md says what signed boot takes, and nothing here depends on it.

#![no_std]
#![no_main]

use cortex_m_rt::entry;
use countersign_cortex_m::{LastWords, Processor};
use countersign_embassy::{Chip, ChipParts, Light, Pages, run};
use countersign_firmware::Random;
use countersign_rp::{Dog, start_beside};
use defmt_rtt as _;
use embassy_rp::flash::{Blocking, Flash};
use embassy_rp::gpio::{Input, Level, Output, Pull};
use embassy_rp::peripherals::{FLASH, TRNG};
use embassy_rp::trng::{Config, InterruptHandler, Trng};
use embassy_rp::{Peripherals, bind_interrupts};

/// The board.
struct Pico2;

/// Bytes of the flash chip.
const CHIP: usize = 4 * 1_024 * 1_024;

/// Where the state begins: `memory.x` leaves the last 64 KiB out.
const STATE: u32 = 0x40_0000 - 64 * 1_024;

impl Chip for Pico2 {
    const NAME: &'static str = "pico2";

    type Random = Noise;
    type Flash = Pages<Flash<'static, FLASH, Blocking, CHIP>, STATE>;
    type Pin = Input<'static>;
    type Screen = Light;
    type Watchdog = Dog;
}

/// The chip's random source: a ring oscillator whose samples it balances and tests itself.
struct Noise(Trng<'static, TRNG>);

impl Random for Noise {
    fn fill(&mut self, noise: &mut [u8]) {
        self.0.blocking_fill_bytes(noise);
    }
}

bind_interrupts!(struct Interrupts {
    TRNG_IRQ => InterruptHandler<TRNG>;
});

/// The chip's parts, with its clocks set. A function of its own: what `main` calls, which never
/// returns, the compiler does not see together with what it is called with.
#[inline(never)]
fn chip() -> Peripherals {
    embassy_rp::init(embassy_rp::config::Config::default())
}

#[entry]
fn main() -> ! {
    Processor::CortexM33.require();
    countersign_cortex_m::paint();
    let last_words = LastWords::take();
    let chip = chip();
    start_beside(chip.USB, Output::new(chip.PIN_25, Level::Low));
    let chip = ChipParts::<Pico2> {
        random: Noise(Trng::new(chip.TRNG, Interrupts, Config::default())),
        flash: Pages::new(Flash::new_blocking(chip.FLASH)),
        secret: None,
        confirm: Input::new(chip.PIN_14, Pull::Up),
        cancel: Input::new(chip.PIN_15, Pull::Up),
        screen: Light,
        watchdog: Dog::new(chip.WATCHDOG),
    };
    run(chip, last_words)
}

//! The Raspberry Pi Pico: an RP2040.
//!
//! The link is USB. Yes is a button between GP14 and ground, no one between GP15 and ground, and the
//! light says what goes on. There is no screen: the device takes only what needs no reading, unless
//! the merchant trusts the host's. The image that is built with the feature `screen` wants an SSD1306
//! at GP4 (SDA) and GP5 (SCL), and shows prompts and the codes of offers there.
//!
//! The chip has no random source but its ring oscillator, no secret of its own and no protection of
//! its flash: whoever holds the board has the seed.

#![no_std]
#![no_main]

mod screen;

use cortex_m_rt::entry;
use countersign_cortex_m::{LastWords, Processor};
use countersign_embassy::{Chip, ChipParts, Pages, run};
use countersign_firmware::Random;
use countersign_rp::{Dog, start_beside};
use defmt_rtt as _;
use embassy_rp::Peripherals;
use embassy_rp::clocks::{ClockConfig, PllConfig, RoscRng};
use embassy_rp::config::Config;
use embassy_rp::flash::{Blocking, Flash};
use embassy_rp::gpio::{Input, Level, Output, Pull};
use embassy_rp::peripherals::FLASH;

/// The board.
struct Pico;

/// Bytes of the flash chip.
const CHIP: usize = 2 * 1_024 * 1_024;

/// Where the state begins: `memory.x` leaves the last 64 KiB out.
const STATE: u32 = 0x20_0000 - 64 * 1_024;

impl Chip for Pico {
    const NAME: &'static str = "pico";

    type Random = RingOscillator;
    type Flash = Pages<Flash<'static, FLASH, Blocking, CHIP>, STATE>;
    type Pin = Input<'static>;
    type Screen = screen::Screen;
    type Watchdog = Dog;
}

/// The ring oscillator, sampled bit by bit: the only noise that the chip has.
struct RingOscillator;

impl Random for RingOscillator {
    fn fill(&mut self, noise: &mut [u8]) {
        RoscRng.fill_bytes(noise);
    }
}

/// The chip's parts, with its clocks set. A function of its own: what `main` calls, which never
/// returns, the compiler does not see together with what it is called with.
#[inline(never)]
fn chip() -> Peripherals {
    embassy_rp::init(Config::new(clocks()))
}

/// 133 MHz, which the chip is rated for at the voltage that it starts with, and not Embassy's 125:
/// the dearest message may take 5 s, and no emulator knows what waits for flash (tests/WORK.md).
fn clocks() -> ClockConfig {
    let mut clocks = ClockConfig::crystal(12_000_000);
    if let Some(crystal) = &mut clocks.xosc {
        // 12 MHz · 133 / (6 · 2)
        crystal.sys_pll = Some(PllConfig { refdiv: 1, fbdiv: 133, post_div1: 6, post_div2: 2 });
    }
    clocks
}

#[entry]
fn main() -> ! {
    Processor::CortexM0Plus.require();
    countersign_cortex_m::paint();
    let last_words = LastWords::take();
    let chip = chip();
    start_beside(chip.USB, Output::new(chip.PIN_25, Level::Low));
    #[cfg(feature = "screen")]
    let screen = screen::on(chip.I2C0, chip.PIN_5, chip.PIN_4);
    #[cfg(not(feature = "screen"))]
    let screen = countersign_embassy::Light;
    let chip = ChipParts::<Pico> {
        random: RingOscillator,
        flash: Pages::new(Flash::new_blocking(chip.FLASH)),
        secret: None,
        confirm: Input::new(chip.PIN_14, Pull::Up),
        cancel: Input::new(chip.PIN_15, Pull::Up),
        screen,
        watchdog: Dog::new(chip.WATCHDOG),
    };
    run(chip, last_words)
}

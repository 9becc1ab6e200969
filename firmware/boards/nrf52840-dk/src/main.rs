//! Nordic's nRF52840 DK.
//!
//! The link is USB, at the connector that is the chip's own. Yes is button 1, no is button 2, and
//! light 1 says what goes on. There is no screen: the device takes only what needs no reading, unless
//! the merchant trusts the host's.
//!
//! The chip has a random source, and its flash is inside. Its protection against reading is not set
//! by this image, and was broken in older revisions (CVE-2020-27211): whoever holds the board has the
//! seed.

#![no_std]
#![no_main]

use core::mem;
use core::time::Duration;

use cortex_m_rt::entry;
use countersign_cortex_m::{LastWords, Processor};
use countersign_embassy::{Chip, ChipParts, Light, Pages, Port, run};
use countersign_firmware::{Random, Watchdog};
use defmt_rtt as _;
use embassy_executor::InterruptExecutor;
use embassy_nrf::gpio::{Input, Level, Output, OutputDrive, Pull};
use embassy_nrf::interrupt::{self, InterruptExt as _, Priority};
use embassy_nrf::mode::Blocking;
use embassy_nrf::nvmc::Nvmc;
use embassy_nrf::peripherals::{USBD, WDT};
use embassy_nrf::rng::Rng;
use embassy_nrf::usb::vbus_detect::HardwareVbusDetect;
use embassy_nrf::usb::{self, Driver};
use embassy_nrf::wdt::{self, WatchdogHandle};
use embassy_nrf::{Peri, Peripherals, bind_interrupts, config, usb::vbus_detect};
use static_cell::StaticCell;

/// The board.
struct Nrf52840Dk;

/// Where the state begins: `memory.x` leaves the last 64 KiB of the megabyte out.
const STATE: u32 = 0x10_0000 - 64 * 1_024;

impl Chip for Nrf52840Dk {
    const NAME: &'static str = "nrf52840-dk";

    type Random = Noise;
    type Flash = Pages<Nvmc<'static>, STATE>;
    type Pin = Input<'static>;
    type Screen = Light;
    type Watchdog = Dog;
}

/// The chip's random source: thermal noise, with the chip's own correction of its bias.
struct Noise(Rng<'static, Blocking>);

impl Random for Noise {
    fn fill(&mut self, noise: &mut [u8]) {
        self.0.blocking_fill_bytes(noise);
    }
}

/// The chip's watchdog, which cannot be configured again once it runs.
enum Dog {
    Asleep(Peri<'static, WDT>),
    Awake(WatchdogHandle),
    /// It ran already, set otherwise: by a debugger, say.
    Strange,
}

/// Ticks of its clock of 32,768 Hz that it waits.
const PATIENCE: u32 = 4 * 32_768;

impl Watchdog for Dog {
    const PATIENCE: Duration = Duration::from_secs(4);

    fn start(&mut self) {
        *self = match mem::replace(self, Self::Strange) {
            Self::Asleep(watchdog) => {
                let mut config = wdt::Config::default();
                config.timeout_ticks = PATIENCE;
                match wdt::Watchdog::try_new(watchdog, config) {
                    Ok((_, [handle])) => Self::Awake(handle),
                    Err(_) => Self::Strange,
                }
            }
            dog @ (Self::Awake(_) | Self::Strange) => dog,
        };
    }

    fn feed(&mut self) {
        if let Self::Awake(handle) = self {
            handle.pet();
        }
    }
}

bind_interrupts!(struct Interrupts {
    USBD => usb::InterruptHandler<USBD>;
    CLOCK_POWER => vbus_detect::InterruptHandler;
});

/// USB and the light run on this, whatever the application is at.
static EXECUTOR: InterruptExecutor = InterruptExecutor::new();

/// The interrupt that does.
mod interrupt_handler {
    #![expect(unsafe_code, reason = "an interrupt's handler is declared so")]

    use embassy_nrf::interrupt;

    #[interrupt]
    unsafe fn EGU0_SWI0() {
        // SAFETY: this is the interrupt that `start` is told, and it is not enabled before.
        unsafe { super::EXECUTOR.on_interrupt() };
    }
}

#[embassy_executor::task]
async fn beside(usb: Peri<'static, USBD>, light: Output<'static>) {
    countersign_embassy::beside(port(usb), light).await;
}

/// Makes the port. A function of its own: the task's is on the stack at each interrupt.
#[inline(never)]
fn port(usb: Peri<'static, USBD>) -> &'static mut Port<Driver<'static, HardwareVbusDetect>> {
    static PORT: StaticCell<Port<Driver<'static, HardwareVbusDetect>>> = StaticCell::new();
    let vbus = HardwareVbusDetect::new(Interrupts);
    PORT.init_with(|| Port::new(Driver::new(usb, Interrupts, vbus)))
}

/// The chip's parts, with its clocks set. A function of its own: what `main` calls, which never
/// returns, the compiler does not see together with what it is called with.
#[inline(never)]
fn chip() -> Peripherals {
    // USB needs the crystal, and Embassy's timer must not be behind the application's interrupts.
    let mut settings = config::Config::default();
    settings.hfclk_source = config::HfclkSource::ExternalXtal;
    settings.time_interrupt_priority = Priority::P2;
    embassy_nrf::init(settings)
}

#[entry]
fn main() -> ! {
    Processor::CortexM4.require();
    countersign_cortex_m::paint();
    let last_words = LastWords::take();
    let chip = chip();
    interrupt::EGU0_SWI0.set_priority(Priority::P6);
    interrupt::USBD.set_priority(Priority::P2);
    interrupt::CLOCK_POWER.set_priority(Priority::P2);
    // The light is on when the pin is low.
    let light = Output::new(chip.P0_13, Level::High, OutputDrive::Standard);
    // There is room for one, and this is the one.
    let _spawned =
        beside(chip.USBD, light).map(|task| EXECUTOR.start(interrupt::EGU0_SWI0).spawn(task));
    let noise = Rng::new_blocking(chip.RNG);
    noise.set_bias_correction(true);
    let chip = ChipParts::<Nrf52840Dk> {
        random: Noise(noise),
        flash: Pages::new(Nvmc::new(chip.NVMC)),
        secret: None,
        confirm: Input::new(chip.P0_11, Pull::Up),
        cancel: Input::new(chip.P0_12, Pull::Up),
        screen: Light,
        watchdog: Dog::Asleep(chip.WDT),
    };
    run(chip, last_words)
}

//! The emulated board: QEMU's `mps2-an386`, a Cortex-M4.
//!
//! ```text
//! qemu-system-arm -M mps2-an386 -nographic -monitor none -serial pty -serial null \
//!     -semihosting-config enable=on,target=native -append flash=state.flash \
//!     -kernel countersign-qemu-mps2
//! ```
//!
//! The first serial line is the link. The second is the merchant: prompts are written to it, and a
//! `y` or an `n` from it is a press of a button. Flash is a file of the host's, and randomness is
//! the host's `/dev/urandom`: **an emulator keeps no secret from its host**, so the image calls
//! itself `qemu-mps2 (emulated, not secure)`.
//!
//! The processor runs with interrupts masked. One that is pending ends the processor's sleep all the
//! same, and everything is looked at again: there are no handlers, and nothing is shared with any.

#![no_std]
#![no_main]

mod clock;
mod flash;
mod merchant;
mod random;
mod registers;
mod uart;
mod watchdog;

use core::time::Duration;

use cortex_m_rt::entry;
use countersign_cortex_m::{LastWords, Processor};
use countersign_firmware::{Board, Event, Parts};
use semihosting::eprintln;

use crate::clock::Timers;
use crate::flash::FileFlash;
use crate::merchant::{Keys, Terminal};
use crate::random::HostRandom;
use crate::uart::{LINK, MERCHANT, Uart};
use crate::watchdog::CmsdkWatchdog;

/// The emulated board.
struct QemuMps2;

impl Board for QemuMps2 {
    const NAME: &'static str = "qemu-mps2 (emulated, not secure)";
    // Whoever types on the second serial line has read the prompt.
    const REACTION: Duration = Duration::ZERO;

    type Serial = Uart;
    type Random = HostRandom;
    type Flash = FileFlash;
    type Buttons = Keys;
    type Screen = Terminal;
    type Clock = Timers;
    type Watchdog = CmsdkWatchdog;
    type Reset = LastWords;

    fn log(event: Event) {
        eprintln!("{} {}", event.name(), event.number());
    }

    fn stack_used() -> u32 {
        countersign_cortex_m::used()
    }
}

#[entry]
fn main() -> ! {
    cortex_m::interrupt::disable();
    if !Processor::CortexM4.is_here() {
        eprintln!("this image is for a Cortex-M4, and this is another processor");
        semihosting::process::exit(1)
    }
    countersign_cortex_m::paint();
    let reset = LastWords::take();
    let clock = Timers::start();
    let Some(flash) = FileFlash::open() else {
        eprintln!("no flash: run QEMU with `-append flash=FILE`");
        semihosting::process::exit(1)
    };
    let parts = Parts::<QemuMps2> {
        serial: Uart::open(LINK),
        random: HostRandom::open(),
        flash,
        secret: None,
        buttons: Keys::new(Uart::open(MERCHANT)),
        screen: Terminal::new(Uart::open(MERCHANT)),
        clock,
        watchdog: CmsdkWatchdog,
        reset,
    };
    countersign_cortex_m::run(parts, registers::sleep)
}

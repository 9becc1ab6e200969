use core::time::Duration;

use countersign_firmware::Watchdog;
use embassy_rp::Peri;
use embassy_rp::peripherals::WATCHDOG;
use embassy_rp::watchdog;

/// The chip's watchdog.
pub struct Dog(watchdog::Watchdog);

/// How long it waits.
const PATIENCE: embassy_time::Duration = embassy_time::Duration::from_secs(4);

impl Dog {
    /// Takes the watchdog, asleep.
    #[must_use]
    pub fn new(peripheral: Peri<'static, WATCHDOG>) -> Self {
        Self(watchdog::Watchdog::new(peripheral))
    }
}

impl Watchdog for Dog {
    const PATIENCE: Duration = Duration::from_secs(4);

    fn start(&mut self) {
        self.0.start(PATIENCE);
    }

    fn feed(&mut self) {
        self.0.feed(PATIENCE);
    }
}

use core::time::Duration;

use countersign_firmware::Watchdog;
use embassy_rp::Peri;
use embassy_rp::peripherals::WATCHDOG;

const PATIENCE: embassy_time::Duration = embassy_time::Duration::from_secs(4);

/// The chip's watchdog.
pub(crate) struct Dog(embassy_rp::watchdog::Watchdog);

impl Dog {
    pub(crate) fn new(watchdog: Peri<'static, WATCHDOG>) -> Self {
        Self(embassy_rp::watchdog::Watchdog::new(watchdog))
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

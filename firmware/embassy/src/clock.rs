use core::time::Duration;

use countersign_firmware::Clock;
use embassy_time::Instant;

/// The chip's timer, as Embassy keeps it.
#[derive(Debug)]
pub struct Timer;

impl Clock for Timer {
    fn now(&self) -> Duration {
        Duration::from_micros(Instant::now().as_micros())
    }

    async fn until(&self, moment: Duration) {
        let micros = u64::try_from(moment.as_micros()).unwrap_or(u64::MAX);
        embassy_time::Timer::at(Instant::from_micros(micros)).await;
    }
}

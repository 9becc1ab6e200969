use core::cell::Cell;
use core::future::poll_fn;
use core::task::Poll;
use core::time::Duration;

use countersign_firmware::Clock;

use crate::registers::{Block, arm};

const CONTROL: usize = 0x0;
const VALUE: usize = 0x4;
const RELOAD: usize = 0x8;

const ENABLE: u32 = 1;
const INTERRUPT: u32 = 1 << 3;

/// Ticks of both timers in a microsecond.
const TICKS: u64 = 25;

/// The most that a look counts. The timer goes by the clock of the computer, which may have had no
/// time for the emulator since the look before: then none has passed for the board either.
const LONGEST: u32 = 25_000 * 100;

/// The first timer counts, the second wakes the processor every millisecond.
pub(crate) struct Timers {
    /// Ticks up to the last look, and what the timer said then.
    last: Cell<(u64, u32)>,
}

impl Timers {
    /// Starts both.
    pub(crate) fn start() -> Self {
        Block::TIMER0.write(RELOAD, u32::MAX);
        Block::TIMER0.write(VALUE, u32::MAX);
        Block::TIMER0.write(CONTROL, ENABLE);
        Block::TIMER1.write(RELOAD, 25_000);
        Block::TIMER1.write(VALUE, 25_000);
        Block::TIMER1.write(CONTROL, ENABLE | INTERRUPT);
        arm();
        Self { last: Cell::new((0, u32::MAX)) }
    }
}

impl Clock for Timers {
    /// Looks at the timer, which goes round in 171 seconds: the application looks every second.
    fn now(&self) -> Duration {
        let (ticks, before) = self.last.get();
        let value = Block::TIMER0.read(VALUE);
        let passed = before.wrapping_sub(value).min(LONGEST);
        let ticks = ticks.saturating_add(u64::from(passed));
        self.last.set((ticks, value));
        Duration::from_micros(ticks / TICKS)
    }

    async fn until(&self, moment: Duration) {
        poll_fn(|_| if self.now() < moment { Poll::Pending } else { Poll::Ready(()) }).await;
    }
}

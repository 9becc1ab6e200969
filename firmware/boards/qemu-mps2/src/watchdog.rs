use core::time::Duration;

use countersign_firmware::Watchdog;

use crate::registers::Block;

const LOAD: usize = 0x0;
const CONTROL: usize = 0x8;
const CLEAR: usize = 0xC;
const LOCK: usize = 0xC00;

/// What unlocks the other registers.
const KEY: u32 = 0x1ACC_E551;

/// Ticks to the interrupt that nobody handles; as many again, and it resets.
const TICKS: u32 = 25_000_000 * 2;

/// The CMSDK's watchdog.
pub(crate) struct CmsdkWatchdog;

impl Watchdog for CmsdkWatchdog {
    const PATIENCE: Duration = Duration::from_secs(4);

    fn start(&mut self) {
        Block::WATCHDOG.write(LOCK, KEY);
        Block::WATCHDOG.write(LOAD, TICKS);
        Block::WATCHDOG.write(CONTROL, 0b11);
        Block::WATCHDOG.write(LOCK, 0);
    }

    fn feed(&mut self) {
        Block::WATCHDOG.write(LOCK, KEY);
        Block::WATCHDOG.write(CLEAR, 1);
        Block::WATCHDOG.write(LOAD, TICKS);
        Block::WATCHDOG.write(LOCK, 0);
    }
}

use embassy_rp::Peri;
use embassy_rp::flash::{Blocking, ERASE_SIZE, Error, Flash, WRITE_SIZE};
use embassy_rp::peripherals::FLASH;
use embedded_storage_async::nor_flash::{ErrorType, NorFlash, ReadNorFlash};

/// Bytes of the chip beside the processor.
const CHIP: usize = 2_048 * 1_024;

/// Bytes of the state, at the chip's end: `memory.x` leaves them out.
const STATE: u32 = 64 * 1_024;

/// Where the state begins.
const START: u32 = 0x20_0000 - STATE;

/// The last pages of the flash.
pub(crate) struct LastPages(Flash<'static, FLASH, Blocking, CHIP>);

impl LastPages {
    pub(crate) fn new(flash: Peri<'static, FLASH>) -> Self {
        Self(Flash::new_blocking(flash))
    }
}

/// An address in the chip.
fn in_chip(offset: u32) -> Result<u32, Error> {
    START.checked_add(offset).ok_or(Error::OutOfBounds)
}

impl ErrorType for LastPages {
    type Error = Error;
}

impl ReadNorFlash for LastPages {
    const READ_SIZE: usize = 1;

    async fn read(&mut self, offset: u32, bytes: &mut [u8]) -> Result<(), Error> {
        self.0.blocking_read(in_chip(offset)?, bytes)
    }

    fn capacity(&self) -> usize {
        CHIP.saturating_sub(usize::try_from(START).unwrap_or(CHIP))
    }
}

impl NorFlash for LastPages {
    const WRITE_SIZE: usize = WRITE_SIZE;
    const ERASE_SIZE: usize = ERASE_SIZE;

    async fn erase(&mut self, from: u32, to: u32) -> Result<(), Error> {
        self.0.blocking_erase(in_chip(from)?, in_chip(to)?)
    }

    async fn write(&mut self, offset: u32, bytes: &[u8]) -> Result<(), Error> {
        self.0.blocking_write(in_chip(offset)?, bytes)
    }
}

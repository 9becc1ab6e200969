use core::future::poll_fn;
use core::task::Poll;

use countersign_firmware::{HungUp, Serial};
use embedded_io_async::{ErrorType, Read, Write};

use crate::registers::Block;

const DATA: usize = 0x0;
const STATE: usize = 0x4;
const CONTROL: usize = 0x8;
const INTERRUPTS: usize = 0xC;
const DIVIDER: usize = 0x10;

const SENDING: u32 = 1;
const RECEIVED: u32 = 1 << 1;

/// The line to the host.
pub(crate) const LINK: Block = Block::UART0;

/// The line to the merchant.
pub(crate) const MERCHANT: Block = Block::UART1;

/// A serial line of the CMSDK. QEMU holds a byte back until the one before was taken, so none is
/// lost and nothing needs a buffer.
pub(crate) struct Uart(Block);

impl Uart {
    /// Switches it on, both ways, with interrupts both ways.
    pub(crate) fn open(block: Block) -> Self {
        block.write(DIVIDER, 16);
        block.write(CONTROL, 0b1111);
        Self(block)
    }

    /// A byte that has arrived.
    pub(crate) fn take(&mut self) -> Option<u8> {
        if self.0.read(STATE) & RECEIVED == 0 {
            return None;
        }
        self.0.write(INTERRUPTS, 0b10);
        let [byte, ..] = self.0.read(DATA).to_le_bytes();
        Some(byte)
    }

    /// Sends a byte, if the one before is gone.
    pub(crate) fn give(&mut self, byte: u8) -> bool {
        if self.0.read(STATE) & SENDING != 0 {
            return false;
        }
        self.0.write(INTERRUPTS, 0b01);
        self.0.write(DATA, u32::from(byte));
        true
    }
}

impl ErrorType for Uart {
    type Error = HungUp;
}

impl Read for Uart {
    async fn read(&mut self, buffer: &mut [u8]) -> Result<usize, HungUp> {
        poll_fn(|_| {
            let arrived = buffer.iter_mut().map_while(|place| {
                *place = self.take()?;
                Some(())
            });
            match arrived.count() {
                0 => Poll::Pending,
                length => Poll::Ready(Ok(length)),
            }
        })
        .await
    }
}

impl Write for Uart {
    async fn write(&mut self, bytes: &[u8]) -> Result<usize, HungUp> {
        poll_fn(|_| match bytes.iter().take_while(|&&byte| self.give(byte)).count() {
            0 => Poll::Pending,
            length => Poll::Ready(Ok(length)),
        })
        .await
    }

    async fn flush(&mut self) -> Result<(), HungUp> {
        Ok(())
    }
}

impl Serial for Uart {}

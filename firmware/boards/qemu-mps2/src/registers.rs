//! Memory-mapped registers, and the interrupts that only wake.

use core::ptr::with_exposed_provenance_mut;

/// A block of 32-bit registers.
#[derive(Clone, Copy)]
pub(crate) struct Block(usize);

/// The blocks that are used: the CMSDK's, and the processor's interrupt controller.
impl Block {
    pub(crate) const TIMER0: Self = Self(0x4000_0000);
    pub(crate) const TIMER1: Self = Self(0x4000_1000);
    pub(crate) const UART0: Self = Self(0x4000_4000);
    pub(crate) const UART1: Self = Self(0x4000_5000);
    pub(crate) const WATCHDOG: Self = Self(0x4000_8000);
    const INTERRUPTS: Self = Self(0xE000_E000);

    /// Reads the register at `offset`.
    #[expect(unsafe_code, reason = "a register")]
    pub(crate) fn read(self, offset: usize) -> u32 {
        let register = with_exposed_provenance_mut::<u32>(self.0 | offset);
        // SAFETY: the blocks above are devices of this machine, and offsets are in them.
        unsafe { register.read_volatile() }
    }

    /// Writes the register at `offset`.
    #[expect(unsafe_code, reason = "a register")]
    pub(crate) fn write(self, offset: usize, value: u32) {
        let register = with_exposed_provenance_mut::<u32>(self.0 | offset);
        // SAFETY: as for `read`; no device here writes to memory.
        unsafe { register.write_volatile(value) };
    }
}

/// The lines that end the processor's sleep: both UARTs' and the second timer's.
const WAKING: u32 = 0b10_0000_1111;

/// Of the interrupt controller: lets lines become pending, and takes that back.
const SET_ENABLE: usize = 0x100;
const CLEAR_PENDING: usize = 0x280;

/// Lets those lines become pending. None of them runs a handler: interrupts are masked for good.
pub(crate) fn arm() {
    Block::INTERRUPTS.write(SET_ENABLE, WAKING);
}

/// Sleeps until one of them is pending, and takes it back.
pub(crate) fn sleep() {
    cortex_m::asm::wfi();
    Block::TIMER1.write(0xC, 1);
    Block::INTERRUPTS.write(CLEAR_PENDING, WAKING);
}

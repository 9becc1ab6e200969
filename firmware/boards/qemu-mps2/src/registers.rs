//! Memory-mapped registers, and the interrupts that only wake.

use cortex_m::peripheral::NVIC;

/// A block of 32-bit registers.
#[derive(Clone, Copy)]
pub(crate) struct Block(usize);

/// The blocks of the CMSDK that are used, and the interrupts that they raise.
impl Block {
    pub(crate) const TIMER0: Self = Self(0x4000_0000);
    pub(crate) const TIMER1: Self = Self(0x4000_1000);
    pub(crate) const UART0: Self = Self(0x4000_4000);
    pub(crate) const UART1: Self = Self(0x4000_5000);
    pub(crate) const WATCHDOG: Self = Self(0x4000_8000);

    /// Reads the register at `offset`.
    #[expect(unsafe_code, reason = "a register")]
    pub(crate) fn read(self, offset: usize) -> u32 {
        let register = (self.0 | offset) as *const u32;
        // SAFETY: the blocks above are devices of this machine, and offsets are in them.
        unsafe { register.read_volatile() }
    }

    /// Writes the register at `offset`.
    #[expect(unsafe_code, reason = "a register")]
    pub(crate) fn write(self, offset: usize, value: u32) {
        let register = (self.0 | offset) as *mut u32;
        // SAFETY: as for `read`; no device here writes to memory.
        unsafe { register.write_volatile(value) };
    }
}

/// The lines that end the processor's sleep: both UARTs' and the second timer's.
const WAKING: u32 = 0b10_0000_1111;

/// Lets those interrupts become pending.
#[expect(unsafe_code, reason = "interrupts")]
pub(crate) fn arm() {
    // SAFETY: interrupts are masked for good, so none of them runs a handler.
    unsafe { (*NVIC::PTR).iser[0].write(WAKING) };
}

/// Sleeps until one of them is pending, and takes it back.
#[expect(unsafe_code, reason = "interrupts")]
pub(crate) fn sleep() {
    cortex_m::asm::wfi();
    Block::TIMER1.write(0xC, 1);
    // SAFETY: as for `arm`.
    unsafe { (*NVIC::PTR).icpr[0].write(WAKING) };
}

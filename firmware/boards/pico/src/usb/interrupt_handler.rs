//! The interrupt that polls USB's executor.
#![expect(unsafe_code, reason = "an interrupt's handler is declared so")]

use embassy_rp::interrupt;

use super::EXECUTOR;

#[interrupt]
unsafe fn SWI_IRQ_1() {
    // SAFETY: this is the interrupt that `start` was told, and it is not enabled before.
    unsafe { EXECUTOR.on_interrupt() };
}

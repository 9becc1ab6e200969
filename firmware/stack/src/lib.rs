//! How deep a Cortex-M program's stack is, and has been: unused stack is painted, and what is painted
//! no more has been used.

#![no_std]

use core::ptr;

/// What unused stack is filled with.
const PAINT: u32 = 0x5AFE_57AC;

/// Bytes below the stack pointer that painting leaves alone: its own.
const MARGIN: usize = 256;

#[expect(unsafe_code, reason = "symbols of the linker script")]
unsafe extern "C" {
    /// The end of the statics, by cortex-m-rt's linker script. The stack grows down to it.
    static mut __sheap: u32;
    /// The beginning of the stack, at the end of RAM.
    static _stack_start: u32;
}

/// Fills the stack that is not in use, so that [`used`] can tell how deep it has been.
///
/// To be called where what is deeper does not count: first thing in `main`, or before what is measured.
#[expect(unsafe_code, reason = "the stack is written below its pointer")]
#[inline(never)]
pub fn paint() {
    let here = 0_u8;
    let top = (&raw const here).wrapping_sub(MARGIN).addr();
    let mut at = &raw mut __sheap;
    while at.addr() < top {
        // SAFETY: from the end of the statics to below this function's own variable nothing is in use, and
        // both are aligned to words.
        unsafe { ptr::write_volatile(at, PAINT) };
        at = at.wrapping_add(1);
    }
}

/// How deep the stack has been since [`paint`], in bytes.
#[must_use]
#[expect(unsafe_code, reason = "the stack is read below its pointer")]
pub fn used() -> u32 {
    let end = &raw const _stack_start;
    let mut at = (&raw const __sheap).cast::<u32>();
    // SAFETY: `at` stays between the end of the statics and the beginning of the stack, in RAM.
    while at < end && unsafe { ptr::read_volatile(at) } == PAINT {
        at = at.wrapping_add(1);
    }
    u32::try_from(end.addr().saturating_sub(at.addr())).unwrap_or(u32::MAX)
}

/// How deep the stack is now, in bytes.
#[must_use]
#[inline(never)]
pub fn depth() -> u32 {
    let here = 0_u8;
    let depth = (&raw const _stack_start).addr().saturating_sub((&raw const here).addr());
    u32::try_from(depth).unwrap_or(u32::MAX)
}

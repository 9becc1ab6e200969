//! What every proof shares: a panic handler that cannot be linked, and an opaque call.

#![no_std]

use core::panic::PanicInfo;

core::arch::global_asm!(
    ".global countersign_opaque",
    ".type countersign_opaque, %function",
    ".thumb_func",
    "countersign_opaque:",
    "bx lr",
);

unsafe extern "C" {
    /// Defined nowhere: a program that could panic has no address for it and does not link.
    fn a_panic_can_be_reached() -> !;
}

#[panic_handler]
fn panic(_: &PanicInfo<'_>) -> ! {
    // SAFETY: no program with this call in it exists.
    unsafe { a_panic_can_be_reached() }
}

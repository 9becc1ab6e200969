//! Everything that firmware links, with the real cryptography. It is not run: `cargo xtask
//! no-panic` reads from it which panics can still be reached, and that nothing allocates.

#![no_std]
#![no_main]

use core::hint::black_box;
use core::panic::PanicInfo;

/// The linker's default entry.
#[unsafe(no_mangle)]
extern "C" fn _start() -> ! {
    countersign_reach::everything();
    loop {
        black_box(());
    }
}

#[panic_handler]
fn panic(info: &PanicInfo<'_>) -> ! {
    loop {
        // As firmware does, which keeps the message: no two panics become one for want of it.
        black_box(info);
    }
}

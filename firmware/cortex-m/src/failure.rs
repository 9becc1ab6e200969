//! What ends the program starts it again, and is remembered.
#![expect(unsafe_code, reason = "a fault's handler is declared so")]

use core::panic::PanicInfo;

use cortex_m_rt::{ExceptionFrame, exception};

use crate::last_words::fault;

#[panic_handler]
fn panic(_: &PanicInfo<'_>) -> ! {
    fault()
}

#[exception]
unsafe fn HardFault(_: &ExceptionFrame) -> ! {
    fault()
}

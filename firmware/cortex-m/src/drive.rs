use core::pin::pin;
use core::task::{Context, Waker};

use countersign_firmware::{Board, Memory, Parts};
use static_cell::StaticCell;

/// Runs the application on `parts`, for ever. Whenever it waits, `sleep` does, until something may
/// have happened.
pub fn run<B: Board>(mut parts: Parts<B>, sleep: impl Fn()) -> ! {
    let memory = memory();
    drive(&mut parts, memory, sleep)
}

/// What is on the stack for good: the buffers have been put together when it gets there.
#[inline(never)]
fn drive<B: Board>(parts: &mut Parts<B>, memory: &'static mut Memory, sleep: impl Fn()) -> ! {
    let mut application = pin!(countersign_firmware::run(parts, memory));
    let mut context = Context::from_waker(Waker::noop());
    loop {
        // It never ends, and what it waits for is looked at again after every sleep.
        let _pending = application.as_mut().poll(&mut context);
        sleep();
    }
}

/// The application's buffers, put together where the stack that it takes is free again afterwards.
#[inline(never)]
fn memory() -> &'static mut Memory {
    static MEMORY: StaticCell<Memory> = StaticCell::new();
    MEMORY.init_with(Memory::new)
}

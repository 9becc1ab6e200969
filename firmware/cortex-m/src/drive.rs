use core::pin::Pin;
use core::task::{Context, Waker};

/// Runs the application. Whenever it waits, `sleep` does, until something may have happened.
///
/// It is pinned by the caller: taken by value, its kilobytes would lie on the stack twice.
pub fn drive(mut application: Pin<&mut impl Future>, sleep: impl Fn()) -> ! {
    let mut context = Context::from_waker(Waker::noop());
    loop {
        // It never ends, and what it waits for is looked at again after every sleep.
        let _pending = application.as_mut().poll(&mut context);
        sleep();
    }
}

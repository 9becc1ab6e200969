use core::pin::pin;
use core::task::{Context, Waker};

/// Runs the application. Whenever it waits, `sleep` does, until something may have happened.
pub fn drive(application: impl Future, sleep: impl Fn()) -> ! {
    let mut application = pin!(application);
    let mut context = Context::from_waker(Waker::noop());
    loop {
        // It never ends, and what it waits for is looked at again after every sleep.
        let _pending = application.as_mut().poll(&mut context);
        sleep();
    }
}

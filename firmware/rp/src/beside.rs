use countersign_embassy::Port;
use embassy_executor::InterruptExecutor;
use embassy_rp::gpio::Output;
use embassy_rp::interrupt::{self, InterruptExt as _, Priority};
use embassy_rp::peripherals::USB;
use embassy_rp::usb::{Driver, InterruptHandler};
use embassy_rp::{Peri, bind_interrupts};
use static_cell::StaticCell;

bind_interrupts!(struct Interrupts {
    USBCTRL_IRQ => InterruptHandler<USB>;
});

/// USB and the light run on this, whatever the application is at.
static EXECUTOR: InterruptExecutor = InterruptExecutor::new();

/// The interrupt that does.
mod interrupt_handler {
    #![expect(unsafe_code, reason = "an interrupt's handler is declared so")]

    use embassy_rp::interrupt;

    #[interrupt]
    unsafe fn SWI_IRQ_1() {
        // SAFETY: this is the interrupt that `start` is told, and it is not enabled before.
        unsafe { super::EXECUTOR.on_interrupt() };
    }
}

#[embassy_executor::task]
async fn beside(usb: Peri<'static, USB>, light: Output<'static>) {
    countersign_embassy::beside(port(usb), light).await;
}

/// Makes the port. A function of its own: the task's is on the stack at each interrupt.
#[inline(never)]
fn port(usb: Peri<'static, USB>) -> &'static mut Port<Driver<'static, USB>> {
    static PORT: StaticCell<Port<Driver<'static, USB>>> = StaticCell::new();
    PORT.init_with(|| Port::new(Driver::new(usb, Interrupts)))
}

/// Starts USB and the light, on an interrupt of their own.
///
/// To be called once.
pub fn start_beside(usb: Peri<'static, USB>, light: Output<'static>) {
    interrupt::SWI_IRQ_1.set_priority(Priority::P2);
    // There is room for one, and this is the one.
    let _spawned = beside(usb, light).map(|task| EXECUTOR.start(interrupt::SWI_IRQ_1).spawn(task));
}

//! USB on an interrupt of its own: whatever the core is at, packets are taken and acknowledged.

mod interrupt_handler;

use countersign_firmware::{HungUp, Serial, TRANSFER};
use embassy_executor::InterruptExecutor;
use embassy_futures::join::join3;
use embassy_futures::select::{Either, select};
use embassy_rp::Peri;
use embassy_rp::bind_interrupts;
use embassy_rp::interrupt::{self, InterruptExt as _, Priority};
use embassy_rp::peripherals::USB;
use embassy_rp::usb::{Driver, InterruptHandler};
use embassy_sync::blocking_mutex::raw::CriticalSectionRawMutex;
use embassy_sync::pipe::Pipe;
use embassy_sync::signal::Signal;
use embassy_usb::class::cdc_acm::{CdcAcmClass, ControlChanged, Receiver, Sender, State};
use embassy_usb::driver::EndpointError;

bind_interrupts!(struct Interrupts {
    USBCTRL_IRQ => InterruptHandler<USB>;
});

/// Polled by the interrupt in `usb/interrupt_handler.rs`.
static EXECUTOR: InterruptExecutor = InterruptExecutor::new();

/// From the host, and to it: two packets each way.
static RECEIVED: Pipe<CriticalSectionRawMutex, { 2 * TRANSFER }> = Pipe::new();
static TO_SEND: Pipe<CriticalSectionRawMutex, { 2 * TRANSFER }> = Pipe::new();

/// The host closed the port.
static HUNG_UP: Signal<CriticalSectionRawMutex, ()> = Signal::new();

/// The vendor and product that the pid.codes project gives for tests.
const VENDOR: u16 = 0x1209;
const PRODUCT: u16 = 0x0001;

/// The link as the application sees it.
pub(crate) struct Usb(());

impl Usb {
    /// Starts USB.
    pub(crate) fn start(peripheral: Peri<'static, USB>) -> Self {
        interrupt::SWI_IRQ_1.set_priority(Priority::P2);
        let spawner = EXECUTOR.start(interrupt::SWI_IRQ_1);
        if let Ok(task) = serve(peripheral) {
            spawner.spawn(task);
        }
        Self(())
    }
}

impl Serial for Usb {
    async fn read(&mut self, buffer: &mut [u8; TRANSFER]) -> Result<usize, HungUp> {
        match select(RECEIVED.read(buffer), HUNG_UP.wait()).await {
            Either::First(length) => Ok(length),
            Either::Second(()) => Err(HungUp),
        }
    }

    async fn write(&mut self, bytes: &[u8]) -> Result<(), HungUp> {
        TO_SEND.write_all(bytes).await;
        Ok(())
    }
}

#[embassy_executor::task]
async fn serve(peripheral: Peri<'static, USB>) {
    let driver = Driver::new(peripheral, Interrupts);
    let mut config = embassy_usb::Config::new(VENDOR, PRODUCT);
    config.manufacturer = Some("Countersign");
    config.product = Some("Countersign signer");
    let (mut configuration, mut bos, mut control) = ([0; 128], [0; 16], [0; 64]);
    let mut state = State::new();
    let mut builder = embassy_usb::Builder::new(
        driver,
        config,
        &mut configuration,
        &mut bos,
        &mut [],
        &mut control,
    );
    let class = CdcAcmClass::new(&mut builder, &mut state, 64);
    let mut device = builder.build();
    let (sender, receiver, control) = class.split_with_control();
    join3(device.run(), receive(receiver, control), send(sender)).await;
}

/// Passes packets on as the application takes them: the host waits meanwhile.
async fn receive<'d>(
    mut receiver: Receiver<'d, Driver<'d, USB>>,
    control: ControlChanged<'d>,
) -> ! {
    let mut packet = [0; TRANSFER];
    loop {
        receiver.wait_connection().await;
        loop {
            match select(receiver.read_packet(&mut packet), control.control_changed()).await {
                Either::First(Ok(length)) => {
                    RECEIVED.write_all(packet.get(..length).unwrap_or_default()).await;
                }
                Either::First(Err(EndpointError::BufferOverflow)) => {}
                Either::First(Err(EndpointError::Disabled)) => break,
                Either::Second(()) if control.dtr() => {}
                Either::Second(()) => hang_up(),
            }
        }
        hang_up();
    }
}

fn hang_up() {
    RECEIVED.clear();
    TO_SEND.clear();
    HUNG_UP.signal(());
}

/// Sends what there is in packets; a transfer that ends with a full one is ended by an empty one.
async fn send<'d>(mut sender: Sender<'d, Driver<'d, USB>>) -> ! {
    let mut packet = [0; TRANSFER];
    loop {
        let length = TO_SEND.read(&mut packet).await;
        let sent = sender.write_packet(packet.get(..length).unwrap_or_default()).await;
        if sent.is_ok() && length == TRANSFER && TO_SEND.is_empty() {
            // A port that closed meanwhile is told by `receive`.
            let _ended = sender.write_packet(&[]).await;
        }
    }
}

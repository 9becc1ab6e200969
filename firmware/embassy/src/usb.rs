//! USB on an interrupt of its own: whatever the core is at, packets are taken and acknowledged.

use core::cell::RefCell;
use core::slice;

use countersign_firmware::{Desk, Doorman, HungUp, Passage, Serial, TRANSFER, Verdict, Work};
use embassy_futures::join::join3;
use embassy_futures::select::{Either, select};
use embassy_sync::blocking_mutex::Mutex;
use embassy_sync::blocking_mutex::raw::CriticalSectionRawMutex;
use embassy_sync::pipe::Pipe;
use embassy_sync::signal::Signal;
use embassy_time::{Duration, Timer};
use embassy_usb::UsbDevice;
use embassy_usb::class::cdc_acm::{CdcAcmClass, ControlChanged, Receiver, Sender, State};
use embassy_usb::driver::{Driver, EndpointError};
use embedded_io_async::{ErrorType, Read, Write};
use static_cell::StaticCell;

/// From the host, and to it: two packets each way.
static RECEIVED: Pipe<CriticalSectionRawMutex, { 2 * TRANSFER }> = Pipe::new();
static TO_SEND: Pipe<CriticalSectionRawMutex, { 2 * TRANSFER }> = Pipe::new();

/// The host closed the port.
static HUNG_UP: Signal<CriticalSectionRawMutex, ()> = Signal::new();

/// What the application is at while it cannot look.
static DESK: Mutex<CriticalSectionRawMutex, RefCell<Desk>> = Mutex::new(RefCell::new(Desk::new()));

/// The vendor and product that the pid.codes project gives for tests.
const VENDOR: u16 = 0x1209;
const PRODUCT: u16 = 0x0001;

/// How long the host waits between two questions that are answered while the application is at work.
const BETWEEN_ANSWERS: Duration = Duration::from_millis(1);

/// The link as the application sees it.
#[derive(Debug)]
pub struct Usb;

impl ErrorType for Usb {
    type Error = HungUp;
}

impl Read for Usb {
    async fn read(&mut self, buffer: &mut [u8]) -> Result<usize, HungUp> {
        let [first, rest @ ..] = buffer else { return Ok(0) };
        // In this order: what is there to read came after the last host had hung up.
        match select(HUNG_UP.wait(), RECEIVED.read(slice::from_mut(first))).await {
            Either::First(()) => Err(HungUp),
            Either::Second(_) => Ok(read_frame(*first, rest).saturating_add(1)),
        }
    }
}

impl Write for Usb {
    async fn write(&mut self, bytes: &[u8]) -> Result<usize, HungUp> {
        Ok(TO_SEND.write(bytes).await)
    }

    async fn flush(&mut self) -> Result<(), HungUp> {
        Ok(())
    }
}

impl Serial for Usb {
    fn engage(&mut self, work: Work) {
        DESK.lock(|desk| {
            let mut desk = desk.borrow_mut();
            desk.begin(work);
            answer_waiting(&mut desk);
        });
    }

    fn release(&mut self) -> Verdict {
        DESK.lock(|desk| desk.borrow_mut().end())
    }
}

/// What descriptors are made in, and what requests are answered from.
struct Buffers {
    configuration: [u8; 128],
    bos: [u8; 16],
    control: [u8; 64],
    state: State<'static>,
}

/// The port, with all that serving it takes.
///
/// It is made once, is kept where it stays, and is served from there: a future that had all this inside
/// would lie on the interrupt's stack while it is made, and the stack has room for that every time.
#[expect(missing_debug_implementations, reason = "its parts have none")]
pub struct Port<D: Driver<'static>> {
    device: UsbDevice<'static, D>,
    incoming: Incoming<D>,
    outgoing: Outgoing<D>,
}

/// From the host.
struct Incoming<D: Driver<'static>> {
    receiver: Receiver<'static, D>,
    control: ControlChanged<'static>,
    packet: [u8; TRANSFER],
    doorman: Doorman,
}

/// To the host.
struct Outgoing<D: Driver<'static>> {
    sender: Sender<'static, D>,
    packet: [u8; TRANSFER],
}

impl<D: Driver<'static>> Port<D> {
    /// The port of a driver: to be made once.
    pub fn new(driver: D) -> Self {
        static BUFFERS: StaticCell<Buffers> = StaticCell::new();
        let Buffers { configuration, bos, control, state } = BUFFERS.init_with(|| Buffers {
            configuration: [0; 128],
            bos: [0; 16],
            control: [0; 64],
            state: State::new(),
        });
        let mut config = embassy_usb::Config::new(VENDOR, PRODUCT);
        config.manufacturer = Some("Countersign");
        config.product = Some("Countersign signer");
        let mut builder =
            embassy_usb::Builder::new(driver, config, configuration, bos, &mut [], control);
        let class = CdcAcmClass::new(&mut builder, state, 64);
        let device = builder.build();
        let (sender, receiver, control) = class.split_with_control();
        let (packet, doorman) = ([0; TRANSFER], Doorman::new());
        Self {
            device,
            incoming: Incoming { receiver, control, packet, doorman },
            outgoing: Outgoing { sender, packet },
        }
    }

    /// Serves it, on an executor of an interrupt.
    pub(crate) fn serve(&mut self) -> impl Future {
        let Self { device, incoming, outgoing } = self;
        join3(device.run(), incoming.receive(), outgoing.send())
    }
}

impl<D: Driver<'static>> Incoming<D> {
    /// Passes packets on as the application takes them: the host waits meanwhile.
    async fn receive(&mut self) -> ! {
        let Self { receiver, control, packet, doorman } = self;
        loop {
            receiver.wait_connection().await;
            loop {
                match select(receiver.read_packet(packet), control.control_changed()).await {
                    Either::First(Ok(length)) => {
                        let mut rest = packet.get(..length).unwrap_or_default();
                        if admit(&mut rest, doorman, control).await == Ending::Closed {
                            hang_up(doorman);
                        }
                    }
                    Either::First(Err(EndpointError::BufferOverflow)) => {}
                    Either::First(Err(EndpointError::Disabled)) => break,
                    Either::Second(()) if control.dtr() => {}
                    Either::Second(()) => hang_up(doorman),
                }
            }
            hang_up(doorman);
        }
    }
}

impl<D: Driver<'static>> Outgoing<D> {
    /// Sends what there is in packets; a transfer that ends with a full one is ended by an empty one.
    async fn send(&mut self) -> ! {
        let Self { sender, packet } = self;
        loop {
            let length = TO_SEND.read(packet).await;
            let sent = sender.write_packet(packet.get(..length).unwrap_or_default()).await;
            if sent.is_ok() && length == TRANSFER && TO_SEND.is_empty() {
                // A port that closed meanwhile is told by `receive`.
                let _ended = sender.write_packet(&[]).await;
            }
        }
    }
}

/// What a packet came to.
#[derive(PartialEq, Eq)]
enum Ending {
    Taken,
    Closed,
}

/// Hands a packet to the application, unless the port is closed before it has taken it, and
/// answers what can be answered while the application is at work.
async fn admit(
    rest: &mut &[u8],
    doorman: &mut Doorman,
    control: &ControlChanged<'static>,
) -> Ending {
    loop {
        let passage = DESK.lock(|desk| {
            let passage = doorman.next(rest, &mut desk.borrow_mut())?;
            if let Passage::Answer(answer) = passage {
                send_between(answer);
            }
            Some(passage)
        });
        match passage {
            None => return Ending::Taken,
            // The rest of the time is the core's, however often it is asked.
            Some(Passage::Answer(_)) => Timer::after(BETWEEN_ANSWERS).await,
            Some(Passage::ToApplication(bytes)) => {
                if let Either::Second(()) = select(RECEIVED.write_all(bytes), closed(control)).await
                {
                    return Ending::Closed;
                }
            }
        }
    }
}

/// Reads on to the end of a frame: what came behind it stays where [`answer_waiting`] finds it when
/// that frame is one that the application works on.
fn read_frame(first: u8, rest: &mut [u8]) -> usize {
    let (mut length, mut last, mut is_begun) = (0_usize, first, first != 0);
    while !(is_begun && last == 0)
        && let Some(place) = rest.get_mut(length)
        && RECEIVED.try_read(slice::from_mut(place)).is_ok()
    {
        last = *place;
        is_begun |= last != 0;
        length = length.saturating_add(1);
    }
    length
}

/// Answers what came just before the application began and would wait now until it is done.
fn answer_waiting(desk: &mut Desk) {
    let mut waiting = [0; 2 * TRANSFER];
    let mut length: usize = 0;
    while let Some(free) = waiting.get_mut(length..).filter(|free| !free.is_empty())
        && let Ok(read) = RECEIVED.try_read(free)
    {
        length = length.saturating_add(read);
    }
    let mut doorman = Doorman::new();
    let mut rest = waiting.get(..length).unwrap_or_default();
    while let Some(passage) = doorman.next(&mut rest, desk) {
        match passage {
            Passage::Answer(answer) => send_between(answer),
            Passage::ToApplication(bytes) => put_back(bytes),
        }
    }
    put_back(doorman.unfinished());
}

/// Puts bytes back, for which there is room: they came from there.
fn put_back(mut bytes: &[u8]) {
    while let Ok(length) = RECEIVED.try_write(bytes)
        && let Some((_, rest)) = bytes.split_at_checked(length)
        && !rest.is_empty()
    {
        bytes = rest;
    }
}

/// Sends an answer while the application is at work, so that only whole frames are before it. A host
/// that reads none of its answers misses this one.
fn send_between(mut answer: &[u8]) {
    if TO_SEND.free_capacity() < answer.len() {
        return;
    }
    while let Ok(length) = TO_SEND.try_write(answer)
        && let Some((_, rest)) = answer.split_at_checked(length)
        && !rest.is_empty()
    {
        answer = rest;
    }
}

/// Waits until the host closes the port.
async fn closed(control: &ControlChanged<'static>) {
    loop {
        control.control_changed().await;
        if !control.dtr() {
            return;
        }
    }
}

fn hang_up(doorman: &mut Doorman) {
    doorman.hang_up();
    RECEIVED.clear();
    TO_SEND.clear();
    HUNG_UP.signal(());
}

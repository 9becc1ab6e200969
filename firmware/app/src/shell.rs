use core::time::Duration;

use countersign_crypto::wipe;
use countersign_link::{
    BodyError, Code, FrameDecoder, FrameEncoder, FrameError, Message, Reply, Request, State, Status,
};
use countersign_signer::conversation::{Origin, REST_OF_FRAME};
use countersign_signer::{About, Device, Scratch};
use embassy_futures::select::{Either, select};
use embedded_io_async::Read as _;

use crate::worker::{Ending, Peripherals, Worker, error};
use crate::{Board, Clock, HungUp, Serial, TRANSFER, Verdict, Watchdog, Work};

/// The device with its link: finds the frames in what arrives, hands them to the worker, and lets it
/// go on whenever nothing arrives.
pub(crate) struct Shell<'m, 'p, B: Board> {
    decoder: &'p mut FrameDecoder,
    /// Since when the beginning of a frame waits for its rest.
    unfinished: Option<Duration>,
    worker: Worker<'m, 'p, B>,
    outlet: Outlet<'p, B>,
}

/// Where replies go: one at a time is put there, and sent before the next.
pub(crate) struct Outlet<'p, B: Board> {
    serial: &'p mut B::Serial,
    encoder: &'p mut FrameEncoder,
    /// What goes first.
    announced: Option<(Origin, Announcement)>,
    frame: Frame,
}

/// What is said beside the answer to a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Announcement {
    /// What another request came to.
    Error(Code),
    /// How far the answer is, in thousandths.
    Busy(u16),
}

/// What is in the encoder's buffer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Frame {
    None,
    /// A frame of that length.
    Waiting(usize),
    /// One that is wiped as soon as it has been sent.
    Secret(usize),
}

/// One frame each way.
#[derive(Debug)]
pub(crate) struct Line {
    decoder: FrameDecoder,
    encoder: FrameEncoder,
}

impl Line {
    /// No frame yet.
    pub(crate) const fn new() -> Self {
        Self { decoder: FrameDecoder::new(), encoder: FrameEncoder::new() }
    }
}

/// How long the watchdog may go unfed because nothing happens.
const HEARTBEAT: Duration = Duration::from_secs(1);

/// How long a host may take to read a reply. One that takes longer has hung up.
const PATIENCE: Duration = Duration::from_secs(2);

/// What a read came to.
enum Arrival {
    Bytes(usize),
    Nothing,
    HungUp,
}

impl<'m, 'p, B: Board> Shell<'m, 'p, B> {
    /// A device that nobody has spoken to.
    ///
    /// A function of its own: what it is put together from is not on the stack for good.
    #[inline(never)]
    pub(crate) fn new(
        device: &'p mut Device<'m>,
        scratch: &'m mut Scratch,
        peripherals: Peripherals<'p, B>,
        line: &'p mut Line,
        serial: &'p mut B::Serial,
    ) -> Self {
        let worker = Worker::new(device, scratch, peripherals);
        let Line { decoder, encoder } = line;
        let outlet = Outlet { serial, encoder, announced: None, frame: Frame::None };
        Self { decoder, unfinished: None, worker, outlet }
    }

    /// Serves hosts until the device is out of order; returns why it is.
    pub(crate) async fn run(&mut self, watchdog: &mut B::Watchdog) -> Code {
        let mut packet = [0; TRANSFER];
        loop {
            // Whatever arrives: a host that never stops talking feeds nothing by it.
            if self.worker.gets_on() {
                watchdog.feed();
            }
            let mut outcome = match self.arrival(&mut packet).await {
                Arrival::Bytes(length) => {
                    self.receive(packet.get(..length).unwrap_or_default()).await
                }
                Arrival::Nothing => Ok(()),
                Arrival::HungUp => Err(Ending::HungUp),
            };
            // After every packet: such a host holds nothing up either.
            if outcome.is_ok() {
                outcome = self.proceed().await;
            }
            match outcome {
                Ok(()) => {}
                Err(Ending::HungUp) => self.hang_up(),
                Err(Ending::OutOfOrder(code)) => {
                    self.hang_up();
                    wipe(&mut packet);
                    return code;
                }
            }
        }
    }

    /// Bytes, unless something is to be done before they arrive.
    async fn arrival(&mut self, packet: &mut [u8; TRANSFER]) -> Arrival {
        let due = self.due();
        match select(self.outlet.serial.read(packet), self.worker.clock().until(due)).await {
            Either::First(Ok(length)) => Arrival::Bytes(length),
            Either::First(Err(HungUp)) => Arrival::HungUp,
            Either::Second(()) => Arrival::Nothing,
        }
    }

    /// When something is to be done unless bytes arrive before.
    #[inline(never)]
    fn due(&self) -> Duration {
        let now = self.worker.now();
        let rest = self.unfinished.map(|since| since.saturating_add(REST_OF_FRAME));
        let heartbeat = now.saturating_add(HEARTBEAT);
        [rest, self.worker.due(now)].into_iter().flatten().fold(heartbeat, Duration::min)
    }

    async fn receive(&mut self, bytes: &[u8]) -> Result<(), Ending> {
        self.worker.heard();
        let mut rest = bytes;
        while let Some(outcome) = self.frame(&mut rest) {
            let sent = self.outlet.send(self.worker.clock()).await;
            outcome.and(sent)?;
        }
        // Every frame ends with a zero, so any other byte is of one that goes on.
        self.unfinished = match bytes.last() {
            None | Some(0) => None,
            Some(_) => Some(self.worker.now()),
        };
        Ok(())
    }

    /// Takes the next frame that ends in `rest`; `None` when none does.
    #[inline(never)]
    fn frame(&mut self, rest: &mut &[u8]) -> Option<Result<(), Ending>> {
        let Self { decoder, worker, outlet, .. } = self;
        let frame = match decoder.next(rest)? {
            Ok(frame) => frame,
            Err(error) => {
                worker.complain(0, frame_code(error), outlet);
                return Some(Ok(()));
            }
        };
        match frame.message::<Request<'_>>() {
            Ok(message) => return Some(worker.take(frame.sequence, message, outlet)),
            // A terminal that echoes: an answer would be echoed as well.
            Err(BodyError::WrongKind) => {}
            Err(BodyError::Malformed | BodyError::TrailingBytes) => {
                worker.complain(frame.sequence, Code::UNKNOWN_REQUEST, outlet);
            }
        }
        Some(Ok(()))
    }

    /// Does what is due, if anything is: a step of the core's work, a look at the buttons, the end of
    /// somebody's patience.
    async fn proceed(&mut self) -> Result<(), Ending> {
        let now = self.worker.now();
        if self.unfinished.is_some_and(|since| now.saturating_sub(since) >= REST_OF_FRAME) {
            self.unfinished = None;
            wipe(self.decoder.reset());
            self.worker.lose_open(&mut self.outlet)?;
            self.outlet.send(self.worker.clock()).await?;
        }
        let outcome = self.worker.proceed(&mut self.outlet);
        let sent = self.outlet.send(self.worker.clock()).await;
        outcome.and(sent)
    }

    /// Forgets the host.
    fn hang_up(&mut self) {
        self.unfinished = None;
        wipe(self.decoder.reset());
        self.outlet.clear();
        self.worker.hang_up();
    }
}

impl<B: Board> Outlet<'_, B> {
    /// The core begins with a step.
    pub(crate) fn engage(&mut self, work: Work) {
        self.serial.engage(work);
    }

    /// It is done with the step: whether the host still wants it.
    pub(crate) fn release(&mut self) -> Verdict {
        self.serial.release()
    }

    /// Puts a reply there.
    #[inline(never)]
    pub(crate) fn put(&mut self, origin: Origin, reply: Reply<'_>) {
        let is_secret =
            matches!(reply, Reply::Words(_) | Reply::BridgeKey { .. } | Reply::Claimed { .. });
        let length = encode(self.encoder, origin, reply);
        self.frame = if is_secret { Frame::Secret(length) } else { Frame::Waiting(length) };
    }

    /// Has something sent before the answer.
    pub(crate) const fn announce(&mut self, origin: Origin, announcement: Announcement) {
        self.announced = Some((origin, announcement));
    }

    /// Forgets what has not been sent.
    fn clear(&mut self) {
        wipe(self.encoder.buffer_mut());
        self.announced = None;
        self.frame = Frame::None;
    }

    /// Sends what is there.
    ///
    /// # Errors
    ///
    /// [`Ending::HungUp`] when nobody reads it.
    async fn send(&mut self, clock: &B::Clock) -> Result<(), Ending> {
        if let Some((origin, announcement)) = self.announced.take() {
            let mut encoder = FrameEncoder::short();
            let reply = match announcement {
                Announcement::Error(code) => error(code),
                Announcement::Busy(permille) => Reply::Busy { permille },
            };
            let length = encode(&mut encoder, origin, reply);
            let frame = encoder.buffer_mut().get(..length).unwrap_or_default();
            write(self.serial, frame, clock).await.or(Err(Ending::HungUp))?;
        }
        let (Frame::Waiting(length) | Frame::Secret(length)) = self.frame else { return Ok(()) };
        let buffer = self.encoder.buffer_mut();
        let frame = buffer.get(..length).unwrap_or_default();
        let outcome = write(self.serial, frame, clock).await;
        if matches!(self.frame, Frame::Secret(_)) {
            wipe(buffer);
        }
        self.frame = Frame::None;
        outcome.or(Err(Ending::HungUp))
    }
}

/// Puts a reply into the encoder's buffer and returns the length of its frame.
#[inline(never)]
fn encode<const N: usize>(
    encoder: &mut FrameEncoder<N>,
    origin: Origin,
    reply: Reply<'_>,
) -> usize {
    let Origin { id, sequence } = origin;
    let message = Message { id, body: reply };
    if let Ok(frame) = encoder.encode(sequence, &message) {
        return frame.len();
    }
    // A reply that is longer than a frame is a fault of ours, not the host's.
    let instead = Message { id, body: error(Code::INTERNAL) };
    encoder.encode(sequence, &instead).map_or(0, <[u8]>::len)
}

async fn write(serial: &mut impl Serial, frame: &[u8], clock: &impl Clock) -> Result<(), HungUp> {
    let until = clock.now().saturating_add(PATIENCE);
    // Not `write_all`, which panics at a line that takes nothing.
    let mut rest = frame;
    while !rest.is_empty() {
        match select(serial.write(rest), clock.until(until)).await {
            Either::First(Ok(sent)) if sent > 0 => rest = rest.get(sent..).unwrap_or_default(),
            Either::First(_) | Either::Second(()) => return Err(HungUp),
        }
    }
    Ok(())
}

/// Answers every request with `code`: the device is out of order. It says so in `Hello`, too.
pub(crate) async fn refuse<S: Serial, C: Clock>(
    code: Code,
    about: &About,
    line: &mut Line,
    serial: &mut S,
    clock: &C,
    watchdog: &mut impl Watchdog,
) -> ! {
    let Line { decoder, encoder } = line;
    let mut packet = [0; TRANSFER];
    loop {
        watchdog.feed();
        let until = clock.now().saturating_add(HEARTBEAT);
        let length = match select(serial.read(&mut packet), clock.until(until)).await {
            Either::First(Ok(length)) => length,
            Either::First(Err(HungUp)) | Either::Second(()) => continue,
        };
        let mut rest = packet.get(..length).unwrap_or_default();
        while let Some(length) = refusal(code, about, &mut rest, decoder, encoder) {
            let frame = encoder.buffer_mut().get(..length).unwrap_or_default();
            // A host that does not read its answer misses it.
            let _sent = write(serial, frame, clock).await;
        }
    }
}

/// The length of the answer to the next frame that ends in `rest`; `None` when none does.
#[inline(never)]
fn refusal(
    code: Code,
    about: &About,
    rest: &mut &[u8],
    decoder: &mut FrameDecoder,
    encoder: &mut FrameEncoder,
) -> Option<usize> {
    loop {
        let Ok(frame) = decoder.next(rest)? else { continue };
        let Ok(Message { id, body }) = frame.message::<Request<'_>>() else { continue };
        let origin = Origin { id, sequence: frame.sequence };
        return Some(encode(encoder, origin, faulty(code, about, &body)));
    }
}

/// What a device that is out of order says.
fn faulty(code: Code, about: &About, request: &Request<'_>) -> Reply<'static> {
    if let Request::Hello { nonce, protocol: _ } = request {
        Reply::Hello(about.hello(*nonce, State::Faulty))
    } else if matches!(request, Request::Status) {
        let reset = about.reset;
        let state = State::Faulty;
        Reply::Status(Status { state, working_on: None, permille: 0, reset, alarm: None })
    } else if matches!(request, Request::Ping) {
        Reply::Pong
    } else {
        error(code)
    }
}

const fn frame_code(error: FrameError) -> Code {
    match error {
        FrameError::TooLong => Code::FRAME_TOO_LONG,
        FrameError::Malformed | FrameError::Checksum => Code::FRAME_DAMAGED,
        FrameError::Version | FrameError::Header => Code::FRAME_HEADER,
    }
}

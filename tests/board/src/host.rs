use std::fmt;
use std::future::Future;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Waker};
use std::time::Duration;

use countersign_firmware::{Memory, run};
use countersign_link::{
    Bytes, FrameDecoder, FrameEncoder, Message, PROTOCOL, Reply, Request, State,
};
use countersign_tests::shop::Said;

use crate::board::Sight;
use crate::{Chip, Hardware, PowerCut};

/// A host at a board that is switched on.
pub struct Host {
    /// The board.
    pub hardware: Rc<Hardware>,
    application: Pin<Box<dyn Future<Output = ()>>>,
    encoder: FrameEncoder,
    decoder: FrameDecoder,
    sequence: u16,
    next_id: u32,
}

impl fmt::Debug for Host {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Host").finish_non_exhaustive()
    }
}

/// How far the board's clock moves when nothing happens.
const TICK: Duration = Duration::from_millis(50);

/// How many ticks an answer may take.
const PATIENCE: usize = 400;

impl Host {
    /// Switches on a board with a screen and `chip`, and greets it.
    ///
    /// # Errors
    ///
    /// [`PowerCut`].
    pub fn boot(chip: &Chip) -> Result<Self, PowerCut> {
        Self::at::<crate::Seeing>(Hardware::with(chip.clone()))
    }

    /// Switches on `hardware` and greets it.
    ///
    /// # Errors
    ///
    /// [`PowerCut`].
    pub fn at<S: Sight>(hardware: Hardware) -> Result<Self, PowerCut> {
        let hardware = Rc::new(hardware);
        let mut parts = hardware.parts::<S>();
        let mut memory = Box::new(Memory::new());
        let application = Box::pin(async move {
            run(&mut parts, &mut memory).await;
        });
        let mut host = Self {
            hardware,
            application,
            encoder: FrameEncoder::new(),
            decoder: FrameDecoder::new(),
            sequence: 0,
            next_id: 1,
        };
        host.say(&Request::Hello { nonce: Bytes([1; 8]), protocol: PROTOCOL })?;
        Ok(host)
    }

    /// Says `request` under an id of its own and returns the last reply to it.
    ///
    /// # Errors
    ///
    /// [`PowerCut`].
    ///
    /// # Panics
    ///
    /// When there is no answer.
    pub fn say(&mut self, request: &Request<'_>) -> Result<Said, PowerCut> {
        let id = self.id();
        self.tell(id, request);
        self.answer()
    }

    /// A fresh request id.
    pub const fn id(&mut self) -> u32 {
        self.next_id += 1;
        self.next_id
    }

    /// Says `request` under `id`.
    ///
    /// # Panics
    ///
    /// When it is longer than a frame.
    pub fn tell(&mut self, id: u32, request: &Request<'_>) {
        self.sequence = self.sequence.wrapping_add(1);
        let message = Message { id, body: request.clone() };
        let frame = self.encoder.encode(self.sequence, &message).expect("it fits a frame");
        self.hardware.to_device.borrow_mut().extend(frame);
    }

    /// Sends bytes, whatever they are.
    pub fn send(&mut self, bytes: &[u8]) {
        self.hardware.to_device.borrow_mut().extend(bytes);
    }

    /// Waits for the last reply to a request.
    ///
    /// # Errors
    ///
    /// [`PowerCut`].
    ///
    /// # Panics
    ///
    /// When there is none.
    pub fn answer(&mut self) -> Result<Said, PowerCut> {
        for _ in 0..PATIENCE {
            self.turn()?;
            while let Some(said) = self.heard() {
                match said.reply() {
                    Reply::Busy { .. } | Reply::AwaitingApproval { .. } => {}
                    _ => return Ok(said),
                }
            }
        }
        panic!("no answer in {:?}", TICK * u32::try_from(PATIENCE).unwrap());
    }

    /// Lets the board go on until it waits for something, and its clock by one tick.
    ///
    /// # Errors
    ///
    /// [`PowerCut`].
    pub fn turn(&mut self) -> Result<(), PowerCut> {
        let mut context = Context::from_waker(Waker::noop());
        let polled = catch_unwind(AssertUnwindSafe(|| {
            let ended = self.application.as_mut().poll(&mut context);
            assert!(ended.is_pending(), "the application never ends");
        }));
        if let Err(cause) = polled {
            if cause.is::<PowerCut>() {
                return Err(PowerCut);
            }
            resume_unwind(cause);
        }
        self.hardware.now.set(self.hardware.now.get() + TICK);
        Ok(())
    }

    /// The next reply that has arrived.
    pub fn heard(&mut self) -> Option<Said> {
        let received = std::mem::take(&mut *self.hardware.from_device.borrow_mut());
        let mut rest = received.as_slice();
        let mut said = None;
        if let Some(frame) = self.decoder.next(&mut rest) {
            let frame = frame.expect("the device's frames are whole");
            let message: Message<Reply<'_>> = frame.message().expect("and are replies");
            said = Some(Said(postcard::to_stdvec(&message.body).expect("it is a reply")));
        }
        self.hardware.from_device.borrow_mut().splice(0..0, rest.iter().copied());
        said
    }

    /// Closes the port.
    ///
    /// # Errors
    ///
    /// [`PowerCut`].
    pub fn hang_up(&mut self) -> Result<(), PowerCut> {
        self.hardware.is_closed.set(true);
        self.turn()
    }

    /// What the device can do.
    ///
    /// # Errors
    ///
    /// [`PowerCut`].
    ///
    /// # Panics
    ///
    /// When it does not say.
    pub fn state(&mut self) -> Result<State, PowerCut> {
        let said = self.say(&Request::Status)?;
        let Reply::Status(status) = said.reply() else { panic!("{said:?}") };
        Ok(status.state)
    }
}

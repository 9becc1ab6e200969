use std::cell::{Cell, RefCell};
use std::collections::VecDeque;
use std::future::poll_fn;
use std::marker::PhantomData;
use std::rc::Rc;
use std::task::Poll;
use std::time::Duration;

use countersign_crypto::{Secret, sha256};
use countersign_firmware::{
    Board, Buttons, Clock, Event, HungUp, Indication, Parts, Press, Random, Reset, Screen, Serial,
    Turn, Watchdog,
};
use countersign_link::ResetReason;
use countersign_signer::Line;
use embedded_io_async::{ErrorType, Read, Write};

use crate::Chip;

/// What a test does to the board, and sees of it.
#[derive(Debug)]
pub struct Hardware {
    /// The flash of the state, which alone outlives the power.
    pub chip: Chip,
    /// The chip's own secret.
    pub secret: Option<[u8; 32]>,
    /// What the random source gives.
    pub noise: Cell<Noise>,
    /// What the merchant presses at every prompt.
    pub press: Cell<Option<Press>>,
    /// How long after a prompt they press it.
    pub hesitation: Cell<Duration>,
    /// Why the board started.
    pub reset: ResetReason,
    /// How many pages prompts have behind their first one.
    pub pages: Cell<u8>,
    /// Every prompt that was shown, line by line.
    pub prompts: RefCell<Vec<Vec<String>>>,
    /// The texts whose codes were shown.
    pub codes: RefCell<Vec<String>>,
    /// What the light showed last.
    pub light: Cell<Option<Indication>>,
    /// How often the watchdog was fed; `None` before it is started.
    pub fed: Cell<Option<usize>>,
    /// The longest that it was not.
    pub unfed: Cell<Duration>,
    /// What the log was told.
    pub log: RefCell<Vec<Event>>,
    /// Time since the board was switched on.
    pub now: Cell<Duration>,
    /// How much of it passes whenever the application looks.
    pub pace: Cell<Duration>,
    pub(crate) to_device: RefCell<VecDeque<u8>>,
    pub(crate) from_device: RefCell<Vec<u8>>,
    /// Whether the host's port is closed.
    pub(crate) is_closed: Cell<bool>,
    asked_at: Cell<Duration>,
    turned: Cell<u8>,
    fed_at: Cell<Duration>,
    drawn: Cell<u64>,
}

/// What a random source gives.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Noise {
    /// Bytes that nothing here finds a pattern in, other ones for each number.
    Good(u64),
    /// This byte.
    Stuck(u8),
    /// This byte twice as often as others, never many times in a row.
    Biased(u8),
}

impl Hardware {
    /// A board with `chip` whose merchant says yes to everything.
    #[must_use]
    pub fn with(chip: Chip) -> Self {
        Self {
            chip,
            secret: None,
            noise: Cell::new(Noise::Good(0)),
            press: Cell::new(Some(Press::Confirm)),
            hesitation: Cell::new(Duration::from_millis(700)),
            reset: ResetReason::PowerOn,
            pages: Cell::new(0),
            prompts: RefCell::default(),
            codes: RefCell::default(),
            light: Cell::new(None),
            fed: Cell::new(None),
            unfed: Cell::default(),
            log: RefCell::default(),
            now: Cell::default(),
            pace: Cell::default(),
            to_device: RefCell::default(),
            from_device: RefCell::default(),
            is_closed: Cell::new(false),
            asked_at: Cell::new(Duration::MAX),
            turned: Cell::new(0),
            fed_at: Cell::default(),
            drawn: Cell::new(0),
        }
    }

    /// What the board has not read yet, taken away from it.
    #[must_use]
    pub fn unread(&self) -> Vec<u8> {
        self.to_device.take().into()
    }

    pub(crate) fn parts<S: Sight>(self: &Rc<Self>) -> Parts<Mock<S>> {
        LOG.set(Some(Rc::clone(self)));
        let wired = || Wired(Rc::clone(self));
        Parts {
            serial: wired(),
            random: wired(),
            flash: self.chip.clone(),
            secret: self.secret.map(Secret::new),
            buttons: wired(),
            screen: Display(wired(), PhantomData),
            clock: wired(),
            watchdog: wired(),
            reset: wired(),
        }
    }
}

thread_local! {
    /// Whose log it is: a board's log is reached without the board.
    static LOG: RefCell<Option<Rc<Hardware>>> = const { RefCell::new(None) };
}

/// A board with or without a screen.
#[derive(Debug)]
pub struct Mock<S>(PhantomData<S>);

/// Of a board that has a screen.
#[derive(Debug)]
pub struct Seeing;

/// Of a board that has none.
#[derive(Debug)]
pub struct Blind;

/// Whether a board has a screen, and its name.
pub trait Sight: 'static {
    /// What `Hello` calls it.
    const NAME: &'static str;
    /// Where its prompts are read.
    const PROMPTS: countersign_signer::Screen;
}

impl Sight for Seeing {
    const NAME: &'static str = "mock";
    const PROMPTS: countersign_signer::Screen = countersign_signer::Screen::OnBoard;
}

impl Sight for Blind {
    const NAME: &'static str = "mock without a screen";
    const PROMPTS: countersign_signer::Screen = countersign_signer::Screen::None;
}

/// A part that is a wire to the hardware.
#[derive(Debug)]
pub struct Wired(Rc<Hardware>);

/// A screen, or a light.
#[derive(Debug)]
pub struct Display<S>(Wired, PhantomData<S>);

impl<S: Sight> Board for Mock<S> {
    const NAME: &'static str = S::NAME;
    const REACTION: Duration = Duration::from_millis(300);

    type Serial = Wired;
    type Random = Wired;
    type Flash = Chip;
    type Buttons = Wired;
    type Screen = Display<S>;
    type Clock = Wired;
    type Watchdog = Wired;
    type Reset = Wired;

    fn log(event: Event) {
        LOG.with_borrow(|hardware| {
            if let Some(hardware) = hardware {
                hardware.log.borrow_mut().push(event);
            }
        });
    }

    fn stack_used() -> u32 {
        1_234
    }
}

impl ErrorType for Wired {
    type Error = HungUp;
}

impl Read for Wired {
    async fn read(&mut self, buffer: &mut [u8]) -> Result<usize, HungUp> {
        poll_fn(|_| {
            if self.0.is_closed.replace(false) {
                return Poll::Ready(Err(HungUp));
            }
            let mut waiting = self.0.to_device.borrow_mut();
            let length = waiting.len().min(buffer.len());
            if length == 0 {
                return Poll::Pending;
            }
            for (place, byte) in buffer.iter_mut().zip(waiting.drain(..length)) {
                *place = byte;
            }
            Poll::Ready(Ok(length))
        })
        .await
    }
}

impl Write for Wired {
    async fn write(&mut self, bytes: &[u8]) -> Result<usize, HungUp> {
        self.0.from_device.borrow_mut().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    async fn flush(&mut self) -> Result<(), HungUp> {
        Ok(())
    }
}

impl Serial for Wired {}

impl Random for Wired {
    fn fill(&mut self, noise: &mut [u8]) {
        for place in noise {
            let drawn = self.0.drawn.get();
            self.0.drawn.set(drawn + 1);
            *place = match self.0.noise.get() {
                Noise::Good(which) => sha256(&[&which.to_le_bytes(), &drawn.to_le_bytes()])[0],
                Noise::Stuck(byte) => byte,
                Noise::Biased(byte) if !drawn.is_multiple_of(3) => byte,
                Noise::Biased(byte) => byte.wrapping_add(1),
            };
        }
    }
}

impl Buttons for Wired {
    fn forget(&mut self) {
        self.0.asked_at.set(self.0.now.get());
    }

    fn pressed(&mut self) -> Option<Press> {
        let since = self.0.now.get().checked_sub(self.0.asked_at.get())?;
        self.0.press.get().filter(|_| since >= self.0.hesitation.get())
    }
}

impl<S: Sight> Screen for Display<S> {
    const PROMPTS: countersign_signer::Screen = S::PROMPTS;

    fn clear(&mut self) {
        self.0.0.turned.set(0);
        self.0.0.prompts.borrow_mut().push(Vec::new());
    }

    fn line(&mut self, line: &Line<'_>) {
        if let Some(prompt) = self.0.0.prompts.borrow_mut().last_mut() {
            prompt.push(format!("{}: {}", line.label, line.text));
        }
    }

    fn indicate(&mut self, indication: Indication) {
        self.0.0.light.set(Some(indication));
    }

    /// The second page is there already, and any further one has to be read out again.
    fn turn(&mut self) -> Turn {
        let Hardware { pages, turned, .. } = &*self.0.0;
        if turned.get() == pages.get() {
            return Turn::Over;
        }
        self.0.0.asked_at.set(self.0.0.now.get());
        turned.set(turned.get() + 1);
        if turned.get() == 1 { Turn::Turned } else { Turn::Again }
    }

    fn show_code(&mut self, text: &str) {
        self.0.0.codes.borrow_mut().push(text.to_owned());
    }
}

impl Clock for Wired {
    fn now(&self) -> Duration {
        let Hardware { now, pace, .. } = &*self.0;
        now.set(now.get() + pace.get());
        now.get()
    }

    async fn until(&self, moment: Duration) {
        poll_fn(|_| if self.now() < moment { Poll::Pending } else { Poll::Ready(()) }).await;
    }
}

impl Watchdog for Wired {
    const PATIENCE: Duration = Duration::from_secs(4);

    fn start(&mut self) {
        self.0.fed.set(Some(0));
        self.0.fed_at.set(self.0.now.get());
    }

    fn feed(&mut self) {
        let Hardware { now, fed, fed_at, unfed, .. } = &*self.0;
        fed.set(fed.get().map(|fed| fed + 1));
        unfed.set(unfed.get().max(now.get() - fed_at.replace(now.get())));
    }
}

impl Reset for Wired {
    fn reason(&self) -> ResetReason {
        self.0.reset
    }
}

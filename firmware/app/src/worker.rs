use core::time::Duration;

use countersign_link::{Code, ErrorReply, Message, Reply, Request, Status};
use countersign_policy::Uptime;
use countersign_signer::conversation::{
    BUSY, Conversation, HANGING, INTER_CHUNK, Origin, next_look,
};
use countersign_signer::{Device, Input, Moment, Output, Scratch};

use crate::entropy::Entropy;
use crate::shell::{Announcement, Outlet};
use crate::storage::{Storage, StorageFault};
use crate::{
    Board, Buttons as _, Clock as _, Event, Indication, Press, Screen as _, Turn, Verdict, Work,
};

/// The device core with everything that it wants: what it says is done, and what it waits for is
/// waited for.
pub(crate) struct Worker<'m, 'p, B: Board> {
    device: &'p mut Device<'m>,
    scratch: &'m mut Scratch,
    peripherals: Peripherals<'p, B>,
    conversation: Conversation,
    /// When the buttons are looked at for the prompt of a request that was let go.
    parked: Option<Duration>,
    /// Since when the core is at the work of one frame.
    begun: Duration,
}

/// The parts of a board that the worker uses.
pub(crate) struct Peripherals<'p, B: Board> {
    pub(crate) random: &'p mut B::Random,
    /// What conditions it.
    pub(crate) entropy: &'p mut Entropy,
    pub(crate) storage: &'p mut Storage<&'p mut B::Flash>,
    pub(crate) buttons: &'p mut B::Buttons,
    pub(crate) screen: &'p mut B::Screen,
    pub(crate) clock: &'p B::Clock,
}

/// Why a conversation cannot go on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Ending {
    /// Nobody listens.
    HungUp,
    /// The device is out of order.
    OutOfOrder(Code),
}

/// What one input came to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Advance {
    /// The request may go on with another frame.
    ExpectsMore,
    /// It was answered, or is being worked on.
    Done,
}

impl<'m, 'p, B: Board> Worker<'m, 'p, B> {
    /// A worker that nobody has spoken to.
    pub(crate) fn new(
        device: &'p mut Device<'m>,
        scratch: &'m mut Scratch,
        peripherals: Peripherals<'p, B>,
    ) -> Self {
        let conversation = Conversation::Silent;
        let begun = Duration::ZERO;
        Self { device, scratch, peripherals, conversation, parked: None, begun }
    }

    /// The board's clock.
    pub(crate) const fn clock(&self) -> &'p B::Clock {
        self.peripherals.clock
    }

    /// Time since the board was switched on.
    pub(crate) fn now(&self) -> Duration {
        self.peripherals.clock.now()
    }

    /// When something has to be done unless bytes arrive before.
    pub(crate) fn due(&self, now: Duration) -> Option<Duration> {
        [self.parked, self.conversation.due(now)].into_iter().flatten().min()
    }

    /// Whether the device gets on, as far as it can be told between two steps: that the core takes
    /// another one is no progress when it has been at the same work for longer than any takes.
    pub(crate) fn gets_on(&self) -> bool {
        match self.conversation {
            Conversation::Working(..) => self.now().saturating_sub(self.begun) < HANGING,
            Conversation::Silent
            | Conversation::Greeted
            | Conversation::Open(..)
            | Conversation::Asking(..) => true,
        }
    }

    /// Takes note of bytes, whatever they are.
    pub(crate) fn heard(&mut self) {
        self.conversation.heard(self.now());
    }

    /// Takes one message. What it comes to is in the outlet, to be sent.
    ///
    /// Nothing here waits: what does has its variables in the application's future for good.
    ///
    /// # Errors
    ///
    /// [`Ending`].
    #[inline(never)]
    pub(crate) fn take(
        &mut self,
        sequence: u16,
        message: Message<Request<'_>>,
        outlet: &mut Outlet<'_, B>,
    ) -> Result<(), Ending> {
        let Message { id, body: request } = message;
        let origin = Origin { id, sequence };
        if matches!(request, Request::Hello { .. }) {
            self.withdraw_prompt();
            self.conversation = Conversation::Greeted;
            B::log(Event::Greeted);
        }
        if let Request::Cancel { request } = request {
            self.cancelled(request, outlet);
        }
        if matches!(request, Request::Park { .. }) {
            return self.park(origin, request, outlet);
        }
        if request.is_aside() || self.conversation.is_occupied() {
            return self.answer_aside(origin, request, outlet);
        }
        if matches!(self.conversation, Conversation::Open(..)) {
            // This frame goes on with that request, or takes its place.
            self.conversation = Conversation::Greeted;
        }
        let opens = request.leaves_open();
        self.begun = self.now();
        let advance = self.advance(origin, Input::Message { id, request }, outlet)?;
        if opens && advance == Advance::ExpectsMore {
            let until = self.now().saturating_add(INTER_CHUNK);
            self.conversation = Conversation::Open(origin, until);
        }
        Ok(())
    }

    /// Answers a request that leaves everything else as it is: the core sees to that.
    #[inline(never)]
    fn answer_aside(
        &mut self,
        origin: Origin,
        request: Request<'_>,
        outlet: &mut Outlet<'_, B>,
    ) -> Result<(), Ending> {
        let moment = self.moment_of(origin, outlet)?;
        let input = Input::Message { id: origin.id, request };
        match self.device.handle(&moment, input, self.scratch) {
            Output::Reply { id, reply } => outlet.put(Origin { id, ..origin }, reply),
            Output::Nothing
            | Output::Ask { .. }
            | Output::Store { .. }
            | Output::Erase
            | Output::Continue => {}
        }
        Ok(())
    }

    /// Gives the core one input and what follows from it, until it has to wait for something.
    ///
    /// The core needs the stack: what goes before and what follows are functions of their own on it.
    fn advance(
        &mut self,
        origin: Origin,
        input: Input<'_>,
        outlet: &mut Outlet<'_, B>,
    ) -> Result<Advance, Ending> {
        let mut input = input;
        let mut verdict = Verdict::Wanted;
        loop {
            let moment = self.engage(origin, verdict, outlet)?;
            let output = self.device.handle(&moment, input, self.scratch);
            if outlet.release() == Verdict::Cancelled {
                verdict = Verdict::Cancelled;
            }
            input = match output {
                Output::Store { slot, item } => {
                    told::<B>(self.peripherals.storage.store(slot, item), Event::Stored)
                }
                Output::Erase => told::<B>(self.peripherals.storage.erase(), Event::Erased),
                // The host was told that it is cancelled. What is being stored is stored first.
                Output::Nothing | Output::Ask { .. } | Output::Continue | Output::Reply { .. }
                    if verdict == Verdict::Cancelled =>
                {
                    return Ok(self.drop_cancelled(origin, &moment));
                }
                Output::Nothing => return Ok(Advance::ExpectsMore),
                Output::Reply { id, reply } => {
                    let (advance, outcome) = answer(Origin { id, ..origin }, reply, outlet);
                    self.rest(outcome);
                    return Ok(advance);
                }
                Output::Ask { id, prompt } => {
                    self.put_before_merchant(origin);
                    ask(Origin { id, ..origin }, prompt, outlet);
                    return Ok(Advance::Done);
                }
                Output::Continue => {
                    self.conversation = Conversation::Working(origin, self.now());
                    self.peripherals.screen.indicate(Indication::Working);
                    return Ok(Advance::Done);
                }
            };
        }
    }

    /// Draws what the core's next step is given, and leaves word of it for whoever asks meanwhile.
    #[inline(never)]
    fn engage(
        &mut self,
        origin: Origin,
        verdict: Verdict,
        outlet: &mut Outlet<'_, B>,
    ) -> Result<Moment, Ending> {
        // Two of them: the core takes the same entropy twice for a source that is stuck.
        let before = self.moment_of(origin, outlet)?;
        if let Some(status) = self.status(&before, origin) {
            outlet.engage(Work { origin, status, verdict });
        }
        self.moment_of(origin, outlet)
    }

    /// Drops what the core is at, of which the host knows already that it is cancelled.
    #[inline(never)]
    fn drop_cancelled(&mut self, origin: Origin, moment: &Moment) -> Advance {
        let request = Request::Cancel { request: origin.id };
        let input = Input::Message { id: origin.id, request };
        let _output = self.device.handle(moment, input, self.scratch);
        let indication = self.at_rest();
        self.peripherals.screen.indicate(indication);
        Advance::Done
    }

    /// Shows that a request has been answered, and the code of an offer that was made.
    #[inline(never)]
    fn rest(&mut self, outcome: Outcome) {
        let indication = self.at_rest();
        self.peripherals.screen.indicate(indication);
        if outcome == Outcome::Created
            && let Some(text) = self.device.created_text()
        {
            self.peripherals.screen.show_code(text);
        }
    }

    /// Shows the prompt of a request, for which a button is wanted now.
    #[inline(never)]
    fn put_before_merchant(&mut self, origin: Origin) {
        let earliest = self.now().saturating_add(B::REACTION);
        self.conversation = Conversation::Asking(origin, earliest);
        self.parked = None;
        self.show_prompt();
    }

    /// Does what is due by now. What it comes to is in the outlet, to be sent.
    ///
    /// # Errors
    ///
    /// [`Ending`].
    #[inline(never)]
    pub(crate) fn proceed(&mut self, outlet: &mut Outlet<'_, B>) -> Result<(), Ending> {
        let now = self.now();
        if self.parked.is_some_and(|look| now >= look) {
            self.hear_parked(now)?;
        }
        match self.conversation {
            Conversation::Silent | Conversation::Greeted => Ok(()),
            Conversation::Open(_, until) if now < until => Ok(()),
            Conversation::Open(..) => self.lose_open(outlet),
            Conversation::Working(origin, said) => {
                let said = if now.saturating_sub(said) < BUSY {
                    said
                } else {
                    self.say_busy(origin, outlet)?;
                    now
                };
                self.conversation = Conversation::Greeted;
                self.advance(origin, Input::Continue, outlet)?;
                if let Conversation::Working(_, since) = &mut self.conversation {
                    *since = said;
                }
                Ok(())
            }
            Conversation::Asking(_, look) if now < look => Ok(()),
            Conversation::Asking(origin, _) => {
                let Some(input) = self.decision() else {
                    self.conversation = Conversation::Asking(origin, next_look(now));
                    return Ok(());
                };
                self.withdraw_prompt();
                self.conversation = Conversation::Greeted;
                self.begun = now;
                self.advance(origin, input, outlet).map(drop)
            }
        }
    }

    /// Lets go of the request that waits for a button, and leaves its prompt on the screen.
    #[inline(never)]
    fn park(
        &mut self,
        origin: Origin,
        request: Request<'_>,
        outlet: &mut Outlet<'_, B>,
    ) -> Result<(), Ending> {
        let moment = self.moment()?;
        let input = Input::Message { id: origin.id, request };
        let output = self.device.handle(&moment, input, self.scratch);
        let Output::Reply { reply, .. } = output else { return Ok(()) };
        if let (Reply::Done, Conversation::Asking(asked, look)) = (&reply, self.conversation) {
            self.parked = Some(look);
            self.conversation = Conversation::Greeted;
            outlet.announce(asked, Announcement::Error(Code::WITH_MERCHANT));
        }
        outlet.put(origin, reply);
        Ok(())
    }

    /// Looks whether the merchant has answered a prompt whose request was let go.
    fn hear_parked(&mut self, now: Duration) -> Result<(), Ending> {
        let Some(input) = self.decision() else {
            self.parked = Some(next_look(now));
            return Ok(());
        };
        self.parked = None;
        self.peripherals.screen.clear();
        let indication = self.at_rest();
        self.peripherals.screen.indicate(indication);
        let moment = self.moment()?;
        // The core takes note of it, and nobody waits for a reply.
        let _output = self.device.handle(&moment, input, self.scratch);
        Ok(())
    }

    /// What a device indicates that is not at work.
    const fn at_rest(&self) -> Indication {
        if self.parked.is_some() { Indication::Asking } else { Indication::Idle }
    }

    /// What the core says about itself, once a host has said hello.
    fn status(&mut self, moment: &Moment, origin: Origin) -> Option<Status> {
        let input = Input::Message { id: origin.id, request: Request::Status };
        let output = self.device.handle(moment, input, self.scratch);
        let Output::Reply { reply: Reply::Status(status), .. } = output else { return None };
        Some(status)
    }

    fn say_busy(&mut self, origin: Origin, outlet: &mut Outlet<'_, B>) -> Result<(), Ending> {
        let moment = self.moment()?;
        if let Some(status) = self.status(&moment, origin) {
            outlet.announce(origin, Announcement::Busy(status.permille));
        }
        Ok(())
    }

    /// Gives up a request whose next frame did not come, if one is open.
    ///
    /// # Errors
    ///
    /// [`Ending`].
    pub(crate) fn lose_open(&mut self, outlet: &mut Outlet<'_, B>) -> Result<(), Ending> {
        let Conversation::Open(origin, _) = self.conversation else { return Ok(()) };
        self.conversation = Conversation::Greeted;
        let moment = self.moment()?;
        let request = Request::Cancel { request: origin.id };
        let input = Input::Message { id: origin.id, request };
        // The core's reply is to a cancellation that nobody sent.
        let _output = self.device.handle(&moment, input, self.scratch);
        outlet.put(origin, error(Code::TIMED_OUT));
        Ok(())
    }

    /// Tells the host about the request that it is about to cancel.
    fn cancelled(&mut self, request: u32, outlet: &mut Outlet<'_, B>) {
        let origin = self.conversation.origin().filter(|origin| origin.id == request);
        let Some(origin) = origin else { return };
        self.withdraw_prompt();
        self.conversation = Conversation::Greeted;
        outlet.announce(origin, Announcement::Error(Code::CANCELLED));
    }

    /// Answers what was no request, once there is a conversation that it disturbs.
    pub(crate) fn complain(&self, sequence: u16, code: Code, outlet: &mut Outlet<'_, B>) {
        if self.conversation != Conversation::Silent {
            outlet.put(Origin { id: 0, sequence }, error(code));
        }
    }

    /// Forgets the host.
    pub(crate) fn hang_up(&mut self) {
        if self.conversation != Conversation::Silent {
            B::log(Event::HungUp);
        }
        self.withdraw_prompt();
        self.conversation = Conversation::Silent;
        self.device.hang_up();
    }

    fn show_prompt(&mut self) {
        B::log(Event::Asked);
        self.peripherals.buttons.forget();
        self.peripherals.screen.clear();
        self.read_out();
    }

    /// Gives the screen the lines of the prompt.
    fn read_out(&mut self) {
        let screen = &mut *self.peripherals.screen;
        self.device.prompt(&mut |line| screen.line(&line));
        screen.indicate(Indication::Asking);
    }

    /// What the merchant says to the prompt that is shown, if they do: a yes is one to all of it, and
    /// turns a page as long as there is one more.
    fn decision(&mut self) -> Option<Input<'static>> {
        let input = match self.peripherals.buttons.pressed()? {
            Press::Cancel => Input::Cancelled,
            Press::Confirm => match self.peripherals.screen.turn() {
                Turn::Over => Input::Confirmed,
                Turn::Turned => return None,
                Turn::Again => {
                    self.read_out();
                    return None;
                }
            },
        };
        B::log(Event::Pressed);
        Some(input)
    }

    fn withdraw_prompt(&mut self) {
        if matches!(self.conversation, Conversation::Asking(..)) {
            self.peripherals.screen.clear();
            self.peripherals.screen.indicate(Indication::Idle);
        }
    }

    /// The moment of an input for a request, which is told when there is none.
    fn moment_of(&mut self, origin: Origin, outlet: &mut Outlet<'_, B>) -> Result<Moment, Ending> {
        let moment = self.moment();
        if let Err(Ending::OutOfOrder(code)) = moment {
            outlet.put(origin, error(code));
        }
        moment
    }

    fn moment(&mut self) -> Result<Moment, Ending> {
        let Peripherals { random, entropy, .. } = &mut self.peripherals;
        let entropy = entropy.draw(*random).map_err(Ending::OutOfOrder)?;
        Ok(Moment { uptime: Uptime(self.now().as_secs()), entropy })
    }
}

/// What a reply says was done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Outcome {
    /// An offer or a refund was made.
    Created,
    Other,
}

/// Answers a frame with the core's reply.
#[inline(never)]
fn answer<B: Board>(
    origin: Origin,
    reply: Reply<'_>,
    outlet: &mut Outlet<'_, B>,
) -> (Advance, Outcome) {
    let is_credit = matches!(reply, Reply::Credits { .. });
    let advance = if is_credit { Advance::ExpectsMore } else { Advance::Done };
    let is_created = matches!(reply, Reply::Created { .. });
    let outcome = if is_created { Outcome::Created } else { Outcome::Other };
    outlet.put(origin, completed::<B>(reply));
    (advance, outcome)
}

/// Says that a button is wanted.
#[inline(never)]
fn ask<B: Board>(origin: Origin, prompt: u32, outlet: &mut Outlet<'_, B>) {
    outlet.put(origin, Reply::AwaitingApproval { prompt });
}

/// The reply with what the core cannot know.
fn completed<B: Board>(mut reply: Reply<'_>) -> Reply<'_> {
    if let Reply::Info(info) = &mut reply {
        info.stack = B::stack_used();
    }
    if let Reply::Error(ErrorReply { code, .. }) = reply {
        B::log(Event::Failed(code));
    }
    reply
}

/// What flash did, for the core and for the log.
fn told<B: Board>(outcome: Result<(), StorageFault>, success: Event) -> Input<'static> {
    if outcome.is_ok() {
        B::log(success);
        Input::Stored
    } else {
        B::log(Event::StoreFailed);
        Input::StoreFailed
    }
}

pub(crate) const fn error<'a>(code: Code) -> Reply<'a> {
    Reply::Error(ErrorReply { code, field: None, offset: None })
}

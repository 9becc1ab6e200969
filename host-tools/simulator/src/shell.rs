use core::time::Duration;
use std::io;
use std::time::Instant;

use countersign_crypto::Curve;
use countersign_link::{
    BodyError, Code, EncodeError, ErrorReply, FrameDecoder, FrameEncoder, FrameError, Message,
    Reply, Request,
};
use countersign_policy::Uptime;
use countersign_signer::conversation::{
    BUSY, Conversation, INTER_CHUNK, Origin, REST_OF_FRAME, next_look,
};
use countersign_signer::{Desk, Device, Input, Moment, Output, Scratch};

use crate::{Board, Press, PromptText};

/// What surrounds the core on a board: bytes in, bytes out, flash, buttons and deadlines.
///
/// It does no input or output on the link itself and reads no clock but through the board.
pub(crate) struct Shell<'m, 'b> {
    decoder: FrameDecoder,
    /// Since when the beginning of a frame waits for its rest.
    unfinished: Option<Duration>,
    core: Core<'m, 'b>,
}

struct Core<'m, 'b> {
    device: Device<'m>,
    scratch: Box<Scratch>,
    encoder: FrameEncoder,
    board: &'b mut Board,
    started: Instant,
    conversation: Conversation,
    /// Since when a button can have been meant for the prompt of a request that was let go.
    parked: Option<Duration>,
}

impl<'m, 'b> Shell<'m, 'b> {
    /// The device as it comes up.
    pub(crate) fn boot(
        board: &'b mut Board,
        curve: Curve<'m>,
        desk: &'m mut Desk,
        now: Instant,
    ) -> Self {
        let uptime = Uptime(board.clock.since(now).as_secs());
        let about = board.about();
        let device =
            board.flash.with(|stored| Device::boot(about, curve, desk, Ok(stored), uptime));
        let core = Core {
            device,
            scratch: Box::new(Scratch::new()),
            encoder: FrameEncoder::new(),
            board,
            started: now,
            conversation: Conversation::Silent,
            parked: None,
        };
        Self { decoder: FrameDecoder::new(), unfinished: None, core }
    }

    /// Takes bytes of the host's; what is to be sent is appended to `out`.
    ///
    /// # Errors
    ///
    /// When the random source fails: a device without randomness stops.
    pub(crate) fn receive(
        &mut self,
        now: Instant,
        bytes: &[u8],
        out: &mut Vec<u8>,
    ) -> io::Result<()> {
        let now = self.core.since_start(now);
        if !bytes.is_empty() {
            self.core.conversation.heard(now);
        }
        let mut rest = bytes;
        while let Some(frame) = self.decoder.next(&mut rest) {
            match frame.map(|frame| (frame.sequence, frame.message::<Request<'_>>())) {
                Ok((sequence, Ok(message))) => self.core.take(now, sequence, message, out)?,
                // A terminal that echoes: an answer would be echoed as well.
                Ok((_, Err(BodyError::WrongKind))) => {}
                Ok((sequence, Err(BodyError::Malformed | BodyError::TrailingBytes))) => {
                    self.core.complain(sequence, Code::UNKNOWN_REQUEST, out);
                }
                Err(error) => self.core.complain(0, frame_code(error), out),
            }
        }
        // Every frame ends with a zero, so any other byte is of one that goes on.
        self.unfinished = match bytes.last() {
            None | Some(0) => None,
            Some(_) => Some(now),
        };
        Ok(())
    }

    /// Does what is due: a step of the core's work, a button, the end of somebody's patience.
    ///
    /// # Errors
    ///
    /// As [`Shell::receive`].
    pub(crate) fn proceed(&mut self, now: Instant, out: &mut Vec<u8>) -> io::Result<()> {
        let now = self.core.since_start(now);
        if self.unfinished.is_some_and(|since| now.saturating_sub(since) >= REST_OF_FRAME) {
            self.unfinished = None;
            countersign_crypto::wipe(self.decoder.reset());
            if let Conversation::Open(origin, _) = self.core.conversation {
                self.core.lose(origin, out)?;
            }
        }
        self.core.proceed(now, out)
    }

    /// How long nothing has to be done unless bytes arrive; `None` for ever.
    pub(crate) fn patience(&self, now: Instant) -> Option<Duration> {
        let now = self.core.since_start(now);
        let rest = self.unfinished.map(|since| since.saturating_add(REST_OF_FRAME));
        let due = [rest, self.core.parked, self.core.conversation.due(now)]
            .into_iter()
            .flatten()
            .min()?;
        Some(due.saturating_sub(now))
    }

    /// Forgets the host, who closed the port.
    pub(crate) fn hang_up(&mut self) {
        self.unfinished = None;
        countersign_crypto::wipe(self.decoder.reset());
        self.core.withdraw_prompt();
        self.core.conversation = Conversation::Silent;
        self.core.device.hang_up();
    }
}

impl Core<'_, '_> {
    fn since_start(&self, now: Instant) -> Duration {
        now.saturating_duration_since(self.started)
    }

    fn take(
        &mut self,
        now: Duration,
        sequence: u16,
        message: Message<Request<'_>>,
        out: &mut Vec<u8>,
    ) -> io::Result<()> {
        let Message { id, body: request } = message;
        let origin = Origin { id, sequence };
        if let Request::Hello { .. } = request {
            self.withdraw_prompt();
            self.conversation = Conversation::Greeted;
        } else if let Request::Cancel { request } = request {
            self.cancelled(request, out);
        }
        if let Request::Park { .. } = request {
            return self.park(origin, request, out);
        }
        if request.is_aside() || self.conversation.is_occupied() {
            return self.answer_aside(origin, request, out);
        }
        if matches!(self.conversation, Conversation::Open(..)) {
            // This frame goes on with that request, or takes its place.
            self.conversation = Conversation::Greeted;
        }
        let opens = request.leaves_open();
        let expects_more = self.advance(now, origin, Input::Message { id, request }, out)?;
        if opens && expects_more {
            self.conversation = Conversation::Open(origin, now.saturating_add(INTER_CHUNK));
        }
        Ok(())
    }

    /// Answers a request that leaves everything else as it is: the core sees to that.
    fn answer_aside(
        &mut self,
        origin: Origin,
        request: Request<'_>,
        out: &mut Vec<u8>,
    ) -> io::Result<()> {
        let moment = self.moment()?;
        let input = Input::Message { id: origin.id, request };
        if let Output::Reply { id, reply } = self.device.handle(&moment, input, &mut self.scratch) {
            send(&mut self.encoder, Origin { id, ..origin }, reply, out);
        }
        Ok(())
    }

    /// Gives the core one input and what follows from it, until it has to wait for something.
    /// Returns whether the request may go on with another frame.
    fn advance(
        &mut self,
        now: Duration,
        origin: Origin,
        input: Input<'_>,
        out: &mut Vec<u8>,
    ) -> io::Result<bool> {
        let mut input = input;
        loop {
            let moment = self.moment()?;
            input = match self.device.handle(&moment, input, &mut self.scratch) {
                Output::Nothing => return Ok(true),
                Output::Reply { id, reply } => {
                    let is_credit = matches!(reply, Reply::Credits { .. });
                    send(&mut self.encoder, Origin { id, ..origin }, reply, out);
                    return Ok(is_credit);
                }
                Output::Ask { id, prompt } => {
                    self.conversation =
                        Conversation::Asking(origin, now.saturating_add(self.board.reaction));
                    self.parked = None;
                    self.show_prompt();
                    let reply = Reply::AwaitingApproval { prompt };
                    send(&mut self.encoder, Origin { id, ..origin }, reply, out);
                    return Ok(false);
                }
                Output::Store { slot, item } => stored(&self.board.flash.store(slot, item)),
                Output::Erase => stored(&self.board.flash.erase()),
                Output::Continue => {
                    self.conversation = Conversation::Working(origin, now);
                    return Ok(false);
                }
            };
        }
    }

    fn proceed(&mut self, now: Duration, out: &mut Vec<u8>) -> io::Result<()> {
        if self.parked.is_some_and(|look| now >= look) {
            self.hear_parked(now)?;
        }
        match self.conversation {
            Conversation::Open(origin, until) if now >= until => self.lose(origin, out),
            Conversation::Working(origin, said) => {
                let said = if now.saturating_sub(said) < BUSY {
                    said
                } else {
                    self.say_busy(origin, out)?;
                    now
                };
                self.conversation = Conversation::Greeted;
                self.advance(now, origin, Input::Continue, out)?;
                if let Conversation::Working(_, since) = &mut self.conversation {
                    *since = said;
                }
                Ok(())
            }
            Conversation::Asking(origin, look) if now >= look => {
                let input = match self.board.buttons.pressed() {
                    Some(Press::Confirm) => Input::Confirmed,
                    Some(Press::Cancel) => Input::Cancelled,
                    None => {
                        self.conversation = Conversation::Asking(origin, next_look(now));
                        return Ok(());
                    }
                };
                self.conversation = Conversation::Greeted;
                self.advance(now, origin, input, out)?;
                Ok(())
            }
            Conversation::Silent
            | Conversation::Greeted
            | Conversation::Open(..)
            | Conversation::Asking(..) => Ok(()),
        }
    }

    /// Lets go of the request that waits for a button, and leaves its prompt on the screen.
    fn park(&mut self, origin: Origin, request: Request<'_>, out: &mut Vec<u8>) -> io::Result<()> {
        let moment = self.moment()?;
        let input = Input::Message { id: origin.id, request };
        let output = self.device.handle(&moment, input, &mut self.scratch);
        let Output::Reply { reply, .. } = output else { return Ok(()) };
        if let (Reply::Done, Conversation::Asking(asked, look)) = (&reply, &self.conversation) {
            let (asked, look) = (*asked, *look);
            send(&mut self.encoder, asked, error(Code::WITH_MERCHANT), out);
            self.parked = Some(look);
            self.conversation = Conversation::Greeted;
        }
        send(&mut self.encoder, origin, reply, out);
        Ok(())
    }

    /// Looks whether the merchant has answered a prompt whose request was let go.
    fn hear_parked(&mut self, now: Duration) -> io::Result<()> {
        let input = match self.board.buttons.pressed() {
            Some(Press::Confirm) => Input::Confirmed,
            Some(Press::Cancel) => Input::Cancelled,
            None => {
                self.parked = Some(next_look(now));
                return Ok(());
            }
        };
        self.parked = None;
        let moment = self.moment()?;
        // The core takes note of it, and nobody waits for a reply.
        let _output = self.device.handle(&moment, input, &mut self.scratch);
        Ok(())
    }

    fn say_busy(&mut self, origin: Origin, out: &mut Vec<u8>) -> io::Result<()> {
        let moment = self.moment()?;
        let input = Input::Message { id: origin.id, request: Request::Status };
        let output = self.device.handle(&moment, input, &mut self.scratch);
        if let Output::Reply { reply: Reply::Status(status), .. } = output {
            let reply = Reply::Busy { permille: status.permille };
            send(&mut self.encoder, origin, reply, out);
        }
        Ok(())
    }

    /// Gives up a request whose next frame did not come.
    fn lose(&mut self, origin: Origin, out: &mut Vec<u8>) -> io::Result<()> {
        self.conversation = Conversation::Greeted;
        let moment = self.moment()?;
        let request = Request::Cancel { request: origin.id };
        let input = Input::Message { id: origin.id, request };
        // The core's reply is to a cancellation that nobody sent.
        let _output = self.device.handle(&moment, input, &mut self.scratch);
        send(&mut self.encoder, origin, error(Code::TIMED_OUT), out);
        Ok(())
    }

    /// Tells the host about the request that it is about to cancel.
    fn cancelled(&mut self, request: u32, out: &mut Vec<u8>) {
        if let Some(origin) = self.conversation.origin().filter(|origin| origin.id == request) {
            self.withdraw_prompt();
            self.conversation = Conversation::Greeted;
            send(&mut self.encoder, origin, error(Code::CANCELLED), out);
        }
    }

    /// Answers what was no request, once there is a conversation that it disturbs.
    fn complain(&mut self, sequence: u16, code: Code, out: &mut Vec<u8>) {
        if !matches!(self.conversation, Conversation::Silent) {
            send(&mut self.encoder, Origin { id: 0, sequence }, error(code), out);
        }
    }

    fn show_prompt(&mut self) {
        let mut lines = Vec::new();
        self.device.prompt(&mut |line| lines.push(PromptText::from(line)));
        self.board.buttons.show(&lines);
    }

    fn withdraw_prompt(&mut self) {
        if matches!(self.conversation, Conversation::Asking(..)) {
            self.board.buttons.clear();
        }
    }

    fn moment(&mut self) -> io::Result<Moment> {
        let uptime = Uptime(self.board.clock.since(self.started).as_secs());
        Ok(Moment { uptime, entropy: self.board.entropy.draw()? })
    }
}

fn send(encoder: &mut FrameEncoder, origin: Origin, reply: Reply<'_>, out: &mut Vec<u8>) {
    let Origin { id, sequence } = origin;
    let is_secret =
        matches!(reply, Reply::Words(_) | Reply::BridgeKey { .. } | Reply::Claimed { .. });
    // A reply that is longer than a frame is a fault of ours, not the host's.
    let fault = Message { id, body: error(Code::INTERNAL) };
    let is_too_long = match encoder.encode(sequence, &Message { id, body: reply }) {
        Ok(bytes) => {
            out.extend_from_slice(bytes);
            false
        }
        Err(EncodeError::TooLong) => true,
    };
    if is_too_long && let Ok(bytes) = encoder.encode(sequence, &fault) {
        out.extend_from_slice(bytes);
    }
    if is_secret {
        countersign_crypto::wipe(encoder.buffer_mut());
    }
}

const fn error<'a>(code: Code) -> Reply<'a> {
    Reply::Error(ErrorReply { code, field: None, offset: None })
}

const fn stored(outcome: &io::Result<()>) -> Input<'static> {
    match outcome {
        Ok(()) => Input::Stored,
        Err(_) => Input::StoreFailed,
    }
}

const fn frame_code(error: FrameError) -> Code {
    match error {
        FrameError::TooLong => Code::FRAME_TOO_LONG,
        FrameError::Malformed | FrameError::Checksum => Code::FRAME_DAMAGED,
        FrameError::Version | FrameError::Header => Code::FRAME_HEADER,
    }
}

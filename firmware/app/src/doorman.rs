use countersign_link::{
    Code, FrameDecoder, FrameEncoder, Message, Reply, SHORT_FRAME, SHORT_WIRE, Status, Urgent,
};

use crate::worker::error;
use countersign_signer::conversation::Origin;

/// Answers `Ping`, `Status` and `Cancel` while the core is at work and cannot.
///
/// A board whose serial line has an interrupt lets every byte from the host pass by it there.
#[derive(Debug)]
pub struct Doorman {
    /// The frame up to now, as it came.
    held: [u8; SHORT_WIRE],
    length: usize,
    /// The frame is longer than any that is answered here.
    is_long: bool,
    decoder: FrameDecoder<SHORT_FRAME>,
    encoder: FrameEncoder<SHORT_WIRE>,
    answer: [u8; 2 * SHORT_WIRE],
}

/// What is to be done with bytes that came.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Passage<'d> {
    /// They are the application's.
    ToApplication(&'d [u8]),
    /// This is the answer, which must not come between the bytes of another one.
    Answer(&'d [u8]),
}

/// What the core is at, for the [`Doorman`].
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Desk(Option<Work>);

/// A step of the core's.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Work {
    pub(crate) origin: Origin,
    pub(crate) status: Status,
    pub(crate) verdict: Verdict,
}

/// Whether the host still wants what the core was at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// It does.
    Wanted,
    /// It has cancelled it, and was told so.
    Cancelled,
}

impl Desk {
    /// Nobody is at work.
    #[must_use]
    pub const fn new() -> Self {
        Self(None)
    }

    /// The core begins.
    pub const fn begin(&mut self, work: Work) {
        self.0 = Some(work);
    }

    /// The core is done; what the host said meanwhile.
    pub const fn end(&mut self) -> Verdict {
        match self.0.take() {
            Some(work) => work.verdict,
            None => Verdict::Wanted,
        }
    }
}

impl Doorman {
    /// One who has seen nobody.
    #[must_use]
    #[expect(clippy::new_without_default, reason = "made for statics")]
    pub const fn new() -> Self {
        Self {
            held: [0; SHORT_WIRE],
            length: 0,
            is_long: false,
            decoder: FrameDecoder::short(),
            encoder: FrameEncoder::short(),
            answer: [0; 2 * SHORT_WIRE],
        }
    }

    /// The host hung up: an unfinished frame is nobody's.
    pub fn hang_up(&mut self) {
        self.length = 0;
        self.is_long = false;
    }

    /// Takes bytes off the front of `input` until something is to be done with them; `None` when
    /// they are used up.
    pub fn next(&mut self, input: &mut &[u8], desk: &mut Desk) -> Option<Passage<'_>> {
        while let Some((&byte, rest)) = input.split_first() {
            *input = rest;
            if let Some(place) = self.held.get_mut(self.length) {
                *place = byte;
                self.length = self.length.saturating_add(1);
            }
            let is_full = self.length == self.held.len();
            if byte != 0 && !is_full {
                continue;
            }
            let length = core::mem::take(&mut self.length);
            let was_long = core::mem::replace(&mut self.is_long, byte != 0);
            if byte == 0
                && !was_long
                && let Some(length) = self.answer(length, desk)
            {
                return Some(Passage::Answer(self.answer.get(..length)?));
            }
            return Some(Passage::ToApplication(self.held.get(..length)?));
        }
        None
    }

    /// The beginning of a frame that goes on.
    #[must_use]
    pub fn unfinished(&self) -> &[u8] {
        self.held.get(..self.length).unwrap_or_default()
    }

    /// The length of the answer to the frame that is held, if it is answered here.
    fn answer(&mut self, length: usize, desk: &mut Desk) -> Option<usize> {
        let work = desk.0.as_mut()?;
        let mut held = self.held.get(..length)?;
        self.decoder.reset();
        let frame = self.decoder.next(&mut held)?.ok()?;
        let sequence = frame.sequence;
        let Message { id, body } = frame.message::<Urgent>().ok()?;
        let asker = Origin { id, sequence };
        match body {
            Urgent::Hello => None,
            Urgent::Ping => self.say(0, asker, Reply::Pong),
            Urgent::Status => self.say(0, asker, Reply::Status(work.status)),
            Urgent::Cancel { request } if request != work.origin.id => None,
            Urgent::Cancel { .. } => {
                let told = match core::mem::replace(&mut work.verdict, Verdict::Cancelled) {
                    Verdict::Wanted => self.say(0, work.origin, error(Code::CANCELLED))?,
                    Verdict::Cancelled => 0,
                };
                self.say(told, asker, Reply::Done)
            }
        }
    }

    /// Writes a reply into the answer, at `offset`, and returns where it ends.
    fn say(&mut self, offset: usize, to: Origin, body: Reply<'_>) -> Option<usize> {
        let frame = self.encoder.encode(to.sequence, &Message { id: to.id, body }).ok()?;
        let (_, place) = self.answer.split_at_mut_checked(offset)?;
        place.iter_mut().zip(frame).for_each(|(place, &byte)| *place = byte);
        offset.checked_add(frame.len())
    }
}

#[cfg(test)]
mod tests {
    extern crate std;

    use countersign_link::{
        Code, FrameDecoder, FrameEncoder, Message, Reply, Request, ResetReason, State, Status,
    };
    use std::format;
    use std::string::String;
    use std::vec::Vec;

    use super::{Desk, Doorman, Passage, Verdict, Work};
    use countersign_signer::conversation::Origin;

    const STATUS: Status = Status {
        state: State::Ready,
        working_on: Some(u32::MAX),
        permille: 999,
        reset: ResetReason::PowerOn,
        alarm: Some(80),
    };

    fn at_work() -> Desk {
        let origin = Origin { id: u32::MAX, sequence: u16::MAX };
        Desk(Some(Work { origin, status: STATUS, verdict: Verdict::Wanted }))
    }

    fn wire(request: Request<'_>) -> Vec<u8> {
        let message = Message { id: u32::MAX - 1, body: request };
        FrameEncoder::new().encode(1, &message).unwrap().to_vec()
    }

    /// What goes to the application, and the answers, when `bytes` come in pieces of `size`.
    fn pass(desk: &mut Desk, bytes: &[u8], size: usize) -> (Vec<u8>, Vec<u8>) {
        let mut doorman = Doorman::new();
        let (mut passed, mut answers) = (Vec::new(), Vec::new());
        let mut rest = bytes;
        while !rest.is_empty() {
            let (mut piece, after) = rest.split_at_checked(size).unwrap_or((rest, &[]));
            rest = after;
            while let Some(passage) = doorman.next(&mut piece, desk) {
                match passage {
                    Passage::ToApplication(bytes) => passed.extend_from_slice(bytes),
                    Passage::Answer(bytes) => answers.extend_from_slice(bytes),
                }
            }
        }
        (passed, answers)
    }

    fn replies(mut answers: &[u8]) -> Vec<String> {
        let mut decoder = FrameDecoder::new();
        let mut replies = Vec::new();
        while let Some(frame) = decoder.next(&mut answers) {
            replies.push(said(&frame.unwrap().message::<Reply<'_>>().unwrap().body));
        }
        replies
    }

    fn said(reply: &Reply<'_>) -> String {
        format!("{reply:?}")
    }

    #[test]
    fn everything_is_the_applications_while_nobody_is_at_work() {
        let mut bytes = wire(Request::Ping);
        bytes.extend(wire(Request::Status));
        bytes.extend([7; 300]);
        bytes.push(0);
        for size in [1, 3, 64, 500] {
            assert_eq!(pass(&mut Desk::new(), &bytes, size), (bytes.clone(), Vec::new()));
        }
    }

    #[test]
    fn ping_and_status_are_answered_and_nothing_else_is() {
        let mut bytes = wire(Request::Ping);
        let other = wire(Request::Log { from: 0 });
        bytes.extend(&other);
        bytes.extend(wire(Request::Status));
        for size in [1, 3, 64, 500] {
            let (passed, answers) = pass(&mut at_work(), &bytes, size);
            assert!(passed.iter().filter(|&&byte| byte != 0).eq(other.iter().filter(|&&b| b != 0)));
            assert_eq!(
                replies(&answers),
                [Reply::Pong, Reply::Status(STATUS)].map(|reply| said(&reply))
            );
        }
    }

    #[test]
    fn a_cancelled_request_is_answered_once_and_so_is_each_cancellation() {
        let mut desk = at_work();
        let cancel = wire(Request::Cancel { request: u32::MAX });
        let (_, answers) = pass(&mut desk, &cancel.repeat(2), 500);
        let cancelled = super::error(Code::CANCELLED);
        let expected = [cancelled, Reply::Done, Reply::Done].map(|reply| said(&reply));
        assert_eq!(replies(&answers), expected);
        assert_eq!(desk.end(), Verdict::Cancelled);
        assert_eq!(desk.end(), Verdict::Wanted);
    }

    #[test]
    fn the_cancellation_of_another_request_is_the_applications() {
        let cancel = wire(Request::Cancel { request: 1 });
        assert_eq!(pass(&mut at_work(), &cancel, 500), (cancel, Vec::new()));
    }

    #[test]
    fn a_long_frame_passes_with_a_ping_behind_it() {
        let mut bytes = std::vec![9; 200];
        bytes.push(0);
        let long = bytes.clone();
        bytes.extend(wire(Request::Ping));
        let (passed, answers) = pass(&mut at_work(), &bytes, 64);
        assert!(passed.starts_with(&long));
        assert_eq!(replies(&answers), [said(&Reply::Pong)]);
    }
}

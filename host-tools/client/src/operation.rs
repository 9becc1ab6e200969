use core::future::Future;
use core::time::Duration;

use countersign_link::{Chunk, Code, Part, Request, WINDOW};
use tokio::time::Instant;

use crate::Error;
use crate::approval::Events;
use crate::link::Link;
use crate::response::Response;

/// Something that a device is asked to do, from the first frame to the last reply.
pub(crate) trait Operation {
    /// What comes of it.
    type Outcome;

    /// Tries once. A later try begins from the beginning, under the same id.
    fn attempt(
        &mut self,
        call: &mut Call<'_>,
    ) -> impl Future<Output = Result<Self::Outcome, Error>> + Send;
}

/// One try of an operation: the conversation that it is tried in, and its id.
pub(crate) struct Call<'c> {
    pub(crate) link: &'c mut Link,
    pub(crate) id: u32,
    pub(crate) events: &'c mut Events,
}

impl Call<'_> {
    pub(crate) async fn send(&mut self, request: &Request<'_>) -> Result<(), Error> {
        self.link.send(self.id, request).await
    }

    /// Sends a request's only or last frame and waits for its last reply.
    pub(crate) async fn conclude(&mut self, request: &Request<'_>) -> Result<Response, Error> {
        self.send(request).await?;
        self.last_reply().await
    }

    /// Sends the first frame of a request of several, and waits for the reply to it.
    pub(crate) async fn first_reply(&mut self, request: &Request<'_>) -> Result<Response, Error> {
        self.send(request).await?;
        self.link.reply(self.id, self.deadline()).await
    }

    /// Waits for the last reply: at most twice as long as the device says it may take, and for a
    /// person as long as the device does. A device that gets further is slow and not stuck, as an
    /// emulated one may be on a busy computer: for each step the time begins again.
    async fn last_reply(&mut self) -> Result<Response, Error> {
        let mut deadline = self.deadline();
        let mut reached = 0;
        loop {
            match self.link.reply(self.id, deadline).await? {
                Response::Busy(permille) if permille > reached => {
                    reached = permille;
                    deadline = self.deadline();
                }
                Response::Busy(_) | Response::Credits(_) => {}
                Response::AwaitingApproval(prompt) => {
                    deadline = None;
                    self.events.awaiting_approval(self.link, prompt).await?;
                }
                reply => return Ok(reply),
            }
        }
    }

    /// As [`Call::conclude`], for a request that the device can let go of: when the merchant does not
    /// answer within a moment, it is left with them.
    pub(crate) async fn conclude_or_park(
        &mut self,
        request: &Request<'_>,
    ) -> Result<Concluded, Error> {
        self.send(request).await?;
        let (mut deadline, mut asked) = (self.deadline(), None);
        let mut reached = 0;
        loop {
            match self.link.reply(self.id, deadline).await {
                Ok(Response::Busy(permille)) if asked.is_none() && permille > reached => {
                    reached = permille;
                    deadline = self.deadline();
                }
                Ok(Response::Busy(_) | Response::Credits(_)) => {}
                Ok(Response::AwaitingApproval(prompt)) => {
                    self.events.awaiting_approval(self.link, prompt).await?;
                    asked = Some(prompt);
                    deadline = Instant::now().checked_add(HESITATION);
                }
                Ok(reply) => return Ok(Concluded::Answered(reply)),
                Err(Error::Refused(refused)) if refused.code == Code::WITH_MERCHANT => {
                    return Ok(Concluded::WithMerchant(asked));
                }
                Err(Error::TooSlow) if asked.is_some() && deadline.is_some() => {
                    // Refused where the button was pressed meanwhile, and by firmware that cannot
                    // let go: the last reply comes all the same.
                    let park = Request::Park { request: self.id };
                    match self.link.aside(&park).await {
                        Ok(_) | Err(Error::Refused(_)) => deadline = None,
                        Err(error) => return Err(error),
                    }
                }
                Err(error) => return Err(error),
            }
        }
    }

    fn deadline(&self) -> Option<Instant> {
        Instant::now().checked_add(self.link.longest().saturating_mul(2))
    }

    /// Sends `bytes` in chunks, as fast as the device gives credits. The request's first frame has
    /// been sent already; what is returned, if anything, is the last reply, too early.
    pub(crate) async fn upload<'b>(
        &mut self,
        bytes: &'b [u8],
        mut credits: u8,
        frame: impl Fn(Chunk<'b>) -> Request<'b>,
    ) -> Result<Option<Response>, Error> {
        let (mut rest, mut offset) = (bytes, 0_u32);
        while !rest.is_empty() {
            while credits == 0 {
                match self.link.reply(self.id, self.deadline()).await? {
                    Response::Credits(window) => credits = credits.saturating_add(window),
                    Response::Busy(_) => {}
                    reply => return Ok(Some(reply)),
                }
            }
            credits = credits.saturating_sub(1);
            let (data, after) = rest.split_at_checked(self.link.hello.chunk).unwrap_or((rest, &[]));
            self.send(&frame(Chunk { offset, data })).await?;
            let sent = u32::try_from(data.len()).or(Err(Error::TooLong("this")))?;
            (rest, offset) = (after, offset.saturating_add(sent));
        }
        Ok(None)
    }

    /// Pulls all of what the last reply announced.
    pub(crate) async fn pull(&mut self, part: Part, length: usize) -> Result<Vec<u8>, Error> {
        let mut whole = Vec::new();
        while whole.len() < length {
            let offset = u32::try_from(whole.len()).or(Err(Error::TooLong("this")))?;
            let most = u16::try_from(self.link.hello.chunk.min(length.saturating_sub(whole.len())));
            let length = most.or(Err(Error::TooLong("this")))?;
            match self.conclude(&Request::Pull { part, offset, length }).await? {
                Response::Chunk(at, data) if at == offset && !data.is_empty() => {
                    whole.extend_from_slice(&data);
                }
                _ => return Err(Error::Unexpected("pull")),
            }
        }
        Ok(whole)
    }
}

/// How a request ended that the merchant may have to decide about.
pub(crate) enum Concluded {
    Answered(Response),
    /// They are being asked: by the prompt of that number, or about something else first.
    WithMerchant(Option<u32>),
}

/// How long everybody else waits for a merchant who is just about to press a button.
const HESITATION: Duration = Duration::from_secs(1);

/// The credits that a host has after the first frame of a request.
pub(crate) const FIRST_CREDITS: u8 = WINDOW;

/// A request of a few frames, of which only the last is answered.
pub(crate) struct Ask<'r>(pub(crate) &'r [Request<'r>]);

impl Operation for Ask<'_> {
    type Outcome = Response;

    async fn attempt(&mut self, call: &mut Call<'_>) -> Result<Response, Error> {
        let Some((last, before)) = self.0.split_last() else {
            return Err(Error::Unexpected("nothing"));
        };
        for request in before {
            call.send(request).await?;
        }
        call.conclude(last).await
    }
}

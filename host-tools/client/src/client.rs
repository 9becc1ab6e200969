use core::time::Duration;

use countersign_link::{Code, Network, Request, State, Status};
use tokio::time::sleep;

use crate::approval::Events;
use crate::error::{Remedy, network_name};
use crate::link::Link;
use crate::operation::{Ask, Call, Operation};
use crate::response::Response;
use crate::{Access, Error, Event, Hello};

/// A device, whatever happens to its cable.
#[derive(Debug)]
pub struct Client {
    access: Access,
    link: Option<Link>,
    hello: Hello,
    next_id: u32,
    pub(crate) events: Events,
}

/// How often an operation is tried again, and how long to wait before that: long enough in all for a
/// board to start again.
const RETRIES: u32 = 7;
const FIRST_PAUSE: Duration = Duration::from_millis(50);

/// How often a device that is opened for the first time is tried again.
const FIRST_TRIES: u32 = 3;

impl Client {
    /// Opens a device. What a person should know during any operation goes to `listener`.
    ///
    /// # Errors
    ///
    /// When there is no device, or none that this program can talk to.
    pub async fn open(
        access: Access,
        listener: impl FnMut(Event<'_>) + Send + 'static,
    ) -> Result<Self, Error> {
        let link = first_link(&access).await?;
        let hello = link.hello.clone();
        // Even: a link's own requests have odd ids.
        let next_id = getrandom::u32()? & !1;
        let events = Events::new(Box::new(listener));
        Ok(Self { access, link: Some(link), hello, next_id, events })
    }

    /// What the device said about itself when it was opened last.
    #[must_use]
    pub const fn hello(&self) -> &Hello {
        &self.hello
    }

    /// Makes sure that the device is provisioned, and for `network`.
    ///
    /// # Errors
    ///
    /// When it is not.
    pub fn expect_network(&self, network: Network) -> Result<(), Error> {
        match self.hello.network {
            Some(device) if device != network => Err(Error::OtherNetwork {
                device: network_name(device),
                wanted: network_name(network),
            }),
            Some(_) => Ok(()),
            None => {
                let code = match self.hello.state {
                    State::WipeNeeded => Code::STORAGE_DAMAGED,
                    State::NewerStorage => Code::STORAGE_NEWER,
                    State::ForeignStorage => Code::STORAGE_FOREIGN,
                    State::Faulty => Code::SELF_TEST,
                    State::Unprovisioned | State::Ready => Code::UNPROVISIONED,
                };
                Err(Error::Refused(countersign_link::ErrorReply {
                    code,
                    field: None,
                    offset: None,
                }))
            }
        }
    }

    /// What the device is doing.
    ///
    /// # Errors
    ///
    /// When there is no answer.
    pub async fn status(&mut self) -> Result<Status, Error> {
        match self.ask(&[Request::Status]).await? {
            Response::Status(status) => Ok(status),
            _ => Err(Error::Unexpected("status")),
        }
    }

    /// Closes the port. The next operation opens it again.
    pub fn close(&mut self) {
        self.link = None;
    }

    /// Asks the device to do something, under one id until it has.
    pub(crate) async fn run<O: Operation>(
        &mut self,
        mut operation: O,
    ) -> Result<O::Outcome, Error> {
        self.next_id = self.next_id.wrapping_add(2);
        let id = self.next_id;
        let (mut tries, mut pause) = (0, FIRST_PAUSE);
        loop {
            let error = match self.attempt(id, &mut operation).await {
                Ok(outcome) => return Ok(outcome),
                Err(error) => error,
            };
            if tries == RETRIES {
                return Err(error);
            }
            match error.remedy() {
                Remedy::None => return Err(error),
                Remedy::Repeat => {}
                Remedy::Reopen => {
                    self.link = None;
                    self.events.tell(Event::Reopening(&error));
                }
            }
            sleep(pause).await;
            tries = tries.saturating_add(1);
            pause = pause.saturating_mul(2).min(Duration::from_secs(1));
        }
    }

    /// Asks the device something that takes no more than frames and one reply.
    pub(crate) async fn ask(&mut self, frames: &[Request<'_>]) -> Result<Response, Error> {
        self.run(Ask(frames)).await
    }

    /// As [`Client::ask`], where there is nothing more to say than that it was done.
    pub(crate) async fn tell(
        &mut self,
        name: &'static str,
        frames: &[Request<'_>],
    ) -> Result<(), Error> {
        match self.ask(frames).await? {
            Response::Done => Ok(()),
            _ => Err(Error::Unexpected(name)),
        }
    }

    async fn attempt<O: Operation>(
        &mut self,
        id: u32,
        operation: &mut O,
    ) -> Result<O::Outcome, Error> {
        let link = match &mut self.link {
            Some(link) => link,
            closed => {
                let link = closed.insert(Link::open(&self.access).await?);
                self.hello = link.hello.clone();
                link
            }
        };
        operation.attempt(&mut Call { link, id, events: &mut self.events }).await
    }
}

/// Opens a device for the first time. A connection that breaks at once is tried again: a host before
/// us may just have hung up. A device that is not there is not waited for.
async fn first_link(access: &Access) -> Result<Link, Error> {
    let (mut tries, mut pause) = (0, FIRST_PAUSE);
    loop {
        match Link::open(access).await {
            Err(Error::Lost(_)) if tries < FIRST_TRIES => {
                sleep(pause).await;
                tries = tries.saturating_add(1);
                pause = pause.saturating_mul(2);
            }
            opened => return opened,
        }
    }
}

use core::fmt;

use countersign_link::{Code, Provision, Request};

use crate::link::Link;
use crate::response::Response;
use crate::{Error, Event, Words};

/// Who is told what goes on.
pub(crate) struct Events {
    listener: Box<dyn FnMut(Event<'_>) + Send>,
    /// Whether the prompt that comes may be that of a new seed's words.
    pub(crate) expected: Expected,
}

/// What a prompt may be about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Expected {
    Words,
    Anything,
}

impl Events {
    pub(crate) fn new(listener: Box<dyn FnMut(Event<'_>) + Send>) -> Self {
        Self { listener, expected: Expected::Anything }
    }

    pub(crate) fn tell(&mut self, event: Event<'_>) {
        (self.listener)(event);
    }

    /// Tells that a button is wanted, with what the device lets the host show.
    pub(crate) async fn awaiting_approval(
        &mut self,
        link: &mut Link,
        prompt: u32,
    ) -> Result<(), Error> {
        let mut lines = Vec::new();
        loop {
            let from = u8::try_from(lines.len()).unwrap_or(u8::MAX);
            match link.aside(&Request::Prompt { prompt, from }).await {
                Ok(Response::Prompt(more)) if !more.is_empty() && from < u8::MAX => {
                    lines.extend(more);
                }
                Ok(_) | Err(Error::Refused(_)) => break,
                Err(error) => return Err(error),
            }
        }
        if self.expected == Expected::Words {
            match link.aside(&Request::Provision(Provision::ShowWords)).await {
                Ok(Response::Words(words)) => self.tell(Event::Words(&Words::new(&words)?)),
                // They are on the device's screen, or this prompt is about something else.
                Ok(_) => {}
                Err(Error::Refused(refused)) if refused.code != Code::NO_HELLO => {}
                Err(error) => return Err(error),
            }
        }
        self.tell(Event::AwaitingApproval(&lines));
        Ok(())
    }
}

impl fmt::Debug for Events {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Events").finish_non_exhaustive()
    }
}

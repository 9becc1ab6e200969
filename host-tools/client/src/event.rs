use countersign_simulator::PromptText;

use crate::{Error, Words};

/// What a person at the host may want to know while an operation goes on.
#[derive(Debug)]
pub enum Event<'e> {
    /// The device waits for one of its buttons. The lines are those of its screen, where the
    /// merchant's rules let a host show them; otherwise there are none.
    AwaitingApproval(&'e [PromptText]),
    /// The seed's words, to be written down before the button is pressed.
    Words(&'e Words),
    /// The connection is opened again and the request repeated.
    Reopening(&'e Error),
}

//! Who is to be answered, and until when: what is the same around the core on every device.

use core::time::Duration;

use countersign_link::{BUSY_MS, INTER_CHUNK_MS};

use crate::host::LONGEST_MS;

/// A frame of the host's, as its replies name it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Origin {
    /// The request's id.
    pub id: u32,
    /// The frame's number.
    pub sequence: u16,
}

/// What goes on between host and device, as far as the core does not know it: who is to be
/// answered, and until when. Times are the board's, since it was switched on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Conversation {
    /// Nothing, and possibly nobody: frames that are damaged are passed over.
    Silent,
    /// The host has said `Hello`, and nothing is being done.
    Greeted,
    /// More frames of this request have to arrive before the time is up.
    Open(Origin, Duration),
    /// The core is at this request; the host was told so last at that time.
    Working(Origin, Duration),
    /// A button is wanted for this request; the buttons are looked at when it is that time, whatever
    /// arrives before.
    Asking(Origin, Duration),
}

/// How long the rest of a frame may take.
pub const REST_OF_FRAME: Duration = Duration::from_secs(2);

/// How long the next frame of a request may take.
pub const INTER_CHUNK: Duration = milliseconds(INTER_CHUNK_MS);

/// How often a busy device says so.
pub const BUSY: Duration = milliseconds(BUSY_MS);

/// How long the core may be at one frame's work: as long as a host waits for it. One that is at it
/// any longer hangs.
pub const HANGING: Duration = milliseconds(LONGEST_MS.saturating_mul(2));

/// How often the buttons are looked at.
const LOOK: Duration = Duration::from_millis(20);

const fn milliseconds(count: u32) -> Duration {
    #[expect(clippy::as_conversions, reason = "u32 to u64 loses nothing")]
    Duration::from_millis(count as u64)
}

impl Conversation {
    /// The request that something is being done about.
    #[must_use]
    pub const fn origin(&self) -> Option<Origin> {
        match self {
            Self::Silent | Self::Greeted => None,
            Self::Open(origin, _) | Self::Working(origin, _) | Self::Asking(origin, _) => {
                Some(*origin)
            }
        }
    }

    /// Takes note of bytes: a pause between frames begins with the last of them, however slowly they
    /// come.
    pub const fn heard(&mut self, now: Duration) {
        if let Self::Open(_, until) = self {
            *until = now.saturating_add(INTER_CHUNK);
        }
    }

    /// Whether the core is in the middle of something that no other request takes the place of.
    #[must_use]
    pub const fn is_occupied(&self) -> bool {
        matches!(self, Self::Working(..) | Self::Asking(..))
    }

    /// When something has to be done unless bytes arrive before; `None` for never.
    #[must_use]
    pub fn due(&self, now: Duration) -> Option<Duration> {
        match self {
            Self::Silent | Self::Greeted => None,
            Self::Open(_, until) => Some(*until),
            Self::Working(..) => Some(now),
            Self::Asking(_, look) => Some(*look),
        }
    }
}

/// When the buttons are looked at next, after a look `now` that found none pressed.
#[must_use]
pub const fn next_look(now: Duration) -> Duration {
    now.saturating_add(LOOK)
}

#[cfg(test)]
mod tests {
    //! Who is to be answered, and until when: what is the same around the core on every device.

    use core::time::Duration;

    use super::{Conversation, INTER_CHUNK, Origin, next_look};

    #[test]
    fn a_pause_between_frames_begins_with_the_last_byte() {
        let origin = Origin { id: 1, sequence: 2 };
        let mut open = Conversation::Open(origin, INTER_CHUNK);
        let now = Duration::from_millis(499);
        open.heard(now);
        assert_eq!(open.due(now), Some(Duration::from_millis(999)));
        let mut greeted = Conversation::Greeted;
        greeted.heard(now);
        assert_eq!(greeted, Conversation::Greeted);
    }
    #[test]
    fn what_arrives_does_not_put_off_a_look_at_the_buttons() {
        let now = Duration::from_millis(7);
        let mut asking = Conversation::Asking(Origin { id: 1, sequence: 2 }, next_look(now));
        let due = asking.due(now);
        let later = Duration::from_millis(19);
        asking.heard(later);
        assert_eq!(asking.due(later), due);
    }
}

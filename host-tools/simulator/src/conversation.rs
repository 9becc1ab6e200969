use core::time::Duration;
use std::time::Instant;

use countersign_link::{
    BUSY_MS, ClaimRequest, INTER_CHUNK_MS, OfferRequest, OnionRequest, PathsRequest, RefundRequest,
    Request,
};

/// A frame of the host's, as its replies name it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Origin {
    /// The request's id.
    pub(crate) id: u32,
    /// The frame's number.
    pub(crate) sequence: u16,
}

/// What goes on between host and device, as far as the core does not know it: who is to be
/// answered, and until when.
#[derive(Debug)]
pub(crate) enum Conversation {
    /// Nothing, and possibly nobody: frames that are damaged are passed over.
    Silent,
    /// The host has said `Hello`, and nothing is being done.
    Greeted,
    /// More frames of this request have to arrive before the time is up.
    Open(Origin, Instant),
    /// The core is at this request; the host was told so last at that time.
    Working(Origin, Instant),
    /// A button is wanted for this request; nobody can have pressed it before that time.
    Asking(Origin, Instant),
}

/// How long the rest of a frame may take.
pub(crate) const REST_OF_FRAME: Duration = Duration::from_secs(2);

/// How long the next frame of a request may take.
pub(crate) const INTER_CHUNK: Duration = Duration::from_millis(1).saturating_mul(INTER_CHUNK_MS);

/// How often the buttons are looked at.
const LOOK: Duration = Duration::from_millis(20);

/// How often a busy device says so.
pub(crate) const BUSY: Duration = Duration::from_millis(1).saturating_mul(BUSY_MS);

impl Conversation {
    /// The request that something is being done about.
    pub(crate) const fn origin(&self) -> Option<Origin> {
        match self {
            Self::Silent | Self::Greeted => None,
            Self::Open(origin, _) | Self::Working(origin, _) | Self::Asking(origin, _) => {
                Some(*origin)
            }
        }
    }

    /// Whether the core is in the middle of something that no other request takes the place of.
    pub(crate) const fn is_occupied(&self) -> bool {
        matches!(self, Self::Working(..) | Self::Asking(..))
    }

    /// How long nothing has to be done unless bytes arrive; `None` for ever.
    pub(crate) fn patience(&self, now: Instant) -> Option<Duration> {
        match self {
            Self::Silent | Self::Greeted => None,
            Self::Open(_, until) => Some(until.saturating_duration_since(now)),
            Self::Working(..) => Some(Duration::ZERO),
            Self::Asking(_, earliest) => Some(until_button(*earliest, now)),
        }
    }
}

/// How long until the buttons are looked at again.
pub(crate) fn until_button(earliest: Instant, now: Instant) -> Duration {
    earliest.saturating_duration_since(now).max(LOOK)
}

/// Whether a frame is one of a request that is not complete with it.
pub(crate) fn leaves_open(request: &Request<'_>) -> bool {
    match request {
        Request::Offer(request) => {
            matches!(request, OfferRequest::Create(_) | OfferRequest::Path { .. })
        }
        Request::Onion(request) => {
            matches!(request, OnionRequest::Begin { .. } | OnionRequest::Chunk(_))
        }
        Request::Paths(request) => {
            matches!(request, PathsRequest::Path { .. } | PathsRequest::Recipient { .. })
        }
        Request::Claim(request) => {
            matches!(request, ClaimRequest::Onion { .. } | ClaimRequest::OnionChunk(_))
        }
        Request::Refund(request) => matches!(
            request,
            RefundRequest::Create { .. }
                | RefundRequest::Path { .. }
                | RefundRequest::Answer { .. }
        ),
        Request::Import { chunk, .. } => !chunk.data.is_empty(),
        Request::Hello { .. }
        | Request::Ping
        | Request::Status
        | Request::Cancel { .. }
        | Request::GetInfo
        | Request::Provision(_)
        | Request::Rules(_)
        | Request::Route { .. }
        | Request::Pull { .. }
        | Request::Export
        | Request::Log { .. }
        | Request::Time { .. }
        | Request::Pair(_)
        | Request::Entropy(_)
        | Request::Prompt { .. }
        | Request::Rate { .. }
        | Request::Park { .. } => false,
    }
}

/// Whether a frame may be sent at any time and leaves everything else as it is.
pub(crate) const fn is_aside(request: &Request<'_>) -> bool {
    matches!(
        request,
        Request::Ping | Request::Status | Request::Cancel { .. } | Request::Prompt { .. }
    )
}

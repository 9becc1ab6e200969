//! How frames follow each other, which is the same on every device.

use crate::{ClaimRequest, OfferRequest, OnionRequest, PathsRequest, RefundRequest, Request};

impl Request<'_> {
    /// Whether more frames of this request have to follow before it is complete.
    #[must_use]
    pub const fn leaves_open(&self) -> bool {
        match self {
            Self::Offer(request) => {
                matches!(request, OfferRequest::Create(_) | OfferRequest::Path { .. })
            }
            Self::Onion(request) => {
                matches!(request, OnionRequest::Begin { .. } | OnionRequest::Chunk(_))
            }
            Self::Paths(request) => {
                matches!(request, PathsRequest::Path { .. } | PathsRequest::Recipient { .. })
            }
            Self::Claim(request) => {
                matches!(request, ClaimRequest::Onion { .. } | ClaimRequest::OnionChunk(_))
            }
            Self::Refund(request) => matches!(
                request,
                RefundRequest::Create { .. }
                    | RefundRequest::Path { .. }
                    | RefundRequest::Answer { .. }
            ),
            Self::Import { chunk, .. } => !chunk.data.is_empty(),
            Self::Hello { .. }
            | Self::Ping
            | Self::Status
            | Self::Cancel { .. }
            | Self::GetInfo
            | Self::Provision(_)
            | Self::Rules(_)
            | Self::Route { .. }
            | Self::Pull { .. }
            | Self::Export
            | Self::Log { .. }
            | Self::Time { .. }
            | Self::Pair(_)
            | Self::Entropy(_)
            | Self::Prompt { .. }
            | Self::Rate { .. }
            | Self::Park { .. } => false,
        }
    }

    /// Whether this may be said at any time and leaves everything else as it is.
    #[must_use]
    pub const fn is_aside(&self) -> bool {
        matches!(self, Self::Ping | Self::Status | Self::Cancel { .. } | Self::Prompt { .. })
    }
}

use core::ops::Range;

use countersign_blinding::Unblinding;
use countersign_crypto::Secret;
use countersign_link::{Assembler, Destination, Network, Summary};
use countersign_mnemonic::Mnemonic;
use countersign_offers::Suspended;
use countersign_onion::AssociatedData;
use countersign_onion::capacity::HEADER_LEN;
use countersign_units::{Seconds, UnixTime};
use heapless::Vec;

use crate::keys::Seed;
use crate::offer::Draft;
use crate::payment::Incoming;
use crate::refund::{Offered, Owed};
use crate::vault::{Release, Sealed};
use crate::{Counters, Slot};

/// What the device is in the middle of. There is one task at a time.
#[derive(Debug, Default)]
pub(crate) enum Task {
    #[default]
    Idle,
    /// The merchant has a prompt before them.
    Asking { id: u32, prompt: u32, matter: Matter },
    /// An item is on its way to flash.
    Storing { id: u32, slot: Slot, change: Change },
    /// Everything is on its way out of flash.
    Erasing { id: u32 },
    /// An offer is being written.
    Drafting { id: u32, draft: Draft },
    /// The text of a new offer lies behind the request, to be pulled.
    Text { id: u32, range: Range<usize> },
    /// An onion message is coming in.
    Receiving { id: u32, onion: Receiving },
    /// A payment onion is coming in.
    Claiming { id: u32, payment: Incoming },
    /// An invoice waits for payment paths.
    AwaitingPaths { id: u32, pending: Pending },
    /// The answer's onion is in the making, or waits to be pulled.
    Answering { id: u32, answer: Answer },
    /// The export lies behind the request, to be pulled.
    Exported { id: u32, range: Range<usize> },
    /// An export is coming in.
    Importing { id: u32, chunks: Assembler },
    /// An invoice that was authorised lies in the payload, to be pulled.
    Paying { id: u32, invoice: Range<usize> },
    /// Somebody's refund is coming in.
    Withdrawing { id: u32, chunks: Assembler },
}

impl Task {
    /// Whether flash is being written: the task then ends with the outcome and not before.
    pub(crate) const fn is_being_stored(&self) -> bool {
        matches!(self, Self::Storing { .. } | Self::Erasing { .. })
    }

    /// The request that the task belongs to.
    pub(crate) const fn id(&self) -> Option<u32> {
        match self {
            Self::Idle => None,
            Self::Asking { id, .. }
            | Self::Storing { id, .. }
            | Self::Erasing { id }
            | Self::Drafting { id, .. }
            | Self::Text { id, .. }
            | Self::Receiving { id, .. }
            | Self::Claiming { id, .. }
            | Self::AwaitingPaths { id, .. }
            | Self::Answering { id, .. }
            | Self::Exported { id, .. }
            | Self::Importing { id, .. }
            | Self::Paying { id, .. }
            | Self::Withdrawing { id, .. } => Some(*id),
        }
    }
}

/// What the merchant is asked about: the very value that is acted upon when they say yes. Settings
/// lie on the [`Desk`](crate::Desk), where nothing else touches them meanwhile.
#[derive(Debug)]
pub(crate) enum Matter {
    Generate {
        entropy: Secret<32>,
        network: Network,
    },
    /// The words of a new seed, to be written down.
    Words {
        mnemonic: Mnemonic,
        network: Network,
    },
    Import {
        seed: Seed,
    },
    Wipe,
    /// A change of whom money may go to.
    Settings,
    /// A change of the rules.
    Rules,
    Revoke {
        offer: [u8; 32],
    },
    RevokeEpoch,
    /// A new offer, of which the text lies behind the request.
    Offer(Draft),
    Invoice(Pending),
    /// A refund of the merchant's own.
    Refund(Draft),
    /// The payment of an invoice for one.
    Payout(Owed),
    Time(UnixTime),
    BridgeKey,
    Restore(Counters),
}

/// What holds as soon as flash has it.
#[derive(Debug)]
#[expect(clippy::large_enum_variant, reason = "there is one, in static memory, and no heap")]
pub(crate) enum Change {
    /// A seed, stored last, so that half a provisioning is none.
    Provision(Seed),
    Settings,
    Rules,
    /// The counters are ahead of what is signed; then the invoice goes on.
    Count(Pending),
    /// The counters are ahead of what is released; then the preimage goes out.
    Release(Release),
    Time(UnixTime),
    /// Settings and counters of a backup, the settings first.
    Restore(Counters),
    /// The table knows a refund of the merchant's; then its text goes out.
    Offer(Offered),
    /// The table knows the invoice that is paid for a refund; then the host may pay it.
    Authorise(Owed),
    /// The table has forgotten a refund.
    TakeBack,
}

/// An onion on its way in.
#[derive(Debug)]
pub(crate) struct Receiving {
    pub(crate) associated: AssociatedData,
    pub(crate) unblinding: Unblinding,
    pub(crate) chunks: Assembler,
    /// Chunks since credits were last given.
    pub(crate) unacknowledged: u8,
    /// The packet's version and public key, which come first.
    pub(crate) header: Vec<u8, HEADER_LEN>,
    /// Its last bytes, which are its MAC if no more come.
    pub(crate) mac: Vec<u8, 32>,
    pub(crate) packet_len: usize,
}

/// A request that was heard and judged, and has no invoice yet.
#[derive(Debug)]
pub(crate) struct Pending {
    pub(crate) request: Suspended,
    /// The offer, or the SHA-256 of the refund.
    pub(crate) offer: [u8; 32],
    pub(crate) origin: Origin,
    /// The MAC of the packet that it came in, or the SHA-256 of the refund.
    pub(crate) mac: [u8; 32],
    /// Where the request lies in the payload.
    pub(crate) bytes: Range<usize>,
    pub(crate) created_at: UnixTime,
    pub(crate) relative_expiry: Seconds,
    /// What every key of the answer is drawn from.
    pub(crate) draw: Secret<32>,
    /// Set once the invoice has been counted.
    pub(crate) number: u64,
    /// Set with the number.
    pub(crate) payment_hash: [u8; 32],
}

/// What a request answers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Origin {
    /// An offer of ours with an `offer_issuer_id`: a repeated request gets the same payment hash.
    Offer,
    /// An offer of ours without one: a request never gets an earlier invoice again (R-IR-09).
    AnonymousOffer,
    /// Nothing of ours: it is somebody's refund or withdrawal.
    Refund,
}

/// An answer: what it says, where it goes, and how far it is.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) content: Content,
    /// Hops of the reply path that are ours and have been passed.
    pub(crate) passed: u8,
    pub(crate) destination: Destination,
    pub(crate) path_key: [u8; 33],
    pub(crate) packet_len: usize,
    pub(crate) summary: Option<Summary>,
    /// For the claim of the invoice's payment.
    pub(crate) receipt: Option<Sealed>,
    pub(crate) stage: Stage,
}

/// What an answer says.
#[derive(Debug)]
pub(crate) enum Content {
    /// The invoice around the request that lies in the payload.
    Invoice {
        request: Range<usize>,
        /// How much of the request stands before the invoice's own records, and how much behind them:
        /// to find that out anew for every piece of the answer would be work.
        around: [usize; 2],
        own: Range<usize>,
        signature: [u8; 66],
    },
    /// An `invoice_error`, which lies behind the request.
    Error { len: usize },
}

/// The pieces of `request` that stand `around` the invoice's own records.
pub(crate) fn pieces_around(request: &[u8], [before, after]: [usize; 2]) -> Option<[&[u8]; 2]> {
    Some([request.get(..before)?, request.get(request.len().checked_sub(after)?..)?])
}

/// How far an answer's onion is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Stage {
    /// The next layer to get its keys.
    Layers(usize),
    /// The inner layers' MACs.
    Hashing,
    /// It can be pulled.
    Ready,
}

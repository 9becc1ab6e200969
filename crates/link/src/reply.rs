//! What the device says.
//!
//! The order of the variants is their number on the wire: new ones go at the end.

use serde::{Deserialize, Serialize};

use crate::message::{Body, Kind};
use crate::{
    Bytes, Chunk, Code, Destination, LogRecord, Network, NodeId, OfferEntry, Packed, PromptLine,
    ResetReason, RuleChange, RuleValue, Secret, SeedAtRest, State, Summary,
};

/// A reply. [`Reply::Busy`], [`Reply::Credits`] and [`Reply::AwaitingApproval`] come before the
/// last reply to a request, every other one is the last.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Reply<'a> {
    /// To [`Request::Hello`](crate::Request::Hello).
    #[serde(borrow)]
    Hello(HelloAck<'a>),
    /// To [`Request::Ping`](crate::Request::Ping).
    Pong,
    /// To [`Request::Status`](crate::Request::Status).
    Status(Status),
    /// The device is still at it.
    Busy {
        /// How far, in thousandths.
        permille: u16,
    },
    /// So many more chunks may be sent now.
    Credits {
        /// How many.
        window: u8,
    },
    /// Nothing comes of the onion message. There is one such reply for every cause.
    Ignored,
    /// The request was done and there is no more to say.
    Done,
    /// The request failed.
    Error(ErrorReply),
    /// A button is needed. The last reply follows when it was pressed, or when it was not.
    AwaitingApproval {
        /// The number of the prompt.
        prompt: u32,
    },
    /// To [`Request::GetInfo`](crate::Request::GetInfo).
    Info(Info),
    /// An invoice is wanted and needs payment paths
    /// ([`Request::Paths`](crate::Request::Paths)).
    NeedPaymentPaths(NeedPaymentPaths),
    /// An onion message waits to be pulled and sent.
    #[serde(borrow)]
    Outgoing(Outgoing<'a>),
    /// An invoice for a refund of ours was approved: it waits to be pulled and paid.
    Pay(Pay),
    /// To [`Request::Pull`](crate::Request::Pull). It is empty at the end.
    #[serde(borrow)]
    Chunk(Chunk<'a>),
    /// A new offer or refund; its text waits to be pulled.
    Created {
        /// The offer.
        offer: Bytes<32>,
        /// How long its text is.
        length: u16,
    },
    /// To [`OfferRequest::List`](crate::OfferRequest::List); empty at the end.
    #[serde(borrow)]
    Offers(Packed<'a, OfferEntry>),
    /// To [`OfferRequest::Show`](crate::OfferRequest::Show).
    Offer(OfferEntry),
    /// A preimage. The same claim gets the same one again.
    Claimed {
        /// 32 bytes.
        #[serde(borrow)]
        preimage: Secret<'a>,
    },
    /// The part of the payment was good, and others are missing.
    PartClaimed {
        /// What is missing.
        missing_msat: u64,
    },
    /// The export waits to be pulled.
    Exported {
        /// How long it is.
        length: u32,
    },
    /// To [`Request::Log`](crate::Request::Log); empty at the end.
    #[serde(borrow)]
    Log(Packed<'a, LogRecord>),
    /// To [`RulesRequest::Get`](crate::RulesRequest::Get).
    #[serde(borrow)]
    Rules(Packed<'a, RuleValue>),
    /// To [`RulesRequest::Propose`](crate::RulesRequest::Propose): what was changed.
    #[serde(borrow)]
    RulesChanged(Packed<'a, RuleChange>),
    /// To [`Request::Time`](crate::Request::Time): the time that the device goes by now.
    Time {
        /// In seconds since 1970-01-01 00:00 UTC.
        now: u64,
    },
    /// The bridge's own network key.
    BridgeKey {
        /// 32 bytes.
        #[serde(borrow)]
        key: Secret<'a>,
    },
    /// To [`PairRequest::Get`](crate::PairRequest::Get).
    Pinned {
        /// The node that payment paths end at.
        recipient: Option<NodeId>,
        /// The nodes that payment paths may start at.
        #[serde(borrow)]
        introduction_nodes: Packed<'a, NodeId>,
    },
    /// To [`Request::Prompt`](crate::Request::Prompt); empty at the end.
    #[serde(borrow)]
    Prompt(Packed<'a, PromptLine<'a>>),
    /// The seed's words, when the merchant accepted that the host shows them.
    #[serde(borrow)]
    Words(Secret<'a>),
    /// To [`RefundRequest::Signer`](crate::RefundRequest::Signer).
    Signer {
        /// `invoice_node_id` of such invoices.
        node: NodeId,
    },
}

impl<'a> Body<'a> for Reply<'a> {
    const KIND: Kind = Kind::Reply;
}

/// Who the device is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct HelloAck<'a> {
    /// That of the request.
    pub nonce: Bytes<8>,
    /// The version that the device speaks. With another than the host's, nothing else works.
    pub protocol: u16,
    /// Major, minor and patch version of the firmware.
    pub firmware: [u8; 3],
    /// The commit that the firmware was built from.
    pub commit: Bytes<20>,
    /// The board.
    pub board: &'a str,
    /// How much it takes.
    pub capacities: Capacities,
    /// What it can do right now.
    pub state: State,
    /// Its network, once provisioned.
    pub network: Option<Network>,
    /// Its node id, once provisioned: the last hop of every offer's path.
    pub node: Option<NodeId>,
}

/// How much a device takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Capacities {
    /// Bytes of a frame before stuffing.
    pub frame: u16,
    /// Bytes of a chunk.
    pub chunk: u16,
    /// Chunks before it waits for [`Reply::Credits`].
    pub window: u8,
    /// Bytes of an onion packet.
    pub onion: u16,
    /// How long a request may take at most, in milliseconds, approvals aside.
    pub longest_ms: u32,
}

/// What the device is doing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Status {
    /// What it can do right now.
    pub state: State,
    /// The request that it works on.
    pub working_on: Option<u32>,
    /// How far that is, in thousandths.
    pub permille: u16,
    /// Why it last started.
    pub reset: ResetReason,
    /// The rule whose window is full.
    pub alarm: Option<u8>,
}

/// Why a request failed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ErrorReply {
    /// What went wrong.
    pub code: Code,
    /// The TLV type of the field that it is about.
    pub field: Option<u64>,
    /// Where it is, in bytes from the beginning.
    pub offset: Option<u32>,
}

/// What the device knows about itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Info {
    /// Seconds since it was switched on.
    pub uptime: u64,
    /// The time that it goes by.
    pub now: Option<u64>,
    /// The epoch of its offers.
    pub epoch: u32,
    /// Offers that were revoked one by one.
    pub revoked: u16,
    /// Invoices signed since it was provisioned.
    pub signed: u64,
    /// Preimages released since it was provisioned.
    pub released: u64,
    /// Entries in its log.
    pub log: u32,
    /// The deepest its stack has been, in bytes.
    pub stack: u32,
    /// How its seed lies in flash.
    pub seed: SeedAtRest,
}

/// What the bridge has to know to provide payment paths, and no more.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct NeedPaymentPaths {
    /// `invoice_amount`.
    pub amount_msat: u64,
    /// `invoice_payment_hash`.
    pub payment_hash: Bytes<32>,
    /// `invoice_created_at`.
    pub created_at: u64,
    /// `invoice_relative_expiry` in seconds.
    pub relative_expiry: u32,
}

/// An onion message that waits to be sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Outgoing<'a> {
    /// Where it goes first.
    pub destination: Destination,
    /// `path_key` of the message.
    pub path_key: Bytes<33>,
    /// How long `onion_message_packet` is; pulled as [`Part::Onion`](crate::Part::Onion).
    pub length: u16,
    /// For an invoice: what a claim has to show. Only this device can make it or read it.
    #[serde(borrow)]
    pub receipt: Option<&'a [u8]>,
    /// For an invoice: what the merchant's rules disclose.
    pub summary: Option<Summary>,
}

/// An invoice that the merchant pays.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Pay {
    /// `invoice_payment_hash`.
    pub payment_hash: Bytes<32>,
    /// `invoice_amount`.
    pub amount_msat: u64,
    /// How long the invoice is; pulled as [`Part::Invoice`](crate::Part::Invoice).
    pub length: u16,
}

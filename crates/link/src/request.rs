//! What the host says.
//!
//! The order of the variants is their number on the wire: new ones go at the end.

use serde::{Deserialize, Serialize};

use crate::message::{Body, Kind};
use crate::{
    Bytes, Chunk, ErrorForm, MessageHop, Network, NodeId, Packed, Padding, Part, PaymentHop, Price,
    RuleValue, Seal, Secret,
};

/// A request, or one of the further frames of a request of several frames.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Request<'a> {
    /// Begins a conversation, and drops what was left of an earlier one. Answered by
    /// [`Reply::Hello`](crate::Reply::Hello), which is the only reply that always works.
    Hello {
        /// Comes back in the answer; everything before that answer is of an earlier conversation.
        nonce: Bytes<8>,
        /// [`PROTOCOL`](crate::PROTOCOL).
        protocol: u16,
    },
    /// Answered at once, even by a busy device.
    Ping,
    /// Answered at once, even by a busy device.
    Status,
    /// Drops the request of that id, if it is still being worked on. Answered at once.
    Cancel {
        /// The request to drop.
        request: u32,
    },
    /// What the device knows about itself.
    GetInfo,
    /// Seeds.
    #[serde(borrow)]
    Provision(Provision<'a>),
    /// The merchant's rules.
    #[serde(borrow)]
    Rules(RulesRequest<'a>),
    /// Offers.
    #[serde(borrow)]
    Offer(OfferRequest<'a>),
    /// An onion message that arrived for the device.
    #[serde(borrow)]
    Onion(OnionRequest<'a>),
    /// The payment paths that [`Reply::NeedPaymentPaths`](crate::Reply::NeedPaymentPaths) asked
    /// for, under that request's id.
    #[serde(borrow)]
    Paths(PathsRequest<'a>),
    /// Another way for the onion that [`Reply::Outgoing`](crate::Reply::Outgoing) announced, under
    /// that request's id; answered by another `Outgoing`.
    Route {
        /// The destination's node id, where it was named by a channel.
        destination: Option<NodeId>,
        /// The nodes to pass first, the nearest first.
        #[serde(borrow)]
        via: Packed<'a, NodeId>,
    },
    /// Bytes of what the last reply announced, under that request's id. An offset is 0 or where the
    /// last pull ended.
    Pull {
        /// Of what.
        part: Part,
        /// From where.
        offset: u32,
        /// How many at most; no more than [`MAX_CHUNK`](crate::MAX_CHUNK) come.
        length: u16,
    },
    /// A payment arrived: asks for the preimage.
    #[serde(borrow)]
    Claim(ClaimRequest<'a>),
    /// Seals what the seed words cannot restore; pulled as [`Part::Export`].
    Export,
    /// What [`Request::Export`] gave, in chunks; a last one without data ends it. Takes a button.
    Import {
        /// How long the whole is.
        total: u32,
        /// The next piece.
        #[serde(borrow)]
        chunk: Chunk<'a>,
    },
    /// Log entries from that number on.
    Log {
        /// The first entry wanted.
        from: u32,
    },
    /// What the host says the time is, in seconds since 1970-01-01 00:00 UTC.
    Time {
        /// The claim.
        claim: u64,
    },
    /// The host itself and the nodes that money may go to.
    #[serde(borrow)]
    Pair(PairRequest<'a>),
    /// The other flow: refunds and withdrawals.
    #[serde(borrow)]
    Refund(RefundRequest<'a>),
    /// Randomness for the device to mix into its own.
    #[serde(borrow)]
    Entropy(Secret<'a>),
    /// The lines of the prompt that the merchant has before them, if the rules let a host show it.
    Prompt {
        /// The number from [`Reply::AwaitingApproval`](crate::Reply::AwaitingApproval).
        prompt: u32,
        /// The first line wanted.
        from: u8,
    },
    /// What the host says a currency is worth, for every request from now on. The merchant's own
    /// rate bounds it.
    Rate {
        /// ISO 4217.
        currency: Bytes<3>,
        /// In msat for a million of its major units.
        msat_per_million: u64,
    },
    /// Leaves the onion message of that id with the merchant, who is being asked about it, so that
    /// others can be answered meanwhile. Its last reply is the error
    /// [`WITH_MERCHANT`](crate::Code::WITH_MERCHANT). Answered at once.
    Park {
        /// The request to leave.
        request: u32,
    },
}

impl<'a> Body<'a> for Request<'a> {
    const KIND: Kind = Kind::Request;
}

/// The requests that are answered at once, with the numbers that they have in [`Request`]. A busy
/// device reads them on a stack that is in use already, where a whole `Request` has no room.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Urgent {
    /// Never read: a [`Request::Hello`] has bytes that this has not.
    Hello,
    /// [`Request::Ping`]
    Ping,
    /// [`Request::Status`]
    Status,
    /// [`Request::Cancel`]
    Cancel {
        /// The request to drop.
        request: u32,
    },
}

impl Body<'_> for Urgent {
    const KIND: Kind = Kind::Request;
}

/// Seeds. All take a button; after provisioning only [`Provision::Wipe`] exists.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Provision<'a> {
    /// Makes a seed from the device's randomness and the host's.
    Generate {
        /// The host's randomness.
        #[serde(borrow)]
        entropy: Secret<'a>,
        /// For this network and no other.
        network: Network,
    },
    /// Takes over a seed.
    Import {
        /// BIP 39 words, lower case, one space between them.
        #[serde(borrow)]
        words: Secret<'a>,
        /// For this network and no other.
        network: Network,
    },
    /// Shows the words, once, right after they were made.
    ShowWords,
    /// Forgets everything.
    Wipe,
}

/// The merchant's rules.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum RulesRequest<'a> {
    /// What holds.
    Get,
    /// Changes these and leaves the others; all or none. Takes a button.
    #[serde(borrow)]
    Propose(Packed<'a, RuleValue>),
}

/// Offers. A new one is [`OfferRequest::Create`], a [`OfferRequest::Path`] for each path and
/// [`OfferRequest::End`], under one id.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum OfferRequest<'a> {
    /// Begins an offer.
    #[serde(borrow)]
    Create(NewOffer<'a>),
    /// A path to the device for the offer that was begun.
    Path {
        /// The hops before the device, the first first.
        #[serde(borrow)]
        hops: Packed<'a, MessageHop>,
        /// Whether they are padded.
        padding: Padding,
    },
    /// Ends the offer. Takes a button.
    End,
    /// Offers that the device remembers, from that one on.
    List {
        /// How many to pass over.
        from: u16,
    },
    /// One offer that the device remembers.
    Show {
        /// The offer.
        offer: Bytes<32>,
    },
    /// Answers this offer no more. Takes a button.
    Revoke {
        /// The offer.
        offer: Bytes<32>,
    },
    /// Answers no offer made up to now any more. Takes a button.
    RevokeEpoch,
}

/// What an offer says. Its chain is the device's.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct NewOffer<'a> {
    /// `offer_amount` and `offer_currency`.
    pub price: Price,
    /// `offer_description`; needed with a price.
    #[serde(borrow)]
    pub description: Option<&'a str>,
    /// `offer_issuer`.
    #[serde(borrow)]
    pub issuer: Option<&'a str>,
    /// `offer_quantity_max`; 0 is unlimited.
    pub quantity_max: Option<u64>,
    /// `offer_absolute_expiry`.
    pub expiry: Option<u64>,
    /// Whether the offer has an `offer_issuer_id`: with one, a repeated request gets the same
    /// payment hash; without, the offer is 35 bytes shorter.
    pub issuer_id: bool,
}

/// An onion message: [`OnionRequest::Begin`], as many [`OnionRequest::Chunk`] as it takes, and
/// [`OnionRequest::End`], under one id.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum OnionRequest<'a> {
    /// The message without its packet. Answered by
    /// [`Reply::Credits`](crate::Reply::Credits).
    Begin {
        /// `path_key`.
        path_key: Bytes<33>,
        /// How long `onion_message_packet` is.
        length: u16,
    },
    /// The next piece of `onion_message_packet`.
    #[serde(borrow)]
    Chunk(Chunk<'a>),
    /// All of it was sent. Only now anything is decided.
    End {
        /// How an `invoice_error` is written, should one be the answer.
        invoice_error: ErrorForm,
    },
}

/// Payment paths for an invoice: [`PathsRequest::Path`] and [`PathsRequest::Recipient`] for each,
/// by preference, then [`PathsRequest::End`].
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum PathsRequest<'a> {
    /// The hops before the recipient, the introduction node first; none for a path of one hop.
    Path {
        /// The hops.
        #[serde(borrow)]
        hops: Packed<'a, PaymentHop>,
    },
    /// The end of the path that was begun.
    Recipient {
        /// The recipient.
        node: NodeId,
        /// The records of the recipient's own, a TLV stream of at most 512 bytes.
        records: &'a [u8],
        /// How they are sealed.
        seal: Seal,
        /// The recipient's `min_final_cltv_expiry_delta`.
        min_final_cltv_expiry_delta: u16,
        /// The last block in which the recipient takes the HTLC.
        max_cltv_expiry: u32,
        /// `htlc_minimum_msat` of the recipient.
        htlc_minimum_msat: u64,
        /// `htlc_maximum_msat` of the recipient.
        htlc_maximum_msat: u64,
    },
    /// There are no more. Answered as the request that asked for them would have been.
    End {
        /// Whether the recipient takes a payment in several parts.
        multipart: bool,
    },
    /// There is no path. The payer gets an `invoice_error`.
    None,
}

/// A claim for a preimage. `receipt` is what [`Outgoing`](crate::Outgoing) gave for the invoice.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum ClaimRequest<'a> {
    /// With the path key of the HTLC.
    PathKey {
        /// The invoice.
        receipt: &'a [u8],
        /// `path_key` of the recipient's `update_add_htlc`.
        path_key: Bytes<33>,
    },
    /// With the host's word.
    Facts {
        /// The invoice.
        receipt: &'a [u8],
        /// What was received.
        amount_msat: u64,
        /// When the invoice expires, by the host's records.
        expiry: u64,
        /// The payment's `path_id`.
        path_id: &'a [u8],
    },
    /// With the payment onion: begins one part.
    Onion {
        /// The invoice.
        receipt: &'a [u8],
        /// `path_key` of the part's `update_add_htlc`.
        path_key: Bytes<33>,
        /// The part's amount.
        amount_msat: u64,
        /// The part's `cltv_expiry`.
        cltv_expiry: u32,
    },
    /// The next piece of the part's `onion_routing_packet`.
    #[serde(borrow)]
    OnionChunk(Chunk<'a>),
    /// The part is complete.
    OnionEnd,
}

/// The host itself and the nodes that money may go to. All take a button.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum PairRequest<'a> {
    /// Hands out the bridge's own network key, which the seed brings back on a new host.
    BridgeKey,
    /// The one node that payment paths end at.
    Recipient {
        /// The node.
        node: NodeId,
        /// Its receive-auth key, for [`Seal::ReceiveAuth`].
        receive_auth_key: Option<Bytes<32>>,
    },
    /// The nodes that payment paths may start at.
    #[serde(borrow)]
    IntroductionNodes(Packed<'a, NodeId>),
    /// What is pinned; takes no button.
    Get,
}

/// The other flow. A refund that the merchant offers is [`RefundRequest::Create`], a
/// [`RefundRequest::Path`] for each path and [`RefundRequest::End`], under one id.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum RefundRequest<'a> {
    /// Begins an `lnr…` of the merchant's: somebody may ask for this money, once.
    Create {
        /// `invreq_amount`.
        amount_msat: u64,
        /// `offer_description`.
        description: &'a str,
        /// `offer_issuer`.
        #[serde(borrow)]
        issuer: Option<&'a str>,
        /// `offer_absolute_expiry`.
        expiry: Option<u64>,
    },
    /// A path to the device for the `lnr…` that was begun.
    Path {
        /// The hops before the device, the first first.
        #[serde(borrow)]
        hops: Packed<'a, MessageHop>,
        /// Whether they are padded.
        padding: Padding,
    },
    /// Ends the `lnr…`. Takes a button.
    End,
    /// Somebody's `lnr…`, its TLV stream in chunks: the merchant wants the money.
    Answer {
        /// How long the whole is.
        total: u32,
        /// The next piece.
        #[serde(borrow)]
        chunk: Chunk<'a>,
    },
    /// All of it was sent. Takes a button, and goes on like an onion message; but whoever asks is
    /// the host, so that a refusal is an error and never silence.
    AnswerEnd,
    /// As [`RefundRequest::AnswerEnd`], for a host that cannot reach the first of its paths.
    AnswerVia {
        /// How many of `invreq_paths` to pass over.
        skip: u8,
    },
    /// Takes back an `lnr…` of the merchant's: no invoice for it is authorised any more. One that was
    /// stays so.
    Revoke {
        /// The SHA-256 of its TLV stream.
        refund: Bytes<32>,
    },
    /// Who signs invoices for somebody's `lnr…`.
    Signer {
        /// The SHA-256 of its TLV stream.
        refund: Bytes<32>,
    },
}

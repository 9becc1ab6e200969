//! What requests and replies are made of.

use serde::{Deserialize, Serialize};

use crate::{Bytes, Code, NodeId};

/// A Bitcoin network, fixed when the device is provisioned.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Network {
    /// The one with money.
    Bitcoin,
    /// Testnet3.
    Testnet,
    /// The default signet.
    Signet,
    /// A network of one's own.
    Regtest,
}

/// What a device can do right now.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum State {
    /// It has no seed.
    Unprovisioned,
    /// It answers requests.
    Ready,
    /// It cannot read its storage, and waits to be wiped.
    WipeNeeded,
    /// A self-test failed at boot.
    Faulty,
    /// Newer firmware wrote its storage: it waits for that firmware, or to be wiped.
    NewerStorage,
    /// Another board's firmware, or another board, wrote its storage: it waits for that one, or to be
    /// wiped.
    ForeignStorage,
}

/// How a seed lies in the device's flash.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum SeedAtRest {
    /// As it is: the board has no secret of its own. Whoever reads the flash has the seed.
    Plain,
    /// Encrypted under a key from the board's own secret.
    Sealed,
}

/// Why the device last started.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum ResetReason {
    /// It was plugged in.
    PowerOn,
    /// Somebody asked for it, with a button.
    Requested,
    /// It made no progress for too long.
    Watchdog,
    /// Its program failed.
    Fault,
}

/// One of the merchant's rules and what is set for it; the numbers are those of the policy's
/// `RULES.md`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RuleValue {
    /// The rule.
    pub rule: u8,
    /// The number, or off.
    pub value: Option<u64>,
}

/// A rule that a proposal changes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RuleChange {
    /// The rule.
    pub rule: u8,
    /// What holds now.
    pub old: Option<u64>,
    /// What would hold.
    pub new: Option<u64>,
}

/// `offer_amount`, with `offer_currency`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Price {
    /// The payer chooses.
    Any,
    /// In msat for one item.
    Msat(u64),
    /// In another currency.
    Currency {
        /// ISO 4217.
        code: Bytes<3>,
        /// Its minor unit's place: 2 when a hundred make a major one.
        exponent: u8,
        /// In minor units for one item.
        minor_units: u64,
    },
}

/// Whether the hops of a blinded path are padded to equal length.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Padding {
    /// They are (R-BP-03).
    Equal,
    /// They are not, which keeps a QR code small.
    None,
}

/// One hop of a path that leads to the device. The device itself is not listed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct MessageHop {
    /// The node.
    pub node: NodeId,
    /// How the path names it, when it is the first: by its node id or compactly.
    pub named: Destination,
    /// How it is told where to send the message next.
    pub next: NextHop,
}

/// How a hop is told the next one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum NextHop {
    /// By node id.
    NodeId,
    /// By a short channel id, which may be one that only the hop knows.
    ShortChannelId(u64),
}

/// Where an onion message goes: BOLT 1's `sciddir_or_pubkey`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Destination {
    /// To a node.
    Node(NodeId),
    /// To one end of a channel.
    Channel {
        /// 0 for the node with the lesser id, 1 for the other.
        direction: u8,
        /// The channel.
        short_channel_id: u64,
    },
}

/// One hop of a payment path in front of the recipient.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PaymentHop {
    /// The node.
    pub node: NodeId,
    /// The channel that it forwards over.
    pub short_channel_id: u64,
    /// `cltv_expiry_delta` of the channel.
    pub cltv_expiry_delta: u16,
    /// `fee_proportional_millionths` of the channel.
    pub fee_proportional_millionths: u32,
    /// `fee_base_msat` of the channel.
    pub fee_base_msat: u32,
    /// `htlc_minimum_msat` of the channel.
    pub htlc_minimum_msat: u64,
    /// `htlc_maximum_msat` of the channel.
    pub htlc_maximum_msat: u64,
}

/// How the recipient's records in a payment path are sealed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Seal {
    /// ChaCha20-Poly1305 as BOLT 4 says; LDK 0.2.7 reads it.
    Plain,
    /// With the recipient's receive-auth key, pinned at pairing; LDK 0.3 wants it.
    ReceiveAuth,
}

/// What the device tells the bridge about an invoice, when the merchant's rules let it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Summary {
    /// The offer.
    pub offer: Bytes<32>,
    /// `invoice_amount`.
    pub amount_msat: u64,
    /// `invoice_payment_hash`.
    pub payment_hash: Bytes<32>,
    /// `invoice_created_at`.
    pub created_at: u64,
    /// `invoice_relative_expiry` in seconds.
    pub relative_expiry: u32,
}

/// How an `invoice_error` is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum ErrorForm {
    /// As a TLV stream, as the specification says.
    Specification,
    /// With its length in front, the only form that LDK reads.
    Ldk,
}

/// What can be pulled from the device in chunks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Part {
    /// The onion that answers the request, as [`Outgoing`](crate::Outgoing) announced it.
    Onion,
    /// The `invoice_request`, if the rules disclose everything.
    InvoiceRequest,
    /// The `invoice`: one of ours if the rules disclose everything, one that we pay always.
    Invoice,
    /// The text of a new offer or refund.
    Text,
    /// What the seed words cannot restore, sealed.
    Export,
}

/// How an offer stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Standing {
    /// It is answered.
    Current,
    /// It was made in an earlier epoch.
    Earlier,
    /// It was revoked.
    Revoked,
}

/// An offer that the device remembers. It need not remember any but the revoked ones.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct OfferEntry {
    /// The offer.
    pub offer: Bytes<32>,
    /// The epoch that it was made in.
    pub epoch: u32,
    /// How it stands.
    pub standing: Standing,
}

/// Whose words a text is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Source {
    /// The device's.
    Device,
    /// A stranger's; it is escaped, and is not to be believed.
    Stranger,
}

/// One line of a prompt.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PromptLine<'a> {
    /// What it is.
    pub label: &'a str,
    /// What it says.
    pub text: &'a str,
    /// Who says it.
    pub source: Source,
}

/// One entry of the device's log.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LogRecord {
    /// Its number; the first is 0.
    pub index: u32,
    /// The device's time, 0 when unknown.
    pub time: u64,
    /// What happened: 0 when it went well, else the error.
    pub code: Code,
    /// What it was about: a [`Request`](crate::Request)'s number on the wire.
    pub subject: u8,
    /// An amount in msat, 0 when there was none.
    pub amount_msat: u64,
}

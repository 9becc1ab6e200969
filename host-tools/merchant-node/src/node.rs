use core::fmt;
use core::future::Future;

use countersign_client::PaymentPaths;
use countersign_link::NeedPaymentPaths;
use serde::{Deserialize, Serialize};

/// The merchant's Lightning node.
pub trait MerchantNode: Send + Sync + 'static {
    /// Ways for a payment to reach the node, which from now on expects it.
    fn payment_paths(
        &self,
        need: NeedPaymentPaths,
    ) -> impl Future<Output = Result<PaymentPaths, NodeError>> + Send;

    /// The payments that wait for the bridge.
    fn payments(&self) -> impl Future<Output = Result<Vec<Payment>, NodeError>> + Send;

    /// Takes the money of a payment that is held.
    fn settle(
        &self,
        payment_hash: [u8; 32],
        preimage: [u8; 32],
    ) -> impl Future<Output = Result<(), NodeError>> + Send;

    /// Gives the money of a payment that is held back.
    fn refuse(&self, payment_hash: [u8; 32]) -> impl Future<Output = Result<(), NodeError>> + Send;

    /// A payment that was received is on record: the node need not tell of it any more.
    fn recorded(
        &self,
        payment_hash: [u8; 32],
    ) -> impl Future<Output = Result<(), NodeError>> + Send;

    /// Pays an invoice of somebody's, a TLV stream: once, however often it is asked, and whatever
    /// happens to the node meanwhile. After a failure, to be asked again is to try again.
    fn pay(&self, invoice: Vec<u8>) -> impl Future<Output = Result<(), NodeError>> + Send;

    /// How far the payment of an invoice of somebody's is.
    fn payout(
        &self,
        payment_hash: [u8; 32],
    ) -> impl Future<Output = Result<Payout, NodeError>> + Send;
}

/// A payment that waits for the bridge.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Payment {
    /// `payment_hash` of its HTLCs.
    #[serde(with = "hex")]
    pub hash: [u8; 32],
    /// What it pays, all parts together.
    pub amount_msat: u64,
    /// How far it is.
    pub progress: Progress,
}

impl fmt::Debug for Payment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { hash, amount_msat, progress } = self;
        f.debug_struct("Payment")
            .field("hash", &hex::encode(hash))
            .field("amount_msat", amount_msat)
            .field("progress", progress)
            .finish()
    }
}

/// How far a payment is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Progress {
    /// All its HTLCs are here: it waits to be settled or refused.
    Held {
        /// `path_key` of each part's `update_add_htlc`.
        path_keys: Vec<PathKey>,
    },
    /// The money is the merchant's: it waits to be recorded.
    Received,
}

/// How far a payment is that the node makes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Payout {
    /// Nobody has asked for it, or it came to nothing before any money left.
    NotBegun,
    /// It may still succeed or fail.
    UnderWay,
    /// The payee has the money.
    Paid {
        /// What proves it.
        #[serde(with = "hex")]
        preimage: [u8; 32],
        /// What it cost.
        fee_msat: u64,
    },
    /// All of the money is back.
    Failed {
        /// Why, in the words of the node's software.
        reason: String,
    },
}

/// The path key that an HTLC arrived with.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct PathKey(#[serde(with = "hex")] pub [u8; 33]);

/// Why a node did not do what it was asked.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NodeError {
    /// Nobody answers.
    #[error("the merchant's node does not answer: {0}; start it, or name its socket with --node")]
    Unreachable(String),
    /// It says why.
    #[error("the merchant's node: {0}")]
    Refused(String),
}

//! What goes over the socket: one JSON object a line, a question and its answer in turn.

use core::fmt;

use serde::{Deserialize, Serialize};

use crate::{Payment, Payout, Proposal};

/// What the bridge asks.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Question {
    PaymentPaths { amount_msat: u64, payment_hash: Hash, created_at: u64, relative_expiry: u32 },
    Payments,
    Settle { payment_hash: Hash, preimage: Preimage },
    Refuse { payment_hash: Hash },
    Recorded { payment_hash: Hash },
    Pay { invoice: Invoice },
    Payout { payment_hash: Hash },
}

/// What the node answers.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Answer {
    PaymentPaths(Proposal),
    Payments(Vec<Payment>),
    Payout(Payout),
    Done,
    Refused(String),
}

/// A payment hash in hex.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
#[serde(transparent)]
pub(crate) struct Hash(#[serde(with = "hex")] pub(crate) [u8; 32]);

/// An invoice's TLV stream in hex.
#[derive(Debug, Serialize, Deserialize)]
#[serde(transparent)]
pub(crate) struct Invoice(#[serde(with = "hex")] pub(crate) Vec<u8>);

/// A preimage in hex; it is not shown.
#[derive(Serialize, Deserialize)]
#[serde(transparent)]
pub(crate) struct Preimage(#[serde(with = "hex")] pub(crate) [u8; 32]);

impl fmt::Debug for Preimage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Preimage(..)")
    }
}

/// How long a line may be: four paths of eight hops are a few thousand characters, and a node that
/// holds many payments tells of many.
pub(crate) const LINE_LIMIT: u64 = 4 << 20;

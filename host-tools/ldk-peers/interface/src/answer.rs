use core::fmt;
use core::time::Duration;

use serde_json::{Value, json};

/// What came of one request, in LDK's own judgement.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Answer {
    /// LDK parsed the invoice, checked its signature and found that it answers its own request.
    Verified(Box<VerifiedInvoice>),
    /// There is no invoice that LDK would pay.
    Failed(Failure),
}

/// An invoice that LDK accepted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct VerifiedInvoice {
    /// The release of LDK that judged it.
    pub ldk: &'static str,
    /// The amount to pay, in millisatoshi.
    pub amount_msat: u64,
    /// The hash that the payment is locked to.
    pub payment_hash: [u8; 32],
    /// The compressed public key that signed the invoice.
    pub signing_key: [u8; 33],
    /// LDK's identifier of the offer: the hash of its records.
    pub offer_id: [u8; 32],
    /// How many ways the invoice names for its payment.
    pub payment_paths: usize,
    /// The size of the onion packet that carried the request, if one was seen to leave.
    pub request_bytes: Option<usize>,
    /// The size of the onion packet that carried the answer, if one was seen to arrive.
    pub reply_bytes: Option<usize>,
    /// The invoice as it was received.
    pub invoice: Vec<u8>,
    /// The time from the request to LDK's word.
    pub elapsed: Duration,
    /// What became of its payment, if it was to be paid.
    pub payment: Option<Payment>,
}

/// A payment, as LDK told of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Payment {
    /// The payer has the preimage.
    Sent {
        /// It hashes to the payment hash.
        preimage: [u8; 32],
        /// What forwarding cost, in millisatoshi.
        fee_msat: Option<u64>,
    },
    /// The money is the payer's still.
    Failed {
        /// LDK's name for the reason, or `timeout`.
        reason: String,
    },
}

/// Why there is no invoice.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Failure {
    /// The release of LDK that was asked.
    pub ldk: &'static str,
    /// LDK's name for the reason, or `timeout`.
    pub reason: String,
    /// The text of the merchant's `invoice_error`, when one was received.
    pub invoice_error: Option<String>,
    /// The number of the field that it blames, if it blames one.
    pub erroneous_field: Option<u64>,
    /// The size of the onion packet that carried an answer, whether LDK could read it or not.
    pub reply_bytes: Option<usize>,
    /// The time from the request to this end.
    pub elapsed: Duration,
}

impl Answer {
    /// The answer as the JSON object that a peer prints on a line of its own.
    #[must_use]
    pub fn to_json(&self) -> Value {
        match self {
            Self::Verified(invoice) => json!({
                "verified": true,
                "ldk": invoice.ldk,
                "amount_msat": invoice.amount_msat,
                "payment_hash": hex::encode(invoice.payment_hash),
                "signing_key": hex::encode(invoice.signing_key),
                "offer_id": hex::encode(invoice.offer_id),
                "payment_paths": invoice.payment_paths,
                "request_bytes": invoice.request_bytes,
                "reply_bytes": invoice.reply_bytes,
                "invoice_hex": hex::encode(&invoice.invoice),
                "milliseconds": milliseconds(invoice.elapsed),
                "paid": matches!(invoice.payment, Some(Payment::Sent { .. })),
                "payment": invoice.payment.as_ref().map(Payment::to_json),
            }),
            Self::Failed(failure) => json!({
                "verified": false,
                "ldk": failure.ldk,
                "reason": failure.reason,
                "invoice_error": failure.invoice_error,
                "erroneous_field": failure.erroneous_field,
                "reply_bytes": failure.reply_bytes,
                "milliseconds": milliseconds(failure.elapsed),
            }),
        }
    }
}

impl Payment {
    /// The payment as the JSON object that a peer prints.
    #[must_use]
    pub fn to_json(&self) -> Value {
        match self {
            Self::Sent { preimage, fee_msat } => {
                json!({ "preimage": hex::encode(preimage), "fee_msat": fee_msat })
            }
            Self::Failed { reason } => json!({ "reason": reason }),
        }
    }
}

impl fmt::Display for Payment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Sent { preimage, .. } => {
                write!(f, "paid, and got the preimage {}", hex::encode(preimage))
            }
            Self::Failed { reason } => write!(f, "did not pay: {reason}"),
        }
    }
}

impl fmt::Display for Answer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Verified(invoice) => {
                write!(
                    f,
                    "LDK {} verified an invoice of {} msat, payment hash {}, signed by {}, in {} ms",
                    invoice.ldk,
                    invoice.amount_msat,
                    hex::encode(invoice.payment_hash),
                    hex::encode(invoice.signing_key),
                    milliseconds(invoice.elapsed)
                )?;
                invoice.payment.as_ref().map_or(Ok(()), |payment| write!(f, "; {payment}"))
            }
            Self::Failed(failure) => {
                write!(f, "LDK {} has no invoice: {}", failure.ldk, failure.reason)?;
                match &failure.invoice_error {
                    Some(text) => write!(f, " ({})", text.escape_default()),
                    None => Ok(()),
                }
            }
        }
    }
}

/// JSON readers hold integers of 64 bits at best.
fn milliseconds(elapsed: Duration) -> u64 {
    u64::try_from(elapsed.as_millis()).unwrap_or(u64::MAX)
}

use countersign_records::{Event, Invoice, Outcome, Refund, Subject};
use serde_json::{Value, json};

/// An invoice and how it stands at `now`, in seconds since 1970.
#[must_use]
pub fn invoice_json(invoice: &Invoice, now: u64) -> Value {
    json!({
        "payment_hash": hex::encode(invoice.issued.payment_hash),
        "state": invoice.state(now).to_string(),
        "offer": hex::encode(invoice.issued.offer),
        "amount_msat": invoice.issued.amount_msat,
        "created_at": invoice.issued.created_at,
        "expires_at": invoice.issued.expires_at,
        "received_msat": invoice.paid.map(|paid| paid.received_msat),
        "paid_at": invoice.paid.map(|paid| paid.at),
    })
}

/// A refund of the merchant's and how it stands at `now`, in seconds since 1970. What has not
/// happened to it is `null`.
#[must_use]
pub fn refund_json(refund: &Refund, now: u64) -> Value {
    let offered = &refund.offered;
    let payout = refund.payout.as_ref();
    let (paid, failed) = match payout.and_then(|payout| payout.outcome) {
        Some(Outcome::Paid { at, preimage, fee_msat }) => (Some((at, preimage, fee_msat)), None),
        Some(Outcome::Failed { at }) => (None, Some(at)),
        None => (None, None),
    };
    json!({
        "id": hex::encode(offered.id),
        "state": refund.state(now).to_string(),
        "refund": offered.text,
        "description": offered.description,
        "amount_msat": offered.amount_msat,
        "created_at": offered.created_at,
        "expires_at": offered.expires_at,
        "revoked_at": refund.revoked_at,
        "payment_hash": payout.map(|payout| hex::encode(payout.authorised.payment_hash)),
        "authorised_at": payout.map(|payout| payout.authorised.at),
        "trouble": payout.and_then(|payout| payout.trouble.as_deref()),
        "paid_at": paid.map(|(at, ..)| at),
        "preimage": paid.map(|(_, preimage, _)| hex::encode(preimage)),
        "fee_msat": paid.map(|(.., fee_msat)| fee_msat),
        "failed_at": failed,
    })
}

/// An event, with what it happened to as that stands at `now`. `id` is the same whenever it is told.
///
/// `event` is `issued`, `paid` or `expired` with an `invoice` ([`invoice_json`]), and
/// `refund-authorised`, `refund-paid`, `refund-failed` or `refund-expired` with a `refund`
/// ([`refund_json`]). There may be others some day: whoever reads events passes over those that they
/// do not know.
#[must_use]
pub fn event_json(event: &Event, now: u64) -> Value {
    let (name, subject) = match &event.subject {
        Subject::Invoice(invoice) => ("invoice", invoice_json(invoice, now)),
        Subject::Refund(refund) => ("refund", refund_json(refund, now)),
    };
    json!({
        "id": format!("{}-{}", hex::encode(event.subject.id()), event.kind),
        "number": event.number,
        "event": event.kind.name(),
        "at": event.at,
        name: subject,
    })
}

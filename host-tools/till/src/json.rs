use countersign_records::{Event, Invoice};
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

/// An event, with its invoice as it stands at `now`. `id` is the same whenever it is told.
#[must_use]
pub fn event_json(event: &Event, now: u64) -> Value {
    json!({
        "id": format!("{}-{}", hex::encode(event.invoice.issued.payment_hash), event.kind),
        "number": event.number,
        "event": event.kind.name(),
        "at": event.at,
        "invoice": invoice_json(&event.invoice, now),
    })
}

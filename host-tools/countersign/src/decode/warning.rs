use countersign_offers::Features;
use countersign_units::{Seconds, UnixTime};

use super::message::Message;
use super::page;
use super::value::Value;

/// Seconds for which an invoice holds that does not say (BOLT 12 §Invoices).
const DEFAULT_EXPIRY: Seconds = Seconds(7200);

/// What a reader should know of a valid message at the moment `now`.
pub(super) fn of(message: &Message, now: UnixTime) -> Vec<String> {
    let mut warnings = Vec::new();
    if let Some(expiry) = expiry(message).filter(|expiry| now > *expiry) {
        warnings.push(format!("expired at {}", page::moment(expiry.0)));
    }
    for (name, value) in &message.fields {
        match value {
            Value::Text(text) if !text.is_plain => {
                warnings.push(format!("{name}: characters had to be escaped"));
            }
            Value::Features(bitmap) => {
                let unknown = bitmap.bits().into_iter().filter(|bit| !KNOWN_FEATURES.contains(bit));
                warnings
                    .extend(unknown.map(|bit| format!("{name}: unknown optional feature {bit}")));
            }
            Value::Number(_)
            | Value::Numbers(_)
            | Value::Msat(_)
            | Value::Seconds(_)
            | Value::Moment(_)
            | Value::Text(_)
            | Value::Bytes(_)
            | Value::Chain(_)
            | Value::Chains(_)
            | Value::Hashes(_)
            | Value::Name { .. }
            | Value::Paths(_)
            | Value::PayInfos(_)
            | Value::Fallbacks(_) => {}
        }
    }
    warnings
}

/// Of `invoice_features`; the other bitmaps have none, and an even bit here would be refused there.
const KNOWN_FEATURES: [u32; 2] = [Features::MPP_COMPULSORY, Features::MPP_OPTIONAL];

/// The last moment at which the message holds, if it ends at all.
fn expiry(message: &Message) -> Option<UnixTime> {
    let created_at = match message.value("invoice_created_at") {
        Some(&Value::Moment(seconds)) => Some(UnixTime(seconds)),
        _ => None,
    };
    if let Some(created_at) = created_at {
        return created_at.after(match message.value("invoice_relative_expiry") {
            Some(&Value::Seconds(seconds)) => Seconds(seconds),
            _ => DEFAULT_EXPIRY,
        });
    }
    match message.value("offer_absolute_expiry") {
        Some(&Value::Moment(seconds)) => Some(UnixTime(seconds)),
        _ => None,
    }
}

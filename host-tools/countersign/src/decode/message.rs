use countersign_offers::invoice_error::Form;
use countersign_offers::text::{self, BadText};
use countersign_offers::{
    Invoice, InvoiceError, InvoiceRequest, Offer, PayerProof, Refund, Rejected,
};
use countersign_tlv::{Reader, TlvStream};
use serde::Serialize;
use serde::ser::{SerializeMap as _, Serializer};

use super::kind::Kind;
use super::refusal::Refusal;
use super::value::{Bytes, Value};
use super::{Context, warning};

/// A valid message.
#[derive(Debug)]
pub(super) struct Message {
    pub(super) kind: Kind,
    /// The fields that the specification names, in the order of the message.
    pub(super) fields: Vec<(&'static str, Value)>,
    /// The others, which must be of odd types.
    pub(super) unknown_records: Vec<Unknown>,
    /// What a reader should know though it makes nothing invalid.
    pub(super) warnings: Vec<String>,
}

/// A record that the specification does not name.
#[derive(Debug, Serialize)]
pub(super) struct Unknown {
    #[serde(rename = "type")]
    pub(super) number: u64,
    pub(super) value: Bytes,
}

impl Message {
    /// Decodes a string, or hexadecimal, and checks what can be checked without a context.
    pub(super) fn decode(string: &str, context: &Context<'_>) -> Result<Self, Refusal> {
        let (kind, bytes) = bytes(string.trim(), context.kind)?;
        let stream = verify(kind, &bytes, context)
            .map_err(|rejected| Refusal::of_message(kind, &bytes, rejected))?;
        let mut message =
            Self { kind, fields: Vec::new(), unknown_records: Vec::new(), warnings: Vec::new() };
        for record in stream.records() {
            let Some(name) = kind.name_of(record.number) else {
                let value = Bytes(record.value.to_vec());
                message.unknown_records.push(Unknown { number: record.number, value });
                continue;
            };
            let value = Value::read(kind, &record)
                .map_err(|error| Refusal::of_message(kind, &bytes, error.into()))?;
            message.fields.push((name, value));
        }
        if stream.bytes().len() < bytes.len() {
            message.warnings.push("in LDK's form, with its length in front".to_owned());
        }
        message.warnings.extend(warning::of(&message, context.now));
        Ok(message)
    }

    /// The value of a field, by its name.
    pub(super) fn value(&self, name: &str) -> Option<&Value> {
        self.fields.iter().find(|(it, _)| *it == name).map(|(_, value)| value)
    }
}

/// The bytes of a message and what it is meant to be.
fn bytes(string: &str, wanted: Option<Kind>) -> Result<(Kind, Vec<u8>), Refusal> {
    if string.is_empty() {
        return Err(Refusal::because("there is nothing to decode"));
    }
    if string.bytes().all(|byte| byte.is_ascii_hexdigit()) {
        let bytes = hex::decode(string)
            .map_err(|_odd| Refusal::because("the number of hexadecimal digits is odd"))?;
        let kind = wanted.or_else(|| Kind::of_bytes(&bytes)).ok_or_else(|| {
            Refusal::because("the bytes do not show what they are meant to be: say so with --kind")
        })?;
        return Ok((kind, bytes));
    }
    // Eight characters are five bytes.
    let mut buffer = vec![0; string.len()];
    let (prefix, bytes) = text::decode(string, &mut buffer).map_err(|error| match error.rule {
        BadText::Prefix => {
            Refusal::because(&format!("{}, and it is not hexadecimal either", error.rule))
        }
        BadText::Character
        | BadText::MixedCase
        | BadText::Continuation
        | BadText::Padding
        | BadText::TooLong => Refusal::of_text(error),
    })?;
    let kind = Kind::of_string(prefix, bytes);
    match wanted {
        Some(wanted) if !wanted.can_be(prefix) => Err(Refusal::because(&format!(
            "it is no {wanted}, going by its prefix {}",
            prefix.text()
        ))),
        Some(wanted) => Ok((wanted, bytes.to_vec())),
        None => Ok((kind, bytes.to_vec())),
    }
}

/// Checks everything that needs nothing but the message, and returns its records.
#[expect(clippy::large_stack_frames, reason = "a host has megabytes of stack")]
fn verify<'b>(
    kind: Kind,
    bytes: &'b [u8],
    context: &Context<'_>,
) -> Result<TlvStream<'b>, Rejected> {
    let curve = &context.curve;
    match kind {
        Kind::Offer => Offer::parse(bytes).map(|it| it.records()),
        Kind::Refund => Refund::parse(bytes).map(|it| it.records()),
        Kind::InvoiceRequest => {
            let request = InvoiceRequest::parse(bytes)?;
            request.verify_signature(curve)?;
            Ok(request.records())
        }
        Kind::Invoice => {
            let invoice = Invoice::parse(bytes)?;
            invoice.verify_signature(curve)?;
            Ok(invoice.records())
        }
        Kind::PayerProof => PayerProof::parse(bytes, curve).map(|it| it.records()),
        Kind::InvoiceError => {
            let (_, form) = InvoiceError::parse(bytes)?;
            let mut reader = Reader::new(bytes);
            match form {
                Form::Specification => {}
                Form::Ldk => {
                    reader.bigsize()?;
                }
            }
            Ok(TlvStream::parse(reader.rest())?)
        }
    }
}

impl Serialize for Message {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let Self { kind, fields, unknown_records, warnings } = self;
        let mut map = serializer.serialize_map(None)?;
        map.serialize_entry("ok", &true)?;
        map.serialize_entry("kind", kind)?;
        for (name, value) in fields {
            map.serialize_entry(name, value)?;
        }
        map.serialize_entry("unknown_records", unknown_records)?;
        map.serialize_entry("warnings", warnings)?;
        map.end()
    }
}

use countersign_offers::text::TextError;
use countersign_offers::{Field, Rejected};
use countersign_tlv::{Reader, Record};
use serde::Serialize;
use serde::ser::{SerializeMap as _, Serializer};

use super::kind::Kind;

/// Why a string is not valid.
#[derive(Debug)]
pub(super) struct Refusal {
    /// What the string is meant to be, if that is known.
    pub(super) kind: Option<Kind>,
    pub(super) error: String,
    /// The field at fault, by the specification's name or else by its number.
    pub(super) field: Option<String>,
    /// Where it is wrong: in bytes of the message, or of a string that is none.
    offset: Option<u32>,
}

impl Refusal {
    /// A string that cannot even be taken for a message.
    pub(super) fn because(error: &str) -> Self {
        Self { kind: None, error: error.to_owned(), field: None, offset: None }
    }

    pub(super) fn of_text(error: TextError) -> Self {
        Self { offset: Some(error.offset), ..Self::because(&error.to_string()) }
    }

    pub(super) fn of_message(kind: Kind, bytes: &[u8], rejected: Rejected) -> Self {
        let (number, offset) = match rejected {
            Rejected::Malformed(error) => (record_at(bytes, error.offset), Some(error.offset)),
            Rejected::Invalid(invalid) => (Some(invalid.field().number()), None),
            Rejected::TooLarge => (None, None),
        };
        let field = number.map(|number| {
            let name = kind.name_of(number).or_else(|| Field(number).name());
            name.map_or_else(|| number.to_string(), str::to_owned)
        });
        Self { kind: Some(kind), error: rejected.to_string(), field, offset }
    }
}

/// The type of the record in which byte `offset` lies, as far as it can be read.
fn record_at(bytes: &[u8], offset: u32) -> Option<u64> {
    let mut reader = Reader::new(bytes);
    while !reader.is_empty() {
        let start = reader;
        let Ok(record) = Record::read(&mut reader) else {
            return { start }.bigsize().ok();
        };
        if offset < reader.offset() || reader.is_empty() {
            return Some(record.number);
        }
    }
    None
}

impl Serialize for Refusal {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let Self { kind, error, field, offset } = self;
        let mut map = serializer.serialize_map(None)?;
        map.serialize_entry("ok", &false)?;
        map.serialize_entry("kind", kind)?;
        map.serialize_entry("error", error)?;
        map.serialize_entry("field", field)?;
        map.serialize_entry("offset", offset)?;
        map.end()
    }
}

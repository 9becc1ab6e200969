//! What a reader says about some bytes.

use std::collections::BTreeMap;

use countersign_offers::Untrusted;

/// Accepted or rejected, in a form that two readers can be compared by.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Verdict {
    /// The bytes are a message.
    Accepted(Account),
    /// They are not, and why: in the reader's own words, which are not compared.
    Rejected(String),
}

/// What a reader understood.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Account {
    /// The message as the reader writes it again.
    pub bytes: Vec<u8>,
    /// The meaning of each record, by its type.
    pub fields: BTreeMap<u64, String>,
}

impl Account {
    /// An account of a message that is written again as `bytes`.
    #[must_use]
    pub fn new(bytes: Vec<u8>) -> Self {
        Self { bytes, fields: BTreeMap::new() }
    }

    /// Notes what a record says, when it is there.
    pub fn note(&mut self, number: u64, meaning: Option<impl ToString>) {
        if let Some(meaning) = meaning {
            self.fields.insert(number, meaning.to_string());
        }
    }
}

impl Verdict {
    /// Whether the bytes were accepted.
    #[must_use]
    pub fn is_accepted(&self) -> bool {
        matches!(self, Self::Accepted(_))
    }

    /// The verdict of a reader that answers with a `Result`.
    pub fn of<E: core::fmt::Debug>(result: Result<Account, E>) -> Self {
        match result {
            Ok(account) => Self::Accepted(account),
            Err(error) => Self::Rejected(format!("{error:?}")),
        }
    }
}

/// The bytes of a value in hexadecimal digits.
#[must_use]
pub fn hex(bytes: impl AsRef<[u8]>) -> String {
    bytes.as_ref().iter().map(|byte| format!("{byte:02x}")).collect()
}

/// A stranger's text as we show it, which tells two texts apart whenever they differ.
#[must_use]
pub fn shown(text: &str) -> String {
    Untrusted::new(text).to_string()
}

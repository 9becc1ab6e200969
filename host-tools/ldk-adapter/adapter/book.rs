use core::ops::Deref;

use lightning::io::{Error, ErrorKind};
use lightning::util::persist::KVStoreSync;
use serde::Serialize;
use serde::de::DeserializeOwned;

/// What the adapter has to remember of payments, in the node's store: LDK tells of each thing once.
#[derive(Debug)]
pub(super) struct Book<S>(S);

/// A chapter of the book, with one entry for a payment hash: a namespace among LDK's own.
#[derive(Clone, Copy, Debug)]
pub(super) struct Chapter(&'static str);

impl Chapter {
    /// The payments that wait for the bridge.
    pub(super) const ARRIVED: Self = Self("countersign_payments");
    /// The payments that the node was asked to make, and how they ended.
    pub(super) const MADE: Self = Self("countersign_payouts");
}

impl<S: Deref<Target: KVStoreSync>> Book<S> {
    pub(super) const fn new(store: S) -> Self {
        Self(store)
    }

    /// Writes an entry down, in place of what was known.
    pub(super) fn write<T: Serialize>(
        &self,
        Chapter(chapter): Chapter,
        hash: &[u8; 32],
        entry: &T,
    ) -> Result<(), Error> {
        let text = serde_json::to_vec(entry).map_err(|_error| unreadable())?;
        self.0.write(chapter, "", &hex::encode(hash), text)
    }

    /// One entry.
    pub(super) fn read<T: DeserializeOwned>(
        &self,
        chapter: Chapter,
        hash: &[u8; 32],
    ) -> Result<Option<T>, Error> {
        self.entry(chapter, &hex::encode(hash))
    }

    /// Every entry that was written down and not struck out.
    pub(super) fn read_all<T: DeserializeOwned>(&self, chapter: Chapter) -> Result<Vec<T>, Error> {
        let keys = self.0.list(chapter.0, "")?;
        // One that is missing was struck out since.
        keys.iter().filter_map(|key| self.entry(chapter, key).transpose()).collect()
    }

    fn entry<T: DeserializeOwned>(
        &self,
        Chapter(chapter): Chapter,
        key: &str,
    ) -> Result<Option<T>, Error> {
        match self.0.read(chapter, "", key) {
            Ok(text) => serde_json::from_slice(&text).map(Some).map_err(|_error| unreadable()),
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// Forgets an entry.
    pub(super) fn strike(&self, Chapter(chapter): Chapter, hash: &[u8; 32]) -> Result<(), Error> {
        let key = hex::encode(hash);
        let Err(error) = self.0.remove(chapter, "", &key, false) else { return Ok(()) };
        if error.kind() == ErrorKind::NotFound { Ok(()) } else { Err(error) }
    }
}

fn unreadable() -> Error {
    Error::new(ErrorKind::InvalidData, "what was kept of a payment cannot be read")
}

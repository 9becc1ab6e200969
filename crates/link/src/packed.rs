//! Lists without a heap.

use core::fmt;
use core::marker::PhantomData;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::reader::read;
use crate::room::write;

/// A list of `T` as a byte string: the items' encodings one after another.
///
/// Nothing is decoded before it is asked for, so a list takes no memory but the frame's.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Packed<'a, T> {
    bytes: &'a [u8],
    items: PhantomData<fn() -> T>,
}

impl<'a, T> Packed<'a, T> {
    /// A list without items.
    #[must_use]
    pub const fn empty() -> Self {
        Self::from_bytes(&[])
    }

    const fn from_bytes(bytes: &'a [u8]) -> Self {
        Self { bytes, items: PhantomData }
    }

    /// The items in their order. After a [`Malformed`] there is nothing more.
    pub fn iter(&self) -> impl Iterator<Item = Result<T, Malformed>> + use<'a, T>
    where
        T: Deserialize<'a>,
    {
        let mut rest = self.bytes;
        core::iter::from_fn(move || {
            if rest.is_empty() {
                return None;
            }
            match read(rest) {
                // An item of no bytes would be there for ever.
                Some((item, after)) if after.len() < rest.len() => {
                    rest = after;
                    Some(Ok(item))
                }
                _ => {
                    rest = &[];
                    Some(Err(Malformed))
                }
            }
        })
    }
}

/// A list holds bytes that are not one of its items.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Malformed;

impl fmt::Display for Malformed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("not an item of the list")
    }
}

impl core::error::Error for Malformed {}

impl<'a, T: Deserialize<'a> + fmt::Debug> fmt::Debug for Packed<'a, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.iter()).finish()
    }
}

impl<T> Serialize for Packed<'_, T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_bytes(self.bytes)
    }
}

impl<'de: 'a, 'a, T> Deserialize<'de> for Packed<'a, T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        <&'de [u8]>::deserialize(deserializer).map(Packed::from_bytes)
    }
}

/// Writes a [`Packed`] list into the caller's buffer.
pub struct Packer<'a, T> {
    buffer: &'a mut [u8],
    used: usize,
    items: PhantomData<fn(T)>,
}

impl<'a, T: Serialize> Packer<'a, T> {
    /// An empty list that can grow to `buffer.len()` bytes.
    #[must_use]
    pub const fn new(buffer: &'a mut [u8]) -> Self {
        Self { buffer, used: 0, items: PhantomData }
    }

    /// Appends one item; `None`, and the list as it was, when there is no room for it.
    pub fn push(&mut self, item: &T) -> Option<()> {
        let room = self.buffer.get_mut(self.used..)?;
        let written = write(item, room)?;
        self.used = self.used.checked_add(written)?;
        Some(())
    }

    /// The list.
    #[must_use]
    pub fn finish(self) -> Packed<'a, T> {
        let buffer: &'a [u8] = self.buffer;
        Packed::from_bytes(buffer.get(..self.used).unwrap_or_default())
    }
}

impl<T> fmt::Debug for Packer<'_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Packer").field("used", &self.used).finish_non_exhaustive()
    }
}

//! Postcard's encoding, read to the end whatever is in it.
//!
//! What is wrong is noted, and reading goes on with zeros: whether all was right is asked once.

use core::fmt;

use serde::de::value::U32Deserializer;
use serde::de::{
    DeserializeSeed, Deserializer, EnumAccess, Error, SeqAccess, VariantAccess, Visitor,
};
use serde::{Deserialize, forward_to_deserialize_any};

/// The first value in `bytes`, and the bytes after it.
pub(crate) fn read<'de, T: Deserialize<'de>>(bytes: &'de [u8]) -> Option<(T, &'de [u8])> {
    let mut reader = Reader { rest: bytes, wrong: false };
    let value = T::deserialize(&mut reader).ok()?;
    if reader.wrong { None } else { Some((value, reader.rest)) }
}

struct Reader<'de> {
    rest: &'de [u8],
    wrong: bool,
}

/// There is no such variant, or a type was asked for that no message has.
#[derive(Debug)]
struct Wrong;

impl fmt::Display for Wrong {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("not a message")
    }
}

impl core::error::Error for Wrong {}

impl Error for Wrong {
    fn custom<T: fmt::Display>(_: T) -> Self {
        Self
    }
}

impl<'de> Reader<'de> {
    fn byte(&mut self) -> u8 {
        if let Some((&byte, rest)) = self.rest.split_first() {
            self.rest = rest;
            byte
        } else {
            self.wrong = true;
            0
        }
    }

    /// What a varint of a type with so many bits says.
    fn number<T: TryFrom<u64> + Default>(&mut self, bits: u32) -> T {
        T::try_from(self.varint(bits)).unwrap_or_default()
    }

    /// Seven bits a byte, the lowest first; the first byte below 0x80 is the last.
    #[inline(never)]
    fn varint(&mut self, bits: u32) -> u64 {
        let mut value = 0;
        let mut room = bits;
        while room > 0 {
            let byte = self.byte();
            let part = u64::from(byte & 0x7F);
            value |= part.unbounded_shl(bits.saturating_sub(room));
            if byte < 0x80 {
                self.wrong |= part.unbounded_shr(room) != 0;
                return value;
            }
            room = room.saturating_sub(7);
        }
        self.wrong = true;
        0
    }

    fn flag(&mut self) -> bool {
        let byte = self.byte();
        self.wrong |= byte > 1;
        byte == 1
    }

    #[inline(never)]
    fn bytes(&mut self) -> &'de [u8] {
        let length = self.number(usize::BITS);
        if let Some((bytes, rest)) = self.rest.split_at_checked(length) {
            self.rest = rest;
            bytes
        } else {
            self.wrong = true;
            &[]
        }
    }

    #[inline(never)]
    fn text(&mut self) -> &'de str {
        core::str::from_utf8(self.bytes()).unwrap_or_else(|_| {
            self.wrong = true;
            ""
        })
    }
}

impl<'de> Deserializer<'de> for &mut Reader<'de> {
    type Error = Wrong;

    fn is_human_readable(&self) -> bool {
        false
    }

    /// Bytes do not say what they are.
    fn deserialize_any<V: Visitor<'de>>(self, _: V) -> Result<V::Value, Wrong> {
        Err(Wrong)
    }

    fn deserialize_bool<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Wrong> {
        visitor.visit_bool(self.flag())
    }

    fn deserialize_u8<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Wrong> {
        visitor.visit_u8(self.byte())
    }

    fn deserialize_u16<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Wrong> {
        visitor.visit_u16(self.number(u16::BITS))
    }

    fn deserialize_u32<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Wrong> {
        visitor.visit_u32(self.number(u32::BITS))
    }

    fn deserialize_u64<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Wrong> {
        visitor.visit_u64(self.number(u64::BITS))
    }

    fn deserialize_str<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Wrong> {
        visitor.visit_borrowed_str(self.text())
    }

    fn deserialize_bytes<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Wrong> {
        visitor.visit_borrowed_bytes(self.bytes())
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Wrong> {
        if self.flag() { visitor.visit_some(self) } else { visitor.visit_none() }
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        visitor: V,
    ) -> Result<V::Value, Wrong> {
        visitor.visit_newtype_struct(self)
    }

    fn deserialize_tuple<V: Visitor<'de>>(self, _: usize, visitor: V) -> Result<V::Value, Wrong> {
        visitor.visit_seq(self)
    }

    fn deserialize_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        _: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Wrong> {
        visitor.visit_seq(self)
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        _: &'static str,
        _: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Wrong> {
        visitor.visit_enum(self)
    }

    forward_to_deserialize_any! {
        i8 i16 i32 i64 i128 u128 f32 f64 char string byte_buf unit unit_struct seq tuple_struct map
        identifier ignored_any
    }
}

/// As many as are asked for: a type knows how many fields it has.
impl<'de> SeqAccess<'de> for &mut Reader<'de> {
    type Error = Wrong;

    fn next_element_seed<T: DeserializeSeed<'de>>(
        &mut self,
        seed: T,
    ) -> Result<Option<T::Value>, Wrong> {
        seed.deserialize(&mut **self).map(Some)
    }

    /// What cannot fail is seen not to only where it is called.
    #[expect(clippy::inline_always, reason = "half of what this reader saves")]
    #[inline(always)]
    fn next_element<T: Deserialize<'de>>(&mut self) -> Result<Option<T>, Wrong> {
        T::deserialize(&mut **self).map(Some)
    }
}

impl<'de> EnumAccess<'de> for &mut Reader<'de> {
    type Error = Wrong;
    type Variant = Self;

    fn variant_seed<V: DeserializeSeed<'de>>(self, seed: V) -> Result<(V::Value, Self), Wrong> {
        let variant = U32Deserializer::new(self.number(u32::BITS));
        Ok((seed.deserialize(variant)?, self))
    }
}

impl<'de> VariantAccess<'de> for &mut Reader<'de> {
    type Error = Wrong;

    fn unit_variant(self) -> Result<(), Wrong> {
        Ok(())
    }

    /// A message inside a message is read by a function of its own.
    #[inline(never)]
    fn newtype_variant_seed<T: DeserializeSeed<'de>>(self, seed: T) -> Result<T::Value, Wrong> {
        seed.deserialize(self)
    }

    fn tuple_variant<V: Visitor<'de>>(self, _: usize, visitor: V) -> Result<V::Value, Wrong> {
        visitor.visit_seq(self)
    }

    fn struct_variant<V: Visitor<'de>>(
        self,
        _: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Wrong> {
        visitor.visit_seq(self)
    }
}

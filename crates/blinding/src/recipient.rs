use core::fmt;

use countersign_tlv::{DecodeError, Full, Reader, Record, TlvStream, Writer, record_len};

use crate::path::point;
use crate::{Field, PaymentConstraints, PaymentRelay, ShortChannelId};

/// What the creator of a blinded path tells one hop of it: an `encrypted_data_tlv`, decrypted
/// (BOLT 4 §Route Blinding).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct EncryptedDataTlv<'a> {
    /// The channel over which to go on.
    pub short_channel_id: Option<ShortChannelId>,
    /// The node to go on to, compressed. When it was read it is a point of the curve.
    pub next_node_id: Option<&'a [u8; 33]>,
    /// What the path's creator recognises it by, in its own hop.
    pub path_id: Option<&'a [u8]>,
    /// The path key to hand on in place of the computed one, compressed. When it was read it is a
    /// point of the curve.
    pub next_path_key_override: Option<&'a [u8; 33]>,
    /// What a payment pays the hop.
    pub payment_relay: Option<PaymentRelay>,
    /// What payments the hop lets through.
    pub payment_constraints: Option<PaymentConstraints>,
    /// What features may be used.
    pub allowed_features: AllowedFeatures,
    /// Records that BOLT 4 does not know.
    pub unknown: UnknownRecords<'a>,
}

/// The features that a hop lets through, of which there are none: an `allowed_features` with any
/// bit set, even or odd, is refused (R-OM-03).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum AllowedFeatures {
    /// No record, which means the same as an empty one.
    #[default]
    Absent,
    /// A record without any bit.
    Empty,
}

/// The records of a stream whose types are not a [`Field`]'s.
#[derive(Clone, Copy, Debug, Default)]
pub struct UnknownRecords<'a>(TlvStream<'a>);

/// Where a message goes on to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NextHop<'a> {
    /// To a node, by its compressed public key.
    NodeId(&'a [u8; 33]),
    /// Over a channel.
    ShortChannelId(ShortChannelId),
}

/// Why data for a hop are not to be acted on. To whoever sent them every cause is one: silence.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Invalid {
    /// They were not encrypted to this hop under this path key, or were changed since.
    Undecryptable,
    /// They are not a TLV stream, or a field in them is not encoded as it must be.
    Malformed(DecodeError),
    /// A record of an even type that BOLT 4 does not know.
    UnknownEven {
        /// The type.
        number: u64,
    },
    /// `allowed_features` with a bit set.
    UnknownFeature,
    /// A field that must not be there.
    Unexpected {
        /// The field.
        field: Field,
    },
    /// A field that must be there.
    Missing {
        /// The field.
        field: Field,
    },
}

const _: () = assert!(size_of::<Invalid>() <= 16);

/// A field that is not where it must be, or is where it must not.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Misfit {
    Missing(Field),
    Unexpected(Field),
}

impl<'a> EncryptedDataTlv<'a> {
    /// Reads what a hop was told.
    ///
    /// # Errors
    /// [`Invalid::Malformed`], [`Invalid::UnknownEven`] (R-BE-01) or [`Invalid::UnknownFeature`]
    /// (R-OM-03).
    pub fn parse(bytes: &'a [u8]) -> Result<Self, Invalid> {
        let data = Self::read(bytes)?;
        match data.unknown.iter().find(Record::is_even) {
            Some(record) => Err(Invalid::UnknownEven { number: record.number }),
            None => Ok(data),
        }
    }

    /// Reads records that the recipient of a payment wants in its own hop. They are a private
    /// matter of its node's, even types included, and are for [`EncryptedDataTlv::write`] only.
    ///
    /// What would send the payment on, or let it use features, is refused; padding is left out,
    /// since the path's creator pads all hops alike.
    ///
    /// # Errors
    /// [`Invalid::Malformed`] or [`Invalid::Unexpected`].
    pub fn parse_foreign_recipient(bytes: &'a [u8]) -> Result<Self, Invalid> {
        let data = Self::read(bytes)?;
        data.expect(
            &[],
            &[
                Field::ShortChannelId,
                Field::NextNodeId,
                Field::NextPathKeyOverride,
                Field::PaymentRelay,
                Field::AllowedFeatures,
            ],
        )?;
        Ok(data)
    }

    /// Where a message is to go on to, by the hop that received these data (R-OM-04).
    ///
    /// # Errors
    /// [`Invalid::Unexpected`] for a `path_id`, or [`Invalid::Missing`] when there is neither a
    /// node nor a channel.
    pub fn next_hop(&self) -> Result<NextHop<'a>, Invalid> {
        if self.path_id.is_some() {
            return Err(Invalid::Unexpected { field: Field::PathId });
        }
        match (self.next_node_id, self.short_channel_id) {
            (Some(id), _) => Ok(NextHop::NodeId(id)),
            (None, Some(id)) => Ok(NextHop::ShortChannelId(id)),
            (None, None) => Err(Invalid::Missing { field: Field::NextNodeId }),
        }
    }

    /// Whether there is a record of `field`; padding is not kept.
    #[must_use]
    pub const fn has(&self, field: Field) -> bool {
        match field {
            Field::Padding => false,
            Field::ShortChannelId => self.short_channel_id.is_some(),
            Field::NextNodeId => self.next_node_id.is_some(),
            Field::PathId => self.path_id.is_some(),
            Field::NextPathKeyOverride => self.next_path_key_override.is_some(),
            Field::PaymentRelay => self.payment_relay.is_some(),
            Field::PaymentConstraints => self.payment_constraints.is_some(),
            Field::AllowedFeatures => self.allowed_features.len().is_some(),
        }
    }

    /// Checks that fields are there, and that others are not.
    pub(crate) fn expect(&self, must: &[Field], must_not: &[Field]) -> Result<(), Misfit> {
        if let Some(&field) = must.iter().find(|&&field| !self.has(field)) {
            return Err(Misfit::Missing(field));
        }
        match must_not.iter().find(|&&field| self.has(field)) {
            Some(&field) => Err(Misfit::Unexpected(field)),
            None => Ok(()),
        }
    }

    fn read(bytes: &'a [u8]) -> Result<Self, Invalid> {
        let stream = TlvStream::parse(bytes)?;
        let mut data = Self { unknown: UnknownRecords(stream), ..Self::default() };
        for record in stream.records() {
            let Some(field) = Field::of(record.number) else { continue };
            let mut reader = record.reader();
            data.read_field(field, &mut reader)?;
            reader.end()?;
        }
        Ok(data)
    }

    fn read_field(&mut self, field: Field, reader: &mut Reader<'a>) -> Result<(), Invalid> {
        match field {
            Field::Padding => {
                reader.remaining();
            }
            Field::ShortChannelId => self.short_channel_id = Some(ShortChannelId(reader.u64()?)),
            Field::NextNodeId => self.next_node_id = Some(point(reader)?.0),
            Field::PathId => self.path_id = Some(reader.remaining()),
            Field::NextPathKeyOverride => {
                self.next_path_key_override = Some(point(reader)?.0);
            }
            Field::PaymentRelay => self.payment_relay = Some(PaymentRelay::parse(reader)?),
            Field::PaymentConstraints => {
                self.payment_constraints = Some(PaymentConstraints::parse(reader)?);
            }
            Field::AllowedFeatures => {
                //= bolt4#payload-format
                //# - MUST return an error if:
                //#   - `encrypted_recipient_data.allowed_features.features` contains an unknown
                //#     feature bit (even if it is odd).
                if reader.remaining().iter().any(|&bits| bits != 0) {
                    return Err(Invalid::UnknownFeature);
                }
                self.allowed_features = AllowedFeatures::Empty;
            }
        }
        Ok(())
    }

    /// Bytes that the records take without padding.
    #[must_use]
    pub fn len(&self) -> usize {
        let known = [
            (Field::ShortChannelId, self.short_channel_id.map(|_| size_of::<ShortChannelId>())),
            (Field::NextNodeId, self.next_node_id.map(|id| id.len())),
            (Field::PathId, self.path_id.map(<[u8]>::len)),
            (Field::NextPathKeyOverride, self.next_path_key_override.map(|key| key.len())),
            (Field::PaymentRelay, self.payment_relay.map(|relay| relay.len())),
            (Field::PaymentConstraints, self.payment_constraints.map(|limits| limits.len())),
            (Field::AllowedFeatures, self.allowed_features.len()),
        ]
        .into_iter()
        .filter_map(|(field, len)| Some(record_len(field.number(), len?)));
        let unknown = self.unknown.iter().map(|record| record.encoded.len());
        known.chain(unknown).fold(0, usize::saturating_add)
    }

    /// Whether there is no record at all.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Writes the records in ascending order, with a `padding` record of so many zero bytes when
    /// there is to be one.
    ///
    /// # Errors
    /// [`Full`].
    pub fn write(&self, padding: Option<usize>, writer: &mut Writer<'_>) -> Result<(), Full> {
        for field in Field::ALL {
            writer.bytes(self.unknown.before(field))?;
            let number = field.number();
            match field {
                Field::Padding => {
                    if let Some(len) = padding {
                        writer.header(number, len)?;
                        writer.space(len)?.fill(0);
                    }
                }
                Field::ShortChannelId => {
                    if let Some(id) = self.short_channel_id {
                        writer.record(number, &id.0.to_be_bytes())?;
                    }
                }
                Field::NextNodeId => {
                    if let Some(id) = self.next_node_id {
                        writer.record(number, id)?;
                    }
                }
                Field::PathId => {
                    if let Some(id) = self.path_id {
                        writer.record(number, id)?;
                    }
                }
                Field::NextPathKeyOverride => {
                    if let Some(key) = self.next_path_key_override {
                        writer.record(number, key)?;
                    }
                }
                Field::PaymentRelay => {
                    if let Some(relay) = self.payment_relay {
                        writer.header(number, relay.len())?;
                        relay.write(writer)?;
                    }
                }
                Field::PaymentConstraints => {
                    if let Some(limits) = self.payment_constraints {
                        writer.header(number, limits.len())?;
                        limits.write(writer)?;
                    }
                }
                Field::AllowedFeatures => {
                    if let Some(len) = self.allowed_features.len() {
                        writer.header(number, len)?;
                    }
                }
            }
        }
        writer.bytes(self.unknown.after_all())
    }
}

impl AllowedFeatures {
    /// Length of the record's value, if there is a record.
    const fn len(self) -> Option<usize> {
        match self {
            Self::Absent => None,
            Self::Empty => Some(0),
        }
    }
}

impl<'a> UnknownRecords<'a> {
    /// Takes the unknown records out of `stream`.
    #[must_use]
    pub const fn of(stream: TlvStream<'a>) -> Self {
        Self(stream)
    }

    /// The records, in ascending order of their types.
    pub fn iter(&self) -> impl Iterator<Item = Record<'a>> + use<'a> {
        self.0.records().filter(|record| Field::of(record.number).is_none())
    }

    /// The records whose types lie between `field` and the field before it.
    fn before(&self, field: Field) -> &'a [u8] {
        let known = |number: &u64| *number < field.number();
        let previous = Field::ALL.into_iter().map(Field::number).filter(known).max();
        let first = previous.map_or(0, |number| number.saturating_add(1));
        self.0.range(first, field.number().saturating_sub(1)).bytes()
    }

    /// The records whose types are above every field's.
    fn after_all(&self) -> &'a [u8] {
        self.0.range(Field::AllowedFeatures.number().saturating_add(1), u64::MAX).bytes()
    }
}

impl PartialEq for UnknownRecords<'_> {
    fn eq(&self, other: &Self) -> bool {
        let encoded = |records: &Self| records.iter().map(|record| record.encoded);
        encoded(self).eq(encoded(other))
    }
}

impl Eq for UnknownRecords<'_> {}

impl From<Misfit> for Invalid {
    fn from(misfit: Misfit) -> Self {
        match misfit {
            Misfit::Missing(field) => Self::Missing { field },
            Misfit::Unexpected(field) => Self::Unexpected { field },
        }
    }
}

impl From<DecodeError> for Invalid {
    fn from(error: DecodeError) -> Self {
        Self::Malformed(error)
    }
}

impl fmt::Display for Invalid {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Undecryptable => f.write_str("the data are not encrypted to this hop"),
            Self::Malformed(error) => write!(f, "the data are malformed {error}"),
            Self::UnknownEven { number } => write!(f, "even type {number} is unknown"),
            Self::UnknownFeature => f.write_str("allowed_features has an unknown feature"),
            Self::Unexpected { field } => write!(f, "{field} must not be there"),
            Self::Missing { field } => write!(f, "{field} is missing"),
        }
    }
}

impl core::error::Error for Invalid {}

#[cfg(test)]
#[expect(clippy::arithmetic_side_effects, reason = "a test that overflows has failed")]
mod tests;

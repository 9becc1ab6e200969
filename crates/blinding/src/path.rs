use countersign_crypto::PublicKey;
use countersign_tlv::{DecodeError, Full, Malformed, Reader, Writer};

/// A `blinded_path` as it is on the wire (BOLT 4 §Route Blinding, BOLT 1 §Fundamental Types).
///
/// Holding one is the proof that its framing is whole and that every point in it is on the curve
/// (R-TLV-08). It borrows the encoding and keeps no decompressed point: who needs one again parses
/// it, or takes it while the path is read ([`BlindedPath::parse_with`]).
///
/// A path of no hops parses: only some readers must refuse it ([`BlindedPath::num_hops`]).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BlindedPath<'a> {
    encoded: &'a [u8],
    introduction: Introduction<'a>,
    first_path_key: &'a [u8; 33],
    num_hops: u8,
    hops: &'a [u8],
}

/// Where a blinded path begins: a `sciddir_or_pubkey`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Introduction<'a> {
    /// A node, by its compressed public key.
    NodeId(&'a [u8; 33]),
    /// One end of a channel.
    ShortChannelId {
        /// Which end.
        direction: Direction,
        /// The channel.
        id: ShortChannelId,
    },
}

/// An end of a channel.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Direction {
    /// `node_id_1`, the one whose public key sorts first.
    NodeOne,
    /// `node_id_2`.
    NodeTwo,
}

/// A channel, or an alias for one: block, transaction and output packed into 64 bits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ShortChannelId(pub u64);

/// One hop of a [`BlindedPath`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BlindedHop<'a> {
    /// The hop's blinded public key, compressed. It is known to be a point of the curve.
    pub blinded_node_id: &'a [u8; 33],
    /// What the hop alone can decrypt.
    pub encrypted_recipient_data: &'a [u8],
}

impl<'a> BlindedPath<'a> {
    /// Reads a path from the front of `reader`: one square root for each point.
    ///
    /// # Errors
    /// [`Malformed::Truncated`], [`Malformed::UnknownVariant`] for a first byte above 3, or
    /// [`Malformed::NotAPoint`].
    pub fn parse(reader: &mut Reader<'a>) -> Result<Self, DecodeError> {
        Self::parse_with(reader, |_| ())
    }

    /// As [`BlindedPath::parse`], and hands every `blinded_node_id` over as the point that it was
    /// found to be, in the order of the hops, so that nobody has to take its square root again.
    ///
    /// # Errors
    /// As [`BlindedPath::parse`]; some points may have been handed over by then.
    pub fn parse_with(
        reader: &mut Reader<'a>,
        mut blinded_node_id: impl FnMut(PublicKey),
    ) -> Result<Self, DecodeError> {
        let mut ahead = *reader;
        let path = Self::frame(&mut ahead)?;
        let mut points = Reader::at(path.encoded, reader.offset());
        match path.introduction {
            Introduction::NodeId(_) => {
                point(&mut points)?;
            }
            Introduction::ShortChannelId { .. } => {
                points.array::<SCIDDIR_LEN>()?;
            }
        }
        point(&mut points)?;
        points.u8()?;
        for _ in path.hops() {
            let (_, id) = point(&mut points)?;
            blinded_node_id(id);
            let len = points.u16()?;
            points.bytes(len.into())?;
        }
        *reader = ahead;
        Ok(path)
    }

    /// Reads lengths only, and believes that points are points.
    fn frame(reader: &mut Reader<'a>) -> Result<Self, DecodeError> {
        let start = *reader;
        let introduction = Introduction::frame(reader)?;
        let first_path_key = reader.array()?;
        let num_hops = reader.u8()?;
        let hops = reader.rest();
        for _ in 0..num_hops {
            BlindedHop::frame(reader)?;
        }
        Ok(Self {
            encoded: consumed(start.rest(), reader),
            introduction,
            first_path_key,
            num_hops,
            hops: consumed(hops, reader),
        })
    }

    /// The path as it was received.
    #[must_use]
    pub const fn encoded(&self) -> &'a [u8] {
        self.encoded
    }

    /// Where the path begins: `first_node_id`.
    #[must_use]
    pub const fn introduction(&self) -> Introduction<'a> {
        self.introduction
    }

    /// The path key that the introduction node needs, compressed. It is a point of the curve.
    #[must_use]
    pub const fn first_path_key(&self) -> &'a [u8; 33] {
        self.first_path_key
    }

    /// How many hops there are. BOLT 12 wants a path of none refused.
    #[must_use]
    pub const fn num_hops(&self) -> u8 {
        self.num_hops
    }

    /// The hops, in the order in which a message passes them.
    pub fn hops(&self) -> impl Iterator<Item = BlindedHop<'a>> + Clone + use<'a> {
        framed(self.hops, BlindedHop::frame)
    }

    /// Writes what precedes the hops. `num_hops` calls of [`BlindedHop::write`] complete the path.
    ///
    /// # Errors
    /// [`Full`].
    pub fn write_head(
        writer: &mut Writer<'_>,
        introduction: Introduction<'_>,
        first_path_key: &[u8; 33],
        num_hops: u8,
    ) -> Result<(), Full> {
        match introduction {
            Introduction::NodeId(id) => writer.bytes(id)?,
            Introduction::ShortChannelId { direction, id } => {
                writer.bytes(&[match direction {
                    Direction::NodeOne => 0,
                    Direction::NodeTwo => 1,
                }])?;
                writer.bytes(&id.0.to_be_bytes())?;
            }
        }
        writer.bytes(first_path_key)?;
        writer.bytes(&[num_hops])
    }
}

impl<'a> Introduction<'a> {
    fn frame(reader: &mut Reader<'a>) -> Result<Self, DecodeError> {
        let direction = match reader.rest().first() {
            None => return Err(reader.error(Malformed::Truncated)),
            Some(0) => Direction::NodeOne,
            Some(1) => Direction::NodeTwo,
            Some(2 | 3) => return reader.array().map(Self::NodeId),
            Some(_) => return Err(reader.error(Malformed::UnknownVariant)),
        };
        let &[_, ref id @ ..] = reader.array::<SCIDDIR_LEN>()?;
        Ok(Self::ShortChannelId { direction, id: ShortChannelId(u64::from_be_bytes(*id)) })
    }
}

impl<'a> BlindedHop<'a> {
    /// Writes the hop.
    ///
    /// # Errors
    /// [`Full`], also when the data are longer than their 16-bit length can say.
    pub fn write(&self, writer: &mut Writer<'_>) -> Result<(), Full> {
        let len = u16::try_from(self.encrypted_recipient_data.len()).or(Err(Full))?;
        Self::write_head(writer, self.blinded_node_id, len)?;
        writer.bytes(self.encrypted_recipient_data)
    }

    /// Writes what precedes `len` bytes of `encrypted_recipient_data`.
    pub(crate) fn write_head(
        writer: &mut Writer<'_>,
        blinded_node_id: &[u8; 33],
        len: u16,
    ) -> Result<(), Full> {
        writer.bytes(blinded_node_id)?;
        writer.bytes(&len.to_be_bytes())
    }

    fn frame(reader: &mut Reader<'a>) -> Result<Self, DecodeError> {
        let blinded_node_id = reader.array()?;
        let len = reader.u16()?;
        let encrypted_recipient_data = reader.bytes(len.into())?;
        Ok(Self { blinded_node_id, encrypted_recipient_data })
    }
}

/// The paths of a record that holds one `blinded_path` after the other.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct BlindedPaths<'a> {
    bytes: &'a [u8],
    len: usize,
}

impl<'a> BlindedPaths<'a> {
    /// Reads paths until `reader` is empty; there may be none.
    ///
    /// # Errors
    /// As [`BlindedPath::parse`].
    pub fn parse(reader: &mut Reader<'a>) -> Result<Self, DecodeError> {
        let (bytes, len) = counted(reader, BlindedPath::parse)?;
        Ok(Self { bytes, len })
    }

    /// Reads paths of our own writing until `reader` is empty: lengths only, since their points are
    /// known to be some.
    ///
    /// # Errors
    /// As [`BlindedPath::parse`], less the points.
    pub fn frame(reader: &mut Reader<'a>) -> Result<Self, DecodeError> {
        let (bytes, len) = counted(reader, BlindedPath::frame)?;
        Ok(Self { bytes, len })
    }

    /// The paths as they were received.
    #[must_use]
    pub const fn encoded(&self) -> &'a [u8] {
        self.bytes
    }

    /// How many paths there are.
    #[must_use]
    pub const fn len(&self) -> usize {
        self.len
    }

    /// Whether there is no path.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// The paths, in the order of the record.
    pub fn iter(&self) -> impl Iterator<Item = BlindedPath<'a>> + Clone + use<'a> {
        framed(self.bytes, BlindedPath::frame)
    }
}

/// Takes a point, which costs a square root.
pub(crate) fn point<'a>(reader: &mut Reader<'a>) -> Result<(&'a [u8; 33], PublicKey), DecodeError> {
    let start = *reader;
    let bytes = reader.array()?;
    let point = PublicKey::parse(bytes).or(Err(start.error(Malformed::NotAPoint)))?;
    Ok((bytes, point))
}

/// Reads items until `reader` is empty: their bytes, and how many there are.
pub(crate) fn counted<'a, T>(
    reader: &mut Reader<'a>,
    read: impl Fn(&mut Reader<'a>) -> Result<T, DecodeError>,
) -> Result<(&'a [u8], usize), DecodeError> {
    let bytes = reader.rest();
    let mut len = 0_usize;
    while !reader.is_empty() {
        read(reader)?;
        len = len.saturating_add(1);
    }
    Ok((bytes, len))
}

/// The items that fill `bytes`, one after the other.
pub(crate) fn framed<'a, T>(
    bytes: &'a [u8],
    frame: impl Fn(&mut Reader<'a>) -> Result<T, DecodeError> + Clone,
) -> impl Iterator<Item = T> + Clone {
    let mut reader = Reader::new(bytes);
    // Only bytes that were walked once come here, so the items never end early.
    core::iter::from_fn(move || if reader.is_empty() { None } else { frame(&mut reader).ok() })
}

/// The part of `from` that `reader` is past.
fn consumed<'a>(from: &'a [u8], reader: &Reader<'a>) -> &'a [u8] {
    from.get(..from.len().saturating_sub(reader.rest().len())).unwrap_or(&[])
}

/// Bytes of a channel and a direction: one byte and eight.
const SCIDDIR_LEN: usize = 9;

#[cfg(test)]
mod tests;

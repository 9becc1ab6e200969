//! Values that more than one record holds: each function reads one to its end.

use countersign_blinding::BlindedPaths;
use countersign_crypto::{PublicKey, Signature};
use countersign_tlv::{DecodeError, Malformed, Reader, Record, TlvStream};

use crate::{Field, Invalid, Rejected};

/// Reads a value of `N` bytes.
pub(crate) fn array<'a, const N: usize>(record: &Record<'a>) -> Result<&'a [u8; N], DecodeError> {
    whole(record, Reader::array)
}

/// The record of type `field`, which must be there.
pub(crate) fn required<'a>(records: &TlvStream<'a>, field: Field) -> Result<Record<'a>, Invalid> {
    records.find(field.number()).ok_or(Invalid::Missing { field })
}

/// Reads `signature`, which must be there (R-IR-04, R-VR-03).
pub(crate) fn signature(records: &TlvStream<'_>) -> Result<Signature, Rejected> {
    Ok(Signature(*array(&required(records, Field::SIGNATURE)?)?))
}

/// Reads a `point`: one square root.
pub(crate) fn point(record: &Record<'_>) -> Result<PublicKey, DecodeError> {
    PublicKey::parse(array(record)?).or(Err(record.reader().error(Malformed::NotAPoint)))
}

/// Reads a `point` of which only the bytes matter.
pub(crate) fn compressed_point<'a>(
    record: &Record<'a>,
    points: Points,
) -> Result<&'a [u8; 33], DecodeError> {
    match points {
        Points::Checked => point(record).and(array(record)),
        Points::Believed => array(record),
    }
}

/// Reads hashes of 32 bytes, which may be none.
pub(crate) fn hashes<'a>(record: &Record<'a>) -> Result<&'a [[u8; 32]], DecodeError> {
    let (hashes, rest) = record.value.as_chunks();
    if rest.is_empty() { Ok(hashes) } else { Err(record.reader().error(Malformed::Truncated)) }
}

/// Whether it is found out that what stands for a point is one, by a square root each.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Points {
    /// It is.
    Checked,
    /// It is not: either the record will be found to be one that we wrote, or nothing is done.
    Believed,
}

/// Reads one path or more, each of one hop or more.
pub(crate) fn paths<'a>(record: &Record<'a>, points: Points) -> Result<BlindedPaths<'a>, Rejected> {
    let mut reader = record.reader();
    let paths = match points {
        Points::Checked => BlindedPaths::parse(&mut reader)?,
        Points::Believed => BlindedPaths::frame(&mut reader)?,
    };
    let field = Field(record.number);
    if paths.is_empty() {
        return Err(Invalid::Empty { field }.into());
    }
    if paths.iter().any(|path| path.num_hops() == 0) {
        return Err(Invalid::NoHops { field }.into());
    }
    Ok(paths)
}

/// Reads a value by `read`, which must take all of it.
pub(crate) fn whole<'a, T>(
    record: &Record<'a>,
    read: impl FnOnce(&mut Reader<'a>) -> Result<T, DecodeError>,
) -> Result<T, DecodeError> {
    let mut reader = record.reader();
    let value = read(&mut reader)?;
    reader.end()?;
    Ok(value)
}

//! What a device takes in and what it writes: every size in one place (DESIGN §6).
//!
//! A reader on a computer need not be bound by these; one on a device calls the `parse_bounded` of
//! each message, which looks at a length before it looks at anything else.

use countersign_blinding::BlindedPath;
use countersign_tlv::TlvStream;

use crate::Rejected;

/// Longest offer that a device writes, in bytes. A QR code wants 400 or less.
pub const OFFER_LEN: usize = 1024;

/// Longest `invoice_request` that a device reads, with or without an offer, in bytes.
pub const INVOICE_REQUEST_LEN: usize = 4096;
/// Most records of such a request: each costs a leaf of the Merkle tree.
pub const INVOICE_REQUEST_RECORDS: usize = 64;

/// Longest invoice that a device writes or reads, in bytes.
pub const INVOICE_LEN: usize = 8192;
/// Most records of an invoice: those of its request, nine of its own and a signature.
pub const INVOICE_RECORDS: usize = 74;
/// Most paths of an invoice that a device writes.
pub const INVOICE_PATHS: usize = 4;
/// Most hops of each.
pub const INVOICE_PATH_HOPS: u8 = 8;

/// Longest reply path that a device answers along, in bytes.
pub const REPLY_PATH_LEN: usize = 2400;
/// Most hops of such a path.
pub const REPLY_PATH_HOPS: u8 = 12;

/// Longest `path_id` of a payment path, in bytes.
pub const PAYMENT_PATH_ID_LEN: usize = 64;

/// Whether a device answers along `path`.
#[must_use]
pub fn holds_reply_path(path: &BlindedPath<'_>) -> bool {
    path.encoded().len() <= REPLY_PATH_LEN && path.num_hops() <= REPLY_PATH_HOPS
}

/// Reads the stream of an `invoice_request`.
pub(crate) fn invoice_request(bytes: &[u8]) -> Result<TlvStream<'_>, Rejected> {
    stream(bytes, INVOICE_REQUEST_LEN, INVOICE_REQUEST_RECORDS)
}

/// Reads the stream of an invoice.
pub(crate) fn invoice(bytes: &[u8]) -> Result<TlvStream<'_>, Rejected> {
    stream(bytes, INVOICE_LEN, INVOICE_RECORDS)
}

/// Reads a stream of at most `len` bytes and `records` records.
fn stream(bytes: &[u8], len: usize, records: usize) -> Result<TlvStream<'_>, Rejected> {
    if bytes.len() > len {
        return Err(Rejected::TooLarge);
    }
    let stream = TlvStream::parse(bytes)?;
    if stream.records().nth(records).is_some() {
        return Err(Rejected::TooLarge);
    }
    Ok(stream)
}

#[cfg(test)]
mod tests {
    extern crate alloc;

    use alloc::vec::Vec;

    use countersign_blinding::BlindedPath;
    use countersign_tlv::Reader;

    use super::{REPLY_PATH_HOPS, REPLY_PATH_LEN, holds_reply_path};

    /// A path of `hops` hops, the first of which holds `data` bytes and the others none.
    fn path(hops: u8, data: u16) -> Vec<u8> {
        let point =
            hex::decode("0279be667ef9dcbbac55a06295ce870b07029bfcdb2dce28d959f2815b16f81798");
        let point = point.unwrap();
        let mut path = [&point[..], &point, &[hops]].concat();
        for hop in 0..hops {
            let len = if hop == 0 { data } else { 0 };
            path.extend([&point[..], &len.to_be_bytes()].concat());
            path.extend((0..len).map(|_| 7));
        }
        path
    }

    fn is_held(path: &[u8]) -> bool {
        holds_reply_path(&BlindedPath::parse(&mut Reader::new(path)).unwrap())
    }

    #[test]
    fn a_reply_path_has_at_most_twelve_hops_and_2400_bytes() {
        // DESIGN §6
        assert_eq!((REPLY_PATH_HOPS, REPLY_PATH_LEN), (12, 2400));
        assert!(is_held(&path(12, 0)));
        assert!(!is_held(&path(13, 0)));
        let spare = u16::try_from(2400 - path(12, 0).len()).unwrap();
        assert!(is_held(&path(12, spare)));
        assert!(!is_held(&path(12, spare + 1)));
    }
}

//! BOLT 12 §Signature Calculation, written as its text reads: the third opinion.

use bitcoin::hashes::{Hash, sha256};

use crate::records::{Records, bigsize};

/// The root of the records outside 240..=1000.
///
/// # Panics
///
/// When there is no such record.
#[must_use]
pub fn root(records: &Records) -> [u8; 32] {
    let first = records.0.first().expect("at least one record").encode();
    let nonce_tag = [b"LnNonce".as_slice(), &first].concat();
    let mut level: Vec<[u8; 32]> = records
        .0
        .iter()
        .filter(|record| !(240..=1000).contains(&record.number))
        .map(|record| {
            let leaf = tagged(b"LnLeaf", &record.encode());
            let nonce = tagged(&nonce_tag, &bigsize(record.number));
            branch(leaf, nonce)
        })
        .collect();
    while level.len() > 1 {
        level = level
            .chunks(2)
            .map(|pair| match pair {
                [left, right] => branch(*left, *right),
                lonely => lonely[0],
            })
            .collect();
    }
    *level.first().expect("at least one record outside the signature's range")
}

/// What is signed: the root under the tag of a message's `signature` field.
#[must_use]
pub fn digest(message: &str, root: &[u8; 32]) -> [u8; 32] {
    tagged(format!("lightning{message}signature").as_bytes(), root)
}

fn branch(one: [u8; 32], other: [u8; 32]) -> [u8; 32] {
    let (lesser, greater) = if one < other { (one, other) } else { (other, one) };
    tagged(b"LnBranch", &[lesser, greater].concat())
}

fn tagged(tag: &[u8], message: &[u8]) -> [u8; 32] {
    let tag = sha256::Hash::hash(tag);
    let bytes = [tag.as_byte_array(), tag.as_byte_array(), message].concat();
    sha256::Hash::hash(&bytes).to_byte_array()
}

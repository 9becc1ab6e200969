use countersign_crypto::sha256;
use countersign_offers::{MerkleRoot, MerkleTree};
use countersign_tlv::TlvStream;

use super::tlv;

/// The root of a message is the one that a naive recursive tree has, whole or in segments
/// (R-SIG-02 to R-SIG-04).
pub fn merkle_root(data: &[u8]) {
    let records = tlv::records(data);
    let bytes = tlv::write(&records);
    let stream = TlvStream::parse(&bytes).expect("what was written in order is a stream");
    let root = MerkleRoot::of(&stream);
    let leaves: Vec<_> = leaves_and_nonces(&stream).into_iter().map(|(leaf, _)| leaf).collect();
    assert_eq!(root.map(|root| root.0), naive_root(&leaves));

    let Some((middle, _)) = records.get(records.len() / 2) else { return };
    let mut segments = MerkleTree::new();
    segments.extend(&stream.range(0, *middle));
    let mut after = segments.clone();
    after.extend(&stream.range(middle.saturating_add(1), u64::MAX));
    assert_eq!(after.root(), root, "a tree goes on from a clone of its beginning");
}

/// The lowest nodes of a message's tree and the nonces that are in them, in order.
pub(crate) fn leaves_and_nonces(stream: &TlvStream<'_>) -> Vec<([u8; 32], [u8; 32])> {
    let signed = || stream.records().filter(|record| !(240..=1000).contains(&record.number));
    let Some(first) = signed().next() else { return Vec::new() };
    let nonce_tag = [b"LnNonce", first.encoded].concat();
    signed()
        .map(|record| {
            let nonce = tagged(&nonce_tag, &[record.encoded_number()]);
            (branch(tagged(b"LnLeaf", &[record.encoded]), nonce), nonce)
        })
        .collect()
}

/// The node over two others.
pub(crate) fn branch(one: [u8; 32], other: [u8; 32]) -> [u8; 32] {
    tagged(b"LnBranch", &[&one.min(other), &one.max(other)])
}

fn naive_root(leaves: &[[u8; 32]]) -> Option<[u8; 32]> {
    match leaves {
        [] => None,
        [leaf] => Some(*leaf),
        _ => {
            let (left, right) = leaves.split_at(leaves.len().next_power_of_two() / 2);
            Some(branch(naive_root(left)?, naive_root(right)?))
        }
    }
}

fn tagged(tag: &[u8], parts: &[&[u8]]) -> [u8; 32] {
    let tag = sha256(&[tag]);
    sha256(&[&[&tag[..], &tag[..]], parts].concat())
}

//! A payer who proves payments, written naively: it recurses, and keeps everything.

use std::collections::BTreeMap;

use countersign_crypto::{Curve, KeyPair, Secret, SecretKey, sha256};
use countersign_offers::{Field, MerkleRoot, Signed};
use countersign_tlv::{TlvStream, Writer};

use crate::properties::{merkle, tlv};

/// A signed invoice with the records that every proof shows, and others.
pub struct Invoice {
    records: Records,
    root: MerkleRoot,
    signature: [u8; 64],
}

/// A proof that the payer has not signed yet.
#[derive(Clone)]
pub struct Unsigned {
    /// Its records by their numbers, for a test to change.
    pub records: Records,
}

/// Values by the numbers of their records.
pub type Records = BTreeMap<u64, Vec<u8>>;

const PREIMAGE: [u8; 32] = [0x11; 32];
const ALWAYS_SHOWN: [Field; 3] =
    [Field::INVREQ_PAYER_ID, Field::INVOICE_PAYMENT_HASH, Field::INVOICE_NODE_ID];

impl Invoice {
    /// Signs an invoice with `others` beside the records that every proof shows.
    pub fn new(others: &[(u64, Vec<u8>)], curve: &Curve<'_>) -> Self {
        let mut records: Records = others.iter().cloned().collect();
        records.extend([
            (Field::INVREQ_METADATA.number(), b"metadata".to_vec()),
            (Field::INVREQ_PAYER_ID.number(), payer(curve).public_key().serialize().to_vec()),
            (Field::INVOICE_PAYMENT_HASH.number(), sha256(&[&PREIMAGE]).to_vec()),
            (Field::INVOICE_NODE_ID.number(), payee(curve).public_key().serialize().to_vec()),
        ]);
        let root = root(&records);
        let signature = payee(curve).sign(curve, &root.digest(Signed::Invoice), &[0; 32]).0;
        Self { records, root, signature }
    }

    /// The root that the payee signed.
    pub fn root(&self) -> MerkleRoot {
        self.root
    }

    /// The proof that shows what must be shown, and each other record whose place `shows`.
    pub fn prove(&self, shows: impl Fn(usize) -> bool) -> Unsigned {
        let stream = write(&self.records);
        let leaves = merkle::leaves_and_nonces(&parse(&stream));
        let mut shown = Records::new();
        let (mut omitted, mut nonces, mut nodes) = (Vec::new(), Vec::new(), Vec::new());
        let mut previous = 0;
        for (at, (&number, value)) in self.records.iter().enumerate() {
            let (leaf, nonce) = leaves[at];
            let is_shown = number != 0 && (ALWAYS_SHOWN.contains(&Field(number)) || shows(at));
            nodes.push((leaf, is_shown));
            if is_shown {
                shown.insert(number, value.clone());
                nonces.extend(nonce);
                previous = number;
            } else if number != 0 {
                previous = if previous == 239 { 1_000_000_000 } else { previous + 1 };
                omitted.push(previous);
            }
        }
        let mut missing = Vec::new();
        join(&nodes, &mut missing);
        shown.extend([
            (Field::SIGNATURE.number(), self.signature.to_vec()),
            (Field::PROOF_PREIMAGE.number(), PREIMAGE.to_vec()),
            (Field::PROOF_OMITTED_TLVS.number(), bigsizes(&omitted)),
            (Field::PROOF_MISSING_HASHES.number(), missing),
            (Field::PROOF_LEAF_HASHES.number(), nonces),
            (Field::PROOF_NOTE.number(), b"note".to_vec()),
        ]);
        Unsigned { records: shown }
    }
}

impl Unsigned {
    /// Signs the proof, whatever its records are by now.
    pub fn sign(mut self, curve: &Curve<'_>) -> Vec<u8> {
        let digest = root(&self.records).digest(Signed::PayerProof);
        let signature = payer(curve).sign(curve, &digest, &[0; 32]).0;
        self.records.insert(Field::PROOF_SIGNATURE.number(), signature.to_vec());
        write(&self.records)
    }
}

/// `numbers`, one after the other.
pub fn bigsizes(numbers: &[u64]) -> Vec<u8> {
    let mut buffer = vec![0; numbers.len() * 9];
    let mut writer = Writer::new(&mut buffer);
    for &number in numbers {
        writer.bigsize(number).expect("a BigSize takes at most 9 bytes");
    }
    writer.finish().to_vec()
}

fn payer(curve: &Curve<'_>) -> KeyPair {
    pair(0x22, curve)
}

fn payee(curve: &Curve<'_>) -> KeyPair {
    pair(0x33, curve)
}

fn pair(fill: u8, curve: &Curve<'_>) -> KeyPair {
    let secret = SecretKey::parse(&Secret::new([fill; 32])).expect("a small number is a key");
    KeyPair::new(curve, &secret)
}

/// The root of a subtree and whether anything under it is shown; what is missing to compute it goes
/// to `missing`, children first.
fn join(nodes: &[([u8; 32], bool)], missing: &mut Vec<u8>) -> ([u8; 32], bool) {
    if let [node] = nodes {
        return *node;
    }
    let (left, right) = nodes.split_at(nodes.len().next_power_of_two() / 2);
    let (left, left_shown) = join(left, missing);
    let (right, right_shown) = join(right, missing);
    match (left_shown, right_shown) {
        (true, false) => missing.extend(right),
        (false, true) => missing.extend(left),
        (true, true) | (false, false) => {}
    }
    (merkle::branch(left, right), left_shown || right_shown)
}

fn root(records: &Records) -> MerkleRoot {
    MerkleRoot::of(&parse(&write(records))).expect("there are records")
}

fn parse(bytes: &[u8]) -> TlvStream<'_> {
    TlvStream::parse(bytes).expect("a map is in order")
}

fn write(records: &Records) -> Vec<u8> {
    tlv::write(&records.clone().into_iter().collect::<Vec<_>>())
}

use countersign_crypto::TaggedHash;
use countersign_tlv::{Record, TlvStream};

use crate::Field;

/// The Merkle tree of a message, built record by record in the order of their types.
///
/// Of the records seen, only the root of each complete subtree is kept. Two messages that begin
/// with the same records have the same tree up to there: what a request has before its signature is
/// hashed once for it and for the invoice that answers it.
///
/// BOLT 12 §Signature Calculation; R-SIG-02 to R-SIG-04. A record costs the compressions of its leaf
/// (at least 1), 1 for its nonce, 2 to join both, and 2 to join two subtrees, which happens once
/// less often than there are records; a tree costs the tag of the nonces.
#[derive(Clone, Debug)]
pub struct MerkleTree {
    /// Its tag holds the first record of the message, so there is none before that.
    nonce: Option<TaggedHash>,
    subtrees: Forest<Hash>,
}

/// The root of a [`MerkleTree`]: what a BOLT 12 signature commits to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MerkleRoot(pub [u8; 32]);

/// A signature that BOLT 12 defines, by the message that it signs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Signed {
    /// `signature` of an `invoice_request`, by `invreq_payer_id`.
    InvoiceRequest,
    /// `signature` of an `invoice`, by `invoice_node_id`.
    Invoice,
    /// `proof_signature` of a `payer_proof`, by `invreq_payer_id`.
    PayerProof,
}

type Hash = [u8; 32];

impl MerkleTree {
    /// The tree of no records.
    #[must_use]
    pub fn new() -> Self {
        Self { nonce: None, subtrees: Forest::new([0; 32]) }
    }

    /// Adds the next record of the message, unless it is one of the signature elements, which sign
    /// the others.
    pub fn push(&mut self, record: &Record<'_>) {
        if Field(record.number).is_signature() {
            return;
        }
        let nonce = self.nonce.get_or_insert_with(|| nonce(record));
        let leaf = leaf(record.encoded, &nonce.hash(&[record.encoded_number()]));
        self.subtrees.push(leaf, |left, right| branch(&left, &right));
    }

    /// Adds the next records of the message: all of them, or a part of the stream.
    pub fn extend(&mut self, records: &TlvStream<'_>) {
        records.records().for_each(|record| self.push(&record));
    }

    /// What there is of the tree so far, as small as it can be kept; `None` when it has outgrown
    /// that.
    pub(crate) fn trunk(&self) -> Option<Trunk> {
        self.subtrees.cut().map(Trunk)
    }

    /// The root; `None` for a tree of no records, or of more than 65,535.
    #[must_use]
    pub fn root(&self) -> Option<MerkleRoot> {
        self.subtrees.root(|left, right| branch(&left, &right)).map(MerkleRoot)
    }
}

impl Default for MerkleTree {
    fn default() -> Self {
        Self::new()
    }
}

/// The tree of a message's first records, at most 127, to be gone on with when the rest is known.
#[derive(Clone, Debug)]
pub(crate) struct Trunk(Forest<Hash, TRUNK_LEVELS>);

impl Trunk {
    /// The tree that it was cut from, given the message's first record.
    pub(crate) fn tree(&self, first: &Record<'_>) -> MerkleTree {
        MerkleTree { nonce: Some(nonce(first)), subtrees: self.0.replanted([0; 32]) }
    }
}

impl MerkleRoot {
    /// The root over all records of a message that is at hand as a whole.
    #[must_use]
    pub fn of(message: &TlvStream<'_>) -> Option<Self> {
        Self::of_parts(&[*message])
    }

    /// The root over all records of a message that is at hand in parts, one after the other.
    #[must_use]
    pub fn of_parts(parts: &[TlvStream<'_>]) -> Option<Self> {
        let mut tree = MerkleTree::new();
        for part in parts {
            tree.extend(part);
        }
        tree.root()
    }

    /// The digest that BIP 340 signs (R-SIG-01).
    #[must_use]
    pub fn digest(&self, signed: Signed) -> [u8; 32] {
        signed.tagged().hash(&[&self.0])
    }
}

impl Signed {
    /// The hash whose tag is `lightning`, the name of the message, then the name of the field.
    const fn tagged(self) -> TaggedHash {
        TaggedHash::resumed(match self {
            Self::InvoiceRequest => [
                0x5745_e3f0,
                0xbdab_8c03,
                0xa946_98bf,
                0x8691_5d4d,
                0x9a44_123e,
                0x4a6e_b699,
                0xf795_e36f,
                0x6526_8f19,
            ],
            Self::Invoice => [
                0xb3c0_2c85,
                0x1b44_82b7,
                0xbcdf_d579,
                0x5060_bdd0,
                0x0f8c_6cd7,
                0xfec9_7b5d,
                0x2088_b03a,
                0xd17b_39f4,
            ],
            Self::PayerProof => [
                0xf99d_5a7a,
                0xd53e_3d2d,
                0x6b5c_f864,
                0x00b5_e3d3,
                0x44db_77c7,
                0xade3_48e2,
                0x6cc4_fa36,
                0x757c_21d6,
            ],
        })
    }
}

/// The hash of the nonces of a message with this `first` record. The whole record is in the tag, so
/// that nobody who lacks it can guess at a record that a proof leaves out.
fn nonce(first: &Record<'_>) -> TaggedHash {
    TaggedHash::new(&[b"LnNonce", first.encoded])
}

/// The lowest node of a record: its hash joined with its nonce's.
pub(crate) fn leaf(encoded: &[u8], nonce: &Hash) -> Hash {
    branch(&LEAF.hash(&[encoded]), nonce)
}

/// The node over two others, whose order does not matter.
pub(crate) fn branch(one: &Hash, other: &Hash) -> Hash {
    let (lesser, greater) = if one <= other { (one, other) } else { (other, one) };
    BRANCH.hash(&[lesser, greater])
}

/// The hash whose tag is `LnLeaf`.
const LEAF: TaggedHash = TaggedHash::resumed([
    0xff4e_15f6,
    0xfd39_a617,
    0xefe8_7add,
    0x290b_63b6,
    0x5af6_e070,
    0x05f3_31d3,
    0x37ad_5915,
    0x95ee_b163,
]);

/// The hash whose tag is `LnBranch`.
const BRANCH: TaggedHash = TaggedHash::resumed([
    0x6414_d6c7,
    0x95ce_2701,
    0xc82f_f68b,
    0xd5c4_6ba7,
    0xfeb4_734c,
    0x87fc_3808,
    0xf178_e85a,
    0xb91d_4a6d,
]);

/// The complete subtrees of a tree that grows to the right, one for each 1 in the number of leaves.
#[derive(Clone, Debug)]
pub(crate) struct Forest<N, const PLACES: usize = LEVELS> {
    /// At place `n`, if bit `n` of `leaves` is set, the root of a subtree of 2ⁿ leaves.
    levels: [N; PLACES],
    leaves: u32,
}

const LEVELS: usize = 16;

/// Enough for as many records as a device reads.
const TRUNK_LEVELS: usize = 7;

impl<N: Copy, const PLACES: usize> Forest<N, PLACES> {
    /// No leaves; `unused` fills the places that have no meaning yet.
    pub(crate) const fn new(unused: N) -> Self {
        Self { levels: [unused; PLACES], leaves: 0 }
    }

    /// The same leaves in a forest of fewer places; `None` when those are too few.
    pub(crate) fn cut<const FEWER: usize>(&self) -> Option<Forest<N, FEWER>> {
        let levels = *self.levels.first_chunk()?;
        (self.leaves.checked_shr(u32::try_from(FEWER).ok()?) == Some(0))
            .then_some(Forest { levels, leaves: self.leaves })
    }

    /// The same leaves in a forest of more places, where `unused` fills the others.
    pub(crate) fn replanted<const MORE: usize>(&self, unused: N) -> Forest<N, MORE> {
        let mut forest = Forest::new(unused);
        for (place, &level) in forest.levels.iter_mut().zip(&self.levels) {
            *place = level;
        }
        forest.leaves = self.leaves;
        forest
    }

    /// Adds a leaf on the right and joins the subtrees that it completes, left with right.
    pub(crate) fn push(&mut self, leaf: N, mut join: impl FnMut(N, N) -> N) {
        let mut node = leaf;
        let mut higher = self.leaves;
        self.leaves = self.leaves.saturating_add(1);
        for level in &mut self.levels {
            if higher & 1 == 0 {
                *level = node;
                return;
            }
            node = join(*level, node);
            higher >>= 1;
        }
    }

    /// Joins what is left from the right: the deepest leaves are the first ones. `None` without
    /// leaves, or with more than there are places for.
    pub(crate) fn root(&self, mut join: impl FnMut(N, N) -> N) -> Option<N> {
        let mut higher = self.leaves;
        let mut root = None;
        for &level in &self.levels {
            if higher & 1 == 1 {
                root = Some(root.map_or(level, |right| join(level, right)));
            }
            higher >>= 1;
        }
        if higher == 0 { root } else { None }
    }
}

#[cfg(test)]
mod tests {
    extern crate alloc;

    use alloc::vec::Vec;

    use countersign_crypto::{TaggedHash, sha256};
    use countersign_tlv::TlvStream;

    use super::{BRANCH, Forest, LEAF, LEVELS, MerkleRoot, MerkleTree, Signed, leaf};

    #[test]
    fn a_constant_is_what_its_tag_leads_to() {
        // R-SIG-01, R-SIG-03
        let of = |tag: &[u8]| TaggedHash::new(&[b"lightning", tag]);
        assert_eq!(LEAF, TaggedHash::new(&[b"LnLeaf"]));
        assert_eq!(BRANCH, TaggedHash::new(&[b"LnBranch"]));
        assert_eq!(Signed::InvoiceRequest.tagged(), of(b"invoice_requestsignature"));
        assert_eq!(Signed::Invoice.tagged(), of(b"invoicesignature"));
        assert_eq!(Signed::PayerProof.tagged(), of(b"payer_proofproof_signature"));
    }

    /// Records of types 0, 3, 6 … with one byte each, as bytes.
    fn records(count: u8) -> Vec<u8> {
        (0..count).flat_map(|at: u8| [at.checked_mul(3).unwrap(), 1, at]).collect()
    }

    fn root(bytes: &[u8]) -> Option<MerkleRoot> {
        MerkleRoot::of(&TlvStream::parse(bytes).unwrap())
    }

    #[test]
    fn a_message_of_no_records_has_no_root() {
        assert_eq!(root(&[]), None);
        assert_eq!(root(&[240, 1, 0]), None, "nor has one of signatures only");
    }

    #[test]
    fn signature_elements_are_not_signed_and_what_follows_them_is() {
        // R-SIG-02
        let with = |extra: &[u8]| root(&[&records(2), extra].concat());
        let plain = with(&[]);
        assert_eq!(with(&[0xf0, 1, 7]), plain);
        assert_eq!(with(&[0xf1, 1, 7, 0xfd, 0x03, 0xe8, 0]), plain, "240 to 1000");
        assert_ne!(with(&[0xef, 1, 7]), plain, "239 is signed");
        assert_ne!(with(&[0xfd, 0x03, 0xe9, 0]), plain, "1001 is signed");
        let experimental = [0xfe, 0x3b, 0x9a, 0xca, 0x01, 1, 7];
        assert_ne!(with(&experimental), plain);
        assert_eq!(with(&[&[0xf0, 1, 9][..], &experimental].concat()), with(&experimental));
    }

    #[test]
    fn the_first_record_is_in_every_nonce() {
        // R-SIG-03: both trees end with the same record, whose leaf differs nevertheless.
        let last = |first: u8| {
            let mut tree = MerkleTree::new();
            let bytes = [0, 1, first, 4, 1, 7];
            tree.extend(&TlvStream::parse(&bytes).unwrap());
            leaf(&[4, 1, 7], &tree.nonce.as_ref().unwrap().hash(&[&[4]]))
        };
        assert_ne!(last(1), last(2));
    }

    #[test]
    fn a_trunk_grows_to_the_same_root() {
        for (count, front) in [(2, 1), (9, 8), (23, 17), (70, 64)] {
            let bytes = records(count);
            let stream = TlvStream::parse(&bytes).unwrap();
            let mut tree = MerkleTree::new();
            stream.records().take(front).for_each(|record| tree.push(&record));
            let mut tree = tree.trunk().unwrap().tree(&stream.records().next().unwrap());
            stream.records().skip(front).for_each(|record| tree.push(&record));
            assert_eq!(tree.root(), root(&bytes));
        }
    }

    #[test]
    fn a_trunk_is_of_127_records_at_most() {
        let mut tree = MerkleTree::new();
        for number in 0..127 {
            assert!(tree.trunk().is_some(), "{number} records");
            let bytes = [number, 0];
            tree.extend(&TlvStream::parse(&bytes).unwrap());
        }
        assert!(tree.trunk().is_some());
        tree.extend(&TlvStream::parse(&[127, 0]).unwrap());
        assert!(tree.trunk().is_none());
    }

    #[test]
    fn the_last_leaf_that_has_a_place_is_number_65535() {
        let join = |left: u32, right: u32| left.wrapping_mul(31).wrapping_add(right);
        let mut forest: Forest<u32> = Forest::new(0);
        for leaf in 0..65_535 {
            forest.push(leaf, join);
        }
        assert_eq!(LEVELS, 16);
        assert!(forest.root(join).is_some());
        forest.push(0, join);
        assert_eq!(forest.root(join), None);
        forest.push(0, join);
        assert_eq!(forest.root(join), None);
    }

    #[test]
    fn two_records_make_the_root_that_the_formula_gives() {
        // R-SIG-03, R-SIG-04, written out.
        let tagged = |tag: &[u8], parts: &[&[u8]]| {
            let tag = sha256(&[tag]);
            sha256(&[&[&tag[..], &tag[..]], parts].concat())
        };
        let branch = |one: [u8; 32], other: [u8; 32]| {
            tagged(b"LnBranch", &[&one.min(other), &one.max(other)])
        };
        let leaf = |encoded: &[u8], number: &[u8]| {
            branch(tagged(b"LnLeaf", &[encoded]), tagged(b"LnNonce\x01\x01\x09", &[number]))
        };
        let bytes = [1, 1, 9, 0xfd, 0x0f, 0xff, 0];
        let expected = branch(leaf(&bytes[..3], &[1]), leaf(&bytes[3..], &[0xfd, 0x0f, 0xff]));
        assert_eq!(root(&bytes), Some(MerkleRoot(expected)));
    }
}

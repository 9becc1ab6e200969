use countersign_tlv::{Reader, TlvStream};

use crate::merkle::{Forest, branch, leaf};
use crate::{Field, Invalid, MerkleRoot, Rejected};

/// The part of an invoice that a payer proof shows, and what stands for the rest.
pub(super) struct Disclosure<'a> {
    /// The records of the proof.
    pub(super) records: TlvStream<'a>,
    /// The value of `proof_omitted_tlvs`: for each record that is left out but the first, a number
    /// that says between which records it was, and not which it was.
    pub(super) omitted: Reader<'a>,
    /// The roots of the largest subtrees of which nothing is shown, in the order in which they are
    /// joined with something that is.
    pub(super) missing_hashes: &'a [[u8; 32]],
    /// The nonce of each record that is shown.
    pub(super) leaf_hashes: &'a [[u8; 32]],
}

/// A node of the invoice's tree, unless nothing under it is shown.
type Node = Option<[u8; 32]>;

impl Disclosure<'_> {
    /// The root of the invoice's tree (R-PP-02), in memory that does not depend on the invoice.
    pub(super) fn invoice_root(&self) -> Result<MerkleRoot, Rejected> {
        let mut missing = Missing { hashes: self.missing_hashes.iter(), is_short: false };
        let mut join = |left: Node, right: Node| -> Node {
            if left.is_none() && right.is_none() {
                return None;
            }
            let left = left.or_else(|| missing.take())?;
            let right = right.or_else(|| missing.take())?;
            Some(branch(&left, &right))
        };
        let mut tree: Forest<Node> = Forest::new(None);
        // The first record of an invoice, `invreq_metadata`, is always left out.
        tree.push(None, &mut join);
        let mut nonces = self.leaf_hashes.iter();
        let previous = Field::INVREQ_METADATA.number();
        let mut position = Position { previous, omitted: self.omitted };
        let shown = self.records.records().filter(|it| Field(it.number).is_of_invoice());
        for record in shown {
            while position.omits_before(record.number)? {
                tree.push(None, &mut join);
            }
            position.previous = record.number;
            let nonce = nonces.next().ok_or(mismatch(Field::PROOF_LEAF_HASHES))?;
            tree.push(Some(leaf(record.encoded, nonce)), &mut join);
        }
        while position.omits_before(u64::MAX)? {
            tree.push(None, &mut join);
        }
        let root = tree.root(&mut join);
        if nonces.next().is_some() {
            return Err(mismatch(Field::PROOF_LEAF_HASHES).into());
        }
        if !position.omitted.is_empty() {
            return Err(mismatch(Field::PROOF_OMITTED_TLVS).into());
        }
        // A record that is shown makes every node above it known, given hashes enough.
        match root.flatten() {
            Some(root) if missing.is_exhausted() => Ok(MerkleRoot(root)),
            Some(_) | None => Err(mismatch(Field::PROOF_MISSING_HASHES).into()),
        }
    }
}

const fn mismatch(field: Field) -> Invalid {
    Invalid::Mismatch { field }
}

/// How far the records and the markers have been read, both in the order of the invoice.
struct Position<'a> {
    /// The last record's number, or the last marker.
    previous: u64,
    omitted: Reader<'a>,
}

impl Position<'_> {
    /// Whether the invoice's next record is left out and not record `shown`; reads its marker if so.
    ///
    /// The marker must be the number after the previous one, since a writer may give nothing away
    /// by it. So one that repeats, descends, is zero, names a record that is shown, or lies in a
    /// range that invoices do not have is never the next.
    fn omits_before(&mut self, shown: u64) -> Result<bool, Rejected> {
        let mut ahead = self.omitted;
        if ahead.is_empty() || ahead.bigsize()? != next_marker(self.previous) {
            return Ok(false);
        }
        self.previous = next_marker(self.previous);
        self.omitted = ahead;
        if self.previous >= shown || !Field(self.previous).is_of_invoice() {
            return Err(mismatch(Field::PROOF_OMITTED_TLVS).into());
        }
        Ok(true)
    }
}

/// The number after `previous` that a record of an invoice can have.
const fn next_marker(previous: u64) -> u64 {
    let next = previous.saturating_add(1);
    if Field(next).is_of_invoice() || next > FIRST_EXPERIMENTAL { next } else { FIRST_EXPERIMENTAL }
}

/// Where an invoice's records go on after 239.
const FIRST_EXPERIMENTAL: u64 = 1_000_000_000;

/// The supply of `proof_missing_hashes`.
struct Missing<'a> {
    hashes: core::slice::Iter<'a, [u8; 32]>,
    /// A hash was wanted, and there was none.
    is_short: bool,
}

impl Missing<'_> {
    fn take(&mut self) -> Node {
        let hash = self.hashes.next().copied();
        self.is_short |= hash.is_none();
        hash
    }

    /// Whether there were exactly as many as were wanted.
    fn is_exhausted(&self) -> bool {
        !self.is_short && self.hashes.as_slice().is_empty()
    }
}

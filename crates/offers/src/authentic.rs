use countersign_crypto::{Curve, PublicKey, Signature};
use countersign_tlv::TlvStream;

use crate::merkle::{MerkleTree, Trunk};
use crate::{Field, Invalid, Signed, field};

/// A message whose signature has been verified over the bytes that were received.
#[derive(Debug)]
pub struct Authentic<'m, M> {
    message: &'m M,
    trunk: Option<Trunk>,
}

impl<'m, M> Authentic<'m, M> {
    /// `message`, if `verified` says so of the place for its trunk.
    pub(crate) fn new(
        message: &'m M,
        verified: impl FnOnce(&mut Option<Trunk>) -> Result<(), Invalid>,
    ) -> Result<Self, Invalid> {
        let mut authentic = Self { message, trunk: None };
        verified(&mut authentic.trunk)?;
        Ok(authentic)
    }

    /// The message.
    #[must_use]
    pub const fn message(&self) -> &'m M {
        self.message
    }

    /// The Merkle tree of the records before the signature, if it is small enough to be kept.
    pub(crate) fn into_trunk(self) -> Option<Trunk> {
        self.trunk
    }
}

// Not derived: that the message can be copied is not needed.
impl<M> Clone for Authentic<'_, M> {
    fn clone(&self) -> Self {
        Self { message: self.message, trunk: self.trunk.clone() }
    }
}

/// Verifies that `signature` is `key`'s over `records`. What of their Merkle tree a message that begins
/// as this one has too is put into `trunk`: there, since the curve is called on top of what is handed
/// up.
pub(crate) fn verify(
    curve: &Curve<'_>,
    records: &TlvStream<'_>,
    signed: Signed,
    (key, signature): (&PublicKey, &Signature),
    trunk: &mut Option<Trunk>,
) -> Result<(), Invalid> {
    match grow(records, signed, trunk) {
        Some(digest) if key.verifies(curve, &digest, signature) => Ok(()),
        Some(_) | None => Err(Invalid::Signature { field: Field::SIGNATURE }),
    }
}

/// What is signed, and the tree before it. A function of its own on the stack, too: the tree is gone
/// when the curve needs the room.
#[inline(never)]
fn grow(records: &TlvStream<'_>, signed: Signed, trunk: &mut Option<Trunk>) -> Option<[u8; 32]> {
    let [before, after] = field::around_signatures(records);
    let mut tree = MerkleTree::new();
    tree.extend(&before);
    *trunk = tree.trunk();
    tree.extend(&after);
    Some(tree.root()?.digest(signed))
}

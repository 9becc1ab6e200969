use countersign_crypto::{Curve, PublicKey, Signature};
use countersign_tlv::TlvStream;

use crate::{Field, Invalid, MerkleRoot, Signed};

/// A message whose signature has been verified over the bytes that were received.
#[derive(Debug)]
pub struct Authentic<'m, M>(&'m M);

impl<'m, M> Authentic<'m, M> {
    pub(crate) const fn new(message: &'m M) -> Self {
        Self(message)
    }

    /// The message.
    #[must_use]
    pub const fn message(self) -> &'m M {
        self.0
    }
}

// Not derived: that the message can be copied is not needed.
impl<M> Clone for Authentic<'_, M> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<M> Copy for Authentic<'_, M> {}

/// Verifies that `signature` is `key`'s over `records`.
pub(crate) fn verify(
    curve: &Curve<'_>,
    records: &TlvStream<'_>,
    signed: Signed,
    key: &PublicKey,
    signature: &Signature,
) -> Result<(), Invalid> {
    match MerkleRoot::of(records) {
        Some(root) if key.verifies(curve, &root.digest(signed), signature) => Ok(()),
        Some(_) | None => Err(Invalid::Signature { field: Field::SIGNATURE }),
    }
}

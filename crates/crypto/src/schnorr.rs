use secp256k1::schnorr;

use crate::{Curve, KeyPair, PublicKey};

/// A BIP 340 signature, of which nothing is known but its length.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Signature(pub [u8; 64]);

impl KeyPair {
    /// Signs a 32-byte `digest` (BIP 340). `aux` is mixed into the nonce: with 32 zero bytes the
    /// signature is the deterministic one of the specification's vectors.
    #[must_use]
    pub fn sign(&self, curve: &Curve<'_>, digest: &[u8; 32], aux: &[u8; 32]) -> Signature {
        Signature(curve.0.sign_schnorr_with_aux_rand(digest, &self.0, aux).to_byte_array())
    }
}

impl PublicKey {
    /// Whether `signature` is this key's over `digest`. Only the key's x coordinate counts
    /// (R-SIG-06).
    #[must_use]
    pub fn verifies(&self, curve: &Curve<'_>, digest: &[u8; 32], signature: &Signature) -> bool {
        let (key, _) = self.0.x_only_public_key();
        let signature = schnorr::Signature::from_byte_array(signature.0);
        curve.0.verify_schnorr(&signature, digest, &key).is_ok()
    }
}

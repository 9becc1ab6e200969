//! Keys that the generated messages use, so that every one of them can be signed again.

use bitcoin::hashes::{Hash, sha256};
use bitcoin::secp256k1::{All, Keypair, Message, PublicKey, Secp256k1, SecretKey};

use crate::dice::Dice;
use crate::merkle;
use crate::records::Records;

/// How many keys there are.
const KEYS: usize = 32;

/// A fixed set of keys.
#[derive(Debug)]
pub struct Keyring {
    secp: Secp256k1<All>,
    keys: Vec<(Keypair, [u8; 33])>,
}

impl Default for Keyring {
    fn default() -> Self {
        let secp = Secp256k1::new();
        let keys = (0..KEYS)
            .map(|index| {
                let secret = sha256::Hash::hash(format!("countersign {index}").as_bytes());
                let secret = SecretKey::from_slice(secret.as_byte_array()).expect("a valid key");
                let pair = Keypair::from_secret_key(&secp, &secret);
                (pair, pair.public_key().serialize())
            })
            .collect();
        Self { secp, keys }
    }
}

impl Keyring {
    /// One of the public keys.
    pub fn point(&self, dice: &mut Dice) -> [u8; 33] {
        dice.pick(&self.keys).1
    }

    /// The secret key of a public key of this ring.
    #[must_use]
    pub fn secret(&self, point: &[u8]) -> Option<SecretKey> {
        let (pair, _) = self.keys.iter().find(|(_, public)| public[..] == *point)?;
        Some(pair.secret_key())
    }

    /// A key of the ring by its place.
    #[must_use]
    pub fn nth(&self, index: usize) -> (SecretKey, PublicKey) {
        let (pair, _) = self.keys[index];
        (pair.secret_key(), pair.public_key())
    }

    /// Signs `records` as BOLT 12 asks, with the key whose public half has the x coordinate of
    /// `signer`: BIP 340 sees no more of it.
    ///
    /// A signer that is not of this ring leaves the records as they are.
    pub fn sign(&self, records: &mut Records, message: &str, signer: &[u8]) {
        let Some((pair, _)) =
            self.keys.iter().find(|(_, public)| signer.get(1..) == Some(&public[1..]))
        else {
            return;
        };
        let digest = merkle::digest(message, &merkle::root(records));
        let message = Message::from_digest(digest);
        let signature = self.secp.sign_schnorr_no_aux_rand(&message, pair);
        records.set(240, signature.serialize().to_vec());
    }

    /// The context that goes with the keys.
    #[must_use]
    pub fn secp(&self) -> &Secp256k1<All> {
        &self.secp
    }
}

use countersign_crypto::{
    Curve, KeyType, NONCE_ZERO, NotAKey, PublicKey, SecretKey, SharedSecret, TAG_LEN, open,
};

use crate::chain::advance;
use crate::{EncryptedDataTlv, Invalid};

/// What a node shares with the creator of a blinded path, for the hop at which it stands.
///
/// It takes one multiplication, from which follow the key that opens the onion and the key that
/// decrypts the hop's data.
#[derive(Debug)]
pub struct Unblinding {
    path_key: PublicKey,
    shared: SharedSecret,
}

impl Unblinding {
    /// Computes what `node_key` shares with whoever made `path_key`.
    #[must_use]
    pub fn new(node_key: &SecretKey, path_key: PublicKey) -> Self {
        Self { path_key, shared: node_key.ecdh(&path_key) }
    }

    /// The secret key of the hop's `blinded_node_id`: the one to which the onion is encrypted.
    ///
    /// # Errors
    /// [`NotAKey`]: for honest input, once in 2¹²⁷ times.
    pub fn blinded_key(&self, node_key: &SecretKey) -> Result<SecretKey, NotAKey> {
        node_key.times(&self.shared.derive(KeyType::BlindedNodeId))
    }

    /// Decrypts `encrypted_recipient_data` in place and reads them.
    ///
    /// # Errors
    /// [`Invalid::Undecryptable`], and the bytes are then as they were; otherwise as
    /// [`EncryptedDataTlv::parse`].
    pub fn open<'a>(
        &self,
        encrypted_recipient_data: &'a mut [u8],
    ) -> Result<EncryptedDataTlv<'a>, Invalid> {
        EncryptedDataTlv::parse(self.decrypt(encrypted_recipient_data)?)
    }

    /// Decrypts `encrypted_recipient_data` in place, and leaves them unread.
    ///
    /// # Errors
    /// [`Invalid::Undecryptable`], and the bytes are then as they were.
    pub fn decrypt<'a>(&self, encrypted_recipient_data: &'a mut [u8]) -> Result<&'a [u8], Invalid> {
        let (bytes, tag) = encrypted_recipient_data
            .split_last_chunk_mut::<TAG_LEN>()
            .ok_or(Invalid::Undecryptable)?;
        open(&self.shared.derive(KeyType::Rho), &NONCE_ZERO, &[], bytes, tag)
            .or(Err(Invalid::Undecryptable))?;
        Ok(bytes)
    }

    /// The path key for the hop after this one: the one that `data` order, or else one
    /// multiplication (R-BE-02). The last hop of a path has no use for it.
    ///
    /// # Errors
    /// [`NotAKey`]: for honest input, once in 2¹²⁷ times.
    pub fn next_path_key(
        &self,
        curve: &Curve<'_>,
        data: &EncryptedDataTlv<'_>,
    ) -> Result<PublicKey, NotAKey> {
        match data.next_path_key_override {
            Some(key) => PublicKey::parse(key).or(Err(NotAKey)),
            None => self.path_key.times(curve, &advance(&self.path_key, &self.shared)),
        }
    }
}

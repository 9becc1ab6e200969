use core::fmt;

use bitcoin::secp256k1::ecdh::SharedSecret;
use bitcoin::secp256k1::ecdsa::{RecoverableSignature, Signature};
use bitcoin::secp256k1::{PublicKey, Scalar, Secp256k1, SecretKey, schnorr};
use lightning::ln::inbound_payment::ExpandedKey;
use lightning::ln::msgs::UnsignedGossipMessage;
use lightning::offers::invoice::UnsignedBolt12Invoice;
use lightning::sign::{NodeSigner, PeerStorageKey, ReceiveAuthKey, Recipient};
use lightning_invoice::RawBolt11Invoice;

/// The bridge's own key on the network: it authenticates connections and opens the bridge's layer
/// of an onion, and it signs nothing.
///
/// It is hot. The device hands it out at pairing, so that a new host can take over the old place in
/// every printed offer's path; who steals it can read where messages go, and stop them.
pub struct NetworkKey {
    secret: SecretKey,
    node_id: PublicKey,
    /// For what LDK asks of every node and this one never uses: no path is ever made with it, so
    /// no message to the bridge itself can be authentic.
    unused: [u8; 32],
}

impl NetworkKey {
    /// Takes the 32 bytes of a secret key.
    ///
    /// # Errors
    /// The bytes are no secret key, or the system has no random bytes.
    pub fn new(secret: [u8; 32]) -> anyhow::Result<Self> {
        let secret = SecretKey::from_slice(&secret)?;
        let node_id = secret.public_key(&Secp256k1::new());
        Ok(Self { secret, node_id, unused: random_bytes()? })
    }

    /// The bridge's node id.
    #[must_use]
    pub fn node_id(&self) -> PublicKey {
        self.node_id
    }
}

impl Drop for NetworkKey {
    fn drop(&mut self) {
        self.secret.non_secure_erase();
    }
}

impl fmt::Debug for NetworkKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "NetworkKey({})", self.node_id)
    }
}

impl NodeSigner for NetworkKey {
    fn get_node_id(&self, recipient: Recipient) -> Result<PublicKey, ()> {
        match recipient {
            Recipient::Node => Ok(self.node_id),
            Recipient::PhantomNode => Err(()),
        }
    }

    fn ecdh(
        &self,
        recipient: Recipient,
        other: &PublicKey,
        tweak: Option<&Scalar>,
    ) -> Result<SharedSecret, ()> {
        if matches!(recipient, Recipient::PhantomNode) {
            return Err(());
        }
        let mut secret = match tweak {
            Some(tweak) => self.secret.mul_tweak(tweak).map_err(drop)?,
            None => self.secret,
        };
        let shared = SharedSecret::new(other, &secret);
        secret.non_secure_erase();
        Ok(shared)
    }

    fn get_expanded_key(&self) -> ExpandedKey {
        ExpandedKey::new(self.unused)
    }

    fn get_peer_storage_key(&self) -> PeerStorageKey {
        PeerStorageKey { inner: self.unused }
    }

    fn get_receive_auth_key(&self) -> ReceiveAuthKey {
        ReceiveAuthKey(self.unused)
    }

    fn sign_invoice(
        &self,
        _invoice: &RawBolt11Invoice,
        _recipient: Recipient,
    ) -> Result<RecoverableSignature, ()> {
        Err(())
    }

    fn sign_bolt12_invoice(
        &self,
        _invoice: &UnsignedBolt12Invoice,
    ) -> Result<schnorr::Signature, ()> {
        Err(())
    }

    fn sign_gossip_message(&self, _message: UnsignedGossipMessage<'_>) -> Result<Signature, ()> {
        Err(())
    }

    fn sign_message(&self, _message: &[u8]) -> Result<String, ()> {
        Err(())
    }
}

/// 32 bytes from the system's random number generator.
pub(crate) fn random_bytes() -> anyhow::Result<[u8; 32]> {
    let mut bytes = [0; 32];
    getrandom::fill(&mut bytes)?;
    Ok(bytes)
}

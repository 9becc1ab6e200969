//! A node of LDK's: its keys, and nothing else around them.

use alloc::string::String;
use alloc::vec::Vec;
use core::cell::RefCell;

use bitcoin::secp256k1::ecdh::SharedSecret;
use bitcoin::secp256k1::ecdsa::{RecoverableSignature, Signature};
use bitcoin::secp256k1::{All, Keypair, PublicKey, Scalar, Secp256k1, SecretKey, schnorr};
use lightning::blinded_path::EmptyNodeIdLookUp;
use lightning::blinded_path::message::BlindedMessagePath;
use lightning::io::{self, Read};
use lightning::ln::inbound_payment::ExpandedKey;
use lightning::ln::msgs::DecodeError;
use lightning::ln::msgs::{OnionMessage, UnsignedGossipMessage};
use lightning::offers::invoice::UnsignedBolt12Invoice;
use lightning::onion_message::messenger::{
    CustomOnionMessageHandler, MessageSendInstructions, OnionMessagePath, PeeledOnion, Responder,
    ResponseInstruction, SendError, create_onion_message, peel_onion_message,
};
use lightning::onion_message::packet::OnionMessageContents;
use lightning::sign::{EntropySource, NodeSigner, PeerStorageKey, ReceiveAuthKey, Recipient};
use lightning::util::logger::{Logger, Record};
use lightning::util::ser::{LengthReadable, Writeable, Writer};
use lightning_invoice::RawBolt11Invoice;

use crate::dice::Dice;

/// A node's keys, with LDK's interfaces.
#[derive(Debug)]
pub struct Node {
    secret: SecretKey,
    secp: Secp256k1<All>,
    entropy: Entropy,
}

/// Repeatable entropy.
#[derive(Debug)]
pub struct Entropy(RefCell<Dice>);

impl Entropy {
    /// The entropy of `seed`.
    #[must_use]
    pub fn new(seed: u64) -> Self {
        Self(RefCell::new(Dice::new(seed)))
    }
}

impl EntropySource for Entropy {
    fn get_secure_random_bytes(&self) -> [u8; 32] {
        self.0.borrow_mut().array()
    }
}

/// A message that means nothing, so that peeling it costs nothing but peeling.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Parcel(pub Vec<u8>);

impl Parcel {
    /// Its type among the payloads of onion messages.
    pub const NUMBER: u64 = 77;
}

impl Writeable for Parcel {
    fn write<W: Writer>(&self, writer: &mut W) -> Result<(), io::Error> {
        writer.write_all(&self.0)
    }
}

impl OnionMessageContents for Parcel {
    fn tlv_type(&self) -> u64 {
        Self::NUMBER
    }

    fn msg_type(&self) -> &'static str {
        "parcel"
    }
}

/// Takes parcels.
#[derive(Debug)]
pub struct Parcels;

impl CustomOnionMessageHandler for Parcels {
    type CustomMessage = Parcel;

    fn handle_custom_message(
        &self,
        _message: Parcel,
        _context: Option<Vec<u8>>,
        _responder: Option<Responder>,
    ) -> Option<(Parcel, ResponseInstruction)> {
        None
    }

    fn read_custom_message<R: Read>(
        &self,
        message_type: u64,
        buffer: &mut R,
    ) -> Result<Option<Parcel>, DecodeError> {
        if message_type != Parcel::NUMBER {
            return Ok(None);
        }
        let mut contents = Vec::new();
        buffer.read_to_limit(&mut contents, 65_535).map_err(|_| DecodeError::ShortRead)?;
        Ok(Some(Parcel(contents)))
    }

    fn release_pending_custom_messages(&self) -> Vec<(Parcel, MessageSendInstructions)> {
        Vec::new()
    }
}

/// A log that nobody reads.
#[derive(Debug)]
pub struct Silence;

impl Logger for Silence {
    fn log(&self, _record: Record) {}
}

impl Node {
    /// A node with the key `secret`.
    #[must_use]
    pub fn new(secret: SecretKey, seed: u64) -> Self {
        Self { secret, secp: Secp256k1::new(), entropy: Entropy::new(seed) }
    }

    /// The node's id.
    #[must_use]
    pub fn id(&self) -> PublicKey {
        self.secret.public_key(&self.secp)
    }

    /// The node's secret key.
    #[must_use]
    pub fn secret(&self) -> SecretKey {
        self.secret
    }

    /// The context that goes with the keys.
    #[must_use]
    pub fn secp(&self) -> &Secp256k1<All> {
        &self.secp
    }

    /// The node's entropy.
    #[must_use]
    pub fn entropy(&self) -> &Entropy {
        &self.entropy
    }

    /// Builds an onion message, and says to whom it is to be sent.
    ///
    /// # Errors
    ///
    /// LDK's own.
    pub fn send<T: OnionMessageContents>(
        &self,
        path: OnionMessagePath,
        contents: T,
        reply_path: Option<BlindedMessagePath>,
    ) -> Result<(PublicKey, OnionMessage), SendError> {
        let scids = EmptyNodeIdLookUp {};
        let (entropy, signer) = (&self.entropy, &self);
        create_onion_message(&entropy, signer, &&scids, &self.secp, path, contents, reply_path)
            .map(|(first, message, _)| (first, message))
    }

    /// Peels the layers of a message that are meant for this node; `None` when LDK drops it.
    #[must_use]
    pub fn peel(&self, message: &OnionMessage) -> Option<PeeledOnion<Parcel>> {
        peel_onion_message(message, &self.secp, self, &Silence, &Parcels).ok()
    }
}

/// An onion message from its bytes, which begin with the path key.
///
/// # Panics
///
/// When they are no message.
#[must_use]
pub fn message(bytes: &[u8]) -> OnionMessage {
    OnionMessage::read_from_fixed_length_buffer(&mut &bytes[..]).expect("an onion message")
}

/// The path key and the packet of an onion message.
///
/// # Panics
///
/// Never: an encoded message has both.
#[must_use]
pub fn parts(message: &OnionMessage) -> ([u8; 33], Vec<u8>) {
    let packet = message.onion_routing_packet.encode();
    (message.blinding_point.serialize(), packet)
}

impl NodeSigner for Node {
    fn get_expanded_key(&self) -> ExpandedKey {
        ExpandedKey::new([42; 32])
    }

    fn get_peer_storage_key(&self) -> PeerStorageKey {
        PeerStorageKey { inner: [43; 32] }
    }

    fn get_receive_auth_key(&self) -> ReceiveAuthKey {
        ReceiveAuthKey([44; 32])
    }

    fn get_node_id(&self, _recipient: Recipient) -> Result<PublicKey, ()> {
        Ok(self.id())
    }

    fn ecdh(
        &self,
        _recipient: Recipient,
        other_key: &PublicKey,
        tweak: Option<&Scalar>,
    ) -> Result<SharedSecret, ()> {
        let secret = match tweak {
            Some(tweak) => self.secret.mul_tweak(tweak).map_err(|_| ())?,
            None => self.secret,
        };
        Ok(SharedSecret::new(other_key, &secret))
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
        invoice: &UnsignedBolt12Invoice,
    ) -> Result<schnorr::Signature, ()> {
        let pair = Keypair::from_secret_key(&self.secp, &self.secret);
        Ok(self.secp.sign_schnorr_no_aux_rand(invoice.as_ref().as_digest(), &pair))
    }

    fn sign_gossip_message(&self, _message: UnsignedGossipMessage<'_>) -> Result<Signature, ()> {
        Err(())
    }

    fn sign_message(&self, _message: &[u8]) -> Result<String, ()> {
        Err(())
    }
}

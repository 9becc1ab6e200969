//! A device made of LDK's parts: an offer, its keys, and an answer to every request for it.
//!
//! It stands in for the board where the bridge is under test. Its invoices are real, so an LDK
//! payer's word about them is a word about the bridge.

use bitcoin::Network;
use bitcoin::secp256k1::{All, PublicKey, Secp256k1};
use countersign_bridge::{
    ChannelEnd, Destination, Device, DeviceAddress, Onion, Outcome, Outgoing,
};
use lightning::blinded_path::EmptyNodeIdLookUp;
use lightning::blinded_path::message::{
    BlindedMessagePath, MessageContext, MessageForwardNode, OffersContext,
};
use lightning::blinded_path::payment::{
    BlindedPaymentPath, Bolt12OfferContext, PaymentConstraints, PaymentContext,
    UnauthenticatedReceiveTlvs,
};
use lightning::ln::msgs::OnionMessage;
use lightning::ln::peer_handler::IgnoringMessageHandler;
use lightning::offers::invoice_request::{InvoiceRequest, InvoiceRequestFields};
use lightning::offers::nonce::Nonce;
use lightning::offers::offer::{Offer, OfferBuilder};
use lightning::onion_message::messenger::{
    Destination as LdkDestination, OnionMessagePath, PeeledOnion, create_onion_message,
    peel_onion_message,
};
use lightning::onion_message::offers::OffersMessage;
use lightning::onion_message::packet::Packet;
use lightning::sign::{KeysManager, NodeSigner, Recipient};
use lightning::types::payment::{PaymentHash, PaymentSecret};
use lightning::util::logger::{Logger, Record};
use lightning::util::ser::{Readable, Writeable};

/// The short channel id that stands for the device in compact paths.
pub(crate) const VIRTUAL_CHANNEL: u64 = 0x00ff_0000_0100_0001;

pub(crate) struct LdkDevice {
    keys: KeysManager,
    secp: Secp256k1<All>,
    /// What to do with the address of a reply before the bridge gets it.
    pub(crate) readdress: fn(Destination) -> Destination,
}

impl LdkDevice {
    pub(crate) fn new(seed: u8) -> Self {
        let keys = KeysManager::new(&[seed; 32], 1, 1, true);
        Self { keys, secp: Secp256k1::new(), readdress: |destination| destination }
    }

    pub(crate) fn address(&self) -> DeviceAddress {
        DeviceAddress { node_id: self.node_id(), virtual_channel: Some(VIRTUAL_CHANNEL) }
    }

    /// An offer of 1,000 msat whose path leads through these nodes to the device.
    pub(crate) fn offer(&self, nodes: &[MessageForwardNode]) -> Offer {
        let nonce = Nonce::from_entropy_source(&self.keys);
        self.offer_over(self.path(nodes, nonce), nonce)
    }

    /// The same with the introduction node named by its end of a channel, as compact paths do.
    pub(crate) fn compact_offer(
        &self,
        nodes: &[MessageForwardNode],
        end: ChannelEnd,
        short_channel_id: u64,
    ) -> Offer {
        let nonce = Nonce::from_entropy_source(&self.keys);
        let path = self.path(nodes, nonce).encode();
        let direction = match end {
            ChannelEnd::One => 0,
            ChannelEnd::Two => 1,
        };
        let introduction = [&[direction], short_channel_id.to_be_bytes().as_slice()].concat();
        let compact = [&introduction, &path[33..]].concat();
        self.offer_over(Readable::read(&mut compact.as_slice()).unwrap(), nonce)
    }

    fn path(&self, nodes: &[MessageForwardNode], nonce: Nonce) -> BlindedMessagePath {
        BlindedMessagePath::new(
            nodes,
            self.node_id(),
            self.keys.get_receive_auth_key(),
            MessageContext::Offers(OffersContext::InvoiceRequest { nonce }),
            &self.keys,
            &self.secp,
        )
    }

    fn offer_over(&self, path: BlindedMessagePath, nonce: Nonce) -> Offer {
        let key = self.keys.get_expanded_key();
        OfferBuilder::deriving_signing_pubkey(self.node_id(), &key, nonce, &self.secp)
            .chain(Network::Regtest)
            .amount_msats(1_000)
            .path(path)
            .build()
            .unwrap()
    }

    /// An onion for one node with nothing but an error in it: a path of one hop.
    pub(crate) fn onion_for(&self, node: PublicKey) -> Outgoing {
        let error = lightning::offers::invoice_error::InvoiceError::from_string("none".to_owned());
        self.onion(LdkDestination::Node(node), OffersMessage::InvoiceError(error))
    }

    fn node_id(&self) -> PublicKey {
        self.keys.get_node_id(Recipient::Node).unwrap()
    }

    fn onion(&self, destination: LdkDestination, contents: OffersMessage) -> Outgoing {
        let path = OnionMessagePath {
            intermediate_nodes: vec![],
            destination,
            first_node_addresses: vec![],
        };
        let (node, message, _) = create_onion_message(
            &&self.keys,
            &&self.keys,
            &&EmptyNodeIdLookUp {},
            &self.secp,
            path,
            contents,
            None,
        )
        .unwrap();
        let packet = message.onion_routing_packet.encode();
        let onion = Onion { path_key: message.blinding_point, packet };
        Outgoing { destination: (self.readdress)(Destination::Node(node)), onion }
    }

    fn invoice(&self, request: InvoiceRequest, nonce: Nonce) -> Option<OffersMessage> {
        let key = self.keys.get_expanded_key();
        let verified = request.verify_using_recipient_data(nonce, &key, &self.secp).ok()?;
        let records = UnauthenticatedReceiveTlvs {
            payment_secret: PaymentSecret([1; 32]),
            payment_constraints: PaymentConstraints {
                max_cltv_expiry: 1_000_000,
                htlc_minimum_msat: 1,
            },
            payment_context: PaymentContext::Bolt12Offer(Bolt12OfferContext {
                offer_id: verified.offer_id,
                invoice_request: InvoiceRequestFields {
                    payer_signing_pubkey: verified.payer_signing_pubkey(),
                    quantity: None,
                    payer_note_truncated: None,
                    human_readable_name: None,
                },
            }),
        }
        .authenticate(nonce, &key);
        let path = BlindedPaymentPath::one_hop(self.node_id(), records, 18, &self.keys, &self.secp);
        let invoice = verified
            .respond_using_derived_keys(vec![path.unwrap()], PaymentHash([7; 32]))
            .unwrap()
            .build_and_sign(&self.secp)
            .unwrap();
        Some(OffersMessage::Invoice(invoice))
    }

    fn reply(&self, onion: &Onion) -> Option<Outgoing> {
        let peeled = peel_onion_message(
            &ldk_message(onion),
            &self.secp,
            &self.keys,
            &Quiet,
            IgnoringMessageHandler {},
        );
        let Ok(PeeledOnion::Offers(
            OffersMessage::InvoiceRequest(request),
            Some(OffersContext::InvoiceRequest { nonce }),
            Some(reply_path),
        )) = peeled
        else {
            return None;
        };
        let invoice = self.invoice(request, nonce)?;
        Some(self.onion(LdkDestination::BlindedPath(reply_path), invoice))
    }
}

impl Device for LdkDevice {
    async fn answer(&mut self, onion: &Onion) -> Outcome {
        match self.reply(onion) {
            Some(outgoing) => Outcome::Send(Box::new(outgoing)),
            None => Outcome::Silence,
        }
    }
}

fn ldk_message(onion: &Onion) -> OnionMessage {
    let (head, hmac) = onion.packet.split_last_chunk().unwrap();
    let onion_routing_packet = Packet {
        version: head[0],
        public_key: PublicKey::from_slice(&head[1..34]).unwrap(),
        hop_data: head[34..].to_vec(),
        hmac: *hmac,
    };
    OnionMessage { blinding_point: onion.path_key, onion_routing_packet }
}

struct Quiet;

impl Logger for Quiet {
    fn log(&self, _record: Record<'_>) {}
}

//! The steps as LDK 0.2.7 takes them.

#![no_std]

extern crate alloc;

use alloc::vec;
use alloc::vec::Vec;
use core::time::Duration;

use bitcoin::secp256k1::{PublicKey, SecretKey};
use countersign_bench_steps::{CREATED_AT, Inputs, Task};
use countersign_ldk_node::incoming::Incoming;
use countersign_ldk_node::node::{self, Node};
use lightning::blinded_path::message::BlindedMessagePath;
use lightning::blinded_path::payment::{
    BlindedPaymentPath, Bolt12OfferContext, ForwardTlvs, PaymentConstraints, PaymentContext,
    PaymentForwardNode, PaymentRelay, UnauthenticatedReceiveTlvs,
};
use lightning::ln::channelmanager::PendingHTLCRouting;
use lightning::ln::inbound_payment::ExpandedKey;
use lightning::offers::invoice::Bolt12Invoice;
use lightning::offers::invoice_request::{
    InvoiceRequest, InvoiceRequestFields, VerifiedInvoiceRequest,
};
use lightning::offers::nonce::Nonce;
use lightning::offers::offer::OfferId;
use lightning::onion_message::messenger::{Destination, OnionMessagePath, PeeledOnion};
use lightning::onion_message::offers::OffersMessage;
use lightning::sign::NodeSigner;
use lightning::types::features::BlindedHopFeatures;
use lightning::types::payment::{PaymentHash, PaymentSecret};
use lightning::util::ser::{Readable as _, Writeable as _};

/// A merchant that is an LDK node.
#[derive(Debug)]
pub struct Merchant {
    node: Node,
    relay: PublicKey,
    expanded: ExpandedKey,
}

/// The nonce of the merchant's offers.
///
/// # Panics
///
/// Never: it is of the right length.
#[must_use]
pub fn nonce() -> Nonce {
    Nonce::try_from(&[7; 16][..]).expect("16 bytes")
}

impl Merchant {
    /// The merchant whose node has this key, behind the relay with that id.
    ///
    /// # Panics
    ///
    /// When they are no keys.
    #[must_use]
    pub fn new(secret: &[u8; 32], relay: &[u8]) -> Self {
        let secret = SecretKey::from_slice(secret).expect("a key");
        let node = Node::new(secret, 0);
        let relay = PublicKey::from_slice(relay).expect("a point");
        let expanded = node.get_expanded_key();
        Self { node, relay, expanded }
    }

    /// Makes the task of `inputs` ready and gives it to `then`, to be done this many times at most:
    /// what it uses up is made beforehand.
    ///
    /// # Panics
    ///
    /// When the inputs are not fit for the task, or it is done more often.
    pub fn ready<R>(
        &self,
        inputs: &Inputs<'_>,
        times: usize,
        then: impl FnOnce(&mut dyn FnMut()) -> R,
    ) -> R {
        let (_, message) = inputs.message.split_at(2);
        let request = || inputs.request.to_vec();
        match inputs.task {
            Task::Peel => then(&mut || self.peel(message)),
            Task::Request => {
                let mut stock = vec![request(); times];
                then(&mut || drop(parse(taken(&mut stock))))
            }
            Task::OfferCheck => {
                let mut stock = vec![parse(request()); times];
                then(&mut || drop(self.check(taken(&mut stock))))
            }
            Task::PaymentPath => {
                let request = self.asked(inputs.request);
                then(&mut || drop(self.payment_path(&request)))
            }
            Task::PaymentOnion => {
                let incoming = incoming(inputs);
                then(&mut || {
                    let routing = incoming.peel(&self.node).routing;
                    assert!(matches!(routing, PendingHTLCRouting::Receive { .. }), "not for us");
                })
            }
            Task::Invoice => {
                let request = self.asked(inputs.request);
                let mut stock = vec![self.payment_path(&request); times];
                then(&mut || drop(self.invoice(&request, taken(&mut stock))))
            }
            Task::Reply => {
                let request = self.asked(inputs.request);
                let invoice = self.invoice(&request, self.payment_path(&request));
                let path = BlindedMessagePath::read(&mut &inputs.reply_path[..]).expect("a path");
                let mut stock = vec![(invoice, path); times];
                then(&mut || {
                    let (invoice, path) = taken(&mut stock);
                    answered(inputs, &self.reply(invoice, path));
                })
            }
            Task::Whole => then(&mut || answered(inputs, &self.whole(message))),
        }
    }

    /// A request, parsed and checked.
    ///
    /// # Panics
    ///
    /// When LDK refuses it.
    #[must_use]
    pub fn asked(&self, request: &[u8]) -> VerifiedInvoiceRequest {
        self.check(parse(request.to_vec()))
    }

    /// Reads and peels a message whose payload nobody need parse.
    fn peel(&self, message: &[u8]) {
        let peeled = self.node.peel(&node::message(message));
        assert!(matches!(peeled, Some(PeeledOnion::Custom(..))), "not peeled");
    }

    /// Derives the offer's key again.
    fn check(&self, request: InvoiceRequest) -> VerifiedInvoiceRequest {
        request
            .verify_using_recipient_data(nonce(), &self.expanded, self.node.secp())
            .expect("our offer")
    }

    /// Blinds a payment path of two hops.
    ///
    /// # Panics
    ///
    /// When LDK refuses.
    #[must_use]
    pub fn payment_path(&self, request: &VerifiedInvoiceRequest) -> BlindedPaymentPath {
        let constraints = PaymentConstraints { max_cltv_expiry: 900_000, htlc_minimum_msat: 1 };
        let invoice_request = InvoiceRequestFields {
            payer_signing_pubkey: request.payer_signing_pubkey(),
            quantity: None,
            payer_note_truncated: None,
            human_readable_name: None,
        };
        let context = Bolt12OfferContext { offer_id: OfferId([8; 32]), invoice_request };
        let recipient = UnauthenticatedReceiveTlvs {
            payment_secret: PaymentSecret([9; 32]),
            payment_constraints: constraints.clone(),
            payment_context: PaymentContext::Bolt12Offer(context),
        };
        let relay = PaymentForwardNode {
            tlvs: ForwardTlvs {
                short_channel_id: 0x0c35_0000_0100_0001,
                payment_relay: PaymentRelay {
                    cltv_expiry_delta: 144,
                    fee_proportional_millionths: 100,
                    fee_base_msat: 1_000,
                },
                payment_constraints: constraints,
                features: BlindedHopFeatures::empty(),
                next_blinding_override: None,
            },
            node_id: self.relay,
            htlc_maximum_msat: 1_000_000_000,
        };
        let recipient = recipient.authenticate(nonce(), &self.expanded);
        let (entropy, secp) = (self.node.entropy(), self.node.secp());
        BlindedPaymentPath::new(
            &[relay],
            self.node.id(),
            recipient,
            1_000_000_000,
            42,
            entropy,
            secp,
        )
        .expect("a payment path")
    }

    /// Builds the invoice, signs it and, as LDK always does, verifies that.
    ///
    /// # Panics
    ///
    /// When LDK refuses.
    #[must_use]
    pub fn invoice(
        &self,
        request: &VerifiedInvoiceRequest,
        path: BlindedPaymentPath,
    ) -> Bolt12Invoice {
        let created_at = Duration::from_secs(CREATED_AT);
        request
            .respond_using_derived_keys_no_std(vec![path], PaymentHash([6; 32]), created_at)
            .and_then(|builder| builder.allow_mpp().build_and_sign(self.node.secp()))
            .expect("an invoice")
    }

    /// Builds the onion of the reply.
    fn reply(&self, invoice: Bolt12Invoice, path: BlindedMessagePath) -> Vec<u8> {
        let path = OnionMessagePath {
            intermediate_nodes: Vec::new(),
            destination: Destination::BlindedPath(path),
            first_node_addresses: Vec::new(),
        };
        let (_, message) =
            self.node.send(path, OffersMessage::Invoice(invoice), None).expect("a reply");
        message.encode()
    }

    /// The whole way.
    fn whole(&self, message: &[u8]) -> Vec<u8> {
        let peeled = self.node.peel(&node::message(message));
        let Some(PeeledOnion::Offers(OffersMessage::InvoiceRequest(request), _, Some(reply_path))) =
            peeled
        else {
            panic!("not the request");
        };
        let request = self.check(request);
        let path = self.payment_path(&request);
        let invoice = self.invoice(&request, path);
        self.reply(invoice, reply_path)
    }
}

/// Parses a request, which includes verifying its signature.
fn parse(request: Vec<u8>) -> InvoiceRequest {
    InvoiceRequest::try_from(request).expect("a valid request")
}

fn incoming(inputs: &Inputs<'_>) -> Incoming {
    let payment = &inputs.payment;
    Incoming {
        onion: payment.onion.to_vec(),
        amount: payment.amount,
        expiry: payment.expiry,
        path_key: Some(payment.path_key.try_into().expect("33 bytes")),
    }
}

/// Checks that `reply`, a message without its type, holds a packet of the size that is wanted.
fn answered(inputs: &Inputs<'_>, reply: &[u8]) {
    let wanted = usize::try_from(inputs.reply_bytes).expect("a size");
    assert_eq!(reply.len(), 33 + 2 + wanted);
}

fn taken<T>(stock: &mut Vec<T>) -> T {
    stock.pop().expect("enough of them")
}

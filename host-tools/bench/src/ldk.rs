//! The steps as LDK 0.2.7 takes them.

use core::time::Duration;

use bitcoin::secp256k1::PublicKey;
use countersign_ldk_tests::node::{self, Node};
use countersign_ldk_tests::payment::Incoming;
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
use lightning::offers::offer::{OfferBuilder, OfferId};
use lightning::onion_message::messenger::{Destination, OnionMessagePath, PeeledOnion};
use lightning::onion_message::offers::OffersMessage;
use lightning::sign::NodeSigner;
use lightning::types::features::BlindedHopFeatures;
use lightning::types::payment::{PaymentHash, PaymentSecret};
use lightning::util::ser::Writeable;

use crate::case::{
    AMOUNT, CREATED_AT, Case, DESCRIPTION, Party, offer_path, parcel, payment, reply_path,
    with_records,
};
use crate::step::{Size, Step};

/// LDK's way of a step, ready to be run this many times; what it uses up is made beforehand. `None`
/// for a step that LDK does not take.
pub(crate) fn prepare(step: Step, times: usize) -> Option<Box<dyn FnMut()>> {
    let merchant = Merchant::new(step.size());
    let bytes = merchant.case.request.clone();
    let request = || merchant.check(merchant.parse(bytes.clone()));
    Some(match step {
        Step::Claim => return None,
        Step::Peel(size) => peel(merchant, parcel(size, size.message())),
        Step::Payload(payload) => peel(merchant, parcel(Size::Big, payload)),
        Step::Request => parse(merchant, bytes, times),
        Step::Records(more) => {
            let bytes = with_records(&bytes, more);
            parse(merchant, bytes, times)
        }
        Step::OfferCheck => {
            let mut stock = vec![merchant.parse(bytes); times];
            Box::new(move || drop(merchant.check(stock.pop().expect("enough of them"))))
        }
        Step::PaymentPath => {
            let request = request();
            Box::new(move || drop(merchant.payment_path(&request)))
        }
        Step::PaymentOnion => {
            let incoming = merchant.payment();
            Box::new(move || {
                let info = incoming.peel(&merchant.node);
                assert!(matches!(info.routing, PendingHTLCRouting::Receive { .. }), "not for us");
            })
        }
        Step::Invoice => {
            let request = request();
            let mut stock = vec![merchant.payment_path(&request); times];
            Box::new(move || {
                drop(merchant.invoice(&request, stock.pop().expect("enough of them")));
            })
        }
        Step::Reply(size) => reply(merchant, reply_path(size, size.layers()), times),
        Step::Layers(layers) => reply(merchant, reply_path(Size::Big, layers), times),
        Step::Whole(_) => Box::new(move || drop(merchant.whole())),
    })
}

fn peel(merchant: Merchant, message: Vec<u8>) -> Box<dyn FnMut()> {
    Box::new(move || merchant.peel(&message))
}

fn parse(merchant: Merchant, request: Vec<u8>, times: usize) -> Box<dyn FnMut()> {
    let mut stock = vec![request; times];
    Box::new(move || drop(merchant.parse(stock.pop().expect("enough of them"))))
}

fn reply(merchant: Merchant, path: BlindedMessagePath, times: usize) -> Box<dyn FnMut()> {
    let request = merchant.check(merchant.parse(merchant.case.request.clone()));
    let invoice = merchant.invoice(&request, merchant.payment_path(&request));
    let mut stock = vec![(invoice, path); times];
    Box::new(move || {
        let (invoice, path) = stock.pop().expect("enough of them");
        drop(merchant.reply(invoice, path));
    })
}

/// A merchant that is an LDK node, with a request before it.
pub(crate) struct Merchant {
    node: Node,
    relay: PublicKey,
    nonce: Nonce,
    expanded: ExpandedKey,
    /// What it is asked.
    pub(crate) case: Case,
}

impl Merchant {
    /// The merchant of the reference case of one size.
    pub(crate) fn new(size: Size) -> Self {
        let node = Party::Merchant.node();
        let expanded = node.get_expanded_key();
        let nonce = Nonce::try_from(&[7; 16][..]).expect("16 bytes");
        let offer = OfferBuilder::deriving_signing_pubkey(node.id(), &expanded, nonce, node.secp())
            .amount_msats(AMOUNT)
            .description(DESCRIPTION.into())
            .path(offer_path(size, &node, nonce))
            .build()
            .expect("an offer");
        let case = Case::new(size, &offer);
        Self { node, relay: Party::Relay.node().id(), nonce, expanded, case }
    }

    /// Reads and peels a message whose payload nobody need parse.
    pub(crate) fn peel(&self, message: &[u8]) {
        let peeled = self.node.peel(&node::message(message));
        assert!(matches!(peeled, Some(PeeledOnion::Custom(..))), "not peeled");
    }

    /// Parses a request, which includes verifying its signature.
    pub(crate) fn parse(&self, request: Vec<u8>) -> InvoiceRequest {
        InvoiceRequest::try_from(request).expect("a valid request")
    }

    /// Derives the offer's key again.
    pub(crate) fn check(&self, request: InvoiceRequest) -> VerifiedInvoiceRequest {
        request
            .verify_using_recipient_data(self.nonce, &self.expanded, self.node.secp())
            .expect("our offer")
    }

    /// Blinds a payment path of two hops.
    pub(crate) fn payment_path(&self, request: &VerifiedInvoiceRequest) -> BlindedPaymentPath {
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
        let recipient = recipient.authenticate(self.nonce, &self.expanded);
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
    pub(crate) fn invoice(
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
    pub(crate) fn reply(&self, invoice: Bolt12Invoice, path: BlindedMessagePath) -> Vec<u8> {
        let path = OnionMessagePath {
            intermediate_nodes: Vec::new(),
            destination: Destination::BlindedPath(path),
            first_node_addresses: Vec::new(),
        };
        let (_, message) =
            self.node.send(path, OffersMessage::Invoice(invoice), None).expect("a reply");
        message.encode()
    }

    /// The bytes of a whole invoice.
    pub(crate) fn invoice_bytes(&self) -> Vec<u8> {
        let request = self.check(self.parse(self.case.request.clone()));
        self.invoice(&request, self.payment_path(&request)).encode()
    }

    /// A payment along a path of its own, as it reaches it.
    pub(crate) fn payment(&self) -> Incoming {
        let request = self.check(self.parse(self.case.request.clone()));
        payment(&self.payment_path(&request))
    }

    /// The bytes of recipient data in each hop of the payment path, before they are sealed.
    pub(crate) fn payment_path_lengths(&self) -> Vec<u64> {
        let request = self.check(self.parse(self.case.request.clone()));
        let path = self.payment_path(&request);
        let sealed = path.blinded_hops().iter().map(|hop| hop.encrypted_payload.len() - 16);
        sealed.map(|length| u64::try_from(length).expect("short")).collect()
    }

    /// The whole way.
    pub(crate) fn whole(&self) -> Vec<u8> {
        let peeled = self.node.peel(&node::message(&self.case.message));
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

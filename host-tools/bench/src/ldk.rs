//! LDK's merchant: its offer, what a payer asks for it, and what LDK makes of that.

use countersign_bench_ldk::nonce;
use countersign_ldk_tests::payment::Incoming;
use lightning::blinded_path::payment::BlindedPaymentPath;
use lightning::offers::invoice_request::VerifiedInvoiceRequest;
use lightning::offers::offer::OfferBuilder;
use lightning::sign::NodeSigner;
use lightning::util::ser::Writeable;

use crate::case::{AMOUNT, Case, DESCRIPTION, Party, offer_path, payment};
use crate::step::Size;

/// A merchant that is an LDK node, with a request before it.
pub(crate) struct Merchant {
    merchant: countersign_bench_ldk::Merchant,
    /// What it is asked.
    pub(crate) case: Case,
}

impl Merchant {
    /// The merchant of the reference case of one size.
    pub(crate) fn new(size: Size) -> Self {
        let node = Party::Merchant.node();
        let (expanded, nonce) = (node.get_expanded_key(), nonce());
        let offer = OfferBuilder::deriving_signing_pubkey(node.id(), &expanded, nonce, node.secp())
            .amount_msats(AMOUNT)
            .description(DESCRIPTION.into())
            .path(offer_path(size, &node, nonce))
            .build()
            .expect("an offer");
        let (secret, relay) = (node.secret().secret_bytes(), Party::Relay.point().serialize());
        let merchant = countersign_bench_ldk::Merchant::new(&secret, &relay);
        Self { merchant, case: Case::new(size, &offer) }
    }

    /// The bytes of a whole invoice.
    pub(crate) fn invoice_bytes(&self) -> Vec<u8> {
        let (request, path) = self.asked();
        self.merchant.invoice(&request, path).encode()
    }

    /// A payment along a path of its own, as it reaches it.
    pub(crate) fn payment(&self) -> Incoming {
        let (_, path) = self.asked();
        payment(&path)
    }

    /// The bytes of recipient data in each hop of the payment path, before they are sealed.
    pub(crate) fn payment_path_lengths(&self) -> Vec<u64> {
        let (_, path) = self.asked();
        let sealed = path.blinded_hops().iter().map(|hop| hop.encrypted_payload.len() - 16);
        sealed.map(|length| u64::try_from(length).expect("short")).collect()
    }

    /// Its request, checked, and a payment path for it.
    fn asked(&self) -> (VerifiedInvoiceRequest, BlindedPaymentPath) {
        let request = self.merchant.asked(&self.case.request);
        let path = self.merchant.payment_path(&request);
        (request, path)
    }
}

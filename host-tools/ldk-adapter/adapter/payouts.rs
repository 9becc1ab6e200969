use core::ops::Deref;
use core::time::Duration;

use bitcoin::secp256k1::Secp256k1;
use countersign_merchant_node::Payout;
use lightning::blinded_path::payment::BlindedPaymentPath;
use lightning::blinded_path::{IntroductionNode, NodeIdLookUp as _};
use lightning::events::Event;
use lightning::io::Error;
use lightning::ln::channelmanager::{AChannelManager, PaymentId, RecentPaymentDetails};
use lightning::offers::invoice::Bolt12Invoice;
use lightning::routing::router::{Payee, PaymentParameters, RouteParameters};
use lightning::sign::{NodeSigner, Recipient};
use lightning::util::persist::KVStoreSync;

use super::book::{Book, Chapter};
use crate::release::{Retry, RetryableSendFailure, recipient_fields};

/// The payments that the node makes for its merchant: one for an invoice, however often it is asked
/// for.
///
/// LDK refuses a second payment under one [`PaymentId`] while it knows of the first, which it does
/// as long as any of its HTLCs is in a channel, over restarts too. It forgets some time after the
/// end: how a payment ended stays in the book, and what was paid is never tried again. The node may
/// make other payments, which are nobody's business here.
pub(super) struct Payouts<'p, M: ?Sized, K, S> {
    pub(super) manager: &'p M,
    pub(super) keys: &'p K,
    pub(super) book: &'p Book<S>,
}

impl<M, K, S> Payouts<'_, M, K, S>
where
    M: AChannelManager + ?Sized,
    K: Deref<Target: NodeSigner>,
    S: Deref<Target: KVStoreSync>,
{
    /// Has LDK pay an invoice, unless it does or has done so already.
    pub(super) fn begin(&self, invoice: Vec<u8>) -> Result<(), String> {
        let invoice = Bolt12Invoice::try_from(invoice)
            .map_err(|error| format!("LDK reads no invoice there: {error:?}"))?;
        let hash = invoice.payment_hash();
        match self.state(hash.0).map_err(|error| error.to_string())? {
            Payout::UnderWay | Payout::Paid { .. } => return Ok(()),
            Payout::NotBegun | Payout::Failed { .. } => {}
        }
        self.write(&hash.0, &Payout::UnderWay).map_err(|error| error.to_string())?;
        let amount = invoice.amount_msats();
        let route =
            RouteParameters::from_payment_params_and_value(self.parameters(&invoice), amount);
        let sent = self.manager.get_cm().send_payment(
            hash,
            recipient_fields(amount),
            PaymentId(hash.0),
            route,
            Retry::Timeout(PATIENCE),
        );
        match sent {
            Ok(()) | Err(RetryableSendFailure::DuplicatePayment) => Ok(()),
            Err(failure) => self
                .write(&hash.0, &Payout::Failed { reason: format!("{failure:?}") })
                .map_err(|error| error.to_string()),
        }
    }

    /// How far the payment for `hash` is.
    pub(super) fn state(&self, hash: [u8; 32]) -> Result<Payout, Error> {
        match self.book.read(Chapter::MADE, &hash)? {
            Some(paid @ Payout::Paid { .. }) => Ok(paid),
            _ if self.is_under_way(PaymentId(hash)) => Ok(Payout::UnderWay),
            Some(failed @ Payout::Failed { .. }) => Ok(failed),
            // The node died before LDK had written anything of it down.
            Some(Payout::UnderWay | Payout::NotBegun) | None => Ok(Payout::NotBegun),
        }
    }

    fn is_under_way(&self, id: PaymentId) -> bool {
        self.manager.get_cm().list_recent_payments().iter().any(|payment| match payment {
            RecentPaymentDetails::AwaitingInvoice { payment_id }
            | RecentPaymentDetails::Pending { payment_id, .. }
            | RecentPaymentDetails::Fulfilled { payment_id, .. }
            | RecentPaymentDetails::Abandoned { payment_id, .. } => *payment_id == id,
        })
    }

    /// Takes note of how a payment ended that was begun here, if that is what LDK tells.
    pub(super) fn note(&self, event: &Event) -> Result<(), Error> {
        if let Event::PaymentSent { payment_hash, payment_preimage, fee_paid_msat, .. } = event {
            let fee_msat = fee_paid_msat.unwrap_or_default();
            let preimage = payment_preimage.0;
            self.end(&payment_hash.0, &Payout::Paid { preimage, fee_msat })
        } else if let Event::PaymentFailed { payment_hash: Some(payment_hash), reason, .. } = event
        {
            let reason =
                reason.map_or_else(|| "unexplained".to_owned(), |reason| format!("{reason:?}"));
            self.end(&payment_hash.0, &Payout::Failed { reason })
        } else {
            Ok(())
        }
    }

    fn end(&self, hash: &[u8; 32], end: &Payout) -> Result<(), Error> {
        match self.book.read(Chapter::MADE, hash)? {
            None | Some(Payout::Paid { .. }) => Ok(()),
            Some(Payout::NotBegun | Payout::UnderWay | Payout::Failed { .. }) => {
                self.write(hash, end)
            }
        }
    }

    fn write(&self, hash: &[u8; 32], payout: &Payout) -> Result<(), Error> {
        self.book.write(Chapter::MADE, hash, payout)
    }

    /// The invoice's paths, less this node where one of them begins: LDK's router looks for a way to
    /// the beginning.
    fn parameters(&self, invoice: &Bolt12Invoice) -> PaymentParameters {
        let mut parameters = PaymentParameters::from_bolt12_invoice(invoice);
        if let Payee::Blinded { route_hints, .. } = &mut parameters.payee {
            route_hints.retain_mut(|path| !self.begins_here(path) || self.advance(path).is_ok());
        }
        parameters
    }

    fn begins_here(&self, path: &BlindedPaymentPath) -> bool {
        let Ok(node) = self.keys.get_node_id(Recipient::Node) else { return false };
        match path.introduction_node() {
            IntroductionNode::NodeId(introduction) => *introduction == node,
            IntroductionNode::DirectedShortChannelId(direction, channel) => self
                .manager
                .get_cm()
                .next_node_id(*channel)
                .is_some_and(|other| *direction.select_pubkey(&node, &other) == node),
        }
    }

    fn advance(&self, path: &mut BlindedPaymentPath) -> Result<(), ()> {
        path.advance_path_by_one(self.keys, &self.manager.get_cm(), &Secp256k1::new())
    }
}

/// How long LDK looks for other ways when one fails.
const PATIENCE: Duration = Duration::from_secs(30);

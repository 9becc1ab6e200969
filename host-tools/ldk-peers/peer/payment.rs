use countersign_ldk_peer_interface::Payment;
use lightning::blinded_path::message::OffersContext;
use lightning::events::{Event, PaymentFailureReason};
use lightning::offers::invoice::Bolt12Invoice;
use tokio::time::{Instant, timeout_at};

use super::node::Node;

/// Has LDK pay an invoice that it asked for, and waits for the preimage or for the money to be back.
pub(super) async fn pay(
    node: &mut Node,
    invoice: &Bolt12Invoice,
    context: Option<OffersContext>,
    deadline: Instant,
) -> Payment {
    let failed = |reason| Payment::Failed { reason };
    let sent = node.manager.send_payment_for_bolt12_invoice(invoice, context.as_ref());
    if let Err(error) = sent {
        return failed(format!("{error:?}"));
    }
    node.flush();
    loop {
        match timeout_at(deadline, node.events.recv()).await {
            Ok(Some(Event::PaymentSent {
                payment_hash, payment_preimage, fee_paid_msat, ..
            })) if payment_hash == invoice.payment_hash() => {
                let preimage = payment_preimage.0;
                return Payment::Sent { preimage, fee_msat: fee_paid_msat };
            }
            Ok(Some(Event::PaymentFailed { payment_hash, reason, .. }))
                if payment_hash == Some(invoice.payment_hash()) =>
            {
                return failed(payment_failure(reason));
            }
            Ok(Some(_)) => {}
            Ok(None) => return failed("the node stopped".to_owned()),
            Err(_) => return failed(TIMEOUT.to_owned()),
        }
    }
}

/// LDK's reasons have no other text.
pub(super) fn payment_failure(reason: Option<PaymentFailureReason>) -> String {
    reason.map_or_else(|| "unexplained".to_owned(), |reason| format!("{reason:?}"))
}

/// The reason when LDK says nothing in time.
pub(super) const TIMEOUT: &str = "timeout";

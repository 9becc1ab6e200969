use core::iter::repeat_n;
use core::num::NonZeroU32;
use core::sync::atomic::{AtomicU32, Ordering};
use std::sync::Arc;

use lightning::blinded_path::message::OffersContext;
use lightning::offers::invoice::Bolt12Invoice;
use lightning::offers::invoice_error::InvoiceError;
use lightning::onion_message::messenger::{
    MessageSendInstructions, Responder, ResponseInstruction,
};
use lightning::onion_message::offers::{OffersMessage, OffersMessageHandler};
use tokio::sync::{Notify, mpsc};

use super::node::Manager;

/// Stands between LDK's messenger and its channel manager: sends requests more than once when
/// asked to, and tells of answers that the channel manager keeps to itself.
///
/// LDK payers send up to ten copies of a request, one for each pair of the offer's paths and their
/// own reply paths. A test does not want ten relays for that.
pub(super) struct Offers {
    manager: Arc<Manager>,
    copies: AtomicU32,
    seen: mpsc::UnboundedSender<Seen>,
    delivered: Notify,
}

/// An answer as LDK's messenger delivered it, before anyone has judged it.
pub(super) enum Seen {
    Invoice(Box<Bolt12Invoice>, Option<OffersContext>),
    InvoiceError(InvoiceError),
}

impl Offers {
    pub(super) fn new(manager: Arc<Manager>) -> (Self, mpsc::UnboundedReceiver<Seen>) {
        let (seen, receiver) = mpsc::unbounded_channel();
        (Self { manager, copies: AtomicU32::new(1), seen, delivered: Notify::new() }, receiver)
    }

    /// Sends every request this many times from now on.
    pub(super) fn repeat(&self, copies: NonZeroU32) {
        self.copies.store(copies.get(), Ordering::Relaxed);
    }

    /// Returns once the channel manager has been given a message: it queues an event for an
    /// invoice without waking those who wait for its events.
    pub(super) async fn delivered(&self) {
        self.delivered.notified().await;
    }

    fn tell(&self, message: &OffersMessage, context: Option<&OffersContext>) {
        let seen = match message {
            OffersMessage::Invoice(invoice) => {
                Seen::Invoice(Box::new(invoice.clone()), context.cloned())
            }
            OffersMessage::InvoiceError(error) => Seen::InvoiceError(error.clone()),
            OffersMessage::InvoiceRequest(_) | OffersMessage::StaticInvoice(_) => return,
        };
        if self.seen.send(seen).is_err() {
            tracing::debug!("an answer came after everyone stopped waiting");
        }
    }
}

impl OffersMessageHandler for Offers {
    fn handle_message(
        &self,
        message: OffersMessage,
        context: Option<OffersContext>,
        responder: Option<Responder>,
    ) -> Option<(OffersMessage, ResponseInstruction)> {
        self.tell(&message, context.as_ref());
        let response = self.manager.handle_message(message, context, responder);
        self.delivered.notify_one();
        response
    }

    fn release_pending_messages(&self) -> Vec<(OffersMessage, MessageSendInstructions)> {
        let copies = usize::try_from(self.copies.load(Ordering::Relaxed)).unwrap_or(usize::MAX);
        let messages = self.manager.release_pending_messages();
        messages.into_iter().flat_map(|message| repeat_n(message, copies)).collect()
    }
}

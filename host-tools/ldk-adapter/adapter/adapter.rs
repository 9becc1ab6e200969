//! The adapter itself, compiled once with each release of LDK.

mod book;
mod channels;
mod ear;
mod path_keys;
mod payouts;

use core::ops::Deref;
use std::sync::Arc;

use countersign_client::PaymentPaths;
use countersign_link::NeedPaymentPaths;
use countersign_merchant_node::{MerchantNode, NodeError, Payment, Payout, Progress};
use lightning::events::Event;
use lightning::ln::channelmanager::AChannelManager;
use lightning::sign::{EntropySource, NodeSigner};
use lightning::types::payment::{PaymentHash, PaymentPreimage};
use lightning::util::persist::KVStoreSync;

use self::book::{Book, Chapter};
pub use self::ear::Ear;
use self::path_keys::PathKeys;
use self::payouts::Payouts;

/// What an LDK node gains by a device: it hands out payment paths, holds payments until the device has
/// judged them, tells when the money is there, and pays what the device has authorised.
///
/// `M` points to the channel manager, `K` to the node's keys, and `S` to its store.
#[derive(Debug)]
pub struct Adapter<M, K, S> {
    manager: M,
    keys: K,
    book: Book<S>,
    path_keys: Arc<PathKeys>,
}

impl<M, K, S> Adapter<M, K, S>
where
    M: Deref<Target: AChannelManager>,
    K: Deref<Target: NodeSigner + EntropySource>,
    S: Deref<Target: KVStoreSync>,
{
    /// An adapter for the node that these belong to. What it has to remember goes into `store`,
    /// beside what LDK keeps there.
    #[must_use]
    pub fn new(manager: M, keys: K, store: S) -> Self {
        Self { manager, keys, book: Book::new(store), path_keys: Arc::default() }
    }

    /// What LDK's `MessageHandler` takes as its `chan_handler`, in place of the `manager`.
    #[must_use]
    pub fn ear<H>(&self, manager: H) -> Ear<H> {
        Ear::new(manager, self.path_keys.clone())
    }

    /// Takes note of an event of LDK's, which the node may go on to handle as it likes.
    ///
    /// # Errors
    /// The store cannot be written: have LDK replay the event.
    pub fn handle(&self, event: &Event) -> Result<(), lightning::io::Error> {
        if let Event::PaymentClaimable { payment_hash, amount_msat, .. } = event {
            let path_keys = self.path_keys.of(payment_hash);
            self.arrived(payment_hash, *amount_msat, Progress::Held { path_keys })
        } else if let Event::PaymentClaimed { payment_hash, amount_msat, .. } = event {
            self.path_keys.forget(payment_hash);
            self.arrived(payment_hash, *amount_msat, Progress::Received)
        } else {
            self.payouts().note(event)
        }
    }

    fn arrived(
        &self,
        hash: &PaymentHash,
        amount_msat: u64,
        progress: Progress,
    ) -> Result<(), lightning::io::Error> {
        let payment = Payment { hash: hash.0, amount_msat, progress };
        self.book.write(Chapter::ARRIVED, &hash.0, &payment)
    }

    fn payouts(&self) -> Payouts<'_, M::Target, K, S> {
        Payouts { manager: &*self.manager, keys: &self.keys, book: &self.book }
    }
}

impl<M, K, S> MerchantNode for Adapter<M, K, S>
where
    M: Deref<Target: AChannelManager> + Send + Sync + 'static,
    K: Deref<Target: NodeSigner + EntropySource> + Send + Sync + 'static,
    S: Deref<Target: KVStoreSync> + Send + Sync + 'static,
{
    async fn payment_paths(&self, need: NeedPaymentPaths) -> Result<PaymentPaths, NodeError> {
        channels::ways(&*self.manager, &self.keys, &need).map_err(refused)
    }

    async fn payments(&self) -> Result<Vec<Payment>, NodeError> {
        self.book.read_all(Chapter::ARRIVED).map_err(|error| refused(&error.to_string()))
    }

    async fn settle(&self, hash: [u8; 32], preimage: [u8; 32]) -> Result<(), NodeError> {
        // Twice is as good as once: LDK knows what it has claimed.
        self.manager.get_cm().claim_funds(PaymentPreimage(preimage));
        tracing::debug!(hash = hex::encode(hash), "a payment is claimed");
        Ok(())
    }

    async fn refuse(&self, hash: [u8; 32]) -> Result<(), NodeError> {
        self.manager.get_cm().fail_htlc_backwards(&PaymentHash(hash));
        self.path_keys.forget(&PaymentHash(hash));
        self.book.strike(Chapter::ARRIVED, &hash).map_err(|error| refused(&error.to_string()))
    }

    async fn recorded(&self, hash: [u8; 32]) -> Result<(), NodeError> {
        self.book.strike(Chapter::ARRIVED, &hash).map_err(|error| refused(&error.to_string()))
    }

    async fn pay(&self, invoice: Vec<u8>) -> Result<(), NodeError> {
        self.payouts().begin(invoice).map_err(|reason| refused(&reason))
    }

    async fn payout(&self, hash: [u8; 32]) -> Result<Payout, NodeError> {
        self.payouts().state(hash).map_err(|error| refused(&error.to_string()))
    }
}

fn refused(reason: &str) -> NodeError {
    NodeError::Refused(reason.to_owned())
}

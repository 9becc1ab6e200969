use core::time::Duration;
use std::collections::HashMap;
use std::sync::Arc;
use std::time::{SystemTime, UNIX_EPOCH};

use anyhow::{Context as _, ensure};
use countersign_crypto::sha256;
use countersign_merchant_node::{MerchantNode, Payout as Progress};
use countersign_offers::text::{self, Case, Prefix};
use countersign_offers::{Invoice, Refund};
use countersign_records::{Authorised, Offered, Outcome, Payout, RecordError, Records};
use tokio::sync::Notify;
use tokio::task::block_in_place;
use tokio::time::{Instant, sleep};

/// Has the merchant's node pay what the device has authorised.
///
/// What is to be paid is read from the record, and how far it is from the node: nothing is lost and
/// nothing is paid twice, whichever program dies when.
pub(crate) struct Paymaster<N> {
    node: Arc<N>,
    records: Records,
    /// Told when there is something new to pay.
    work: Arc<Notify>,
    /// When to try again what has failed, and how long to wait the next time, by payment hash.
    pauses: HashMap<[u8; 32], (Instant, Duration)>,
}

impl<N: MerchantNode> Paymaster<N> {
    pub(crate) fn new(node: Arc<N>, records: Records, work: Arc<Notify>) -> Self {
        Self { node, records, work, pauses: HashMap::new() }
    }

    /// Goes on until it is dropped.
    pub(crate) async fn tend(mut self) {
        let mut complaint = String::new();
        loop {
            let trouble = match self.turn().await {
                Ok(Rest::Nothing) => {
                    self.pauses.clear();
                    self.work.notified().await;
                    continue;
                }
                Ok(Rest::Something) => String::new(),
                Err(error) => format!("{error:#}"),
            };
            if trouble != complaint && !trouble.is_empty() {
                tracing::warn!("a payment waits: {trouble}");
            }
            complaint = trouble;
            sleep(TURN).await;
        }
    }

    async fn turn(&mut self) -> anyhow::Result<Rest> {
        let open = block_in_place(|| self.records.open_payouts())?;
        for payout in &open {
            self.attend_to(payout).await?;
        }
        Ok(if open.is_empty() { Rest::Nothing } else { Rest::Something })
    }

    async fn attend_to(&mut self, payout: &Payout) -> anyhow::Result<()> {
        let Authorised { payment_hash: hash, amount_msat, expires_at, invoice, .. } =
            &payout.authorised;
        match self.node.payout(*hash).await? {
            Progress::NotBegun => self.node.pay(invoice.clone()).await?,
            Progress::UnderWay => {}
            Progress::Paid { preimage, fee_msat } => {
                ensure!(sha256(&[&preimage]) == *hash, "the node's preimage is none of this hash");
                self.settle(hash, Outcome::Paid { at: now(), preimage, fee_msat })?;
                tracing::info!(amount_msat, hash = hex::encode(hash), "a refund was paid");
            }
            Progress::Failed { reason } => {
                if payout.trouble.as_ref() != Some(&reason) {
                    block_in_place(|| self.records.note_trouble(hash, &reason))?;
                    tracing::warn!(hash = hex::encode(hash), "a refund is not paid yet: {reason}");
                }
                if now() > *expires_at {
                    self.settle(hash, Outcome::Failed { at: now() })?;
                    tracing::warn!(hash = hex::encode(hash), "a refund's invoice expired unpaid");
                } else if self.is_due(*hash) {
                    self.node.pay(invoice.clone()).await?;
                }
            }
        }
        Ok(())
    }

    fn settle(&self, hash: &[u8; 32], outcome: Outcome) -> Result<(), RecordError> {
        block_in_place(|| self.records.settle_payout(hash, &outcome))
    }

    /// Whether to try again a payment that has failed: after ever longer pauses.
    fn is_due(&mut self, hash: [u8; 32]) -> bool {
        let now = Instant::now();
        let (due, pause) = self.pauses.entry(hash).or_insert((now, FIRST_PAUSE));
        if now < *due {
            return false;
        }
        *due = now.checked_add(*pause).unwrap_or(now);
        *pause = pause.saturating_mul(2).min(LONGEST_PAUSE);
        true
    }
}

/// Whether anything is left to be paid.
enum Rest {
    Nothing,
    Something,
}

/// What is on record of an invoice that the device has authorised: the refund of the merchant's,
/// which it repeats, and what is to be paid.
///
/// # Errors
/// The device has authorised something that is no invoice for a refund.
pub(crate) fn authorised(invoice: &[u8]) -> anyhow::Result<(Offered, Authorised)> {
    let read = Invoice::parse(invoice).context("no invoice was authorised")?;
    // Of a refund, everything lies below 160.
    let repeated = read.records().range(0, 159).bytes();
    let refund = Refund::parse(repeated).context("no refund's invoice was authorised")?;
    let mut text = String::new();
    text::encode(Prefix::InvoiceRequest, Case::Lower, repeated, &mut text)?;
    let (id, fields) = (sha256(&[repeated]), read.fields());
    let offered = Offered {
        id,
        text,
        description: refund.description().to_string(),
        amount_msat: refund.amount().get(),
        // Its maker has it on record with the time; this is for a record that has lost it.
        created_at: fields.created_at.0,
        expires_at: refund.offer().absolute_expiry.map(|expiry| expiry.0),
    };
    let authorised = Authorised {
        payment_hash: fields.payment_hash,
        refund: id,
        amount_msat: fields.amount.get(),
        invoice: invoice.to_owned(),
        at: now(),
        expires_at: fields.expiry().map_or(u64::MAX, |expiry| expiry.0),
    };
    Ok((offered, authorised))
}

/// Seconds since 1970, by this computer's clock.
fn now() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_secs()
}

/// How often the node is asked while something is to be paid.
const TURN: Duration = Duration::from_millis(100);
const FIRST_PAUSE: Duration = Duration::from_secs(1);
const LONGEST_PAUSE: Duration = Duration::from_secs(300);

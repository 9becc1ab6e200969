use core::sync::atomic::{AtomicBool, Ordering};
use core::time::Duration;
use std::sync::Arc;
use std::time::{SystemTime, UNIX_EPOCH};

use anyhow::Context as _;
use bitcoin::secp256k1::PublicKey;
use countersign_bridge::{ChannelEnd, Destination, Device, Onion, Outcome, Outgoing};
use countersign_client::{
    Accepted, Access, Client, Error, Event, NoPaths, Onion as LinkOnion, Outcome as Answer, Waiting,
};
use countersign_crypto::sha256;
use countersign_link::{Code, ErrorForm, Summary};
use countersign_records::{Issued, RecordError, Records};
use tokio::sync::{Mutex, Notify};
use tokio::task::block_in_place;
use tokio::time::{MissedTickBehavior, interval, sleep};

use super::handovers::{Handovers, Id};
use super::paymaster::authorised;
use super::payment_paths::Ways;
use super::rate::RateSource;
use super::tally::Tally;

/// Opens the device, and waits for it as long as it takes.
///
/// The second value says whether the device was lost and opened again since it was last looked at.
///
/// # Errors
/// There is a device, and this program cannot talk to it.
pub(crate) async fn open(access: Access) -> anyhow::Result<(Client, Arc<AtomicBool>)> {
    let reopened = Arc::new(AtomicBool::new(false));
    let mut told = false;
    loop {
        let lost = reopened.clone();
        match Client::open(access.clone(), move |event| note(&event, &lost)).await {
            Ok(client) => return Ok((client, reopened)),
            Err(error) if may_come(&error) => {
                if !told {
                    tracing::warn!("{error}; waiting for it");
                }
                told = true;
            }
            Err(error) => return Err(error.into()),
        }
        sleep(RETRY).await;
    }
}

fn note(event: &Event<'_>, lost: &AtomicBool) {
    match event {
        Event::AwaitingApproval(_) => tracing::warn!("the device waits for one of its buttons"),
        Event::Words(_) => {}
        Event::Reopening(error) => {
            lost.store(true, Ordering::Relaxed);
            tracing::warn!("{error}; opening it again");
        }
    }
}

/// Whether a device that cannot be opened may be plugged in yet.
const fn may_come(error: &Error) -> bool {
    match error {
        Error::NoDevice(..)
        | Error::PortBusy(..)
        | Error::NotOpened(..)
        | Error::NoAnswer(_)
        | Error::Lost(_)
        | Error::Wedged
        | Error::TooSlow
        | Error::Damaged(_) => true,
        Error::Flash(_)
        | Error::OtherProtocol { .. }
        | Error::OtherNetwork { .. }
        | Error::Refused(_)
        | Error::PathsRefused(_)
        | Error::Unexpected(_)
        | Error::TooLong(_)
        | Error::NoEntropy(_) => false,
    }
}

/// The device at the other end of the link, as the bridge asks it.
#[derive(Debug)]
pub(crate) struct Board {
    pub(crate) client: Arc<Mutex<Client>>,
    /// Whether the device was lost: it may have been without power, and not know the time.
    pub(crate) reopened: Arc<AtomicBool>,
    pub(crate) ways: Ways,
    pub(crate) invoice_error: ErrorForm,
    pub(crate) records: Records,
    pub(crate) tally: Arc<Tally>,
    /// Told when there is something to pay.
    pub(crate) payable: Arc<Notify>,
    /// The prompt that the merchant was last left with.
    pub(crate) prompt: Option<u32>,
    pub(crate) handovers: Handovers,
    /// Whether the device was gone before its answer was on record.
    pub(crate) unheard: bool,
}

impl Board {
    /// Asks the device, and does about its refusals what a host can.
    async fn ask(&mut self, onion: LinkOnion<'_>) -> Result<Answer, Error> {
        let mut client = self.client.lock().await;
        if self.reopened.swap(false, Ordering::Relaxed) {
            self.tally.reopened.up();
            claim_time(&mut client).await?;
        }
        match client.answer(onion, self.invoice_error, &mut self.ways).await {
            Err(error @ Error::PathsRefused(_)) => {
                // The payer is told that there is no invoice, and the merchant why.
                tracing::warn!("the payment paths will not do: {error}");
                client.answer(onion, self.invoice_error, &mut NoPaths).await
            }
            Err(error) if error.code() == Some(Code::TIME_UNKNOWN) => {
                claim_time(&mut client).await?;
                client.answer(onion, self.invoice_error, &mut self.ways).await
            }
            answer => answer,
        }
    }

    /// Takes down what the device says about its answer, before anybody else sees the answer.
    fn take_down(&self, answer: &countersign_client::Outgoing) -> Result<(), RecordError> {
        let Some(summary) = &answer.summary else {
            self.tally.other_answers.up();
            return Ok(());
        };
        self.tally.invoices.up();
        let Summary { offer, amount_msat, payment_hash, created_at, relative_expiry } = *summary;
        tracing::info!(amount_msat, ?payment_hash, "the device signed an invoice");
        let issued = Issued {
            payment_hash: payment_hash.0,
            offer: offer.0,
            amount_msat,
            created_at,
            expires_at: created_at.saturating_add(relative_expiry.into()),
            receipt: answer.receipt.clone().unwrap_or_default(),
        };
        block_in_place(|| self.records.add_invoice(&issued))
    }

    /// Takes down what the device has authorised to be paid: from then on, it will be.
    fn take_up(&self, amount_msat: u64, invoice: &[u8]) -> anyhow::Result<()> {
        let (refund, payout) = authorised(invoice)?;
        block_in_place(|| {
            self.records.add_refund(&refund)?;
            self.records.authorise(&payout)
        })?;
        let refund = hex::encode(refund.id);
        tracing::info!(amount_msat, refund, "the device authorised a payment");
        if self.ways.node().is_none() {
            tracing::warn!("no node is there to make it: start the bridge with --node");
        }
        self.payable.notify_one();
        Ok(())
    }

    /// Does what the device's answer asks for.
    fn follow(&mut self, answer: Answer) -> anyhow::Result<Outcome> {
        match answer {
            Answer::Silence => {
                self.tally.silences.up();
                Ok(Outcome::Silence)
            }
            Answer::Outgoing(answer) => {
                self.take_down(&answer)?;
                Ok(Outcome::Send(Box::new(outgoing(*answer)?)))
            }
            Answer::WithMerchant(waiting) => {
                self.left_with_merchant(waiting);
                Ok(Outcome::Later)
            }
            Answer::Pay { amount_msat, invoice, .. } => {
                self.take_up(amount_msat, &invoice)?;
                Ok(Outcome::Silence)
            }
        }
    }
}

/// What comes of somebody's refund.
pub(crate) enum Acceptance {
    /// The onion to send, and what it is about.
    Invoice(Box<Outgoing>, Box<Summary>),
    /// The merchant is being asked: the same refund is put to the device again once they have decided.
    Later,
}

impl Board {
    /// Has the device sign an invoice for somebody's refund, passing over the first `skip` of its
    /// paths, and takes it down with the key that signs it.
    pub(crate) async fn accept(&mut self, refund: &[u8], skip: u8) -> anyhow::Result<Acceptance> {
        let mut client = self.client.lock().await;
        claim_time(&mut client).await?;
        let answer = match client.accept_refund(refund, skip, &mut self.ways).await? {
            Accepted::Invoice(answer) => *answer,
            Accepted::WithMerchant(waiting) => {
                drop(client);
                self.left_with_merchant(waiting);
                return Ok(Acceptance::Later);
            }
        };
        let id = sha256(&[refund]);
        let signer = client.refund_signer(id).await?.0;
        drop(client);
        block_in_place(|| self.records.add_signer(&id, &signer))?;
        self.take_down(&answer)?;
        let summary = answer.summary.context("the device says nothing about the invoice")?;
        Ok(Acceptance::Invoice(Box::new(outgoing(answer)?), Box::new(summary)))
    }

    fn left_with_merchant(&mut self, waiting: Waiting) {
        if let Waiting::Prompt(prompt) = waiting {
            self.prompt = Some(prompt);
        }
    }

    /// Whether the merchant has decided about what they were last left with, as far as is known.
    pub(crate) async fn has_decided(&mut self) -> bool {
        if self.prompt.is_none() && !self.unheard {
            return true;
        }
        let mut client = self.client.lock().await;
        let waits = match self.prompt {
            Some(prompt) => client.is_with_merchant(prompt).await,
            None => client.status().await.map(|_status| false),
        };
        match waits {
            Ok(true) => false,
            Ok(false) => {
                self.prompt = None;
                self.unheard = false;
                true
            }
            Err(error) => {
                tracing::debug!("the device was not asked what it waits for: {error}");
                false
            }
        }
    }

    /// Puts an onion to the device, and does what it answers. Where a payment may be lost with the
    /// answer, `kept` is what the onion is on record as.
    async fn put(&mut self, onion: LinkOnion<'_>, kept: Option<Id>) -> Result<Outcome, String> {
        let (outcome, is_known) = match self.ask(onion).await {
            Ok(answer) => {
                let followed = self.follow(answer);
                let is_known = !followed.as_ref().is_err_and(is_unwritten);
                (followed.map_err(|error| format!("{error:#}")), is_known)
            }
            // Not as an `anyhow::Error`, which walks the stack where `RUST_BACKTRACE` is set: that a
            // cable is pulled would read half a megabyte of unwinding tables into memory.
            Err(error) => (Err(error.to_string()), !may_come(&error)),
        };
        let Some(id) = kept else { return outcome };
        match outcome {
            Err(error) if !is_known => {
                tracing::warn!("{error}; the device is asked again about a message");
                self.unheard = true;
                Ok(Outcome::Unheard)
            }
            Ok(Outcome::Later) => {
                Handovers::leave_with_merchant(&self.records, &id);
                Ok(Outcome::Later)
            }
            outcome => {
                self.handovers.end(&self.records, &id);
                outcome
            }
        }
    }
}

/// Whether an answer of the device's is lost because the record could not be written.
fn is_unwritten(error: &anyhow::Error) -> bool {
    matches!(error.downcast_ref(), Some(RecordError::Database(_)))
}

fn outgoing(answer: countersign_client::Outgoing) -> anyhow::Result<Outgoing> {
    let path_key = PublicKey::from_slice(&answer.path_key)?;
    let onion = Onion { path_key, packet: answer.packet };
    Ok(Outgoing { destination: destination(answer.destination)?, onion })
}

impl Device for Board {
    async fn answer(&mut self, onion: &Onion) -> Outcome {
        let outcome = match self.handovers.begin(&self.records, onion) {
            Ok(kept) => {
                let path_key = onion.path_key.serialize();
                self.put(LinkOnion { path_key: &path_key, packet: &onion.packet }, kept).await
            }
            Err(error) => Err(format!("{error:#}")),
        };
        outcome.unwrap_or_else(|error| {
            self.tally.failures.up();
            tracing::warn!("a message was dropped: {error}");
            Outcome::Silence
        })
    }

    async fn has_merchant_decided(&mut self) -> bool {
        self.has_decided().await
    }

    async fn left_over(&mut self) -> Vec<Onion> {
        let left = self.handovers.left_over(&self.records).unwrap_or_else(|error| {
            tracing::warn!("{error}");
            Vec::new()
        });
        if !left.is_empty() {
            tracing::info!("the device is asked again about {} messages", left.len());
        }
        left
    }

    async fn given_up(&mut self, onion: &Onion) {
        self.handovers.give_up(&self.records, onion);
    }
}

/// Tells the device what time it is.
///
/// # Errors
/// It does not believe that, or cannot be reached.
pub(crate) async fn tell_time(client: &Mutex<Client>) -> Result<(), Error> {
    claim_time(&mut *client.lock().await).await
}

/// Tells the time again and again, and what a currency is worth.
pub(crate) async fn keep_told(client: Arc<Mutex<Client>>, rate: Option<RateSource>) {
    let mut complaint = String::new();
    let mut clock = interval(TIME);
    clock.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        clock.tick().await;
        if let Err(error) = tell_time(&client).await {
            tracing::warn!("the device was not told the time: {error}");
        }
        let told = match &rate {
            Some(source) => source.tell(&client).await,
            None => Ok(()),
        };
        let trouble = told.map_or_else(|error| format!("{error:#}"), |()| String::new());
        if trouble != complaint && !trouble.is_empty() {
            tracing::warn!("{trouble}: `countersign device rate` sets the merchant's own");
        }
        complaint = trouble;
    }
}

async fn claim_time(client: &mut Client) -> Result<(), Error> {
    // A clock before 1970 is one that the device asks its merchant about.
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    client.set_time(now.as_secs()).await.map(drop)
}

fn destination(named: countersign_link::Destination) -> anyhow::Result<Destination> {
    Ok(match named {
        countersign_link::Destination::Node(node) => {
            Destination::Node(PublicKey::from_slice(&node.0)?)
        }
        countersign_link::Destination::Channel { direction, short_channel_id } => {
            let end = if direction == 0 { ChannelEnd::One } else { ChannelEnd::Two };
            Destination::ChannelEnd { short_channel_id, end }
        }
    })
}

const RETRY: Duration = Duration::from_millis(250);
/// `invoice_created_at` is at most so much behind.
const TIME: Duration = Duration::from_secs(15);

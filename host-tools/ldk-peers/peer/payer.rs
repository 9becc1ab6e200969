use core::fmt;
use core::time::Duration;
use std::sync::Arc;
use std::time::Instant;

use anyhow::Context;
use bitcoin::constants::ChainHash;
use bitcoin::secp256k1::Secp256k1;
use countersign_ldk_peer_interface::{Answer, Failure, PayerArguments, Seed, VerifiedInvoice};
use lightning::events::Event;
use lightning::ln::channelmanager::{OptionalOfferPaymentParams, PaymentId};
use lightning::offers::flow::OffersMessageFlow;
use lightning::offers::invoice::Bolt12Invoice;
use lightning::offers::offer::{Offer, OfferFromHrn};
use lightning::offers::parse::Bolt12SemanticError;
use lightning::onion_message::dns_resolution::HumanReadableName;
use lightning::sign::{NodeSigner, Recipient};
use lightning::util::ser::Writeable;
use tokio::time::{Instant as Deadline, timeout_at};

use super::channels;
use super::log::Log;
use super::node::{Hearing, Node, Settings, random_bytes, unix_seconds};
use super::offers::Seen;
use super::paths::MessagePaths;
use super::payment::{TIMEOUT, pay, payment_failure};
use crate::release::{Tip, VERSION};

/// A wallet that asks for the invoice of an offer, lets LDK judge what comes back, and pays it.
pub struct Payer {
    node: Node,
    judge: OffersMessageFlow<Arc<MessagePaths>, Arc<Log>>,
    wish: Wish,
    intent: Intent,
    patience: Duration,
}

impl Payer {
    /// Starts a wallet and connects it to the node that its request enters the network by.
    ///
    /// # Errors
    /// The offer or the name cannot be read, or the node cannot be reached.
    pub async fn start(arguments: &PayerArguments) -> anyhow::Result<Self> {
        let wish = Wish::read(arguments)?;
        let node = Node::start(
            &Settings {
                network: arguments.network,
                seed: arguments.key.map_or_else(|| random_bytes().map(Seed), Ok)?,
                path_shape: arguments.reply_path,
                known_channels: &arguments.known_channel,
                ground: &arguments.ground,
            },
            Hearing::Manager,
        )?;
        node.offers.repeat(arguments.repeat);
        node.connect(&arguments.peer).await?;
        channels::open(&node, &arguments.peer.node_id, &arguments.ground.channel).await?;
        let judge = judge(&node, arguments)?;
        let intent = if arguments.pay { Intent::Pay } else { Intent::Look };
        Ok(Self { node, judge, wish, intent, patience: Duration::from_secs(arguments.timeout) })
    }

    /// Sends one new request, as many copies of it as were wished for, and waits for an answer to
    /// each copy, or for the first failure.
    ///
    /// # Errors
    /// The system has no random bytes, or the timeout is beyond what the clock can hold.
    pub async fn ask(&mut self) -> anyhow::Result<Vec<Answer>> {
        while self.node.seen.try_recv().is_ok() {}
        self.node.gauge.reset();
        let inquiry = Inquiry {
            payment: PaymentId(random_bytes()?),
            started: Instant::now(),
            deadline: Deadline::now()
                .checked_add(self.patience)
                .context("the timeout is too long")?,
        };
        let mut answers = vec![self.first_answer(&inquiry).await];
        while answers.len() < self.wish.copies
            && matches!(answers.last(), Some(Answer::Verified(_)))
        {
            answers.push(self.further_answer(&inquiry).await);
        }
        self.node.manager.abandon_payment(inquiry.payment);
        Ok(answers)
    }

    /// The answer that LDK itself reports: it emits `InvoiceReceived` once it has verified one.
    async fn first_answer(&mut self, inquiry: &Inquiry) -> Answer {
        if let Err(error) = self.wish.send(&self.node, inquiry.payment) {
            return self.failure(inquiry, semantic(&error));
        }
        self.node.flush();
        loop {
            match timeout_at(inquiry.deadline, self.node.events.recv()).await {
                Ok(Some(Event::InvoiceReceived { payment_id, invoice, context, .. }))
                    if payment_id == inquiry.payment =>
                {
                    self.skip_seen();
                    let mut verified = self.verified(inquiry, &invoice);
                    if self.intent == Intent::Pay {
                        let deadline = inquiry.deadline;
                        let paid = pay(&mut self.node, &invoice, context, deadline).await;
                        verified.payment = Some(paid);
                    }
                    return Answer::Verified(Box::new(verified));
                }
                Ok(Some(Event::PaymentFailed { payment_id, reason, .. }))
                    if payment_id == inquiry.payment =>
                {
                    return self.failure(inquiry, payment_failure(reason));
                }
                Ok(Some(_)) => {}
                Ok(None) => return self.failure(inquiry, "the node stopped".to_owned()),
                Err(_) => return self.failure(inquiry, TIMEOUT.to_owned()),
            }
        }
    }

    /// An answer to another copy, which LDK verifies in the same way but does not report.
    async fn further_answer(&mut self, inquiry: &Inquiry) -> Answer {
        loop {
            match timeout_at(inquiry.deadline, self.node.seen.recv()).await {
                Ok(Some(Seen::Invoice(invoice, context)))
                    if self.judge.verify_bolt12_invoice(&invoice, context.as_ref())
                        == Ok(inquiry.payment) =>
                {
                    return Answer::Verified(Box::new(self.verified(inquiry, &invoice)));
                }
                Ok(Some(_)) => {}
                Ok(None) => return self.failure(inquiry, "the node stopped".to_owned()),
                Err(_) => return self.failure(inquiry, TIMEOUT.to_owned()),
            }
        }
    }

    /// Passes over what was seen of the invoice that LDK has just reported.
    fn skip_seen(&mut self) {
        while let Ok(seen) = self.node.seen.try_recv() {
            if matches!(seen, Seen::Invoice(..)) {
                break;
            }
        }
    }

    fn verified(&self, inquiry: &Inquiry, invoice: &Bolt12Invoice) -> VerifiedInvoice {
        let elapsed = inquiry.started.elapsed();
        let sizes = self.node.gauge.latest();
        VerifiedInvoice {
            ldk: VERSION,
            amount_msat: invoice.amount_msats(),
            payment_hash: invoice.payment_hash().0,
            signing_key: invoice.signing_pubkey().serialize(),
            offer_id: self.wish.offer.id().0,
            payment_paths: invoice.payment_paths().len(),
            request_bytes: sizes.sent,
            reply_bytes: sizes.received,
            invoice: invoice.encode(),
            elapsed,
            payment: None,
        }
    }

    fn failure(&mut self, inquiry: &Inquiry, reason: String) -> Answer {
        let elapsed = inquiry.started.elapsed();
        let mut invoice_error = None;
        while let Ok(seen) = self.node.seen.try_recv() {
            if let Seen::InvoiceError(error) = seen {
                invoice_error = Some(error);
            }
        }
        let field = invoice_error.as_ref().and_then(|error| error.erroneous_field.as_ref());
        Answer::Failed(Failure {
            ldk: VERSION,
            reason,
            erroneous_field: field.map(|field| field.tlv_fieldnum),
            invoice_error: invoice_error.map(|error| error.message.to_string()),
            reply_bytes: self.node.gauge.latest().received,
            elapsed,
        })
    }
}

impl fmt::Debug for Payer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Payer").field("offer", &self.wish.offer).finish_non_exhaustive()
    }
}

/// What the payer does about an invoice.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Intent {
    Look,
    Pay,
}

/// One request under way.
struct Inquiry {
    payment: PaymentId,
    started: Instant,
    deadline: Deadline,
}

/// What the payer asks for.
struct Wish {
    offer: Offer,
    amount_msat: Option<u64>,
    quantity: Option<u64>,
    note: Option<String>,
    name: Option<HumanReadableName>,
    copies: usize,
}

impl Wish {
    fn read(arguments: &PayerArguments) -> anyhow::Result<Self> {
        let Ok(offer) = arguments.offer.parse() else {
            anyhow::bail!("LDK cannot read this offer: {}", arguments.offer.escape_default());
        };
        Ok(Self {
            offer,
            amount_msat: arguments.amount_msat,
            quantity: arguments.quantity,
            note: arguments.note.clone(),
            name: arguments.bip353.as_deref().map(human_readable_name).transpose()?,
            copies: arguments.repeat.get().try_into()?,
        })
    }

    /// Has LDK build, sign and queue the request.
    fn send(&self, node: &Node, payment: PaymentId) -> Result<(), Bolt12SemanticError> {
        let parameters = OptionalOfferPaymentParams {
            payer_note: self.note.clone(),
            ..OptionalOfferPaymentParams::default()
        };
        let (offer, manager) = (&self.offer, &node.manager);
        match (self.name, self.amount_msat, self.quantity) {
            (Some(hrn), Some(amount_msat), _) => {
                let offer = OfferFromHrn { offer: offer.clone(), hrn };
                manager.pay_for_offer_from_hrn(&offer, amount_msat, payment, parameters)
            }
            (_, amount_msat, Some(quantity)) => manager.pay_for_offer_with_quantity(
                offer,
                amount_msat,
                payment,
                parameters,
                quantity,
            ),
            (_, amount_msat, None) => {
                manager.pay_for_offer(offer, amount_msat, payment, parameters)
            }
        }
    }
}

fn human_readable_name(text: &str) -> anyhow::Result<HumanReadableName> {
    let (user, domain) = text.split_once('@').context("a BIP 353 name is NAME@DOMAIN")?;
    HumanReadableName::new(user, domain)
        .map_err(|()| anyhow::anyhow!("LDK does not take this BIP 353 name"))
}

/// The part of LDK that verifies invoices, with the same keys as the node's own.
fn judge(
    node: &Node,
    arguments: &PayerArguments,
) -> anyhow::Result<OffersMessageFlow<Arc<MessagePaths>, Arc<Log>>> {
    let node_id = node
        .keys
        .get_node_id(Recipient::Node)
        .map_err(|()| anyhow::anyhow!("LDK has no node id for these keys"))?;
    Ok(OffersMessageFlow::new(
        ChainHash::using_genesis_block(arguments.network),
        Tip::from_network(arguments.network),
        node_id,
        unix_seconds()?,
        node.keys.get_expanded_key(),
        node.keys.get_receive_auth_key(),
        Secp256k1::new(),
        node.paths.clone(),
        Arc::new(Log),
    ))
}

/// LDK's semantic errors have no other text.
fn semantic(error: &Bolt12SemanticError) -> String {
    format!("{error:?}")
}

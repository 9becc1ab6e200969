use core::fmt;
use core::time::Duration;

use anyhow::{Context, bail};
use countersign_ldk_peer_interface::{
    PathShape, Payment, RefundArguments, Seed, WithdrawArguments,
};
use lightning::blinded_path::message::OffersContext;
use lightning::events::Event;
use lightning::ln::channelmanager::PaymentId;

use lightning::offers::invoice::Bolt12Invoice;
use lightning::offers::parse::Bolt12SemanticError;
use lightning::offers::refund::Refund;
use lightning::routing::router::RouteParametersConfig;
use tokio::time::{Instant, timeout_at};

use super::channels;
use super::node::{Hearing, Node, Settings, random_bytes, unix_seconds};
use super::payment::pay;
use crate::release::Retry;

/// A wallet that owes somebody money, lets LDK judge the invoice that comes for it, and pays it.
pub struct Payback {
    /// What whoever gets the money scans.
    pub refund: Refund,
    node: Node,
    payment: PaymentId,
    /// What came with the invoice.
    context: Option<OffersContext>,
    deadline: Instant,
}

impl Payback {
    /// Starts a wallet and makes a refund, whose path begins at the node that it is connected to.
    ///
    /// # Errors
    /// The node cannot be reached, or LDK refuses to make such a refund.
    pub async fn start(arguments: &RefundArguments) -> anyhow::Result<Self> {
        let node = Node::start(
            &Settings {
                network: arguments.network,
                seed: arguments.key.map_or_else(|| random_bytes().map(Seed), Ok)?,
                path_shape: arguments.refund_path,
                known_channels: &[],
                ground: &arguments.ground,
            },
            Hearing::Manager,
        )?;
        node.connect(&arguments.peer).await?;
        channels::open(&node, &arguments.peer.node_id, &arguments.ground.channel).await?;
        let payment = PaymentId(random_bytes()?);
        let expiry = Duration::from_secs(u64::from(unix_seconds()?).saturating_add(HOLDS));
        let builder = node.manager.create_refund_builder(
            arguments.amount_msat,
            expiry,
            payment,
            Retry::Attempts(0),
            RouteParametersConfig::default(),
        );
        let builder =
            builder.map_err(|error| refused(&error))?.description(arguments.description.clone());
        let refund = builder.build().map_err(|error| refused(&error))?;
        let patience = Duration::from_secs(arguments.timeout);
        let deadline = Instant::now().checked_add(patience).context("the timeout is too long")?;
        Ok(Self { refund, node, payment, context: None, deadline })
    }

    /// The invoice for the refund, once LDK has verified one.
    ///
    /// # Errors
    /// None comes in time, or LDK gives the refund up.
    pub async fn invoice(&mut self) -> anyhow::Result<Bolt12Invoice> {
        loop {
            match timeout_at(self.deadline, self.node.events.recv()).await? {
                Some(Event::InvoiceReceived { payment_id, invoice, context, .. })
                    if payment_id == self.payment =>
                {
                    self.context = context;
                    return Ok(invoice);
                }
                Some(Event::PaymentFailed { reason, .. }) => {
                    bail!("LDK gives the refund up: {reason:?}")
                }
                Some(_) => {}
                None => bail!("the node stopped"),
            }
        }
    }

    /// Has LDK pay that invoice.
    pub async fn pay(&mut self, invoice: &Bolt12Invoice) -> Payment {
        let context = self.context.take();
        pay(&mut self.node, invoice, context, self.deadline).await
    }
}

/// A node that has asked for the money of somebody's refund. It must go on for as long as its
/// invoice is on its way.
pub struct Withdrawal {
    /// What it has sent.
    pub invoice: Bolt12Invoice,
    node: Node,
}

impl Withdrawal {
    /// Has LDK sign an invoice for a refund and send it over the refund's paths.
    ///
    /// # Errors
    /// The refund cannot be read, the node cannot be reached, or LDK refuses.
    pub async fn start(arguments: &WithdrawArguments) -> anyhow::Result<Self> {
        let refund: Refund = arguments
            .refund
            .parse()
            .map_err(|error| anyhow::anyhow!("LDK reads no refund there: {error:?}"))?;
        let node = Node::start(
            &Settings {
                network: arguments.network,
                seed: arguments.key.map_or_else(|| random_bytes().map(Seed), Ok)?,
                path_shape: PathShape::Padded,
                known_channels: &[],
                ground: &arguments.ground,
            },
            Hearing::Manager,
        )?;
        node.connect(&arguments.peer).await?;
        channels::open(&node, &arguments.peer.node_id, &arguments.ground.channel).await?;
        let invoice =
            node.manager.request_refund_payment(&refund).map_err(|error| refused(&error))?;
        node.flush();
        Ok(Self { invoice, node })
    }

    /// Takes the money, however long it takes to come, and says how much it is in millisatoshi.
    ///
    /// # Errors
    /// The node stops.
    pub async fn receive(&mut self) -> anyhow::Result<u64> {
        loop {
            let event = self.node.events.recv().await.context("the node stopped")?;
            if let Event::PaymentClaimed { amount_msat, .. } = event {
                return Ok(amount_msat);
            }
            if let Event::PaymentClaimable { purpose, .. } = event
                && let Some(preimage) = purpose.preimage()
            {
                self.node.manager.claim_funds(preimage);
            }
        }
    }
}

/// Seconds for which a refund holds.
const HOLDS: u64 = 3_600;

fn refused(error: &Bolt12SemanticError) -> anyhow::Error {
    anyhow::anyhow!("LDK makes none of this refund: {error:?}")
}

impl fmt::Debug for Payback {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Payback").field("refund", &self.refund).finish_non_exhaustive()
    }
}

impl fmt::Debug for Withdrawal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Withdrawal").field("invoice", &self.invoice).finish_non_exhaustive()
    }
}

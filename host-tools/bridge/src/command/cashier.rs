use core::time::Duration;
use std::sync::Arc;
use std::time::{SystemTime, UNIX_EPOCH};

use countersign_client::{Client, Error};
use countersign_link::Code;
use countersign_merchant_node::{MerchantNode, PathKey, Payment, Progress};
use countersign_policy::Rule;
use countersign_records::{Invoice, News, Paid, RecordError, Records};
use tokio::sync::Mutex;
use tokio::task::block_in_place;
use tokio::time::sleep;
use zeroize::Zeroizing;

/// Takes the payments that the merchant's node holds to the device, and brings the preimages back.
pub(crate) struct Cashier<N> {
    pub(crate) node: Arc<N>,
    pub(crate) client: Arc<Mutex<Client>>,
    pub(crate) records: Records,
}

/// What the device says to a payment.
enum Judgement {
    Release(Zeroizing<[u8; 32]>),
    /// Never.
    Refuse,
    /// Not now.
    Later,
}

impl<N: MerchantNode> Cashier<N> {
    /// Asks the node again and again what it holds: nothing is lost, whichever program dies when.
    pub(crate) async fn tend(mut self) {
        let mut silent = false;
        loop {
            sleep(TURN).await;
            let payments = match self.node.payments().await {
                Ok(payments) => payments,
                Err(error) => {
                    if !silent {
                        tracing::warn!("{error}; asking again");
                    }
                    silent = true;
                    continue;
                }
            };
            silent = false;
            for payment in payments {
                if let Err(error) = self.attend_to(&payment).await {
                    tracing::warn!(?payment, "{error:#}");
                }
            }
        }
    }

    async fn attend_to(&mut self, payment: &Payment) -> anyhow::Result<()> {
        let hash = payment.hash;
        match &payment.progress {
            Progress::Held { path_keys } => match self.judge(payment, path_keys).await? {
                Judgement::Release(preimage) => self.node.settle(hash, *preimage).await?,
                Judgement::Refuse => self.node.refuse(hash).await?,
                Judgement::Later => {}
            },
            Progress::Received => {
                let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
                let paid = Paid { received_msat: payment.amount_msat, at: now.as_secs() };
                if block_in_place(|| self.records.mark_paid(&hash, paid))? == News::New {
                    tracing::info!(?payment, "a payment was received");
                }
                self.node.recorded(hash).await?;
            }
        }
        Ok(())
    }

    /// Shows the device what the node has seen of the payment.
    async fn judge(
        &mut self,
        payment: &Payment,
        keys: &[PathKey],
    ) -> Result<Judgement, RecordError> {
        let Some(invoice) = block_in_place(|| self.records.invoice(&payment.hash))? else {
            tracing::warn!(?payment, "a payment for no invoice on record is given back");
            return Ok(Judgement::Refuse);
        };
        let mut client = self.client.lock().await;
        if keys.is_empty() {
            // The node has lost it, or the path has one hop: the host's word may be enough.
            return Ok(by_facts(&mut client, payment, &invoice).await);
        }
        let receipt = &invoice.issued.receipt;
        for PathKey(path_key) in keys {
            match client.claim_with_path_key(receipt, *path_key).await {
                Ok(preimage) => return Ok(Judgement::Release(preimage)),
                Err(error) if error.rule() == Some(Rule::Release) => {
                    return Ok(by_facts(&mut client, payment, &invoice).await);
                }
                Err(error) if is_final(&error) => tracing::warn!(?payment, "{error}"),
                Err(error) => {
                    tracing::warn!(?payment, "{error}; asking again");
                    return Ok(Judgement::Later);
                }
            }
        }
        Ok(Judgement::Refuse)
    }
}

/// Gives the device the host's word, under the rule that takes it.
async fn by_facts(client: &mut Client, payment: &Payment, invoice: &Invoice) -> Judgement {
    let issued = &invoice.issued;
    // LDK's records have no `path_id`.
    let claim =
        client.claim_with_facts(&issued.receipt, payment.amount_msat, issued.expires_at, &[]);
    match claim.await {
        Ok(preimage) => Judgement::Release(preimage),
        Err(error) => {
            tracing::warn!(?payment, "{error}");
            if is_final(&error) { Judgement::Refuse } else { Judgement::Later }
        }
    }
}

/// Whether the device will never say anything else.
fn is_final(error: &Error) -> bool {
    error.rule().is_some() || matches!(error.code(), Some(Code::NOT_OURS | Code::NOT_A_POINT))
}

const TURN: Duration = Duration::from_millis(50);

use anyhow::bail;
use countersign_records::{Outcome, Payout, Records, Refund};
use countersign_till::refund_json;

use super::Printing;
use crate::page::{Page, amount, moment, now};

/// Show a refund that was offered, and what became of it
#[derive(Debug, clap::Args)]
pub(crate) struct Arguments {
    /// The refund's id, or the beginning of it
    id: String,
    #[command(flatten)]
    pub(super) printing: Printing,
}

pub(crate) fn run(arguments: &Arguments, records: &Records) -> anyhow::Result<Page> {
    let now = now()?;
    let refund = recorded(&arguments.id, records)?;
    let offered = &refund.offered;
    let mut page = Page::new(refund_json(&refund, now))
        .field("id", hex::encode(offered.id))
        .field("state", refund.state(now))
        .field("amount", amount(offered.amount_msat))
        .field("for", &offered.description)
        .field("made", moment(offered.created_at));
    if let Some(expiry) = offered.expires_at {
        page = page.field("expires", moment(expiry));
    }
    if let Some(payout) = &refund.payout {
        page = payment(page, payout);
    }
    Ok(page.line("").line(&offered.text))
}

fn payment(page: Page, payout: &Payout) -> Page {
    let page = page
        .field("payment hash", hex::encode(payout.authorised.payment_hash))
        .field("authorised", moment(payout.authorised.at));
    match (&payout.outcome, &payout.trouble) {
        (Some(Outcome::Paid { at, preimage, fee_msat }), _) => page
            .field("paid", moment(*at))
            .field("fee", amount(*fee_msat))
            .field("preimage", hex::encode(preimage)),
        (Some(Outcome::Failed { at }), trouble) => page
            .field("given up", moment(*at))
            .field("because", trouble.as_deref().unwrap_or("the invoice expired")),
        (None, Some(trouble)) => {
            page.field("last failure", trouble).line("The bridge tries again until it expires.")
        }
        (None, None) => page,
    }
}

/// The refund on record whose id begins with `beginning`.
pub(super) fn recorded(beginning: &str, records: &Records) -> anyhow::Result<Refund> {
    let wanted = beginning.to_lowercase();
    let is_it = |refund: &Refund| hex::encode(refund.offered.id).starts_with(&wanted);
    let mut found = records.refunds()?.into_iter().filter(is_it);
    match (found.next(), found.next()) {
        (Some(refund), None) => Ok(refund),
        (None, _) => bail!("no refund on record has an id that begins with {beginning}"),
        (Some(_), Some(_)) => {
            bail!("several refunds have ids that begin with {beginning}: give more of it")
        }
    }
}

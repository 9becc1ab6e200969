use countersign_records::Records;
use countersign_till::refund_json;
use serde_json::Value;

use crate::page::{Page, amount, moment, now};

pub(crate) fn run(records: &Records) -> anyhow::Result<Page> {
    let now = now()?;
    let refunds = records.refunds()?;
    let page = Page::new(refunds.iter().map(|refund| refund_json(refund, now)).collect::<Value>());
    if refunds.is_empty() {
        return Ok(page.line("No refund is on record yet."));
    }
    Ok(refunds.iter().fold(page, |page, refund| {
        let offered = &refund.offered;
        let (made, state) = (moment(offered.created_at), refund.state(now));
        let (id, amount) = (hex::encode(offered.id), amount(offered.amount_msat));
        page.line(format!("{id:.16} {state:<10} {made} {amount:>18} {}", offered.description))
    }))
}

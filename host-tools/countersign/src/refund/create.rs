use anyhow::bail;
use countersign_client::{OfferPath, RefundTerms};
use countersign_link::{Padding, Price};
use countersign_records::{Offered, Records};
use serde_json::json;

use crate::connection::DeviceArguments;
use crate::offer::{TypedPath, TypedPrice, expiry};
use crate::page::{Page, now};

/// Offer to pay somebody, once; the device shows it and its button confirms it
///
/// Whoever has the text may send an invoice for the money, which the device reads, shows and
/// authorises once. That is advice to an honest host: a node with its keys in software can pay
/// without asking.
#[derive(Debug, clap::Args)]
pub(crate) struct Arguments {
    #[command(flatten)]
    pub(crate) device: DeviceArguments,
    /// How much, such as 10sat or 1000msat
    #[arg(long, value_name = "PRICE")]
    amount: TypedPrice,
    /// What for
    #[arg(long)]
    description: String,
    /// Who pays
    #[arg(long)]
    issuer: Option<String>,
    /// Until when: seconds from now, or a time such as 2030-01-01T00:00:00Z
    #[arg(long, value_name = "TIME", value_parser = expiry)]
    expires: Option<u64>,
    /// A way to the device: RELAY,BRIDGE by node id, the first first; for each way once
    #[arg(long = "path", required = true, value_name = "NODE,…")]
    paths: Vec<TypedPath>,
}

pub(crate) fn run(arguments: &Arguments, records: &Records) -> anyhow::Result<Page> {
    let TypedPrice(Price::Msat(amount_msat)) = arguments.amount else {
        bail!("a refund is in bitcoin: say how much as 10sat or 1000msat");
    };
    let padding = Padding::Equal;
    let paths =
        arguments.paths.iter().map(|TypedPath(hops)| OfferPath { hops: hops.clone(), padding });
    let terms = RefundTerms {
        amount_msat,
        description: arguments.description.clone(),
        issuer: arguments.issuer.clone(),
        expiry: arguments.expires,
        paths: paths.collect(),
    };
    let mut connection = arguments.device.open()?;
    let issued = connection.wait(async |client| client.create_refund(&terms).await)?;
    records.add_refund(&Offered {
        id: issued.offer,
        text: issued.text.clone(),
        description: terms.description,
        amount_msat,
        created_at: now()?,
        expires_at: terms.expiry,
    })?;
    let id = hex::encode(issued.offer);
    Ok(Page::new(json!({ "id": id, "refund": issued.text }))
        .field("id", &id)
        .line("")
        .line(&issued.text))
}

use countersign_client::{OfferPath, OfferTerms};
use countersign_link::{Padding, Price};
use countersign_records::{MadeBy, Offer, Records};
use serde_json::json;

use super::path::TypedPath;
use super::price::TypedPrice;
use super::qr;
use super::standing::show;
use crate::connection::Connection;
use crate::page::{Page, now};

/// Make an offer; the device shows it and its button confirms it
#[derive(Debug, clap::Args)]
#[expect(clippy::struct_excessive_bools, reason = "each is a switch on the command line")]
pub(crate) struct Arguments {
    /// What it is for; needed with a price
    #[arg(long)]
    description: Option<String>,
    /// The price of one item, such as 10sat, 1000msat or 12.50EUR; without, the payer chooses
    #[arg(long, value_name = "PRICE")]
    amount: Option<TypedPrice>,
    /// Who sells
    #[arg(long)]
    issuer: Option<String>,
    /// The most that can be had at once; 0 is as many as one likes
    #[arg(long, value_name = "NUMBER")]
    quantity_max: Option<u64>,
    /// Until when: seconds from now, or a time such as 2030-01-01T00:00:00Z
    #[arg(long, value_name = "TIME", value_parser = expiry)]
    expires: Option<u64>,
    /// A way to the device: RELAY,BRIDGE by node id, the first first; for each way once.
    /// NODE@SCID forwards by short channel id, SCID/DIRECTION= in front names the first node by
    /// one end of a channel
    #[arg(long = "path", required = true, value_name = "NODE,…")]
    paths: Vec<TypedPath>,
    /// As short as can be: without padding and without `offer_issuer_id`
    #[arg(long)]
    compact: bool,
    /// Do not make the hops' data equally long
    #[arg(long)]
    no_padding: bool,
    /// Leave out `offer_issuer_id`: 35 bytes less, and a repeated request gets another payment hash
    #[arg(long)]
    no_issuer_id: bool,
    /// Do not draw the QR code
    #[arg(long)]
    no_qr: bool,
}

pub(crate) fn run(
    arguments: &Arguments,
    connection: &mut Connection,
    records: &Records,
) -> anyhow::Result<Page> {
    let terms = terms(arguments);
    let issued = connection.wait(async |client| client.create_offer(&terms).await)?;
    records.add_offer(&Offer {
        id: issued.offer,
        text: issued.text.clone(),
        description: terms.description,
        created_at: now()?,
        made_by: made_by(&issued.offer, connection)?,
    })?;
    let id = hex::encode(issued.offer);
    let page = Page::new(json!({ "id": id, "offer": issued.text }))
        .field("id", &id)
        .line("")
        .line(&issued.text);
    Ok(if arguments.no_qr { page } else { page.line("").line(qr::drawing(&issued.text)?) })
}

/// Which device made the offer, and in which epoch: it forgets both with its power.
fn made_by(id: &[u8; 32], connection: &mut Connection) -> anyhow::Result<Option<MadeBy>> {
    let entry = show(id, connection)?;
    let device = connection.client().hello().node.map(|node| node.0);
    Ok(entry.zip(device).map(|(entry, device)| MadeBy { device, epoch: entry.epoch }))
}

fn terms(arguments: &Arguments) -> OfferTerms {
    let padding =
        if arguments.no_padding || arguments.compact { Padding::None } else { Padding::Equal };
    let paths =
        arguments.paths.iter().map(|TypedPath(hops)| OfferPath { hops: hops.clone(), padding });
    OfferTerms {
        price: arguments.amount.map_or(Price::Any, |TypedPrice(price)| price),
        description: arguments.description.clone(),
        issuer: arguments.issuer.clone(),
        quantity_max: arguments.quantity_max,
        expiry: arguments.expires,
        issuer_id: !(arguments.no_issuer_id || arguments.compact),
        paths: paths.collect(),
    }
}

/// Reads a time, or seconds from now.
pub(crate) fn expiry(text: &str) -> Result<u64, String> {
    if let Ok(seconds) = text.parse::<u64>() {
        let now = now().map_err(|error| error.to_string())?;
        return now.checked_add(seconds).ok_or_else(|| format!("{seconds} s is too far"));
    }
    let time = humantime::parse_rfc3339_weak(text).map_err(|error| error.to_string())?;
    let since = time.duration_since(std::time::UNIX_EPOCH).map_err(|error| error.to_string())?;
    Ok(since.as_secs())
}

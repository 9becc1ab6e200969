use anyhow::{Context as _, bail};
use countersign_records::{Offer, Records};
use serde_json::json;

use super::standing::{Standings, show};
use crate::connection::Connection;
use crate::hexadecimal;
use crate::page::{Page, moment};

/// Show an offer and how it stands
#[derive(Debug, clap::Args)]
pub(crate) struct Arguments {
    /// The offer's id, or the beginning of it
    id: String,
}

pub(crate) fn run(
    arguments: &Arguments,
    connection: &mut Connection,
    records: &Records,
) -> anyhow::Result<Page> {
    let id = id(&arguments.id, records)?;
    let recorded = records.offer(&id)?;
    let entry = show(&id, connection)?;
    if entry.is_none() && recorded.is_none() {
        bail!(
            "neither the record nor the device knows an offer {}: a device that was without power \
             knows the revoked ones only",
            hex::encode(id)
        );
    }
    let known = Standings::ask(connection)?.of(&id, recorded.as_ref(), connection)?;
    let standing = known.name();
    let made_by = recorded.as_ref().and_then(|offer| offer.made_by.as_ref());
    let epoch = made_by.map(|made_by| made_by.epoch);
    let text = recorded.as_ref().map(|offer| offer.text.as_str());
    let json = json!({
        "id": hex::encode(id), "standing": standing, "epoch": epoch,
        "offer": text, "created_at": recorded.as_ref().map(|offer| offer.created_at),
    });
    let mut page = Page::new(json).field("id", hex::encode(id)).field("standing", standing);
    if let Some(advice) = known.advice() {
        page = page.field("", advice);
    }
    if let Some(epoch) = epoch {
        page = page.field("epoch", epoch);
    }
    if let Some(offer) = &recorded {
        page = page.field("made", moment(offer.created_at));
        if let Some(description) = &offer.description {
            page = page.field("description", description);
        }
        page = page.line("").line(&offer.text).line("").line("`countersign decode` says the rest.");
    }
    Ok(page)
}

/// The offer on record whose id begins with `beginning`.
pub(crate) fn recorded(beginning: &str, records: &Records) -> anyhow::Result<Offer> {
    let id = id(beginning, records)?;
    records.offer(&id)?.with_context(|| format!("no offer {beginning} is on record"))
}

/// A whole id from its beginning.
pub(crate) fn id(beginning: &str, records: &Records) -> anyhow::Result<[u8; 32]> {
    if let Ok(id) = hexadecimal::hash(beginning) {
        return Ok(id);
    }
    let wanted = beginning.to_lowercase();
    let is_it = |id: &[u8; 32]| hex::encode(id).starts_with(&wanted);
    let ids = records.offers()?.into_iter().map(|offer| offer.id);
    match ids.filter(is_it).collect::<Vec<_>>().as_slice() {
        [id] => Ok(*id),
        [] => bail!("no offer on record has an id that begins with {beginning}"),
        [..] => bail!("several offers have ids that begin with {beginning}: give more of it"),
    }
}

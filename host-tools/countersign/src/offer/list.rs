use countersign_records::Records;
use serde_json::json;

use super::standing::{Known, Standings};
use crate::connection::Connection;
use crate::page::{Page, moment};

pub(crate) fn run(connection: &mut Connection, records: &Records) -> anyhow::Result<Page> {
    let standings = Standings::ask(connection)?;
    let recorded = records.offers()?;
    let mut list = Vec::new();
    let mut lines = Vec::new();
    let mut unsure = false;
    for offer in &recorded {
        let known = standings.of(&offer.id, Some(offer), connection)?;
        unsure |= known == Known::Unknown;
        let (id, standing) = (hex::encode(offer.id), known.name());
        let description = offer.description.as_deref().unwrap_or("");
        let made = moment(offer.created_at);
        lines.push(format!("{id:.16} {standing:<8} {made} {description}"));
        list.push(json!({
            "id": id, "standing": standing, "created_at": offer.created_at,
            "epoch": offer.made_by.as_ref().map(|made_by| made_by.epoch),
            "description": offer.description, "offer": offer.text,
        }));
    }
    for id in standings.remembered().filter(|id| recorded.iter().all(|offer| offer.id != **id)) {
        let standing = standings.of(id, None, connection)?.name();
        let id = hex::encode(id);
        lines.push(format!("{id:.16} {standing:<8} not on record here"));
        list.push(json!({ "id": id, "standing": standing }));
    }
    if lines.is_empty() {
        lines.extend(NOTHING.map(str::to_owned));
    } else if unsure && let Some(advice) = Known::Unknown.advice() {
        lines.push(format!("unknown: {advice}"));
    }
    Ok(lines.into_iter().fold(Page::new(json!(list)), Page::line))
}

/// What can be said without a record.
const NOTHING: [&str; 3] = [
    "No offer is on record here, and the device remembers none.",
    "A device keeps no list over a loss of power: it may well answer for offers that it made before. \
     If another computer has the record, name its file with --records.",
    "`countersign offer create` makes a new one.",
];

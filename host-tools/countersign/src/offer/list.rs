use std::collections::BTreeMap;

use countersign_records::Records;
use serde_json::json;

use super::show::standing_name;
use crate::connection::Connection;
use crate::page::{Page, moment};

pub(crate) fn run(connection: &mut Connection, records: &Records) -> anyhow::Result<Page> {
    let remembered = connection.wait(async |client| client.offers().await)?;
    let mut standings: BTreeMap<[u8; 32], &str> = remembered
        .into_iter()
        .map(|entry| (entry.offer.0, standing_name(entry.standing)))
        .collect();
    let mut list = Vec::new();
    let mut lines = Vec::new();
    for offer in records.offers()? {
        let standing = standings.remove(&offer.id).unwrap_or("unknown");
        let id = hex::encode(offer.id);
        let description = offer.description.as_deref().unwrap_or("");
        let made = moment(offer.created_at);
        lines.push(format!("{id:.16} {standing:<8} {made} {description}"));
        list.push(json!({
            "id": id, "standing": standing, "created_at": offer.created_at,
            "description": offer.description, "offer": offer.text,
        }));
    }
    for (id, standing) in standings {
        let id = hex::encode(id);
        lines.push(format!("{id:.16} {standing:<8} not on record here"));
        list.push(json!({ "id": id, "standing": standing }));
    }
    if lines.is_empty() {
        lines.push("There are no offers yet: `countersign offer create` makes one.".to_owned());
    }
    Ok(lines.into_iter().fold(Page::new(json!(list)), Page::line))
}

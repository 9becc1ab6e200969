use countersign_records::Records;
use serde_json::json;

use super::show::id;
use crate::connection::Connection;
use crate::page::Page;

/// Take an offer back, or all of them: the device answers it no more
#[derive(Debug, clap::Args)]
#[command(group(clap::ArgGroup::new("which").required(true)))]
pub(crate) struct Arguments {
    /// The offer's id, or the beginning of it
    #[arg(group = "which")]
    id: Option<String>,
    /// Every offer made up to now
    #[arg(long, group = "which")]
    all: bool,
}

pub(crate) fn run(
    arguments: &Arguments,
    connection: &mut Connection,
    records: &Records,
) -> anyhow::Result<Page> {
    if let Some(beginning) = &arguments.id {
        let id = id(beginning, records)?;
        connection.wait(async |client| client.revoke_offer(id).await)?;
        Ok(Page::new(json!({ "revoked": hex::encode(id) }))
            .line(format!("The device answers {} no more.", hex::encode(id))))
    } else {
        connection.wait(async |client| client.revoke_epoch().await)?;
        Ok(Page::new(json!({ "revoked": "all" }))
            .line("The device answers no offer made up to now any more."))
    }
}

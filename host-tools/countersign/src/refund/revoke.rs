use countersign_records::Records;
use serde_json::json;

use super::show::recorded;
use crate::connection::DeviceArguments;
use crate::page::{Page, now};

/// Take a refund back: the device authorises no invoice for it any more
#[derive(Debug, clap::Args)]
pub(crate) struct Arguments {
    #[command(flatten)]
    pub(crate) device: DeviceArguments,
    /// The refund's id, or the beginning of it
    id: String,
}

pub(crate) fn run(arguments: &Arguments, records: &Records) -> anyhow::Result<Page> {
    let id = recorded(&arguments.id, records)?.offered.id;
    let mut connection = arguments.device.open()?;
    connection.wait(async |client| client.revoke_refund(id).await)?;
    records.revoke_refund(&id, now()?)?;
    let id = hex::encode(id);
    Ok(Page::new(json!({ "revoked": id })).line(format!("{id} is not paid any more.")))
}

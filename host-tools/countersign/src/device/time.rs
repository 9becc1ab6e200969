use serde_json::json;

use crate::connection::Connection;
use crate::page::{Page, moment, now};

/// Tell the device the time
#[derive(Debug, clap::Args)]
pub(crate) struct Arguments {
    /// Another time than this computer's, in seconds since 1970
    #[arg(long, value_name = "SECONDS")]
    at: Option<u64>,
}

pub(crate) fn run(arguments: &Arguments, connection: &mut Connection) -> anyhow::Result<Page> {
    let claim = arguments.at.map_or_else(now, Ok)?;
    let holds = connection.wait(async |client| client.set_time(claim).await)?;
    Ok(Page::new(json!({ "time": holds })).field("time", moment(holds)))
}

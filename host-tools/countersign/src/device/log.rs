use serde_json::json;

use crate::connection::Connection;
use crate::page::{Page, amount, moment};

/// Show what happened on the device lately: numbers and amounts, no contents
#[derive(Debug, clap::Args)]
pub(crate) struct Arguments {
    /// The first entry
    #[arg(long, default_value_t = 0)]
    from: u32,
}

pub(crate) fn run(arguments: &Arguments, connection: &mut Connection) -> anyhow::Result<Page> {
    let entries = connection.wait(async |client| client.log(arguments.from).await)?;
    let mut list = Vec::new();
    let mut lines = Vec::new();
    for entry in entries {
        let subject = subject(entry.subject);
        let outcome = if entry.code.0 == 0 { "done".to_owned() } else { entry.code.to_string() };
        let time = if entry.time == 0 { "no time".to_owned() } else { moment(entry.time) };
        let of = if entry.amount_msat == 0 { String::new() } else { amount(entry.amount_msat) };
        lines.push(format!("{:>5} {time:<20} {subject:<10} {outcome} {of}", entry.index));
        list.push(json!({
            "index": entry.index, "time": entry.time, "subject": subject,
            "code": entry.code.0, "amount_msat": entry.amount_msat,
        }));
    }
    Ok(lines.into_iter().fold(Page::new(json!(list)), Page::line))
}

/// What an entry is about: a request's number in the protocol.
const fn subject(number: u8) -> &'static str {
    match number {
        5 => "provision",
        6 => "rules",
        7 => "offer",
        8 | 9 => "invoice",
        12 => "claim",
        13 => "export",
        14 => "import",
        16 => "time",
        17 => "pair",
        18 => "refund",
        _ => "other",
    }
}

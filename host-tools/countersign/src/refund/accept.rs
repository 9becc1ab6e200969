use std::io::{BufRead as _, BufReader, Write as _};
use std::os::unix::net::UnixStream;
use std::path::PathBuf;

use anyhow::{Context as _, bail};
use countersign_offers::Refund;
use countersign_offers::text::{self, Prefix};
use serde_json::{Value, json};

use crate::home;
use crate::page::{Page, amount};

/// Send an invoice for somebody's `lnr…`; the device shows it and its button confirms it
///
/// The running bridge asks the device and sends the invoice over the refund's own path.
#[derive(Debug, clap::Args)]
pub(crate) struct Arguments {
    /// The refund or withdrawal, `lnr1…`
    refund: String,
    /// The running bridge's socket, if it is not in the usual place
    #[arg(long, value_name = "SOCKET")]
    bridge: Option<PathBuf>,
    /// Print JSON instead of a page for people
    #[arg(long)]
    pub(crate) json: bool,
}

pub(crate) fn run(arguments: &Arguments) -> anyhow::Result<Page> {
    let mut space = vec![0; arguments.refund.len()];
    let (prefix, records) =
        text::decode(&arguments.refund, &mut space).context("this is no BOLT 12 text")?;
    if prefix != Prefix::InvoiceRequest {
        bail!("this is no refund: one begins with lnr1");
    }
    Refund::parse(records).context("this refund cannot be taken")?;
    let socket = arguments.bridge.clone().map_or_else(home::bridge_socket, Ok)?;
    let said = ask(&socket, &json!({ "accept_refund": hex::encode(records) }))?;
    let text = |field: &str| said.get(field).and_then(Value::as_str).unwrap_or_default().to_owned();
    let msat = said.get("amount_msat").and_then(Value::as_u64).unwrap_or_default();
    Ok(Page::new(said.clone())
        .line("The invoice was sent.")
        .field("amount", amount(msat))
        .field("payment hash", text("payment_hash")))
}

/// Asks a running bridge.
fn ask(socket: &PathBuf, wish: &Value) -> anyhow::Result<Value> {
    let mut stream = UnixStream::connect(socket).with_context(|| {
        format!("no bridge listens at {}: start `countersign bridge`", socket.display())
    })?;
    writeln!(stream, "{wish}")?;
    let mut line = String::new();
    BufReader::new(stream).read_line(&mut line)?;
    let said: Value = serde_json::from_str(&line).context("the bridge stopped")?;
    match said.get("error").and_then(Value::as_str) {
        Some(error) => bail!("{error}"),
        None => Ok(said),
    }
}

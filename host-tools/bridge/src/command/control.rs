//! What the merchant asks of a running bridge: one line of JSON, answered with another.

use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::sync::Arc;

use anyhow::{Context as _, bail};
use countersign_bridge::Bridge;
use serde::Deserialize;
use serde_json::{Value, json};
use tokio::io::{AsyncBufReadExt as _, AsyncReadExt as _, AsyncWriteExt as _, BufReader};
use tokio::net::{UnixListener, UnixStream};
use tokio::sync::Mutex;

use super::acceptance::accept;
use super::board::Board;

/// What can be asked.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Wish {
    /// An invoice for the refund or withdrawal whose TLV stream this is, in hex.
    AcceptRefund(String),
}

/// Longer than any refund that a device takes, in hex.
const LONGEST_LINE: u64 = 20_000;

/// Listens at `path`, for this user alone, for as long as the program runs.
///
/// # Errors
/// Another bridge listens there, or the folder cannot be written to.
pub(crate) fn serve(path: &Path, bridge: Arc<Bridge>, board: Board) -> anyhow::Result<()> {
    let name = path.display();
    if std::os::unix::net::UnixStream::connect(path).is_ok() {
        bail!("another bridge listens at {name}: stop it, or choose another --control");
    }
    if let Some(folder) = path.parent() {
        fs::create_dir_all(folder).with_context(|| format!("{name} cannot be used"))?;
    }
    // What is left of a bridge that was killed. If it cannot be removed, binding fails and says so.
    let _removed = fs::remove_file(path);
    let listener = UnixListener::bind(path).with_context(|| format!("{name} cannot be used"))?;
    fs::set_permissions(path, Permissions::from_mode(0o600))?;
    let board = Arc::new(Mutex::new(board));
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            let (bridge, board) = (bridge.clone(), board.clone());
            tokio::spawn(async move {
                if let Err(error) = answer(stream, &bridge, &board).await {
                    tracing::warn!("a request of the merchant's was dropped: {error:#}");
                }
            });
        }
    });
    Ok(())
}

async fn answer(
    mut stream: UnixStream,
    bridge: &Bridge,
    board: &Mutex<Board>,
) -> anyhow::Result<()> {
    let (read, mut write) = stream.split();
    let mut line = String::new();
    BufReader::new(read.take(LONGEST_LINE)).read_line(&mut line).await?;
    let said = match fulfil(&line, bridge, board).await {
        Ok(said) => said,
        Err(error) => json!({ "error": format!("{error:#}") }),
    };
    write.write_all(format!("{said}\n").as_bytes()).await?;
    Ok(())
}

async fn fulfil(line: &str, bridge: &Bridge, board: &Mutex<Board>) -> anyhow::Result<Value> {
    match serde_json::from_str(line).context("not a request to a bridge")? {
        Wish::AcceptRefund(refund) => {
            let refund = hex::decode(refund).context("a refund in hex was expected")?;
            let summary = accept(&refund, bridge, board).await?;
            Ok(json!({
                "payment_hash": hex::encode(summary.payment_hash.0),
                "amount_msat": summary.amount_msat,
                "refund": hex::encode(summary.offer.0),
            }))
        }
    }
}

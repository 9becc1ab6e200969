use std::fs::OpenOptions;
use std::io::Write as _;
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};

use anyhow::Context as _;
use clap::Subcommand;
use countersign_client::Pinned;
use countersign_crypto::{Curve, CurveMemory, Secret, SecretKey};
use countersign_link::NodeId;
use serde_json::json;
use zeroize::Zeroizing;

use crate::connection::Connection;
use crate::hexadecimal;
use crate::page::Page;

/// Tell the device whom money may go to, and get the bridge's key
#[derive(Debug, clap::Args)]
pub(crate) struct Arguments {
    #[command(subcommand)]
    verb: Verb,
}

#[derive(Debug, Subcommand)]
enum Verb {
    /// Say what is pinned
    Show,
    /// Pin the one node that payments end at
    Recipient {
        /// The merchant's node
        #[arg(value_parser = hexadecimal::node)]
        node: NodeId,
        /// Its receive-auth key, which LDK 0.3 wants payment paths sealed with
        #[arg(long, value_parser = hexadecimal::hash, value_name = "HEX")]
        receive_auth_key: Option<[u8; 32]>,
    },
    /// List the nodes that payments may come in through, in place of those before
    Introduction {
        /// The nodes
        #[arg(required = true, value_parser = hexadecimal::node)]
        nodes: Vec<NodeId>,
    },
    /// Get the bridge's own network key, and its node id
    BridgeKey {
        /// Write the key to this file, which must not exist; otherwise only the node id is shown
        #[arg(long, value_name = "FILE")]
        output: Option<PathBuf>,
    },
}

pub(crate) fn run(arguments: &Arguments, connection: &mut Connection) -> anyhow::Result<Page> {
    match &arguments.verb {
        Verb::Show => {}
        Verb::Recipient { node, receive_auth_key } => {
            connection.wait(async |client| client.pin_recipient(*node, *receive_auth_key).await)?;
        }
        Verb::Introduction { nodes } => {
            connection.wait(async |client| client.pin_introduction_nodes(nodes).await)?;
        }
        Verb::BridgeKey { output } => return bridge_key(output.as_deref(), connection),
    }
    show(connection)
}

fn show(connection: &mut Connection) -> anyhow::Result<Page> {
    let pinned = connection.wait(async |client| client.pinned().await)?;
    let Pinned { recipient, introduction_nodes } = pinned;
    let recipient = recipient.map(|node| hex::encode(node.0));
    let nodes: Vec<_> = introduction_nodes.iter().map(|node| hex::encode(node.0)).collect();
    let page = Page::new(json!({ "recipient": recipient, "introduction_nodes": nodes }))
        .field("recipient", recipient.as_deref().unwrap_or("none: no payment path is accepted"));
    Ok(nodes.iter().fold(page, |page, node| page.field("introduction", node)))
}

fn bridge_key(output: Option<&Path>, connection: &mut Connection) -> anyhow::Result<Page> {
    let key = connection.wait(async |client| client.bridge_key().await)?;
    let node = hex::encode(node_id(&key)?);
    if let Some(path) = output {
        let mut private = OpenOptions::new();
        let mut file = private
            .write(true)
            .create_new(true)
            .mode(0o600)
            .open(path)
            .with_context(|| format!("writing the key to {}", path.display()))?;
        let text = Zeroizing::new(hex::encode(*key));
        file.write_all(text.as_bytes())?;
        file.sync_all()?;
    }
    Ok(Page::new(json!({ "node_id": node, "file": output })).field("bridge", node))
}

/// The node id that belongs to a network key.
fn node_id(key: &[u8; 32]) -> anyhow::Result<[u8; 33]> {
    let mut memory = CurveMemory::new();
    let mut blinding = [0; 32];
    getrandom::fill(&mut blinding)?;
    let curve = Curve::new(&mut memory, &Secret::new(blinding))
        .context("libsecp256k1 wants more memory than it was given")?;
    let key = SecretKey::parse(&Secret::new(*key)).context("the device's key is no key")?;
    Ok(key.public_key(&curve).serialize())
}

//! An LDK node with a Countersign device: the four steps that attach it, around a node that knows
//! nothing of devices (`node.rs`).
//!
//! ```text
//! cargo run --package countersign-ldk-adapter-0-2 --example attached_node -- \
//!     --peer NODE_ID@ADDRESS:PORT --chain FILE --socket FILE
//! ```
//!
//! The device is then told of the node by what this prints
//! (`countersign device pair recipient NODE_ID --receive-auth-key KEY`), and
//! `countersign bridge --node FILE` takes the payments from here to the device.

#![expect(clippy::std_instead_of_alloc, reason = "a host program has std")]
#![expect(clippy::large_stack_frames, reason = "LDK's values are kilobytes, and a host has stack")]

mod node;

use std::io::{self, Write as _};
use std::path::PathBuf;
use std::sync::Arc;

use clap::Parser;
use countersign_ldk_adapter_0_2::Adapter;
use countersign_ldk_peer_interface::PeerAddress;
use countersign_merchant_node::serve;
use lightning::events::ReplayEvent;
use lightning::sign::NodeSigner as _;
use serde_json::json;
use tokio::net::UnixListener;

use self::node::Node;

/// A merchant's node on regtest that has a device.
#[derive(Debug, Parser)]
struct Arguments {
    /// The node to connect to, and to open a channel with
    #[arg(long, value_name = "NODE_ID@ADDRESS:PORT")]
    peer: PeerAddress,
    /// The chain: a file that all nodes of one play share
    #[arg(long, value_name = "FILE")]
    chain: PathBuf,
    /// The Unix socket at which bridges ask, in a folder that is the merchant's alone
    #[arg(long, value_name = "FILE")]
    socket: PathBuf,
}

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let arguments = Arguments::parse();
    let node = Arc::new(Node::new(arguments.chain)?);

    // 1. The adapter, over three things that every LDK node has.
    let adapter = Adapter::new(node.manager.clone(), node.keys.clone(), node.store.clone());
    let adapter = Arc::new(adapter);

    // 2. It hears the messages about channels first: where the channel manager was `chan_handler`,
    //    there is its ear.
    let peers = node.peers(adapter.ear(node.manager.clone()))?;

    // 3. It sees every event before the node does. What it cannot write down LDK tells again.
    let witness = adapter.clone();
    let running = node.clone().run(peers.clone(), move |event| {
        witness.handle(event).map_err(|error| {
            tracing::error!(%error, "a payment is not kept");
            ReplayEvent()
        })
    });
    let running = tokio::spawn(running);
    node.open_channel(peers, &arguments.peer).await?;

    // 4. Bridges may ask.
    tokio::spawn(serve(UnixListener::bind(&arguments.socket)?, adapter));

    let receive_auth_key = hex::encode(node.keys.get_receive_auth_key().0);
    let who = json!({ "node_id": node.id()?.to_string(), "receive_auth_key": receive_auth_key });
    writeln!(io::stdout(), "{who}")?;
    Ok(running.await?)
}

use std::io;

use anyhow::Context as _;
use clap::ValueEnum;
use countersign_link::Network;
use serde_json::json;
use zeroize::Zeroizing;

use crate::connection::{Connection, DeviceArguments};
use crate::page::Page;

/// Give a new device its seed, for one network
///
/// The device makes the seed itself, from its own randomness and this computer's, and shows its
/// words once: on its screen, or here when it has none and its button says so.
#[derive(Debug, clap::Args)]
pub(crate) struct Arguments {
    /// The network; it cannot be changed without a wipe
    #[arg(long, value_enum)]
    network: NetworkName,
    /// Take over a seed from its words, one line on standard input
    #[arg(long)]
    words_from_stdin: bool,
    /// Mix a line of dice throws, or of anything, from standard input into the seed
    #[arg(long, conflicts_with = "words_from_stdin")]
    dice_from_stdin: bool,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum NetworkName {
    Bitcoin,
    Testnet,
    Signet,
    Regtest,
}

impl From<NetworkName> for Network {
    fn from(name: NetworkName) -> Self {
        match name {
            NetworkName::Bitcoin => Self::Bitcoin,
            NetworkName::Testnet => Self::Testnet,
            NetworkName::Signet => Self::Signet,
            NetworkName::Regtest => Self::Regtest,
        }
    }
}

pub(crate) fn run(arguments: &Arguments, device: &DeviceArguments) -> anyhow::Result<Page> {
    let network = arguments.network.into();
    let words = arguments.words_from_stdin.then(read_words).transpose()?;
    let dice = arguments.dice_from_stdin.then(read_line).transpose()?;
    let mut connection = device.open()?;
    connection.wait(async |client| {
        if client.hello().network.is_some() {
            // That it has a seed the device says itself; that it is for another network is news.
            client.expect_network(network)?;
        }
        if let Some(words) = &words {
            return client.restore(words, network).await;
        }
        if let Some(dice) = &dice {
            client.stir(dice.trim().as_bytes()).await?;
        }
        client.provision(network).await
    })?;
    connection.wait(async |client| client.status().await)?;
    let hello = connection.client().hello();
    let node = hello.node.map(|node| hex::encode(node.0)).context("the device has no node id")?;
    let name = super::info::network_name(network);
    Ok(Page::new(json!({ "network": name, "node_id": node }))
        .field("network", name)
        .field("node id", node)
        .line("Next: `countersign device time`, then `countersign device pair`."))
}

pub(crate) fn wipe(connection: &mut Connection) -> anyhow::Result<Page> {
    connection.wait(async |client| client.wipe().await)?;
    Ok(Page::new(json!({ "wiped": true })).line("The device has forgotten everything."))
}

/// One line of words, as BIP 39 writes them however they were typed.
fn read_words() -> anyhow::Result<Zeroizing<String>> {
    let line = read_line()?;
    let mut words = Zeroizing::new(String::new());
    for word in line.split_whitespace() {
        if !words.is_empty() {
            words.push(' ');
        }
        words.push_str(&word.to_lowercase());
    }
    Ok(words)
}

fn read_line() -> anyhow::Result<Zeroizing<String>> {
    let mut line = Zeroizing::new(String::new());
    io::stdin().read_line(&mut line).context("reading standard input")?;
    Ok(line)
}

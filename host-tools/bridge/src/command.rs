mod acceptance;
mod arguments;
mod board;
mod cashier;
mod control;
mod handovers;
mod key_file;
mod metrics;
mod paymaster;
mod payment_paths;
mod rate;
mod tally;

use core::future::pending;
use core::time::Duration;
use std::io::{self, IsTerminal as _, Write as _};
use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;
use std::thread;

use anyhow::Context as _;
use bitcoin::secp256k1::PublicKey;
use clap::Parser as _;
use countersign_bridge::{Bridge, DeviceAddress, Directory, Gossip, NetworkKey, Settings};
use countersign_client::{Client, DeviceAddress as DeviceName};
use countersign_link::{Network, NodeId};
use countersign_records::Records;
use countersign_simulator::Terminal;
use countersign_till::{Webhook, webhook_secret};
use serde_json::json;
use tokio::runtime::Builder;
use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::{Mutex, Notify};
use tokio::time::{Instant, sleep};
use tracing::level_filters::LevelFilter;
use tracing_subscriber::EnvFilter;

use self::arguments::Arguments;
use self::board::{Board, keep_told, tell_time};
use self::cashier::Cashier;
use self::handovers::Handovers;
use self::paymaster::Paymaster;
use self::payment_paths::Ways;
use self::tally::Tally;

/// Runs until it is told to stop. Exit code 0: it was. 1: it cannot go on, and standard error says
/// what to do. 2: wrong usage.
pub(crate) fn main() -> ExitCode {
    let arguments = Arguments::parse();
    let levels = EnvFilter::builder().with_default_directive(LevelFilter::INFO.into());
    tracing_subscriber::fmt()
        .with_writer(io::stderr)
        .with_ansi(io::stderr().is_terminal())
        .with_env_filter(levels.from_env_lossy())
        .init();
    let runtime = Builder::new_multi_thread()
        .worker_threads(WORKERS)
        .max_blocking_threads(STAND_INS)
        .enable_all()
        .build();
    let outcome = runtime.map_err(anyhow::Error::from).and_then(|runtime| {
        let outcome = runtime.block_on(until_told_to_stop(arguments));
        // LDK's connections never end by themselves.
        runtime.shutdown_background();
        outcome
    });
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            // If standard error is closed, there is nobody to tell.
            let _told = writeln!(io::stderr(), "countersign bridge: {error:#}");
            ExitCode::FAILURE
        }
    }
}

async fn until_told_to_stop(arguments: Arguments) -> anyhow::Result<()> {
    let mut interrupt = signal(SignalKind::interrupt())?;
    let mut terminate = signal(SignalKind::terminate())?;
    tokio::select! {
        outcome = serve(arguments) => outcome,
        _ = interrupt.recv() => Ok(()),
        _ = terminate.recv() => Ok(()),
    }
}

/// Opens the device, starts the bridge, says so, and goes on until it is dropped.
async fn serve(arguments: Arguments) -> anyhow::Result<()> {
    let ways = Ways::read(&arguments)?;
    let records_file = Arguments::at_home(arguments.records.as_ref(), "records.sqlite")?;

    tell_the_shop(&arguments, Records::open(&records_file)?)?;
    // One for what comes from the network, one for what the merchant asks.
    let (records, own_records) = (Records::open(&records_file)?, Records::open(&records_file)?);
    let flash = match arguments.device {
        DeviceName::Simulator(None) => Arguments::at_home(None, "simulator.flash")?,
        DeviceName::Simulator(Some(_))
        | DeviceName::Serial(_)
        | DeviceName::Tcp(_)
        | DeviceName::Unix(_) => PathBuf::new(),
    };
    let access = arguments.device.clone().access(&flash, Box::new(Terminal::default()))?;
    let tally = Arc::new(Tally::default());
    let (mut client, reopened) = board::open(access).await?;
    let (node, network) = provisioned(&client)?;
    let key = network_key(&arguments, &mut client, &node).await?;
    let client = Arc::new(Mutex::new(client));
    tell_time(&client).await.context("the device was not told the time")?;
    tokio::spawn(keep_told(client.clone(), arguments.rate_source()));
    let payable = Arc::new(Notify::new());
    if let Some(node) = ways.node() {
        let records = Records::open(&records_file)?;
        let cashier = Cashier { node: node.clone(), client: client.clone(), records };
        tokio::spawn(cashier.tend());
        let records = Records::open(&records_file)?;
        tokio::spawn(Paymaster::new(node, records, payable.clone()).tend());
    }
    let board = |client, records| Board {
        client,
        reopened: reopened.clone(),
        ways: ways.clone(),
        invoice_error: arguments.invoice_error.into(),
        records,
        tally: tally.clone(),
        payable: payable.clone(),
        prompt: None,
        handovers: Handovers::default(),
        unheard: false,
    };
    let (answering, asked) = (board(client.clone(), records), board(client, own_records));

    let peers = arguments.peer.len();
    let device = PublicKey::from_slice(&node.0).context("the device's node id is no public key")?;
    let settings = settings(&arguments, key, device, network);
    let bridge = Arc::new(Bridge::start(settings, answering).await?);
    if let Some(address) = arguments.metrics {
        metrics::serve(address, bridge.clone(), tally)?;
    }
    let control = Arguments::at_home(arguments.control.as_ref(), "bridge.sock")?;
    control::serve(&control, bridge.clone(), asked)?;
    connected(&bridge, peers).await;
    announce(&bridge, device, &arguments)?;
    pending().await
}

/// Has a webhook told, if there is one, for as long as the program runs.
fn tell_the_shop(arguments: &Arguments, records: Records) -> anyhow::Result<()> {
    let Some(url) = &arguments.webhook else { return Ok(()) };
    let secret = arguments.webhook_secret.as_deref().map(webhook_secret).transpose()?;
    let webhook = Webhook::new(url, secret)?;
    let told = move || {
        let Err(error) = webhook.run(records);
        tracing::error!("the shop is told nothing any more: {error}");
    };
    thread::Builder::new().name("webhook".to_owned()).spawn(told)?;
    Ok(())
}

fn provisioned(client: &Client) -> anyhow::Result<(NodeId, Network)> {
    let hello = client.hello();
    let identity = hello.node.zip(hello.network);
    identity.context("the device has no seed yet: run `countersign device provision` first")
}

/// The bridge's key, from its file or else from the device, which asks for a button.
async fn network_key(
    arguments: &Arguments,
    client: &mut Client,
    device: &NodeId,
) -> anyhow::Result<NetworkKey> {
    let path = Arguments::at_home(arguments.key_file.as_ref(), &key_file::usual_name(device))?;
    if let Some(key) = key_file::read(&path)? {
        return NetworkKey::new(*key);
    }
    tracing::info!("asking the device for the bridge's network key: press its button to agree");
    let key = client.bridge_key().await.context("the device did not hand out the bridge's key")?;
    key_file::write(&path, &key)?;
    NetworkKey::new(*key)
}

fn settings(
    arguments: &Arguments,
    key: NetworkKey,
    device: PublicKey,
    network: Network,
) -> Settings {
    let mut directory = Directory::default();
    for channel in &arguments.known_channel {
        directory.add_channel(channel.short_channel_id, channel.ends);
    }
    for peer in arguments.peer.iter().chain(&arguments.known_address) {
        directory.add_address(*peer);
    }
    Settings {
        key,
        device: DeviceAddress { node_id: device, virtual_channel: arguments.virtual_channel },
        listen: arguments.listen,
        peers: arguments.peer.clone(),
        directory,
        gossip: if arguments.gossip {
            Gossip::Follow(match network {
                Network::Bitcoin => bitcoin::Network::Bitcoin,
                Network::Testnet => bitcoin::Network::Testnet,
                Network::Signet => bitcoin::Network::Signet,
                Network::Regtest => bitcoin::Network::Regtest,
            })
        } else {
            Gossip::Ignore
        },
        forwarding: arguments.forwarding(),
        limits: arguments.limits(),
    }
}

/// Waits a little until all peers are connected, so that whoever reads that the bridge is ready
/// finds it reachable.
async fn connected(bridge: &Bridge, peers: usize) {
    let deadline = Instant::now().checked_add(READY);
    while bridge.connected().len() < peers && deadline.is_some_and(|end| Instant::now() < end) {
        sleep(POLL).await;
    }
}

fn announce(bridge: &Bridge, device: PublicKey, arguments: &Arguments) -> io::Result<()> {
    let mut out = io::stdout().lock();
    let listening = bridge.listening();
    if arguments.json {
        let ready = json!({
            "node_id": bridge.node_id().to_string(),
            "listening": listening.map(|address| address.to_string()),
            "device_node_id": device.to_string(),
        });
        writeln!(out, "{ready}")?;
    } else {
        writeln!(out, "bridge  {}", bridge.node_id())?;
        if let Some(address) = listening {
            writeln!(out, "listens {address}")?;
        }
        writeln!(out, "device  {device}")?;
        writeln!(out, "peers   {} of {}", bridge.connected().len(), arguments.peer.len())?;
    }
    out.flush()
}

/// One link does not keep one thread busy, and each has a heap of its own that fills up.
const WORKERS: usize = 1;
/// Who goes on with the work while the record is written.
const STAND_INS: usize = 1;
const READY: Duration = Duration::from_secs(5);
const POLL: Duration = Duration::from_millis(10);

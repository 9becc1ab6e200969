//! `demo`: the main job from end to end, each party a process of its own, over real TCP.

mod device;
mod pay;
mod refund;
mod scene;
mod stage;

use core::convert::Infallible;
use std::path::Path;
use std::process::{Command, ExitCode};

use anyhow::{Context, Result, ensure};
use clap::Args;
use serde_json::{Map, Value};

use self::device::{Choice, Device, WITHOUT_SCREEN};
use self::stage::Stage;
use crate::workspace::Workspace;

/// Which device takes part, and how to tell what happened.
#[derive(Debug, Args)]
pub(crate) struct Arguments {
    /// `qemu`: the firmware on an emulated Cortex-M4, the default where its tools can be had;
    /// `pico-emulated`: the Pico's image with its USB port; `sim`: simulated; or the address of a
    /// device that is not provisioned yet: tcp:HOST:PORT, unix:PATH or a serial port's path
    #[arg(long, value_parser = |text: &str| Ok::<_, Infallible>(Choice::from(text)))]
    device: Option<Choice>,
    /// Have the invoice paid, by LDK to the merchant's own LDK node
    #[arg(long)]
    pay: bool,
    /// Show the other flow instead: the merchant pays a user, and takes what somebody owes them
    #[arg(long, conflicts_with = "pay")]
    refund: bool,
    /// End with one JSON object on a line of its own
    #[arg(long)]
    json: bool,
}

/// Builds, plays and tells. Exit code 0: LDK verified the invoice, and money went where it was to go.
pub(crate) fn play(workspace: &Workspace, arguments: &Arguments) -> ExitCode {
    println!("Builds what takes part: LDK takes minutes, once.\n");
    let outcome = workspace.build_programs(&PROGRAMS).and_then(|programs| {
        let device = Device::prepare(arguments.device.clone(), workspace)?;
        let stage = Stage::open()?;
        Play { stage: &stage, programs: &programs, chosen: &device }
            .run(arguments)
            .with_context(|| stage.last_words())
    });
    match outcome {
        Ok(summary) => {
            if arguments.json {
                println!("{summary}");
            }
            ExitCode::SUCCESS
        }
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}

const PROGRAMS: [&str; 4] =
    ["countersign", "countersign-bridge", "countersign-simulator", "ldk-peer-0-2"];

/// The parties on their stage.
struct Play<'p> {
    stage: &'p Stage,
    programs: &'p Path,
    chosen: &'p Device,
}

impl Play<'_> {
    fn run(&self, arguments: &Arguments) -> Result<Value> {
        let device = self.chosen.start(self.stage, self.programs)?;
        if arguments.pay {
            return self.run_to_the_money(&device);
        }
        if arguments.refund {
            return self.run_the_other_way(&device);
        }
        let relay = Node::of(&self.stage.start("relay", self.relay())?)?;
        println!("relay    {}  an LDK node, at {}", short(&relay.id), relay.address);

        let bridge_id = self.provision(&device, &relay, &[MERCHANT_NODE])?;
        let offer = self.offer(&device, &relay, &bridge_id)?;
        self.stage.start("bridge", self.bridge(&device, &relay))?;
        println!("bridge   {bridge_id}  connected to the relay\n");

        println!("payer    an LDK 0.2.7 wallet asks for the invoice of that offer ...");
        let answer = stage::ask(&mut self.payer(&relay, &offer))?;
        ensure!(
            answer.get("verified") == Some(&Value::Bool(true)),
            "LDK did not accept an invoice: {answer}"
        );
        self.stage.end("bridge")?;
        self.tell(&device, &offer, &answer)
    }

    /// Gives the device a seed, says where money may go, and gets the bridge's key.
    fn provision(&self, device: &str, relay: &Node, recipient: &[&str]) -> Result<String> {
        let made = self.device_verb(device, &["provision", "--network", "regtest"])?;
        println!("         {}  its node id, on regtest", text(&made, "node_id")?);
        if !self.chosen.has_screen() {
            self.device_verb(device, &WITHOUT_SCREEN)?;
        }
        self.device_verb(device, &[&["pair", "recipient"], recipient].concat())?;
        self.device_verb(device, &["pair", "introduction", &relay.id])?;
        let key = self.stage.path("bridge.key");
        let pairing = self.device_verb(device, &["pair", "bridge-key", "--output", &key])?;
        text(&pairing, "node_id")
    }

    fn offer(&self, device: &str, relay: &Node, bridge_id: &str) -> Result<String> {
        let path = format!("{},{bridge_id}", relay.id);
        let mut create = self.countersign(&["offer", "create", "--json", "--device", device]);
        create.args(["--description", "a coffee", "--amount", PRICE, "--path", &path]);
        let offer = text(&stage::ask(&mut create)?, "offer")?;
        let mut draw = self.countersign(&["offer", "qr", &offer]);
        println!("\n{}", stage::say(&mut draw)?.trim_end());
        println!("\n{offer}\n");
        Ok(offer)
    }

    /// Shows what each party saw, and sums it up.
    fn tell(&self, device: &str, offer: &str, answer: &Value) -> Result<Value> {
        let summary = summary(offer, answer)?;
        let field = |name: &str| summary.get(name).map(Value::to_string).unwrap_or_default();
        let (hash, key) = (field("payment_hash"), field("signing_key"));
        println!("         verified: {} msat, payment hash {hash}", field("amount_msat"));
        println!("         signed by {key}, in {} ms", field("milliseconds"));
        let (there, back) = (field("request_bytes"), field("reply_bytes"));
        println!("relay    saw sealed messages: {there} bytes there, {back} bytes back");
        let record = self.record()?;
        println!("bridge   saw them as well; on record is what the device told about them:");
        println!("         {record}");
        ensure!(record.contains(&hash), "this invoice is not on record");
        let info = self.device_verb(device, &["info"])?;
        let signed = info.get("signed").unwrap_or(&Value::Null);
        println!(
            "device   read the request, judged it and signed; invoices since it was set up: {signed}"
        );
        let mut summary = summary;
        summary.insert("device".to_owned(), text(&info, "board")?.into());
        Ok(summary.into())
    }

    fn record(&self) -> Result<String> {
        Ok(stage::say(&mut self.countersign(&["invoices", "list", "--json"]))?
            .trim_end()
            .to_owned())
    }

    fn relay(&self) -> Command {
        let mut relay = self.program("ldk-peer-0-2");
        relay.args(["relay", "--listen", "127.0.0.1:0"]);
        relay
    }

    fn bridge(&self, device: &str, relay: &Node) -> Command {
        let mut bridge = self.countersign(&["bridge", "--json", "--device", device]);
        let peer = format!("{}@{}", relay.id, relay.address);
        let payment_path = format!("{}:{CHANNEL},{MERCHANT_NODE}", relay.id);
        bridge.args(["--peer", &peer, "--payment-path", &payment_path]);
        bridge.args(["--key-file", &self.stage.path("bridge.key")]);
        bridge
    }

    fn payer(&self, relay: &Node, offer: &str) -> Command {
        let mut payer = self.program("ldk-peer-0-2");
        let peer = format!("{}@{}", relay.id, relay.address);
        payer.args(["payer", "--json", "--offer", offer, "--peer", &peer]);
        payer.args(["--timeout", PATIENCE_SECONDS]);
        payer
    }

    fn device_verb(&self, device: &str, verb: &[&str]) -> Result<Value> {
        let mut command = self.countersign(&["device", "--json", "--device", device]);
        stage::ask(command.args(verb))
    }

    fn countersign(&self, words: &[&str]) -> Command {
        let mut command = self.program("countersign");
        command.args(words).env("COUNTERSIGN_HOME", self.stage.path("home"));
        command
    }

    fn program(&self, name: &str) -> Command {
        Command::new(self.programs.join(name))
    }
}

/// What the payer tells, in the words of this command.
fn summary(offer: &str, answer: &Value) -> Result<Map<String, Value>> {
    let mut summary = Map::new();
    summary.insert("payer".to_owned(), format!("LDK {}", text(answer, "ldk")?).into());
    summary.insert("offer".to_owned(), offer.into());
    summary.insert("paid".to_owned(), false.into());
    for name in ANSWERED {
        let value = answer.get(name).with_context(|| format!("no {name} in {answer}"))?;
        summary.insert(name.to_owned(), value.clone());
    }
    Ok(summary)
}

/// What of the payer's answer belongs into the summary.
const ANSWERED: [&str; 7] = [
    "verified",
    "amount_msat",
    "payment_hash",
    "signing_key",
    "request_bytes",
    "reply_bytes",
    "milliseconds",
];

/// Where a node is reached.
struct Node {
    id: String,
    address: String,
}

impl Node {
    fn of(ready: &str) -> Result<Self> {
        let ready: Value = serde_json::from_str(ready).context("the relay does not say its id")?;
        Ok(Self { id: text(&ready, "node_id")?, address: text(&ready, "listening")? })
    }
}

fn text(object: &Value, field: &str) -> Result<String> {
    let value = object.get(field).and_then(Value::as_str);
    value.map(str::to_owned).with_context(|| format!("no {field} in {object}"))
}

/// The beginning of a node id, enough to recognise it by.
fn short(id: &str) -> &str {
    id.get(..16).unwrap_or(id)
}

const PRICE: &str = "21sat";
/// How long the payer waits: what a board does in two seconds takes an emulated one a minute and more
/// on a computer that is busy.
const PATIENCE_SECONDS: &str = "300";
/// The merchant's own Lightning node, where invoices are asked for and not paid: it is only named
/// (its id is the generator of secp256k1).
const MERCHANT_NODE: &str = "0279be667ef9dcbbac55a06295ce870b07029bfcdb2dce28d959f2815b16f81798";
/// The channel from the relay to the merchant's node, which exists as little.
const CHANNEL: &str = "800000x1x0";

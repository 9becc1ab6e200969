//! `demo --pay`: the invoice is paid, and what everybody knew meanwhile.

use std::process::Command;

use anyhow::{Context, Result, ensure};
use serde_json::{Map, Value};

use super::stage;
use super::{Node, Play, short, summary, text};

/// The merchant's node, and where the bridge asks it.
pub(super) struct Recipient {
    pub(super) id: String,
    pub(super) receive_auth_key: String,
    socket: String,
}

impl Play<'_> {
    /// The whole play, to the money.
    pub(super) fn run_to_the_money(&self, device: &str) -> Result<Value> {
        let chain = self.stage.path("chain");
        let relay = self.relay_with_channels(&chain)?;
        let recipient = self.recipient(&relay, &chain)?;
        println!("node     {}  the merchant's, with a channel to the relay", short(&recipient.id));

        let pinned = [recipient.id.as_str(), "--receive-auth-key", &recipient.receive_auth_key];
        let bridge_id = self.provision(device, &relay, &pinned)?;
        let offer = self.offer(device, &relay, &bridge_id)?;
        self.stage.start("bridge", self.bridge_with_node(device, &relay, &recipient))?;
        println!("bridge   {bridge_id}  connected to the relay and to the node\n");

        let answer = self.paid_answer(&relay, &offer, &chain)?;
        let record = self.record_of(&answer)?;
        self.stage.end("bridge")?;
        self.tell_of_payment(device, &offer, &answer, &record)
    }

    pub(super) fn relay_with_channels(&self, chain: &str) -> Result<Node> {
        let mut relay = self.relay();
        relay.args(["--chain", chain]);
        let relay = Node::of(&self.stage.start("relay", relay)?)?;
        println!("relay    {}  an LDK node, at {}", short(&relay.id), relay.address);
        Ok(relay)
    }

    /// What a payer tells who has paid.
    fn paid_answer(&self, relay: &Node, offer: &str, chain: &str) -> Result<Value> {
        println!("payer    an LDK 0.2.7 wallet opens a channel, asks for the invoice and pays ...");
        let mut payer = self.payer(relay, offer);
        payer.args(["--pay", "--chain", chain, "--channel", "1000000"]);
        let answer = stage::ask(&mut payer)?;
        ensure!(answer.get("paid") == Some(&Value::Bool(true)), "it was not paid: {answer}");
        Ok(answer)
    }

    pub(super) fn recipient(&self, relay: &Node, chain: &str) -> Result<Recipient> {
        let socket = self.stage.path("node.socket");
        let mut node = self.countersign(&["node", "--socket", &socket, "--chain", chain]);
        let peer = format!("{}@{}", relay.id, relay.address);
        // Most of it is the relay's: what it can forward to the merchant.
        node.args(["--peer", &peer, "--channel", "1000000:900000"]);
        let ready = self.stage.start("node", node)?;
        let ready: Value = serde_json::from_str(&ready).context("the node does not say its id")?;
        let (id, key) = (text(&ready, "node_id")?, text(&ready, "receive_auth_key")?);
        Ok(Recipient { id, receive_auth_key: key, socket })
    }

    pub(super) fn bridge_with_node(
        &self,
        device: &str,
        relay: &Node,
        recipient: &Recipient,
    ) -> Command {
        let mut bridge = self.countersign(&["bridge", "--json", "--device", device]);
        let peer = format!("{}@{}", relay.id, relay.address);
        bridge.args(["--peer", &peer, "--node", &recipient.socket]);
        bridge.args(["--key-file", &self.stage.path("bridge.key")]);
        bridge
    }

    /// What the merchant has on record about the payment, as soon as it is there.
    fn record_of(&self, answer: &Value) -> Result<Value> {
        let hash = text(answer, "payment_hash")?;
        for _ in 0..ATTEMPTS {
            let invoices: Value = serde_json::from_str(&self.record()?)?;
            let invoices = invoices.as_array().context("the record is no list")?;
            let is_paid = |invoice: &&Value| {
                invoice.get("payment_hash").and_then(Value::as_str) == Some(&hash)
                    && invoice.get("state").and_then(Value::as_str) == Some("paid")
            };
            if let Some(invoice) = invoices.iter().find(is_paid) {
                return Ok(invoice.clone());
            }
            std::thread::sleep(PAUSE);
        }
        anyhow::bail!("the payer has paid, and the merchant has nothing on record")
    }

    /// What each party knows at the end, and what a thief on the merchant's computer would have.
    fn tell_of_payment(
        &self,
        device: &str,
        offer: &str,
        answer: &Value,
        record: &Value,
    ) -> Result<Value> {
        let mut summary: Map<String, Value> = summary(offer, answer)?;
        let payment = answer.get("payment").context("no payment")?;
        let preimage = text(payment, "preimage")?;
        let received = record.get("received_msat").context("no amount on record")?;
        println!(
            "payer    knows the preimage {preimage}: a receipt that only the device could give"
        );
        println!("merchant has on record: {record}\n");
        println!(
            "A thief on the merchant's computer (the bridge, the node, their files) would have had"
        );
        for (step, loot) in THIEF {
            println!("  {step:<28}{loot}");
        }
        let info = self.device_verb(device, &["info"])?;
        let count = |name: &str| info.get(name).cloned().unwrap_or(Value::Null);
        println!(
            "\ndevice   signed {} and released {} since it was set up",
            count("signed"),
            count("released")
        );
        summary.insert("paid".to_owned(), true.into());
        summary.insert("preimage".to_owned(), preimage.into());
        summary.insert("received_msat".to_owned(), received.clone());
        summary.insert("device".to_owned(), text(&info, "board")?.into());
        Ok(summary.into())
    }
}

/// What there is to be had on the host, step by step, under the path-key rule.
const THIEF: [(&str, &str); 6] = [
    ("at any time", "the node's channels and what is in them: they are the node's, and hot"),
    ("before a request", "sealed messages and the offer's text"),
    ("when the request is there", "an amount and a payment hash; no way to change either"),
    ("when the invoice is signed", "the same, and a receipt that nobody but the device can read"),
    (
        "when the payment arrives",
        "the path key that it arrives with, which the device takes for it",
    ),
    ("when the preimage is there", "this preimage, for money that is in the channel already"),
];

const ATTEMPTS: u32 = 200;
const PAUSE: core::time::Duration = core::time::Duration::from_millis(50);

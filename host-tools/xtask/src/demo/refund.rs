//! `demo --refund`: money that goes the other way, to somebody who has the merchant's refund, and to
//! the merchant from somebody who owes them some.

#![expect(clippy::large_stack_frames, reason = "a computer has stack")]

use std::process::Command;

use anyhow::{Context as _, Result, ensure};
use serde_json::{Value, json};

use super::scene::{Scene, tell_of_the_thief};
use super::stage::{self, Lines};
use super::{Play, text};

impl Play<'_> {
    /// Both plays, one after the other.
    pub(super) fn run_the_other_way(&self, device: &str) -> Result<Value> {
        let scene = self.set_scene(device)?;
        // A bridge tells the time, and there is none yet.
        self.device_verb(device, &["time"])?;
        let refund = self.refund(device, &scene)?;
        self.start_bridge(device, &scene)?;

        let paid = self.pay_a_user(&scene, &refund)?;
        let received = self.be_paid(&scene)?;
        self.stage.end("bridge")?;
        tell_of_the_thief(&THIEF);
        let info = self.device_verb(device, &["info"])?;
        Ok(json!({
            "refund": text(&refund, "refund")?,
            "paid": paid,
            "received": received,
            "device": text(&info, "board")?,
        }))
    }

    /// The device makes a refund, which its merchant has confirmed.
    fn refund(&self, device: &str, scene: &Scene) -> Result<Value> {
        let path = format!("{},{}", scene.relay.id, scene.bridge_id);
        let mut create = self.countersign(&["refund", "create", "--json", "--device", device]);
        create.args(["--description", "too much was paid", "--amount", OWED, "--path", &path]);
        let made = stage::ask(&mut create)?;
        println!(
            "\nrefund   {OWED}, once, to whoever has this text:\n{}\n",
            text(&made, "refund")?
        );
        Ok(made)
    }

    /// The merchant pays whoever has sent an invoice for the refund.
    fn pay_a_user(&self, scene: &Scene, refund: &Value) -> Result<Value> {
        println!("user     an LDK 0.2.7 wallet opens a channel and sends an invoice for it ...");
        let mut user = self.wallet("withdraw", scene);
        user.args(["--channel", USERS_CHANNEL, "--refund", &text(refund, "refund")?]);
        let (_, received) = self.stage.listen("user", user)?;
        let received = next(&received)?;
        let received = received.get("received_msat").context("the user has not said how much")?;
        println!("user     has received {received} msat");
        let id = text(refund, "id")?;
        let record = self.wait_until_paid(&["refund", "show", "--json", &id])?;
        println!("device   read the invoice, and authorised this one and no other for the refund");
        println!("merchant has on record: {record}\n");
        let field = |name: &str| record.get(name).cloned().unwrap_or_default();
        Ok(json!({
            "amount_msat": field("amount_msat"),
            "received_msat": received,
            "fee_msat": field("fee_msat"),
            "payment_hash": field("payment_hash"),
            "preimage": field("preimage"),
        }))
    }

    /// Somebody else's refund, whose money the merchant takes.
    fn be_paid(&self, scene: &Scene) -> Result<Value> {
        println!("debtor   an LDK 0.2.7 wallet owes the merchant {DEBT_MSAT} msat, and says so:");
        let mut debtor = self.wallet("refund", scene);
        debtor.args(["--pay", "--channel", "1000000", "--amount-msat", DEBT_MSAT]);
        let (made, said) = self.stage.listen("debtor", debtor)?;
        let refund = text(&serde_json::from_str(&made)?, "refund")?;
        println!("{refund}\n");
        let sent = stage::ask(&mut self.countersign(&["refund", "accept", "--json", &refund]))?;
        let hash = text(&sent, "payment_hash")?;
        println!("device   signed an invoice for it, payment hash {hash}");
        ensure!(text(&next(&said)?, "payment_hash")? == hash, "the debtor has another invoice");
        let preimage = text(&next(&said)?, "preimage").context("the debtor has not paid")?;
        println!("debtor   verified and paid it, and knows the preimage {preimage}");
        let record = self.wait_until_paid(&["invoices", "show", "--json", &hash])?;
        println!("merchant has on record: {record}\n");
        let received = record.get("received_msat").cloned().unwrap_or_default();
        Ok(json!({ "received_msat": received, "payment_hash": hash, "preimage": preimage }))
    }

    fn wallet(&self, verb: &str, Scene { chain, relay, .. }: &Scene) -> Command {
        let mut wallet = self.program("ldk-peer-0-2");
        let peer = format!("{}@{}", relay.id, relay.address);
        wallet.args([verb, "--peer", &peer, "--chain", chain]);
        wallet
    }
}

/// The next line of a wallet, which may have to wait for a device.
fn next(lines: &Lines) -> Result<Value> {
    Ok(serde_json::from_str(&lines.next()?)?)
}

/// What there is to be had on the host, step by step.
const THIEF: [(&str, &str); 6] = [
    ("at any time", "the node's channels: a hot node pays whom it likes and asks no device"),
    ("when the refund is made", "its text: whoever has it can ask for the money, once"),
    ("while the invoice comes in", "sealed messages"),
    ("when it is authorised", "the invoice, to be paid or not; the device authorises no second"),
    ("when it is paid", "the preimage, which is the merchant's receipt"),
    (
        "when a refund is accepted",
        "what it has in a sale: a hash, and no preimage before the money",
    ),
];

const OWED: &str = "7sat";
const DEBT_MSAT: &str = "9000";
/// Most of it is the relay's: what it can forward to the user.
const USERS_CHANNEL: &str = "1000000:900000";

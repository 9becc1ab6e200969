//! `demo --pay`: the invoice is paid, and what everybody knew meanwhile.

use anyhow::{Context, Result, ensure};
use serde_json::{Map, Value};

use super::scene::{Scene, tell_of_the_thief};
use super::stage;
use super::{Play, summary, text};

impl Play<'_> {
    /// The whole play, to the money.
    pub(super) fn run_to_the_money(&self, device: &str) -> Result<Value> {
        let scene = self.set_scene(device)?;
        let offer = self.offer(device, &scene.relay, &scene.bridge_id)?;
        self.start_bridge(device, &scene)?;

        let answer = self.paid_answer(&scene, &offer)?;
        let hash = text(&answer, "payment_hash")?;
        let record = self.wait_until_paid(&["invoices", "show", "--json", &hash])?;
        self.stage.end("bridge")?;
        self.tell_of_payment(device, &offer, &answer, &record)
    }

    /// What a payer tells who has paid.
    fn paid_answer(&self, Scene { chain, relay, .. }: &Scene, offer: &str) -> Result<Value> {
        println!("payer    an LDK 0.2.7 wallet opens a channel, asks for the invoice and pays ...");
        let mut payer = self.payer(relay, offer);
        payer.args(["--pay", "--chain", chain, "--channel", "1000000"]);
        let answer = stage::ask(&mut payer)?;
        ensure!(answer.get("paid") == Some(&Value::Bool(true)), "it was not paid: {answer}");
        Ok(answer)
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
        tell_of_the_thief(&THIEF);
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

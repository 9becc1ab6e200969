//! Whatever process dies in the middle of a payment, the payment settles or fails as a whole: the
//! payer has the preimage exactly when the merchant has the money on record.

use std::process::{Child, Stdio};
use std::thread::sleep;
use std::time::Duration;

use countersign_end_to_end::{Hardware, Ldk, Market, Software, Stall, ask};
use serde_json::Value;

const COFFEE: [&str; 4] = ["--description", "a coffee", "--amount", "21sat"];

/// Who plays whom.
#[derive(Clone, Copy, Debug)]
struct Cast {
    payer: Ldk,
    node: Ldk,
    relay: Ldk,
}

const ALIKE: [Cast; 2] = [
    Cast { payer: Ldk::V0_2, node: Ldk::V0_2, relay: Ldk::V0_2 },
    Cast { payer: Ldk::V0_3, node: Ldk::V0_3, relay: Ldk::V0_3 },
];
/// In every two roles each release meets each.
const MIXED: [Cast; 4] = [
    Cast { payer: Ldk::V0_2, node: Ldk::V0_2, relay: Ldk::V0_2 },
    Cast { payer: Ldk::V0_3, node: Ldk::V0_3, relay: Ldk::V0_2 },
    Cast { payer: Ldk::V0_3, node: Ldk::V0_2, relay: Ldk::V0_3 },
    Cast { payer: Ldk::V0_2, node: Ldk::V0_3, relay: Ldk::V0_3 },
];

/// How many milliseconds after the invoice the blow falls: from before the HTLC to after the preimage.
const fn moments(device: Hardware) -> [u64; 4] {
    match device {
        Hardware::Simulator => [0, 15, 40, 120],
        Hardware::Qemu => [0, 1_500, 2_500, 4_000],
    }
}

#[test]
fn the_bridge_is_killed() {
    killed(&ALIKE, Hardware::Simulator, |market| market.bridge = None, Market::start_bridge);
}

#[test]
fn the_device_loses_its_power() {
    for device in Hardware::ALL {
        killed(
            &ALIKE,
            device,
            |market| market.merchant.unplug(),
            |market| market.merchant.plug_in(),
        );
    }
}

#[test]
fn the_merchants_node_is_killed() {
    killed(&ALIKE, Hardware::Simulator, |market| market.node = None, Market::start_node);
}

#[test]
fn the_relay_is_killed() {
    killed(&MIXED, Hardware::Simulator, |market| market.relay = None, Market::restart_relay);
}

#[test]
fn the_payer_is_killed() {
    for Cast { payer, node, relay } in MIXED {
        let stall = Stall { node: Software::Peer(node), relay, ..Stall::default() };
        let (market, offer) = Market::open(&COFFEE, stall);
        for moment in moments(Hardware::Simulator) {
            let known = market.invoices();
            let mut first = market.regular(payer, &offer);
            let mut first = first.stdout(Stdio::null()).spawn().unwrap();
            let invoices = market.wait_for("an invoice", |now| now.len() > known.len());
            let is_new = |invoice: &&Value| known.iter().all(|one| !is_same(one, invoice));
            let invoice = invoices.iter().find(is_new).unwrap();
            sleep(Duration::from_millis(moment));
            first.kill().unwrap();
            first.wait().unwrap();
            // Whoever comes again buys two more coffees, the first of which waits for what is left.
            let mut again = market.regular(payer, &offer);
            let answers = ask(again.args(["--count", "2"]));
            assert!(answers.iter().all(|answer| answer["paid"] == true), "{answers:?}");
            assert!(answers.iter().all(|answer| !is_same(answer, invoice)), "{answers:?}");
            agrees(&market, invoice, moment);
        }
    }
}

/// The payer that was killed has the preimage of a payment exactly when the merchant has the money.
fn agrees(market: &Market, invoice: &Value, moment: u64) {
    let invoices = market.invoices();
    let invoice = invoices.iter().find(|one| is_same(one, invoice)).unwrap();
    let hash = invoice["payment_hash"].as_str().unwrap();
    let log = market.regulars_log();
    let is_sent = log.lines().any(|line| line.contains("sent") && line.contains(hash));
    assert_eq!(invoice["state"] == "paid", is_sent, "{moment} ms after {invoice}: {log}");
}

/// One payment for each moment, and another one afterwards, for which all has to be well again.
fn killed(
    casts: &[Cast],
    device: Hardware,
    kill: impl Fn(&mut Market),
    revive: impl Fn(&mut Market),
) {
    for cast @ &Cast { payer, node, relay } in casts {
        let stall = Stall { device, node: Software::Peer(node), relay, ..Stall::default() };
        let (mut market, offer) = Market::open(&COFFEE, stall);
        for moment in moments(device) {
            let payer = market.begin_to_pay(payer, &offer);
            sleep(Duration::from_millis(moment));
            kill(&mut market);
            revive(&mut market);
            settles_or_fails(&market, payer, moment);
        }
        let [answer] = market.pay(Ldk::V0_3, &offer, &[]).try_into().unwrap();
        let complaints = market.bridge_log() + &market.complaints();
        assert_eq!(answer["paid"], true, "{cast:?}: {answer}: {complaints}");
    }
}

fn is_same(one: &Value, other: &Value) -> bool {
    one["payment_hash"] == other["payment_hash"]
}

fn settles_or_fails(market: &Market, payer: Child, moment: u64) {
    let output = payer.wait_with_output().unwrap();
    let answer: Value = serde_json::from_slice(&output.stdout).unwrap();
    if answer["verified"] != true {
        // The answer to the request died with the process.
        return;
    }
    let is_this = |invoice: &Value| invoice["payment_hash"] == answer["payment_hash"];
    let paid = answer["paid"] == true;
    let _ = market.wait_for(&format!("agreement after {moment} ms: {answer}"), |invoices| {
        let invoice = invoices.iter().find(|invoice| is_this(invoice)).unwrap();
        (invoice["state"] == "paid") == paid
    });
    let reason = &answer["payment"]["reason"];
    assert_ne!(reason, "timeout", "neither settled nor failed, {moment} ms after the invoice");
}

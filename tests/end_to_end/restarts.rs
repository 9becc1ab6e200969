//! Whatever process dies in the middle of a payment, the payment settles or fails as a whole: the
//! payer has the preimage exactly when the merchant has the money on record.

use std::process::Child;
use std::thread::sleep;
use std::time::Duration;

use countersign_end_to_end::{Ldk, Market, Software, Stall};
use serde_json::Value;

const COFFEE: [&str; 4] = ["--description", "a coffee", "--amount", "21sat"];
/// How long after the invoice the blow falls: from before the HTLC to after the preimage.
const MOMENTS: [u64; 4] = [0, 15, 40, 120];

#[test]
fn the_bridge_is_killed() {
    killed(|market| market.bridge = None, Market::start_bridge);
}

#[test]
fn the_device_loses_its_power() {
    killed(|market| market.merchant.unplug(), |market| market.merchant.plug_in());
}

#[test]
fn the_merchants_node_is_killed() {
    killed(|market| market.node = None, Market::start_node);
}

/// One payment for each moment, and another one afterwards, for which all has to be well again.
fn killed(kill: impl Fn(&mut Market), revive: impl Fn(&mut Market)) {
    for node in Ldk::ALL {
        let stall = Stall { node: Software::Peer(node), ..Stall::default() };
        let (mut market, offer) = Market::open(&COFFEE, stall);
        for moment in MOMENTS {
            let payer = market.begin_to_pay(Ldk::V0_2, &offer);
            sleep(Duration::from_millis(moment));
            kill(&mut market);
            revive(&mut market);
            settles_or_fails(&market, payer, moment);
        }
        let [answer] = market.pay(Ldk::V0_3, &offer, &["--timeout", "40"]).try_into().unwrap();
        assert_eq!(answer["paid"], true, "{answer}");
    }
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

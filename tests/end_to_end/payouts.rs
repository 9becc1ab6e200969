//! The merchant pays: a refund of theirs is paid once, to LDK of either release by a node of either
//! release, whatever is killed meanwhile.

use std::thread::sleep;
use std::time::Duration;

use countersign_end_to_end::{Ldk, Market, Process, Software, Stall};
use serde_json::Value;

const NOTHING_SOLD: [&str; 2] = ["--description", "gifts"];
const OWED: [&str; 4] = ["--description", "too much was paid", "--amount", "7sat"];
/// How long after the invoice the blow falls: from before the device hears of it to after the
/// payment.
const MOMENTS: [u64; 4] = [0, 15, 40, 120];

#[test]
fn each_release_is_paid_by_each_release() {
    for node in Ldk::ALL.map(Software::Peer) {
        let (mut market, _offer) = Market::open(&NOTHING_SOLD, Stall { node, ..Stall::default() });
        for payee in Ldk::ALL {
            let refund = market.refund(&OWED);
            assert_eq!(market.refund_on_record(&refund)["state"], "open");
            let mut payee = market.withdraw(payee, &refund);
            is_paid(&market, &refund, &mut payee);
        }
    }
}

#[test]
fn a_second_invoice_for_a_refund_is_not_paid() {
    let (mut market, _offer) = Market::open(&NOTHING_SOLD, Stall::default());
    let refund = market.refund(&OWED);
    let mut first = market.withdraw(Ldk::V0_2, &refund);
    let paid = is_paid(&market, &refund, &mut first);
    let _second = market.withdraw(Ldk::V0_2, &refund);
    sleep(Duration::from_secs(1));
    assert_eq!(market.refund_on_record(&refund), paid);
}

#[test]
fn a_payment_waits_for_the_merchants_node() {
    let (mut market, _offer) = Market::open(&NOTHING_SOLD, Stall::default());
    let refund = market.refund(&OWED);
    market.node = None;
    let mut payee = market.withdraw(Ldk::V0_2, &refund);
    let waiting = market.wait_for_refund(&refund, "authorised");
    assert_eq!(waiting["payment_hash"], payee.text("payment_hash"));
    market.start_bridge();
    market.start_node();
    is_paid(&market, &refund, &mut payee);
}

#[test]
fn the_bridge_is_killed() {
    killed(|market| market.bridge = None, Market::start_bridge);
}

#[test]
fn the_merchants_node_is_killed() {
    killed(|market| market.node = None, Market::start_node);
}

/// One payment for each moment: each is made once, or its invoice never reached the device.
fn killed(kill: impl Fn(&mut Market), revive: impl Fn(&mut Market)) {
    for node in Ldk::ALL {
        let stall = Stall { node: Software::Peer(node), ..Stall::default() };
        let (mut market, _offer) = Market::open(&NOTHING_SOLD, stall);
        for moment in MOMENTS {
            let refund = market.refund(&OWED);
            let mut payee = market.withdraw(Ldk::V0_2, &refund);
            sleep(Duration::from_millis(moment));
            kill(&mut market);
            revive(&mut market);
            sleep(SETTLES);
            if market.refund_on_record(&refund)["state"] != "open" {
                is_paid(&market, &refund, &mut payee);
            }
        }
        let refund = market.refund(&OWED);
        let mut payee = market.withdraw(Ldk::V0_3, &refund);
        is_paid(&market, &refund, &mut payee);
    }
}

/// The payee has the money, and the merchant's record the proof.
fn is_paid(market: &Market, refund: &Value, payee: &mut Process) -> Value {
    let received = payee.next_object();
    assert_eq!(received["received_msat"], 7_000, "{received}");
    let shown = market.wait_for_refund(refund, "paid");
    assert_eq!(shown["payment_hash"], payee.text("payment_hash"));
    assert_eq!(shown["preimage"].as_str().unwrap().len(), 64, "{shown}");
    shown
}

/// Long enough for an invoice that is on its way to be authorised.
const SETTLES: Duration = Duration::from_secs(1);

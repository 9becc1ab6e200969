//! The merchant pays: a refund of theirs is paid once, to LDK of either release by a node of either
//! release, whatever is killed meanwhile.

use std::thread::sleep;
use std::time::Duration;

use countersign_end_to_end::{CutLine, Ldk, Market, Process, Software, Stall};
use serde_json::Value;

const NOTHING_SOLD: [&str; 2] = ["--description", "gifts"];
const OWED: [&str; 4] = ["--description", "too much was paid", "--amount", "7sat"];
/// How long after the invoice the blow falls: from before the device hears of it to after the
/// payment.
const MOMENTS: [u64; 4] = [0, 15, 40, 120];

#[test]
fn each_release_is_paid_by_each_release_over_each_release() {
    for (node, relay) in Ldk::ALL.into_iter().flat_map(|node| Ldk::ALL.map(|relay| (node, relay))) {
        let stall = Stall { node: Software::Peer(node), relay, ..Stall::default() };
        let (mut market, _offer) = Market::open(&NOTHING_SOLD, stall);
        for payee in Ldk::ALL {
            let refund = market.refund(&OWED);
            assert_eq!(market.refund_on_record(&refund)["state"], "open");
            let mut payee = market.withdraw(payee, &refund);
            is_paid(&market, &refund, &mut payee);
            is_told(&market, &refund);
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
fn the_bridge_is_killed_when_the_device_has_authorised_and_nobody_knows() {
    for payee in Ldk::ALL {
        let (mut market, refund, mut payee, _line) = authorised_unheard(payee);
        market.bridge = None;
        assert_eq!(market.refund_on_record(&refund)["state"], "open");
        market.start_bridge();
        is_paid_once(&market, &refund, &mut payee);
    }
}

#[test]
fn the_device_loses_its_power_when_it_has_authorised_and_nobody_knows() {
    let (mut market, refund, mut payee, _line) = authorised_unheard(Ldk::V0_2);
    market.merchant.unplug();
    // Until the bridge has given up that conversation.
    market.wait_for_log("asked again");
    assert_eq!(market.refund_on_record(&refund)["state"], "open");
    market.merchant.plug_in();
    is_paid_once(&market, &refund, &mut payee);
}

#[test]
fn the_bridge_is_killed_while_the_merchant_reads() {
    let (mut market, _offer) = Market::open(&NOTHING_SOLD, Stall::default());
    let refund = market.refund(&OWED);
    market.bridge = None;
    market.merchant.unplug();
    market.merchant.hesitates = 4;
    market.merchant.plug_in();
    market.start_bridge();
    let mut payee = market.withdraw(Ldk::V0_2, &refund);
    market.wait_for_log("waits for one of its buttons");
    // Longer than the bridge waits for a quick merchant: it has left them with the prompt.
    sleep(Duration::from_secs(2));
    market.bridge = None;
    market.start_bridge();
    is_paid_once(&market, &refund, &mut payee);
}

/// A payee whose invoice the device has authorised, which it has said to nobody; and the bridge's
/// line to it, which works again for whoever comes next.
fn authorised_unheard(payee: Ldk) -> (Market, Value, Process, CutLine) {
    let (mut market, _offer) = Market::open(&NOTHING_SOLD, Stall::default());
    let refund = market.refund(&OWED);
    market.bridge = None;
    let line = CutLine::to(&market.merchant.device);
    market.start_bridge_at(&line.address, &[]);
    let payee = market.withdraw(payee, &refund);
    line.wait_until_cut();
    (market, refund, payee, line)
}

/// The shop's software is told what became of the refund, once, also when it comes late.
fn is_told(market: &Market, refund: &Value) {
    let names = |events: &[Value]| {
        let of_it = events.iter().filter(|event| event["refund"]["id"] == refund["id"]);
        of_it.map(|event| event["event"].as_str().unwrap().to_owned()).collect::<Vec<_>>()
    };
    let events = market.watch_for(|events| names(events).iter().any(|name| name == "refund-paid"));
    assert_eq!(names(&events), ["refund-authorised", "refund-paid"]);
    let paid = events.iter().rfind(|event| event["refund"]["id"] == refund["id"]).unwrap();
    assert_eq!(paid["refund"], market.refund_on_record(refund));
}

/// The payee sends nothing again, has the money, and gets it no second time.
fn is_paid_once(market: &Market, refund: &Value, payee: &mut Process) {
    // A payee who gets nothing would be waited for without end.
    let _ = market.wait_for_refund(refund, "paid");
    let paid = is_paid(market, refund, payee);
    sleep(SETTLES);
    assert_eq!(market.refund_on_record(refund), paid);
    assert_eq!(market.bridge_log().matches("a refund was paid").count(), 1);
    is_told(market, refund);
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

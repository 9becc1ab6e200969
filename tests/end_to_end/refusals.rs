//! What payers learn when there is no invoice: an `invoice_error` that says nothing of the merchant.
//! What the merchant learns: which rule it was, and what to change.

use std::{slice, thread};

use countersign_end_to_end::{Ldk, Market, Opening, Process, Shop, Software, Stall, program};
use serde_json::{Value, json};

const PRICED: [&str; 4] = ["--description", "a coffee", "--amount", "1000msat"];
/// The node that shops are pinned to, and one that nobody has heard of: the generator of secp256k1,
/// and its double.
const MERCHANT_NODE: &str = "0279be667ef9dcbbac55a06295ce870b07029bfcdb2dce28d959f2815b16f81798";
const STRANGER: &str = "02c6047f9441ed7d6d3045406e95c07cd85c778e4b8cef3ca7abac09b95c709ee5";

/// Ways for a payment that will not do, as the merchant wrote them down.
struct Wrong {
    paths: Vec<Value>,
    /// What names the rule, or the limit, that they break.
    broken: &'static str,
    /// What to change.
    remedy: &'static str,
}

/// Every mistake, where payments come in over `relay`.
fn mistakes(relay: &str) -> Vec<Wrong> {
    let plain = hop(relay);
    let dear = |field: &str, most: u32| {
        let mut hop = hop(relay);
        hop[field] = most.into();
        path(&[hop.clone(), hop], MERCHANT_NODE)
    };
    let long = |hops: usize| path(&vec![plain.clone(); hops], MERCHANT_NODE);
    let records = |bytes: usize| {
        let mut path = long(1);
        path["recipient"]["records"] = "07".repeat(bytes).into();
        path
    };
    let wrong = |paths: &[Value], broken, remedy| Wrong { paths: paths.to_vec(), broken, remedy };
    vec![
        wrong(&[], "rule 48 (paths)", "--payment-path"),
        wrong(
            &[path(slice::from_ref(&plain), STRANGER)],
            "rule 40 (recipient)",
            "`countersign device pair recipient NODE`",
        ),
        wrong(
            &[path(&[hop(STRANGER)], MERCHANT_NODE)],
            "rule 41 (introduction-node)",
            "`countersign device pair introduction NODE...`",
        ),
        wrong(&[dear("fee_base_msat", u32::MAX)], "rule 42 (fee-base)", "larger fee-base="),
        wrong(
            &[dear("fee_proportional_millionths", u32::MAX)],
            "rule 43 (fee-proportional)",
            "larger fee-proportional=",
        ),
        wrong(
            &[dear("cltv_expiry_delta", u16::MAX.into())],
            "rule 45 (cltv-delta)",
            "larger cltv-delta=",
        ),
        wrong(&[long(8)], "rule 49 (hops)", "offer a shorter path"),
        // More than fit a frame.
        wrong(&[long(100)], "rule 49 (hops)", "offer a shorter path"),
        wrong(&vec![long(1); 5], "rule 48 (paths)", "no more of them than paths= says"),
        wrong(&[records(513)], "too long", "shorter records"),
        wrong(&[records(2_000)], "too long", "shorter records"),
    ]
}

/// A path over `hops` to `end`.
fn path(hops: &[Value], end: &str) -> Value {
    json!({ "hops": hops, "recipient": { "node": end } })
}

fn hop(node: &str) -> Value {
    json!({ "node": node, "short_channel_id": 42, "cltv_expiry_delta": 40 })
}

#[test]
fn ways_that_will_not_do_are_told_to_the_merchant_and_not_to_the_payer() {
    let (mut shop, offer) = closed_shop();
    let relay = shop.relays[0].id.clone();
    offer_ways(&mut shop, "ldk", &[path(&[hop(&relay)], MERCHANT_NODE)]);
    // Rule 11: more than twice the price.
    let other_rule = Ldk::ALL.map(|ldk| told(&ask(&shop, ldk, &offer, &["--amount-msat", "2001"])));
    for Wrong { paths, broken, remedy } in mistakes(&relay) {
        for (ldk, other_rule) in Ldk::ALL.into_iter().zip(&other_rule) {
            offer_ways(&mut shop, "ldk", &paths);
            let before = shop.bridge_log().len();
            let answer = ask(&shop, ldk, &offer, &[]);
            let log = &shop.bridge_log()[before..];
            assert!(log.contains(broken), "the merchant learns the rule: {broken}: {log}");
            assert!(log.contains(remedy), "and what to change: {remedy}: {log}");
            // Not even that it was about the way for the payment.
            assert_eq!(told(&answer), *other_rule, "{broken}");
        }
    }
}

#[test]
fn ldk_payers_cannot_read_an_invoice_error_in_the_specifications_form() {
    let (mut shop, offer) = closed_shop();
    for Wrong { paths, broken, .. } in mistakes(&shop.relays[0].id.clone()).into_iter().step_by(3) {
        offer_ways(&mut shop, "spec", &paths);
        let (shop, offer) = (&shop, &offer);
        let answers = thread::scope(|scope| {
            Ldk::ALL
                .map(|ldk| scope.spawn(move || ask(shop, ldk, offer, &["--timeout", "2"])))
                .map(|payer| payer.join().unwrap())
        });
        for answer in answers {
            assert!(answer["reply_bytes"].is_u64(), "an answer came: {answer}");
            assert_eq!(answer["reason"], "timeout", "{broken}: {answer}");
            assert_eq!(answer["invoice_error"], Value::Null, "{broken}: {answer}");
        }
    }
}

#[test]
fn ways_that_will_not_do_for_a_refund_are_told_to_whoever_accepts_it() {
    let (mut shop, _offer) = closed_shop();
    let mut payer = program(Ldk::V0_2.program());
    payer.args(["refund", "--peer", &shop.relays[0].address, "--amount-msat", "7000"]);
    let payer = Process::start(&mut payer, &shop.folder().join("refund.log"));
    for Wrong { paths, broken, remedy } in mistakes(&shop.relays[0].id.clone()).into_iter().skip(1)
    {
        offer_ways(&mut shop, "ldk", &paths);
        let mut accept = shop.merchant.countersign();
        let said = accept.args(["refund", "accept", &payer.text("refund")]).output().unwrap();
        let complaint = String::from_utf8(said.stderr).unwrap();
        assert!(complaint.contains(broken) && complaint.contains(remedy), "{broken}: {complaint}");
    }
}

#[test]
fn a_node_that_is_not_connected_is_told_to_the_merchant_and_not_to_the_payer() {
    for node in Ldk::ALL {
        let stall = Stall { node: Software::Peer(node), ..Stall::default() };
        let (mut market, offer) = Market::open(&PRICED, stall);
        market.start_bridge_with(&["--invoice-error", "ldk"]);
        let [other_rule] = market.pay(node, &offer, &["--amount-msat", "2001"]).try_into().unwrap();
        market.node = None;
        let [away] = market.pay(node, &offer, &[]).try_into().unwrap();
        assert_eq!(told(&away), told(&other_rule), "one answer to all");
        let log = market.bridge_log();
        let said = ["rule 48 (paths)", "the merchant's node does not answer", "; start it"];
        assert!(said.iter().all(|said| log.contains(said)), "{log}");
        market.start_node();
        let [paid] = market.pay(node, &offer, &[]).try_into().unwrap();
        assert_eq!(paid["paid"], true, "{paid}");
    }
}

#[test]
fn a_node_without_a_connected_channel_is_told_to_the_merchant_and_not_to_the_payer() {
    for node in Ldk::ALL {
        let stall = Stall { node: Software::Peer(node), channels: &[], ..Stall::default() };
        let (mut market, offer) = Market::open(&PRICED, stall);
        market.start_bridge_with(&["--invoice-error", "ldk"]);
        let [other_rule] = market.pay(node, &offer, &["--amount-msat", "2001"]).try_into().unwrap();
        let [answer] = market.pay(node, &offer, &[]).try_into().unwrap();
        assert_eq!(told(&answer), told(&other_rule), "one answer to all");
        let log = market.bridge_log();
        let said = ["rule 48 (paths)", "no channel is connected", "connect it to its peers"];
        assert!(said.iter().all(|said| log.contains(said)), "{log}");
    }
}

/// A shop with an offer, where no bridge runs yet.
fn closed_shop() -> (Shop, String) {
    let shop = Shop::prepare(Opening::default());
    let path = shop.usual_path();
    let offer = shop.merchant.offer(&[&PRICED[..], &["--path", &path]].concat());
    (shop, offer)
}

/// Starts the bridge, or starts it again, with ways that are written in a file.
fn offer_ways(shop: &mut Shop, form: &str, paths: &[Value]) {
    shop.bridge = None;
    let file = shop.folder().join("paths.json");
    std::fs::write(&file, json!({ "paths": paths }).to_string()).unwrap();
    let (relay, device) = (shop.relays[0].address.clone(), shop.merchant.device.clone());
    let arguments = ["--invoice-error", form, "--peer", &relay, "--payment-paths"];
    let arguments = [&arguments[..], &[file.to_str().unwrap()]].concat();
    shop.bridge = Some(shop.merchant.bridge(&device, &arguments));
}

fn ask(shop: &Shop, ldk: Ldk, offer: &str, wish: &[&str]) -> Value {
    let [answer] = shop.ask(ldk, offer, wish).try_into().unwrap();
    answer
}

/// All that a payer of either release can see of a refusal, no word of which is about the
/// merchant's network.
fn told(answer: &Value) -> [Value; 4] {
    let text = answer["invoice_error"].as_str().unwrap_or_else(|| panic!("{answer}"));
    assert!(text.contains("cannot accept this request now"), "{answer}");
    assert!(!text.contains(|letter: char| letter.is_ascii_digit()), "no id, no rule: {answer}");
    ["reason", "invoice_error", "erroneous_field", "reply_bytes"].map(|seen| answer[seen].clone())
}

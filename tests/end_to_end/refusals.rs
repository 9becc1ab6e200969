//! What payers learn when there is no invoice: an `invoice_error` that says nothing of the merchant.

use countersign_end_to_end::{Ldk, Market, Opening, Shop, Software, Stall};

const PRICED: [&str; 4] = ["--description", "a coffee", "--amount", "1000msat"];
/// A payment path over a node that the merchant has not listed.
const UNLISTED: &str = r#"{"paths":[{
    "hops":[{"node":"02c6047f9441ed7d6d3045406e95c07cd85c778e4b8cef3ca7abac09b95c709ee5",
             "short_channel_id":42}],
    "recipient":{"node":"0279be667ef9dcbbac55a06295ce870b07029bfcdb2dce28d959f2815b16f81798"}}]}"#;

#[test]
fn ldk_payers_read_an_invoice_error_in_ldks_form() {
    for ldk in Ldk::ALL {
        let (answer, log) = refused_by_rule(ldk, "ldk");
        let error = answer["invoice_error"].as_str().unwrap_or_default();
        assert!(error.contains("cannot accept this request now"), "{answer}");
        assert!(log.contains("introduction-node"), "the merchant learns the rule: {log}");
        let remedy = "`countersign device pair introduction NODE...`";
        assert!(log.contains(remedy), "and what to change: {log}");
    }
}

#[test]
fn a_node_that_is_not_connected_is_told_to_the_merchant_and_not_to_the_payer() {
    for node in Ldk::ALL {
        let stall = Stall { node: Software::Peer(node), ..Stall::default() };
        let (mut market, offer) = Market::open(&PRICED, stall);
        market.start_bridge_with(&["--invoice-error", "ldk"]);
        let by_rule = refused_by_rule(node, "ldk").0;
        market.node = None;
        let [away] = market.pay(node, &offer, &[]).try_into().unwrap();
        assert_eq!(away["invoice_error"], by_rule["invoice_error"], "one answer to all: {away}");
        let log = market.bridge_log();
        assert!(log.contains("the merchant's node does not answer"), "{log}");
        market.start_node();
        let [paid] = market.pay(node, &offer, &[]).try_into().unwrap();
        assert_eq!(paid["paid"], true, "{paid}");
    }
}

#[test]
fn ldk_payers_cannot_read_one_in_the_specifications_form() {
    for ldk in Ldk::ALL {
        let (answer, _) = refused_by_rule(ldk, "spec");
        assert_eq!(answer["reason"], "timeout", "{answer}");
        assert_eq!(answer["invoice_error"], serde_json::Value::Null, "{answer}");
    }
}

/// The answer to a request whose payment path the device refuses, and what the bridge logged.
fn refused_by_rule(ldk: Ldk, form: &str) -> (serde_json::Value, String) {
    let mut shop = Shop::prepare(Opening::default());
    let path = shop.usual_path();
    let offer = shop.merchant.offer(&[&PRICED[..], &["--path", &path]].concat());
    let ways = shop.folder().join("paths.json");
    std::fs::write(&ways, UNLISTED).unwrap();
    let relay = shop.relays[0].address.clone();
    let (form, device) = (["--invoice-error", form], shop.merchant.device.clone());
    let ways = ["--payment-paths", ways.to_str().unwrap(), "--peer", &relay];
    shop.bridge = Some(shop.merchant.bridge(&device, &[&form[..], &ways].concat()));
    let answers = shop.ask(ldk, &offer, &["--timeout", "3"]);
    (answers[0].clone(), shop.bridge_log())
}

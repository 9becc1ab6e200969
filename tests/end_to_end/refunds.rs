//! Money that goes the other way, with an LDK node of either release at the other end.

use countersign_end_to_end::{Ldk, Market, Opening, Process, Shop, Software, Stall, ask, program};

const NOTHING_SOLD: [&str; 2] = ["--description", "gifts"];

#[test]
fn ldk_verifies_our_invoice_for_its_own_refund() {
    let (shop, _offer) = Shop::open(&NOTHING_SOLD, Opening::default());
    for ldk in Ldk::ALL {
        let mut payer = program(ldk.program());
        payer.args(["refund", "--peer", &shop.relays[0].address, "--amount-msat", "7000"]);
        let mut payer = Process::start(&mut payer, &shop.folder().join("refund.log"));
        let refund = payer.text("refund");
        let mut accept = shop.merchant.countersign();
        accept.args(["refund", "accept", "--json", &refund]);
        let [sent] = ask(&mut accept).try_into().unwrap();
        let verified = payer.next_object();
        assert_eq!(verified["amount_msat"], 7_000);
        assert_eq!(verified["payment_hash"], sent["payment_hash"], "{ldk:?}");

        let mut show = shop.merchant.countersign();
        show.args(["invoices", "show", "--json", sent["payment_hash"].as_str().unwrap()]);
        let [recorded] = ask(&mut show).try_into().unwrap();
        assert_eq!(
            (&recorded["state"], &recorded["amount_msat"]),
            (&"issued".into(), &7_000.into())
        );
        assert_eq!(recorded["offer"], sent["refund"]);
    }
}

#[test]
fn each_release_pays_what_it_owes_to_each_release() {
    for node in Ldk::ALL.map(Software::Peer) {
        let (market, _offer) = Market::open(&NOTHING_SOLD, Stall { node, ..Stall::default() });
        for payer in Ldk::ALL {
            let mut debtor = market.owe(payer, 9_000);
            let mut accept = market.merchant.countersign();
            accept.args(["refund", "accept", "--json", &debtor.text("refund")]);
            let [sent] = ask(&mut accept).try_into().unwrap();
            assert_eq!(debtor.next_object()["payment_hash"], sent["payment_hash"]);
            let payment = debtor.next_object();
            assert_eq!(payment["preimage"].as_str().unwrap().len(), 64, "{payment}");
            let _ = market.wait_for("the money on record", |invoices| {
                invoices.iter().any(|invoice| {
                    invoice["payment_hash"] == sent["payment_hash"]
                        && invoice["received_msat"] == 9_000
                })
            });
        }
    }
}

#[test]
fn a_refund_whose_payer_cannot_be_reached_is_not_signed_for() {
    let (shop, _offer) = Shop::open(&NOTHING_SOLD, Opening::default());
    let (elsewhere, _) = Shop::open(&NOTHING_SOLD, Opening::default());
    let mut payer = program(Ldk::V0_2.program());
    payer.args(["refund", "--peer", &elsewhere.relays[0].address, "--amount-msat", "7000"]);
    let payer = Process::start(&mut payer, &shop.folder().join("refund.log"));
    let mut accept = shop.merchant.countersign();
    let said = accept.args(["refund", "accept", &payer.text("refund")]).output().unwrap();
    let complaint = String::from_utf8(said.stderr).unwrap();
    assert!(complaint.contains("--known-address"), "{complaint}");
    let mut list = shop.merchant.countersign();
    assert_eq!(ask(list.args(["invoices", "list", "--json"])), [serde_json::json!([])]);
}

#[test]
fn what_is_no_refund_is_refused_with_a_reason() {
    let (shop, offer) = Shop::open(&NOTHING_SOLD, Opening::default());
    let mut accept = shop.merchant.countersign();
    let said = accept.args(["refund", "accept", &offer]).output().unwrap();
    assert_eq!(said.status.code(), Some(1));
    let complaint = String::from_utf8(said.stderr).unwrap();
    assert!(complaint.contains("one begins with lnr1"), "{complaint}");
}

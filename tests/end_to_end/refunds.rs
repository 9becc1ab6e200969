//! Money that goes the other way, with an LDK node of either release at the other end.

use countersign_end_to_end::{Ldk, Opening, Process, Shop, ask, program};

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
fn what_is_no_refund_is_refused_with_a_reason() {
    let (shop, offer) = Shop::open(&NOTHING_SOLD, Opening::default());
    let mut accept = shop.merchant.countersign();
    let said = accept.args(["refund", "accept", &offer]).output().unwrap();
    assert_eq!(said.status.code(), Some(1));
    let complaint = String::from_utf8(said.stderr).unwrap();
    assert!(complaint.contains("one begins with lnr1"), "{complaint}");
}

//! Money reaches the merchant: LDK of either release pays, over LDK's own protocol, a node of either
//! release whose preimages only the device has.

use countersign_end_to_end::{Hardware, Ldk, Market, Software, Stall};
use serde_json::Value;

const COFFEE: [&str; 4] = ["--description", "a coffee", "--amount", "21sat"];
/// Rule 70: the device takes the host's word for a payment.
const HOSTS_WORD: [&str; 1] = ["release=2"];
/// Rule 50: a payment may come in several parts.
const SEVERAL_PARTS: [&str; 1] = ["multipart=1"];

/// Each kind of device, at each kind of node.
fn stalls() -> impl Iterator<Item = Stall<'static>> {
    Hardware::ALL.into_iter().flat_map(|device| {
        Ldk::ALL.map(|ldk| Stall { device, node: Software::Peer(ldk), ..Stall::default() })
    })
}

#[test]
fn each_release_pays_each_release() {
    for stall in stalls() {
        let (market, offer) = Market::open(&COFFEE, stall);
        for payer in Ldk::ALL {
            let [answer] = market.pay(payer, &offer, &[]).try_into().unwrap();
            is_received(&market, &answer, 21_000);
        }
    }
}

#[test]
fn each_release_pays_each_release_over_a_relay_of_the_newer_one() {
    for node in Ldk::ALL.map(Software::Peer) {
        let stall = Stall { node, relay: Ldk::V0_3, ..Stall::default() };
        let (market, offer) = Market::open(&COFFEE, stall);
        for payer in Ldk::ALL {
            let [answer] = market.pay(payer, &offer, &[]).try_into().unwrap();
            is_received(&market, &answer, 21_000);
        }
    }
}

#[test]
fn the_example_of_an_ldk_node_with_a_device_is_paid() {
    let stall = Stall { node: Software::Example, ..Stall::default() };
    let (market, offer) = Market::open(&COFFEE, stall);
    for payer in Ldk::ALL {
        let [answer] = market.pay(payer, &offer, &[]).try_into().unwrap();
        is_received(&market, &answer, 21_000);
    }
}

#[test]
fn each_release_pays_each_release_on_the_hosts_word() {
    for node in Ldk::ALL.map(Software::Peer) {
        let stall = Stall { node, rules: &HOSTS_WORD, ..Stall::default() };
        let (market, offer) = Market::open(&COFFEE, stall);
        for payer in Ldk::ALL {
            let [answer] = market.pay(payer, &offer, &[]).try_into().unwrap();
            is_received(&market, &answer, 21_000);
        }
    }
}

#[test]
fn the_payer_chooses_the_amount() {
    for device in Hardware::ALL {
        let (market, offer) = Market::open(&[], Stall { device, ..Stall::default() });
        for (payer, amount) in Ldk::ALL.into_iter().zip([1_234_567, 98_765]) {
            let wish = ["--amount-msat", &amount.to_string()];
            let [answer] = market.pay(payer, &offer, &wish).try_into().unwrap();
            is_received(&market, &answer, amount);
        }
    }
}

#[test]
fn two_channels_make_two_paths_of_which_one_is_enough() {
    for stall in stalls() {
        let channels = &["1000000:900000", "500000:400000"];
        let (market, offer) = Market::open(&COFFEE, Stall { channels, ..stall });
        for payer in Ldk::ALL {
            let [answer] = market.pay(payer, &offer, &[]).try_into().unwrap();
            assert_eq!(answer["payment_paths"], 2, "{answer}");
            is_received(&market, &answer, 21_000);
        }
    }
}

#[test]
fn a_payment_larger_than_each_channel_comes_in_parts() {
    for stall in stalls() {
        let channels = &["500000:450000", "500000:450000"];
        let (market, offer) = Market::open(&[], Stall { channels, rules: &SEVERAL_PARTS, ..stall });
        for (payer, amount) in Ldk::ALL.into_iter().zip([600_000_000, 100_000_000]) {
            let wish = ["--amount-msat", &amount.to_string()];
            let [answer] = market.pay(payer, &offer, &wish).try_into().unwrap();
            is_received(&market, &answer, amount);
        }
    }
}

#[test]
fn a_request_sent_often_is_paid_once() {
    // Each one costs the emulated board seconds.
    for (device, times) in [(Hardware::Simulator, "5"), (Hardware::Qemu, "2")] {
        let (market, offer) = Market::open(&COFFEE, Stall { device, ..Stall::default() });
        for payer in Ldk::ALL {
            let answers = market.pay(payer, &offer, &["--repeat", times]);
            let hashes: Vec<_> = answers.iter().map(|answer| &answer["payment_hash"]).collect();
            assert!(hashes.iter().all(|hash| *hash == hashes[0]), "{hashes:?}");
            is_received(&market, &answers[0], 21_000);
        }
        assert_eq!(market.invoices().len(), 2);
    }
}

#[test]
fn two_payments_never_share_a_preimage() {
    let (market, offer) = Market::open(&COFFEE, Stall::default());
    let answers = market.pay(Ldk::V0_2, &offer, &["--count", "3"]);
    let mut preimages: Vec<_> = answers.iter().map(preimage).collect();
    preimages.sort();
    preimages.dedup();
    assert_eq!(preimages.len(), 3);
}

/// The payer has a preimage, and the merchant's record says what it was paid for.
fn is_received(market: &Market, answer: &Value, amount: u64) {
    assert_eq!(answer["paid"], true, "{answer}");
    assert_eq!(preimage(answer).len(), 64);
    assert_eq!(answer["amount_msat"], amount);
    let is_this = |invoice: &Value| invoice["payment_hash"] == answer["payment_hash"];
    let invoices = market.wait_for(&format!("payment on record for {answer}"), |invoices| {
        invoices.iter().any(|invoice| is_this(invoice) && invoice["state"] == "paid")
    });
    let invoice = invoices.iter().find(|invoice| is_this(invoice)).unwrap();
    assert_eq!(invoice["received_msat"], amount, "{invoice}");
}

fn preimage(answer: &Value) -> String {
    answer["payment"]["preimage"].as_str().unwrap_or_else(|| panic!("{answer}")).to_owned()
}

//! An unmodified LDK payer of either release gets an invoice that it verifies, whatever it asks for.

use countersign_end_to_end::{Ldk, Opening, Shop, verified};

const PRICED: [&str; 4] = ["--description", "a coffee", "--amount", "1000msat"];

#[test]
fn a_fixed_price() {
    let (shop, offer) = Shop::open(&PRICED, Opening::default());
    for ldk in Ldk::ALL {
        let answers = shop.ask(ldk, &offer, &[]);
        let answer = verified(&answers);
        assert_eq!(answer["amount_msat"], 1_000);
        assert_eq!(answer["request_bytes"], 32_834, "LDK pads its reply paths");
        assert_eq!(answer["reply_bytes"], 32_834);
    }
}

#[test]
fn an_amount_that_the_payer_chooses_with_a_note() {
    let (shop, offer) = Shop::open(&[], Opening::default());
    for ldk in Ldk::ALL {
        let answers = shop.ask(ldk, &offer, &["--amount-msat", "4321", "--note", "for the cat"]);
        assert_eq!(verified(&answers)["amount_msat"], 4_321);
    }
}

#[test]
fn three_of_ten() {
    let (shop, offer) =
        Shop::open(&[&PRICED[..], &["--quantity-max", "10"]].concat(), Opening::default());
    for ldk in Ldk::ALL {
        assert_eq!(verified(&shop.ask(ldk, &offer, &["--quantity", "3"]))["amount_msat"], 3_000);
    }
}

#[test]
fn a_bip_353_name() {
    let (shop, offer) = Shop::open(&[], Opening::default());
    for ldk in Ldk::ALL {
        let wish = ["--amount-msat", "2000", "--bip353", "alice@example.com"];
        assert_eq!(verified(&shop.ask(ldk, &offer, &wish))["amount_msat"], 2_000);
    }
}

#[test]
fn ldk_payers_do_not_ask_for_an_offer_in_a_currency() {
    // Both releases read such an offer and then refuse to pay it (`UnsupportedCurrency`), so nothing
    // reaches the bridge. `tests/fiat.rs` has the payer that asks.
    let mut shop = Shop::prepare(Opening::default());
    let _ = shop.merchant.tell(&["time"]);
    let _ = shop.merchant.tell(&["rate", "EUR=1000sat"]);
    let terms = ["--description", "a meal", "--amount", "4.50EUR", "--path", &shop.usual_path()];
    let offer = shop.merchant.offer(&terms);
    shop.start_bridge(&["--rate", "EUR=1010sat"]);
    for ldk in Ldk::ALL {
        for wish in [&[][..], &["--amount-msat", "4600000"]] {
            let answers = shop.ask(ldk, &offer, wish);
            assert_eq!(answers[0]["verified"], false, "{answers:?}");
            assert_eq!(answers[0]["reason"], "UnsupportedCurrency", "{answers:?}");
        }
    }
    assert!(!shop.bridge_log().contains("does not take the rate"), "{}", shop.bridge_log());
}

#[test]
fn ten_copies_of_a_request_get_one_payment_hash() {
    let (shop, offer) = Shop::open(&PRICED, Opening::default());
    for ldk in Ldk::ALL {
        let hashes = hashes(&shop, ldk, &offer);
        assert_eq!(hashes.len(), 10);
        assert!(hashes.iter().all(|hash| *hash == hashes[0]), "{hashes:?}");
    }
}

#[test]
fn without_an_issuer_id_each_copy_gets_a_fresh_payment_hash() {
    let (shop, offer) =
        Shop::open(&[&PRICED[..], &["--no-issuer-id"]].concat(), Opening::default());
    for ldk in Ldk::ALL {
        let mut hashes = hashes(&shop, ldk, &offer);
        hashes.sort();
        hashes.dedup();
        assert_eq!(hashes.len(), 10);
    }
}

fn hashes(shop: &Shop, ldk: Ldk, offer: &str) -> Vec<String> {
    let answers = shop.ask(ldk, offer, &["--repeat", "10"]);
    let hash = |answer: &serde_json::Value| {
        assert_eq!(answer["verified"], true, "{answer}");
        answer["payment_hash"].as_str().unwrap().to_owned()
    };
    answers.iter().map(hash).collect()
}

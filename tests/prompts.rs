//! What the merchant reads before every button: all of it is there, and it is what is acted upon.

use std::collections::HashMap;

use countersign_link::{
    Bytes, Network, NewOffer, OfferRequest, PairRequest, Price, Provision, Reply, Request, Source,
};
use countersign_offers::Offer;
use countersign_tests::onion::with_curve;
use countersign_tests::payer::{self, Wish};
use countersign_tests::scene::{Scene, code, coffee, donation, need};
use countersign_tests::shop::{Button, LIST, NOW, Shop, WORDS, list, nothing};

fn last(shop: &Shop) -> Vec<String> {
    shop.prompts.last().expect("something was asked").clone()
}

fn shows(shop: &Shop, line: &str) {
    let lines = last(shop);
    assert!(lines.iter().any(|shown| shown == line), "{line:?} is not among {lines:#?}");
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

#[test]
fn a_change_of_rules_shows_every_rule_that_changes_and_no_other() {
    with_curve(|curve| {
        let mut shop = Scene::open(curve).shop;
        shop.propose(&[(12, Some(5_000)), (6, Some(3)), (11, None), (2, Some(1))]);
        let lines = last(&shop);
        assert_eq!(lines.len(), 3, "{lines:?}");
        shows(&shop, "largest-unattended: 1000000000 msat -> 5000 msat");
        shows(&shop, "quantity: off -> 3");
        shows(&shop, "overpaid: 200 % -> off");
    });
}

#[test]
fn a_change_that_changes_nothing_asks_nobody() {
    with_curve(|curve| {
        let scene = Scene::open(curve);
        let (mut shop, node) = (scene.shop, Bytes(scene.recipient.serialize()));
        let asked = shop.prompts.len();
        shop.propose(&[(2, Some(1))]);
        let pin = PairRequest::Recipient { node, receive_auth_key: None };
        assert_eq!(shop.call(&Request::Pair(pin)).reply(), Reply::Done);
        assert_eq!(shop.prompts.len(), asked);
    });
}

#[test]
fn pairing_shows_whole_keys() {
    with_curve(|curve| {
        let mut scene = Scene::open(curve);
        let node = scene.payer_id();
        let pin =
            PairRequest::Recipient { node: Bytes(node), receive_auth_key: Some(Bytes([0xab; 32])) };
        scene.shop.call(&Request::Pair(pin));
        shows(&scene.shop, &format!("Payments go to: {}", hex(&node)));
        shows(&scene.shop, &format!("Receive-auth key: {}", hex(&[0xab; 32])));
        let mut buffer = [0; LIST];
        let nodes = list(&[Bytes(node)], &mut buffer);
        scene.shop.call(&Request::Pair(PairRequest::IntroductionNodes(nodes)));
        shows(&scene.shop, &format!("Payments may enter at: {}", hex(&node)));
        let none = PairRequest::IntroductionNodes(nothing());
        scene.shop.call(&Request::Pair(none));
        shows(&scene.shop, "Payments may enter at: no listed node");
        scene.shop.call(&Request::Pair(PairRequest::BridgeKey));
        shows(&scene.shop, "Pair with this host: it gets the bridge's network key");
    });
}

#[test]
fn an_offer_is_shown_as_it_is_made() {
    with_curve(|curve| {
        let new = NewOffer {
            price: Price::Msat(10_500),
            description: Some("coffee"),
            issuer: Some("shop"),
            quantity_max: Some(3),
            expiry: Some(NOW + 5),
            issuer_id: true,
        };
        let mut scene = Scene::with(curve, &new);
        for line in [
            "Make an offer: for 10.500 sat",
            "Description: coffee",
            "Issuer: shop",
            "Items: up to 3",
            "Expires: 1700000005 s since 1970",
            &format!("Reached through: {}", hex(&scene.relay.serialize())),
        ] {
            shows(&scene.shop, line);
        }
        let offer = Offer::parse(&scene.offer).unwrap();
        assert!(offer.fields().description.is_some() && offer.fields().issuer.is_some());
        scene.offer = scene.another_offer(&donation());
        shows(&scene.shop, "Make an offer: for any amount");
    });
}

#[test]
fn an_invoice_over_the_limit_is_shown_and_signed_as_shown() {
    with_curve(|curve| {
        let mut scene = Scene::with(curve, &donation());
        scene.shop.set(&[(12, 1_000)]);
        let wish = Wish { amount: Some(1_001), note: Some("for you"), ..Wish::default() };
        let request = scene.request(&wish);
        let bought = scene.buy(&request);
        shows(&scene.shop, "Sign an invoice: 1.001 sat");
        shows(&scene.shop, "The offer asks for: any amount");
        shows(&scene.shop, "Description: thanks");
        shows(&scene.shop, "The payer writes: for you");
        assert_eq!(payer::verify(curve, &request, &bought.invoice).1, 1_001);
        let asked = scene.shop.prompts.len();
        scene.buy(&scene.request(&Wish { amount: Some(1_000), ..Wish::default() }));
        assert_eq!(scene.shop.prompts.len(), asked, "at the limit nobody is asked");
    });
}

#[test]
fn an_invoice_that_the_merchant_refuses_is_silence() {
    with_curve(|curve| {
        let mut scene = Scene::with(curve, &donation());
        scene.shop.set(&[(12, 1_000)]);
        scene.shop.button = Button::Cancel;
        let request = scene.request(&Wish { amount: Some(1_001), ..Wish::default() });
        let (_, said) = scene.hear(&scene.message(&request));
        assert_eq!(said.reply(), Reply::Ignored);
    });
}

#[test]
fn strangers_text_is_escaped() {
    // #8: controls, bidirectional and invisible characters, line separators.
    with_curve(|curve| {
        let note = "a\nb\u{202e}c\u{200b}d\u{2028}e\u{1b}[2Jf";
        let mut scene = Scene::with(curve, &donation());
        scene.shop.set(&[(7, 1)]);
        let wish = Wish { amount: Some(1_000), note: Some(note), ..Wish::default() };
        scene.buy(&scene.request(&wish));
        let lines = last(&scene.shop);
        let shown = lines.iter().find(|line| line.starts_with("The payer writes")).unwrap();
        let is_tame = |c: char| c.is_ascii_graphic() || c == ' ';
        assert!(shown.chars().all(is_tame), "{shown:?}");
        let long = "\u{1f980}".repeat(100);
        let wish = Wish { amount: Some(1_000), note: Some(&long), ..Wish::default() };
        scene.buy(&scene.request(&wish));
    });
}

#[test]
fn a_description_with_hidden_characters_is_escaped_before_the_merchant_makes_it_theirs() {
    with_curve(|curve| {
        let new = NewOffer { description: Some("ten\u{202e}ytnewt"), ..coffee() };
        let scene = Scene::with(curve, &new);
        let lines = last(&scene.shop);
        assert!(lines.iter().all(|line| !line.contains('\u{202e}')), "{lines:?}");
    });
}

#[test]
fn seeds_time_wiping_and_revoking_say_what_they_are() {
    let mut shop = Shop::unprovisioned();
    let entropy = countersign_link::Secret::new(&[0x5a; 32]);
    let generate = Provision::Generate { entropy, network: Network::Signet };
    shop.call(&Request::Provision(generate));
    assert_eq!(shop.prompts[0], ["Make a new seed: for Signet"]);
    assert_eq!(shop.prompts[1].len(), 25, "24 words and a title");
    shop.call(&Request::Provision(Provision::Wipe));
    shows(&shop, "Forget everything: the words bring it back");
    shop.take_words(WORDS, Network::Regtest);
    shows(&shop, "Take over a seed: for Regtest");
    shop.call(&Request::Time { claim: NOW });
    shows(&shop, "Set the time: 1700000000 s since 1970");
    shop.call(&Request::Offer(OfferRequest::RevokeEpoch));
    shows(&shop, "Revoke every offer: made up to now");
    shop.call(&Request::Offer(OfferRequest::Revoke { offer: Bytes([0xcd; 32]) }));
    shows(&shop, &format!("Revoke the offer: {}", hex(&[0xcd; 32])));
}

#[test]
fn the_words_that_are_shown_make_the_seed() {
    let mut shop = Shop::unprovisioned();
    let entropy = countersign_link::Secret::new(&[0x5a; 32]);
    let generate = Provision::Generate { entropy, network: Network::Regtest };
    assert_eq!(shop.call(&Request::Provision(generate)).reply(), Reply::Done);
    let words: Vec<String> = shop.prompts[1][1..]
        .iter()
        .map(|line| line.rsplit(' ').next().unwrap().to_owned())
        .collect();
    let words = words.join(" ");
    let other = Shop::of(&words, Network::Regtest);
    assert_eq!(other.flash["seed"], shop.flash["seed"]);
}

#[test]
fn a_backup_shows_everything_that_it_changes() {
    with_curve(|curve| {
        let mut scene = Scene::open(curve);
        let export = scene.shop.export();
        let node = scene.payer_id();
        let pin = PairRequest::Recipient { node: Bytes(node), receive_auth_key: None };
        scene.shop.call(&Request::Pair(pin));
        scene.shop.propose(&[(6, Some(3))]);
        assert_eq!(scene.shop.import(&export).reply(), Reply::Done);
        shows(&scene.shop, "Restore a backup: settings and counters");
        shows(&scene.shop, "quantity: 3 -> off");
        shows(&scene.shop, &format!("Payments go to: {}", hex(&scene.recipient.serialize())));
    });
}

#[test]
fn the_host_reads_a_prompt_only_if_the_merchant_trusts_its_screen() {
    with_curve(|curve| {
        let mut scene = Scene::with(curve, &donation());
        scene.shop.set(&[(12, 1_000)]);
        let wish = Wish { amount: Some(1_001), note: Some("for you"), ..Wish::default() };
        for (trusted, metadata) in [(false, [1; 16]), (true, [2; 16])] {
            if trusted {
                scene.shop.set(&[(91, 1)]);
            }
            scene.shop.host_reads_prompts = true;
            let request = scene.request(&Wish { metadata: &metadata, ..wish.clone() });
            let (_, said) = scene.hear(&scene.message(&request));
            assert_eq!(need(&said).amount_msat, 1_001);
            scene.shop.hello();
            scene.shop.host_reads_prompts = false;
            let read = scene.shop.host_read.pop().unwrap();
            if !trusted {
                assert_eq!(code(&read), 310);
                continue;
            }
            let Reply::Prompt(lines) = read.reply() else { panic!("{read:?}") };
            let lines: Vec<_> = lines.iter().map(Result::unwrap).collect();
            let note = lines.iter().find(|line| line.label == "The payer writes").unwrap();
            assert_eq!((note.text, note.source), ("for you", Source::Stranger));
        }
    });
}

#[test]
fn a_board_without_a_screen_approves_nothing_that_must_be_read() {
    let mut shop = Shop::boot_without_screen(HashMap::new());
    shop.hello();
    assert_eq!(shop.take_words(WORDS, Network::Regtest).reply(), Reply::Done);
    assert_eq!(code(&shop.call(&Request::Time { claim: NOW })), 591);
    let unread = [(91, Some(1)), (12, Some(5_000))];
    let asked = shop.prompts.len();
    shop.propose(&unread);
    assert_eq!(shop.prompts.len(), asked, "not even beside the rule that trusts the host");
    shop.set(&[(91, 1)]);
    assert!(matches!(shop.call(&Request::Time { claim: NOW }).reply(), Reply::Time { .. }));
}

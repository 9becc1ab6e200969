//! P2, the preimage vault: it lets go of a preimage for the evidence that the merchant chose. What
//! a host tries beside that is in `hostile_host/claims.rs`.

use countersign_crypto::sha256;
use countersign_link::{Bytes, ClaimRequest, NewOffer, OnionRequest, Reply, Request};
use countersign_tests::onion::with_curve;
use countersign_tests::payer::Wish;
use countersign_tests::scene::{Bought, Scene, coffee};
use countersign_tests::shop::{Cut, PowerCut, Said, Shop};

fn with_path_key(shop: &mut Shop, receipt: &[u8], path_key: [u8; 33]) -> Said {
    let path_key = Bytes(path_key);
    shop.call(&Request::Claim(ClaimRequest::PathKey { receipt, path_key }))
}

fn preimage(said: &Said) -> [u8; 32] {
    let Reply::Claimed { preimage } = said.reply() else { panic!("{:?}", said.reply()) };
    preimage.reveal().try_into().unwrap()
}

fn is_preimage_of(said: &Said, bought: &Bought) {
    assert_eq!(sha256(&[&preimage(said)]), bought.payment_hash);
}

fn released(shop: &mut Shop) -> u64 {
    let said = shop.call(&Request::GetInfo);
    let Reply::Info(info) = said.reply() else { panic!("{said:?}") };
    info.released
}

fn bought<'c>(curve: &'c countersign_crypto::Curve<'c>) -> (Scene<'c>, Bought) {
    let mut scene = Scene::open(curve);
    let request = scene.request(&Wish::default());
    let bought = scene.buy(&request);
    (scene, bought)
}

#[test]
fn the_path_key_that_the_htlc_arrives_with_gets_the_preimage() {
    with_curve(|curve| {
        let (mut scene, bought) = bought(curve);
        let path_key = scene.arriving_path_key(&bought.invoice);
        let said = with_path_key(&mut scene.shop, &bought.receipt, path_key);
        is_preimage_of(&said, &bought);
    });
}

#[test]
fn the_same_claim_gets_the_same_bytes_and_is_counted_once() {
    with_curve(|curve| {
        let (mut scene, bought) = bought(curve);
        let path_key = scene.arriving_path_key(&bought.invoice);
        let before = released(&mut scene.shop);
        let first = with_path_key(&mut scene.shop, &bought.receipt, path_key);
        for _ in 0..3 {
            scene.shop.hello();
            assert_eq!(with_path_key(&mut scene.shop, &bought.receipt, path_key), first);
        }
        assert_eq!(released(&mut scene.shop), before + 1);
    });
}

#[test]
fn a_host_that_died_after_the_release_gets_the_same_preimage_again() {
    with_curve(|curve| {
        let (mut scene, bought) = bought(curve);
        let path_key = scene.arriving_path_key(&bought.invoice);
        let first = with_path_key(&mut scene.shop, &bought.receipt, path_key);
        scene.shop = scene.shop.reboot();
        assert_eq!(with_path_key(&mut scene.shop, &bought.receipt, path_key), first);
    });
}

#[test]
fn the_table_of_releases_is_bounded_and_forgets_the_oldest() {
    with_curve(|curve| {
        let (mut scene, first) = bought(curve);
        let path_key = scene.arriving_path_key(&first.invoice);
        let claim = with_path_key(&mut scene.shop, &first.receipt, path_key);
        let counted = released(&mut scene.shop);
        for number in 0..16_u8 {
            let request = scene.request(&Wish { metadata: &[100 + number; 16], ..Wish::default() });
            let bought = scene.buy(&request);
            let path_key = scene.arriving_path_key(&bought.invoice);
            is_preimage_of(&with_path_key(&mut scene.shop, &bought.receipt, path_key), &bought);
        }
        assert_eq!(released(&mut scene.shop), counted + 16);
        assert_eq!(with_path_key(&mut scene.shop, &first.receipt, path_key), claim);
        assert_eq!(released(&mut scene.shop), counted + 17, "it is counted again, never less");
    });
}

#[test]
fn money_received_fills_its_window_and_a_restart_empties_none_of_it() {
    with_curve(|curve| {
        let mut scene = Scene::open(curve);
        // Two coffees a day; past that, no more.
        scene.shop.set(&[(30, 20_000), (32, 0)]);
        for metadata in [[1; 16], [2; 16]] {
            let request = scene.request(&Wish { metadata: &metadata, ..Wish::default() });
            let bought = scene.buy(&request);
            let path_key = scene.arriving_path_key(&bought.invoice);
            is_preimage_of(&with_path_key(&mut scene.shop, &bought.receipt, path_key), &bought);
        }
        for round in 0..3 {
            let request = scene.request(&Wish { metadata: &[3; 16], ..Wish::default() });
            let (id, said) = scene.hear(&scene.message(&request));
            assert_eq!(scene.deliver(id, &said).0, 68, "round {round}");
            scene.shop = scene.shop.reboot();
        }
    });
}

#[test]
fn power_that_fails_around_a_release_loses_no_count() {
    with_curve(|curve| {
        for cut in [Cut::BeforeStore, Cut::AfterStore] {
            for outputs in 0..2 {
                let (mut scene, bought) = bought(curve);
                scene.shop.set(&[(30, 20_000), (32, 0)]);
                let path_key = Bytes(scene.arriving_path_key(&bought.invoice));
                let receipt = &bought.receipt;
                let claim = Request::Claim(ClaimRequest::PathKey { receipt, path_key });
                let before = released(&mut scene.shop);
                scene.shop.power = Some((outputs, cut));
                let id = scene.shop.id();
                let outcome = scene.shop.say(id, &claim);
                let was_released = matches!(outcome, Ok(Some(_)));
                assert!(was_released || outcome == Err(PowerCut));
                scene.shop = scene.shop.reboot();
                let after = released(&mut scene.shop);
                assert!(after >= before + u64::from(was_released), "{cut:?} after {outputs}");
                let said = with_path_key(&mut scene.shop, &bought.receipt, path_key.0);
                is_preimage_of(&said, &bought);
            }
        }
    });
}

#[test]
fn no_reply_but_the_claims_has_the_preimage_in_it() {
    with_curve(|curve| {
        let mut scene = Scene::with(curve, &NewOffer { issuer: Some("shop"), ..coffee() });
        scene.shop.set(&[(90, 2)]);
        let request = scene.request(&Wish::default());
        let bought = scene.buy(&request);
        let path_key = scene.arriving_path_key(&bought.invoice);
        let before: Vec<Vec<u8>> = scene.shop.said.iter().map(|said| said.0.clone()).collect();
        let secret = preimage(&with_path_key(&mut scene.shop, &bought.receipt, path_key));
        scene.shop.said.clear();
        scene.buy(&request);
        for request in [Request::GetInfo, Request::Export, Request::Log { from: 0 }] {
            scene.shop.call(&request);
        }
        let pair = Request::Pair(countersign_link::PairRequest::Get);
        scene.shop.call(&pair);
        let begin = OnionRequest::Begin { path_key: Bytes([2; 33]), length: 1_366 };
        scene.shop.call(&Request::Onion(begin));
        assert!(before.len() > 10);
        for said in before.iter().chain(scene.shop.said.iter().map(|said| &said.0)) {
            assert!(!said.windows(16).any(|bytes| bytes == &secret[..16]));
        }
    });
}

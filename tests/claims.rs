//! P2, the preimage vault: it lets go of a preimage for the evidence that the merchant chose, and
//! for nothing else.

use countersign_crypto::sha256;
use countersign_link::{
    Bytes, ClaimRequest, NewOffer, OnionRequest, Packer, PathsRequest, Reply, Request, Seal,
};
use countersign_tests::onion::with_curve;
use countersign_tests::payer::Wish;
use countersign_tests::scene::{Bought, Scene, code, coffee};
use countersign_tests::shop::{Cut, NOW, PowerCut, Said, Shop};

const NOT_OURS: u16 = 602;
const NOT_A_POINT: u16 = 403;
/// Rules 70, 71 and 72, as errors.
const RELEASE: u16 = 570;
const EVIDENCE: u16 = 571;
const AMOUNT: u16 = 572;

/// Seconds for which an invoice of the device's holds.
const EXPIRY: u64 = 7_200;

fn with_path_key(shop: &mut Shop, receipt: &[u8], path_key: [u8; 33]) -> Said {
    let path_key = Bytes(path_key);
    shop.call(&Request::Claim(ClaimRequest::PathKey { receipt, path_key }))
}

/// An amount in msat, an expiry, and a `path_id`.
type Fact<'f> = (u64, u64, &'f [u8]);

fn with_facts(shop: &mut Shop, receipt: &[u8], fact: Fact<'_>) -> Said {
    let (amount_msat, expiry, path_id) = fact;
    let claim = ClaimRequest::Facts { receipt, amount_msat, expiry, path_id };
    shop.call(&Request::Claim(claim))
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
fn what_the_host_knows_before_the_htlc_gets_nothing() {
    with_curve(|curve| {
        let (mut scene, bought) = bought(curve);
        let invoice = countersign_offers::Invoice::parse(&bought.invoice).unwrap();
        let path = invoice.fields().paths.iter().next().unwrap();
        let mut known = vec![
            *path.first_path_key(),
            scene.relay.serialize(),
            scene.recipient.serialize(),
            scene.payer_id(),
            invoice.fields().node_id.serialize(),
        ];
        known.extend(path.hops().map(|hop| *hop.blinded_node_id));
        for path_key in known {
            let said = with_path_key(&mut scene.shop, &bought.receipt, path_key);
            assert_eq!(code(&said), EVIDENCE);
        }
        let no_point = with_path_key(&mut scene.shop, &bought.receipt, [7; 33]);
        assert_eq!(code(&no_point), NOT_A_POINT);
    });
}

#[test]
fn the_path_key_of_another_payment_gets_nothing() {
    with_curve(|curve| {
        let (mut scene, first) = bought(curve);
        let request = scene.request(&Wish { metadata: &[9; 16], ..Wish::default() });
        let second = scene.buy(&request);
        assert_ne!(first.payment_hash, second.payment_hash);
        let path_key = scene.arriving_path_key(&second.invoice);
        let said = with_path_key(&mut scene.shop, &first.receipt, path_key);
        assert_eq!(code(&said), EVIDENCE);
    });
}

#[test]
fn a_receipt_of_another_device_or_a_changed_one_gets_nothing() {
    with_curve(|curve| {
        let (mut scene, bought) = bought(curve);
        let path_key = scene.arriving_path_key(&bought.invoice);
        for at in 0..bought.receipt.len() {
            let mut changed = bought.receipt.clone();
            changed[at] ^= 1;
            assert_eq!(code(&with_path_key(&mut scene.shop, &changed, path_key)), NOT_OURS);
        }
        for receipt in [&[][..], &[0; 12], &[0; 28], &[0; 512], &bought.receipt[1..]] {
            assert_eq!(code(&with_path_key(&mut scene.shop, receipt, path_key)), NOT_OURS);
        }
        let network = countersign_link::Network::Signet;
        let mut other = Shop::open(network, scene.recipient.serialize());
        assert_eq!(code(&with_path_key(&mut other, &bought.receipt, path_key)), NOT_OURS);
    });
}

#[test]
fn only_the_evidence_that_the_merchant_chose_counts() {
    with_curve(|curve| {
        let (mut scene, bought) = bought(curve);
        let path_key = scene.arriving_path_key(&bought.invoice);
        let honest = (10_000, NOW + EXPIRY, &b""[..]);
        let said = with_facts(&mut scene.shop, &bought.receipt, honest);
        assert_eq!(code(&said), RELEASE, "facts under the path-key rule");
        scene.shop.set(&[(70, 2)]);
        let said = with_path_key(&mut scene.shop, &bought.receipt, path_key);
        assert_eq!(code(&said), RELEASE, "a path key under the facts rule");
        scene.shop.set(&[(70, 0)]);
        for said in [
            with_path_key(&mut scene.shop, &bought.receipt, path_key),
            with_facts(&mut scene.shop, &bought.receipt, honest),
        ] {
            assert_eq!(code(&said), RELEASE, "neither under the onion rule");
        }
    });
}

/// A cup of coffee whose payment carries `path_id`, under the facts rule.
fn bought_for_facts<'c>(
    curve: &'c countersign_crypto::Curve<'c>,
    path_id: &[u8],
) -> (Scene<'c>, Vec<u8>, [u8; 32]) {
    let mut scene = Scene::open(curve);
    scene.shop.set(&[(70, 2)]);
    let request = scene.request(&Wish::default());
    let (id, said) = scene.hear(&scene.message(&request));
    let hash = countersign_tests::scene::need(&said).payment_hash.0;
    let mut buffer = [0; 900];
    let mut list = Packer::new(&mut buffer);
    list.push(&scene.hop()).unwrap();
    let path = Request::Paths(PathsRequest::Path { hops: list.finish() });
    assert_eq!(scene.shop.say(id, &path).unwrap(), None);
    let records = [&[6, u8::try_from(path_id.len()).unwrap()][..], path_id].concat();
    let end = PathsRequest::Recipient {
        node: Bytes(scene.recipient.serialize()),
        records: &records,
        seal: Seal::Plain,
        min_final_cltv_expiry_delta: 18,
        max_cltv_expiry: 900_000,
        htlc_minimum_msat: 1,
        htlc_maximum_msat: 10_000_000_000,
    };
    assert_eq!(scene.shop.say(id, &Request::Paths(end)).unwrap(), None);
    let said = scene.shop.ask(id, &Request::Paths(PathsRequest::End { multipart: false }));
    let Reply::Outgoing(outgoing) = said.reply() else { panic!("{said:?}") };
    let receipt = outgoing.receipt.unwrap().to_vec();
    (scene, receipt, hash)
}

#[test]
fn every_fact_that_does_not_fit_the_invoice_gets_nothing() {
    with_curve(|curve| {
        let (mut scene, receipt, hash) = bought_for_facts(curve, b"secret");
        let expiry = NOW + EXPIRY;
        let wrong: [(Fact<'_>, u16); 9] = [
            ((9_999, expiry, b"secret"), AMOUNT),
            ((20_001, expiry, b"secret"), AMOUNT),
            ((0, expiry, b"secret"), AMOUNT),
            ((u64::MAX, expiry, b"secret"), AMOUNT),
            ((10_000, expiry + 1, b"secret"), EVIDENCE),
            ((10_000, expiry - 1, b"secret"), EVIDENCE),
            ((10_000, expiry, b"secreT"), EVIDENCE),
            ((10_000, expiry, b""), EVIDENCE),
            ((10_000, 0, b""), EVIDENCE),
        ];
        for (fact, refusal) in wrong {
            assert_eq!(code(&with_facts(&mut scene.shop, &receipt, fact)), refusal, "{fact:?}");
        }
        let said = with_facts(&mut scene.shop, &receipt, (10_000, expiry, b"secret"));
        assert_eq!(sha256(&[&preimage(&said)]), hash);
    });
}

#[test]
fn other_facts_for_a_released_hash_get_nothing() {
    with_curve(|curve| {
        let (mut scene, receipt, _) = bought_for_facts(curve, b"secret");
        let expiry = NOW + EXPIRY;
        let first = with_facts(&mut scene.shop, &receipt, (10_000, expiry, b"secret"));
        let other = with_facts(&mut scene.shop, &receipt, (10_001, expiry, b"secret"));
        assert_eq!(code(&other), EVIDENCE);
        let again = with_facts(&mut scene.shop, &receipt, (10_000, expiry, b"secret"));
        assert_eq!(again, first);
    });
}

#[test]
fn a_host_that_lies_under_the_facts_rule_gets_the_preimage() {
    // The rule is worth no more than the host's word, and RULES.md says so: no HTLC is here.
    with_curve(|curve| {
        let (mut scene, receipt, hash) = bought_for_facts(curve, b"");
        let said = with_facts(&mut scene.shop, &receipt, (10_000, NOW + EXPIRY, b""));
        assert_eq!(sha256(&[&preimage(&said)]), hash);
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

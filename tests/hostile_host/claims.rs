//! Claims that show the wrong evidence, under the path-key rule and under that of facts: no
//! preimage leaves for any of them. The onion rule's are in `payments.rs`.

use countersign_crypto::{Curve, Secret, SecretKey, sha256};
use countersign_link::{Bytes, ClaimRequest, Network, PathsRequest, Reply, Request};
use countersign_offers::Invoice;
use countersign_tests::onion::with_curve;
use countersign_tests::payer::Wish;
use countersign_tests::scene::{Bought, Scene, code, need};
use countersign_tests::shop::{NOW, OTHER_WORDS, Said, Shop, recipient};

use super::{NOT_OURS, is_first_to_say_the_preimage, no_preimage_has_left, rule};

const NOT_A_POINT: u16 = 403;
const RELEASE: u16 = rule(70);
const EVIDENCE: u16 = rule(71);
const AMOUNT: u16 = rule(72);

/// What a coffee costs, in msat, and when its invoice expires.
const PRICE: u64 = 10_000;
const EXPIRY: u64 = NOW + 7_200;
/// What the recipient's node knows the payment by, and another payment.
const SECRET: &[u8] = b"secret";
const OTHERS_SECRET: &[u8] = b"another";

/// What a host tries with an invoice and another of the same shop's; what the device says to each
/// attempt, beside what it should.
type Attack = fn(&mut Scene<'_>, &Bought, &Bought) -> Vec<(Said, u16)>;

/// An amount in msat, an expiry, and a `path_id`.
type Fact<'f> = (u64, u64, &'f [u8]);

fn with_path_key(shop: &mut Shop, receipt: &[u8], path_key: [u8; 33]) -> Said {
    let path_key = Bytes(path_key);
    shop.call(&Request::Claim(ClaimRequest::PathKey { receipt, path_key }))
}

fn with_facts(shop: &mut Shop, receipt: &[u8], fact: Fact<'_>) -> Said {
    let (amount_msat, expiry, path_id) = fact;
    let claim = ClaimRequest::Facts { receipt, amount_msat, expiry, path_id };
    shop.call(&Request::Claim(claim))
}

/// A coffee whose payment carries `path_id`.
fn buy(scene: &mut Scene<'_>, metadata: &[u8], path_id: &[u8]) -> Bought {
    let request = scene.request(&Wish { metadata, ..Wish::default() });
    let (id, said) = scene.hear(&scene.message(&request));
    let payment_hash = need(&said).payment_hash.0;
    let records = [&[6, u8::try_from(path_id.len()).unwrap()][..], path_id].concat();
    let (hop, node) = (scene.hop(), scene.recipient.serialize());
    assert_eq!(scene.shop.path(id, &[hop], recipient(node, &records)), Ok(None));
    let said = scene.shop.ask(id, &Request::Paths(PathsRequest::End { multipart: false }));
    let Reply::Outgoing(outgoing) = said.reply() else { panic!("{said:?}") };
    let receipt = outgoing.receipt.unwrap().to_vec();
    let (_, invoice) = scene.deliver(id, &said);
    Bought { id, request, payment_hash, invoice, receipt }
}

/// Two coffees, the first of which `attack` is about.
fn refused(scene: &mut Scene<'_>, attack: Attack) -> [Bought; 2] {
    let bought = [buy(scene, &[6; 16], SECRET), buy(scene, &[9; 16], OTHERS_SECRET)];
    let said = attack(scene, &bought[0], &bought[1]);
    assert!(!said.is_empty());
    for (number, (said, refusal)) in said.into_iter().enumerate() {
        assert_eq!(code(&said), refusal, "attempt {number}");
    }
    bought
}

/// Under the path-key rule `attack` gets nothing, and the honest host afterwards the preimage.
fn path_key_gets_nothing(attack: Attack) {
    with_curve(|curve| {
        let mut scene = Scene::open(curve);
        let bought = refused(&mut scene, attack);
        no_preimage_has_left(&mut scene, &bought);
    });
}

/// Under the rule of facts likewise.
fn facts_get_nothing(attack: Attack) {
    with_curve(|curve| {
        let mut scene = Scene::open(curve);
        scene.shop.set(&[(70, 2)]);
        let bought = refused(&mut scene, attack);
        let before: Vec<Said> = core::mem::take(&mut scene.shop.said);
        for (bought, path_id) in bought.iter().zip([SECRET, OTHERS_SECRET]) {
            let said = with_facts(&mut scene.shop, &bought.receipt, (PRICE, EXPIRY, path_id));
            is_first_to_say_the_preimage(&said, &before, &bought.payment_hash);
        }
    });
}

#[test]
fn what_the_host_knows_before_the_htlc_gets_nothing() {
    path_key_gets_nothing(|scene, bought, _| {
        let invoice = Invoice::parse(&bought.invoice).unwrap();
        let path = invoice.fields().paths.iter().next().unwrap();
        let mut known = vec![
            *path.first_path_key(),
            scene.relay.serialize(),
            scene.recipient.serialize(),
            scene.payer_id(),
            scene.shop.node(),
            invoice.fields().node_id.serialize(),
        ];
        known.extend(path.hops().map(|hop| *hop.blinded_node_id));
        let claim = |path_key| with_path_key(&mut scene.shop, &bought.receipt, path_key);
        known.into_iter().map(claim).map(|said| (said, EVIDENCE)).collect()
    });
}

#[test]
fn a_guessed_path_key_gets_nothing() {
    path_key_gets_nothing(|scene, bought, _| {
        let curve: &Curve<'_> = scene.curve;
        let guess = |number: u8| {
            let key = SecretKey::parse(&Secret::new(sha256(&[b"guess", &[number]]))).unwrap();
            let path_key = key.public_key(curve).serialize();
            (with_path_key(&mut scene.shop, &bought.receipt, path_key), EVIDENCE)
        };
        let mut said: Vec<_> = (0..100).map(guess).collect();
        // The right one with its sign changed, whoever could compute that; and what is no point.
        let mut other_sign = scene.arriving_path_key(&bought.invoice);
        other_sign[0] ^= 1;
        for (path_key, refusal) in [(other_sign, EVIDENCE), ([7; 33], NOT_A_POINT)] {
            said.push((with_path_key(&mut scene.shop, &bought.receipt, path_key), refusal));
        }
        said
    });
}

#[test]
fn the_path_key_of_another_payment_gets_nothing() {
    path_key_gets_nothing(|scene, bought, other| {
        assert_ne!(bought.payment_hash, other.payment_hash);
        let path_key = scene.arriving_path_key(&other.invoice);
        vec![(with_path_key(&mut scene.shop, &bought.receipt, path_key), EVIDENCE)]
    });
}

#[test]
fn a_receipt_of_another_device_or_a_changed_one_gets_nothing() {
    path_key_gets_nothing(|scene, bought, _| {
        let path_key = scene.arriving_path_key(&bought.invoice);
        let mut others = [
            Shop::of(OTHER_WORDS, Network::Regtest),
            Shop::open(Network::Signet, scene.recipient.serialize()),
        ];
        let mut said: Vec<_> = others
            .iter_mut()
            .map(|other| (with_path_key(other, &bought.receipt, path_key), NOT_OURS))
            .collect();
        for at in 0..bought.receipt.len() {
            let mut changed = bought.receipt.clone();
            changed[at] ^= 1;
            said.push((with_path_key(&mut scene.shop, &changed, path_key), NOT_OURS));
        }
        for receipt in [&[][..], &[0; 12], &[0; 28], &[0; 512], &bought.receipt[1..]] {
            said.push((with_path_key(&mut scene.shop, receipt, path_key), NOT_OURS));
        }
        said
    });
}

#[test]
fn only_the_evidence_that_the_merchant_chose_counts() {
    path_key_gets_nothing(|scene, bought, _| {
        let path_key = scene.arriving_path_key(&bought.invoice);
        let honest = (PRICE, EXPIRY, SECRET);
        let mut said = vec![(with_facts(&mut scene.shop, &bought.receipt, honest), RELEASE)];
        scene.shop.set(&[(70, 2)]);
        said.push((with_path_key(&mut scene.shop, &bought.receipt, path_key), RELEASE));
        scene.shop.set(&[(70, 0)]);
        said.push((with_path_key(&mut scene.shop, &bought.receipt, path_key), RELEASE));
        said.push((with_facts(&mut scene.shop, &bought.receipt, honest), RELEASE));
        scene.shop.set(&[(70, 1)]);
        said
    });
}

#[test]
fn every_fact_that_does_not_fit_the_invoice_gets_nothing() {
    facts_get_nothing(|scene, bought, _| {
        let facts: [(Fact<'_>, u16); 12] = [
            ((PRICE - 1, EXPIRY, SECRET), AMOUNT),
            ((2 * PRICE + 1, EXPIRY, SECRET), AMOUNT),
            ((0, EXPIRY, SECRET), AMOUNT),
            ((u64::MAX, EXPIRY, SECRET), AMOUNT),
            ((PRICE, EXPIRY + 1, SECRET), EVIDENCE),
            ((PRICE, EXPIRY - 1, SECRET), EVIDENCE),
            ((PRICE, 0, SECRET), EVIDENCE),
            ((PRICE, u64::MAX, SECRET), EVIDENCE),
            ((PRICE, EXPIRY, b"secreT"), EVIDENCE),
            ((PRICE, EXPIRY, b"secret\0"), EVIDENCE),
            ((PRICE, EXPIRY, b""), EVIDENCE),
            ((PRICE, 0, b""), EVIDENCE),
        ];
        let claim = |(fact, refusal)| (with_facts(&mut scene.shop, &bought.receipt, fact), refusal);
        facts.map(claim).into()
    });
}

#[test]
fn the_facts_of_another_payment_get_nothing() {
    facts_get_nothing(|scene, bought, other| {
        let others = (PRICE, EXPIRY, OTHERS_SECRET);
        let mine = (PRICE, EXPIRY, SECRET);
        let mut claim =
            |bought: &Bought, fact| (with_facts(&mut scene.shop, &bought.receipt, fact), EVIDENCE);
        vec![claim(bought, others), claim(other, mine)]
    });
}

#[test]
fn facts_for_a_receipt_of_another_device_or_a_changed_one_get_nothing() {
    facts_get_nothing(|scene, bought, _| {
        let honest = (PRICE, EXPIRY, SECRET);
        let mut other = Shop::of(OTHER_WORDS, Network::Regtest);
        let mut said = vec![(with_facts(&mut other, &bought.receipt, honest), NOT_OURS)];
        for at in 0..bought.receipt.len() {
            let mut changed = bought.receipt.clone();
            changed[at] ^= 1;
            said.push((with_facts(&mut scene.shop, &changed, honest), NOT_OURS));
        }
        said
    });
}

#[test]
fn other_facts_for_a_released_hash_get_nothing() {
    with_curve(|curve| {
        let mut scene = Scene::open(curve);
        scene.shop.set(&[(70, 2)]);
        let bought = buy(&mut scene, &[6; 16], SECRET);
        let first = with_facts(&mut scene.shop, &bought.receipt, (PRICE, EXPIRY, SECRET));
        let other = with_facts(&mut scene.shop, &bought.receipt, (PRICE + 1, EXPIRY, SECRET));
        assert_eq!(code(&other), EVIDENCE);
        let again = with_facts(&mut scene.shop, &bought.receipt, (PRICE, EXPIRY, SECRET));
        assert_eq!(again, first);
    });
}

#[test]
fn a_host_that_lies_under_the_facts_rule_gets_the_preimage() {
    // The rule is worth no more than the host's word, and RULES.md says so: no HTLC is here.
    with_curve(|curve| {
        let mut scene = Scene::open(curve);
        scene.shop.set(&[(70, 2)]);
        let bought = buy(&mut scene, &[6; 16], b"");
        let said = with_facts(&mut scene.shop, &bought.receipt, (PRICE, EXPIRY, b""));
        let Reply::Claimed { preimage } = said.reply() else { panic!("{said:?}") };
        assert_eq!(sha256(&[preimage.reveal()]), bought.payment_hash);
    });
}

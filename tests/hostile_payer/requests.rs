//! Requests that ask for what the offer does not give.

use countersign_link::NewOffer;
use countersign_offers::{ChainHash, Field};
use countersign_tests::onion::with_curve;
use countersign_tests::payer::Wish;
use countersign_tests::scene::{Scene, coffee, donation, need};

use super::{gets_no_invoice, is_met_with_silence, is_refused};

#[test]
fn a_request_with_any_field_of_the_offer_changed_is_met_with_silence() {
    with_curve(|curve| {
        let mut scene = Scene::with(
            curve,
            &NewOffer { issuer: Some("shop"), quantity_max: Some(3), ..coffee() },
        );
        let request = scene.request(&Wish { quantity: Some(1), ..Wish::default() });
        let far = 2_000_000_000_u32.to_be_bytes();
        let changes: [(Field, &[u8]); 6] = [
            (Field::OFFER_AMOUNT, &[1]),
            (Field::OFFER_DESCRIPTION, b"coffeE"),
            (Field::OFFER_ISSUER, b"shoq"),
            (Field::OFFER_QUANTITY_MAX, &[4]),
            (Field::OFFER_ABSOLUTE_EXPIRY, &far),
            (Field(1_000_000_001), b"odd"),
        ];
        for (field, value) in changes {
            let changed = scene.changed(&request, |records| records.with(field, value));
            let message = scene.message(&changed);
            is_met_with_silence(&mut scene, &message);
        }
        let dropped = [Field::OFFER_ISSUER, Field::OFFER_QUANTITY_MAX];
        for field in dropped {
            let changed = scene.changed(&request, |records| records.without(field));
            let message = scene.message(&changed);
            is_met_with_silence(&mut scene, &message);
        }
        scene.buy(&request);
    });
}

#[test]
fn a_replay_gets_the_same_payment_hash_and_is_counted() {
    with_curve(|curve| {
        let mut scene = Scene::open(curve);
        let request = scene.request(&Wish::default());
        let first = scene.buy(&request);
        for _ in 0..9 {
            assert_eq!(scene.buy(&request).payment_hash, first.payment_hash);
        }
        let other = scene.request(&Wish { metadata: &[8; 16], ..Wish::default() });
        assert_ne!(scene.buy(&other).payment_hash, first.payment_hash);
    });
}

#[test]
fn a_replay_for_an_offer_without_issuer_id_gets_another_payment_hash() {
    // R-IR-09
    with_curve(|curve| {
        let mut scene = Scene::with(curve, &NewOffer { issuer_id: false, ..coffee() });
        let request = scene.request(&Wish::default());
        let mut hashes: Vec<_> = (0..5).map(|_| scene.buy(&request).payment_hash).collect();
        hashes.sort_unstable();
        hashes.dedup();
        assert_eq!(hashes.len(), 5);
    });
}

#[test]
fn an_amount_below_the_price_gets_no_invoice() {
    with_curve(|curve| {
        let mut scene = Scene::open(curve);
        let request = scene.request(&Wish::default());
        let amounts: [&[u8]; 3] = [&[0x27, 0x0f], &[1], &[]];
        for amount in amounts {
            let cheap =
                scene.changed(&request, |records| records.with(Field::INVREQ_AMOUNT, amount));
            gets_no_invoice(&mut scene, &cheap);
        }
        let exact =
            scene.changed(&request, |records| records.with(Field::INVREQ_AMOUNT, [0x27, 0x10]));
        scene.buy(&exact);
    });
}

#[test]
fn an_amount_beyond_twice_the_price_gets_no_invoice() {
    with_curve(|curve| {
        let mut scene = Scene::open(curve);
        let request = scene.request(&Wish { amount: Some(20_001), ..Wish::default() });
        is_refused(&mut scene, &request);
        let request = scene.request(&Wish { amount: Some(20_000), ..Wish::default() });
        scene.buy(&request);
    });
}

#[test]
fn no_amount_for_an_offer_without_price_gets_no_invoice() {
    with_curve(|curve| {
        let mut scene = Scene::with(curve, &donation());
        let request = scene.request(&Wish { amount: Some(5), ..Wish::default() });
        let without = scene.changed(&request, |records| records.without(Field::INVREQ_AMOUNT));
        gets_no_invoice(&mut scene, &without);
        let nothing = scene.changed(&request, |records| records.with(Field::INVREQ_AMOUNT, []));
        gets_no_invoice(&mut scene, &nothing);
        scene.buy(&request);
    });
}

#[test]
fn a_quantity_is_paid_for_and_within_the_offers_bounds() {
    with_curve(|curve| {
        let mut scene = Scene::with(curve, &NewOffer { quantity_max: Some(3), ..coffee() });
        let three = scene.request(&Wish { quantity: Some(3), ..Wish::default() });
        let (_, said) = scene.hear(&scene.message(&three));
        assert_eq!(need(&said).amount_msat, 30_000);
        scene.shop.hello();
        let with = |scene: &Scene<'_>, quantity: &[u8]| {
            scene.changed(&three, |records| records.with(Field::INVREQ_QUANTITY, quantity))
        };
        for quantity in [&[4][..], &[0xff; 8]] {
            let request = with(&scene, quantity);
            gets_no_invoice(&mut scene, &request);
        }
        for request in [
            with(&scene, &[]),
            scene.changed(&three, |records| records.without(Field::INVREQ_QUANTITY)),
        ] {
            gets_no_invoice(&mut scene, &request);
        }
        let paid_for_one = scene.changed(&three, |records| {
            records.with(Field::INVREQ_QUANTITY, [3]).with(Field::INVREQ_AMOUNT, [0x27, 0x10])
        });
        gets_no_invoice(&mut scene, &paid_for_one);
    });
}

#[test]
fn a_quantity_for_an_offer_of_one_gets_no_invoice() {
    with_curve(|curve| {
        let mut scene = Scene::open(curve);
        let request = scene.request(&Wish::default());
        let two = scene.changed(&request, |records| records.with(Field::INVREQ_QUANTITY, [2]));
        gets_no_invoice(&mut scene, &two);
    });
}

#[test]
fn a_request_for_another_chain_gets_no_invoice() {
    with_curve(|curve| {
        let mut scene = Scene::open(curve);
        let request = scene.request(&Wish::default());
        for chain in [ChainHash::SIGNET, ChainHash::TESTNET] {
            let other =
                scene.changed(&request, |records| records.with(Field::INVREQ_CHAIN, chain.0));
            gets_no_invoice(&mut scene, &other);
        }
        let bitcoin = scene.changed(&request, |records| records.without(Field::INVREQ_CHAIN));
        gets_no_invoice(&mut scene, &bitcoin);
    });
}

#[test]
fn unknown_even_records_get_no_invoice() {
    with_curve(|curve| {
        let mut scene = Scene::open(curve);
        let request = scene.request(&Wish::default());
        for number in [94, 158, 2_000_000_002] {
            let unknown = scene.changed(&request, |records| records.with(Field(number), [1]));
            let message = scene.message(&unknown);
            is_met_with_silence(&mut scene, &message);
        }
        for number in [95, 2_000_000_001] {
            let odd = scene.changed(&request, |records| records.with(Field(number), [1]));
            scene.buy(&odd);
        }
    });
}

#[test]
fn a_request_longer_than_the_limit_is_met_with_silence_and_one_at_the_limit_is_answered() {
    with_curve(|curve| {
        let mut scene = Scene::open(curve);
        let request = scene.request(&Wish::default());
        let longer = |by: usize| {
            scene.changed(&request, |records| records.with(Field(2_000_000_001), vec![7; by]))
        };
        let room = 4096 - longer(300).len() + 300;
        let (fits, too_long) = (longer(room), longer(room + 1));
        assert_eq!((fits.len(), too_long.len()), (4096, 4097));
        let message = scene.message(&too_long);
        is_met_with_silence(&mut scene, &message);
        scene.buy(&fits);
    });
}

#[test]
fn a_wrong_or_missing_signature_is_met_with_silence() {
    with_curve(|curve| {
        let mut scene = Scene::open(curve);
        let request = scene.request(&Wish::default());
        let mut forged = request.clone();
        let last = forged.len() - 1;
        forged[last] ^= 1;
        let message = scene.message(&forged);
        is_met_with_silence(&mut scene, &message);
        let stream = countersign_tlv::TlvStream::parse(&request).unwrap();
        let unsigned = stream.range(0, 239).bytes().to_vec();
        let message = scene.message(&unsigned);
        is_met_with_silence(&mut scene, &message);
    });
}

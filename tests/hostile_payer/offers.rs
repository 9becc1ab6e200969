//! Offers that are not, or no longer, the device's.

use countersign_crypto::{Secret, SecretKey};
use countersign_link::{Network, NewOffer, OfferRequest, Price, Reply, Request};
use countersign_offers::Field;
use countersign_tests::onion::with_curve;
use countersign_tests::payer::{self, Wish};
use countersign_tests::scene::{Scene, code, coffee, donation, need};
use countersign_tests::shop::{NOW, OTHER_WORDS, Said, Shop, WORDS};

use super::{coffee_is_still_sold, is_met_with_silence, is_refused};

#[test]
fn a_request_for_one_offer_over_the_path_of_another_is_met_with_silence() {
    with_curve(|curve| {
        let mut scene = Scene::open(curve);
        let cheap = scene.another_offer(&NewOffer { price: Price::Msat(1), ..coffee() });
        let request = scene.request(&Wish::default());
        let reply_path = scene.reply_path();
        let message = scene.ship(&cheap, &scene.cargo(&request, &reply_path));
        is_met_with_silence(&mut scene, &message);
        let request = payer::request(curve, &cheap, &Wish::default());
        let message = scene.ship(&scene.offer, &scene.cargo(&request, &reply_path));
        is_met_with_silence(&mut scene, &message);
    });
}

#[test]
fn an_expired_offer_gets_no_invoice() {
    with_curve(|curve| {
        let mut scene = Scene::with(curve, &NewOffer { expiry: Some(NOW), ..coffee() });
        let request = scene.request(&Wish::default());
        scene.buy(&request);
        let later = scene.shop.call(&Request::Time { claim: NOW + 1 });
        assert!(matches!(later.reply(), Reply::Time { now } if now == NOW + 1));
        is_refused(&mut scene, &request);
    });
}

#[test]
fn a_revoked_offer_gets_no_invoice_and_the_refusal_says_nothing_of_it() {
    with_curve(|curve| {
        let mut scene = Scene::with(curve, &donation());
        let request = scene.request(&Wish { amount: Some(1_000), ..Wish::default() });
        let huge = scene.request(&Wish { amount: Some(90_000_000_000), ..Wish::default() });
        let too_much = is_refused(&mut scene, &huge);
        let offer = {
            let (_, said) = scene.hear(&scene.message(&request));
            assert_eq!(need(&said).amount_msat, 1_000);
            scene.shop.hello();
            let list = scene.shop.call(&Request::Offer(OfferRequest::List { from: 0 }));
            let Reply::Offers(offers) = list.reply() else { panic!("{list:?}") };
            offers.iter().next().unwrap().unwrap().offer
        };
        let revoke = Request::Offer(OfferRequest::Revoke { offer });
        assert_eq!(scene.shop.call(&revoke).reply(), Reply::Done);
        assert_eq!(is_refused(&mut scene, &request), too_much, "one text for every rule");
    });
}

#[test]
fn offers_of_an_ended_epoch_are_met_with_silence() {
    with_curve(|curve| {
        let mut scene = Scene::open(curve);
        let message = scene.message(&scene.request(&Wish::default()));
        let end = Request::Offer(OfferRequest::RevokeEpoch);
        assert_eq!(scene.shop.call(&end).reply(), Reply::Done);
        is_met_with_silence(&mut scene, &message);
        scene.offer = scene.another_offer(&coffee());
        coffee_is_still_sold(&mut scene);
    });
}

#[test]
fn another_device_of_other_words_does_not_know_the_offer() {
    with_curve(|curve| {
        let scene = Scene::open(curve);
        let message = scene.message(&scene.request(&Wish::default()));
        let mut other = Shop::of(OTHER_WORDS, Network::Regtest);
        other.call(&Request::Time { claim: NOW });
        let id = other.id();
        assert_eq!(other.onion(id, message.path_key, &message.packet).unwrap(), Said::silence());
    });
}

#[test]
fn a_device_of_the_same_words_for_another_network_does_not_know_the_offer() {
    with_curve(|curve| {
        let scene = Scene::open(curve);
        let message = scene.message(&scene.request(&Wish::default()));
        let recipient = scene.recipient.serialize();
        let mut other = Shop::open(Network::Signet, recipient);
        let id = other.id();
        assert_eq!(other.onion(id, message.path_key, &message.packet).unwrap(), Said::silence());
    });
}

#[test]
fn without_the_time_no_request_is_heard() {
    with_curve(|curve| {
        let scene = Scene::open(curve);
        let message = scene.message(&scene.request(&Wish::default()));
        let mut other = Shop::of(WORDS, Network::Regtest);
        let id = other.id();
        assert_eq!(code(&other.onion(id, message.path_key, &message.packet).unwrap()), 313);
    });
}

#[test]
fn a_key_of_the_payers_own_signs_no_invoice() {
    // The offer's key comes from the device's seed alone.
    with_curve(|curve| {
        let mut scene = Scene::open(curve);
        let request = scene.request(&Wish::default());
        let stolen = SecretKey::parse(&Secret::new([42; 32])).unwrap().public_key(curve);
        let changed = scene
            .changed(&request, |records| records.with(Field::OFFER_ISSUER_ID, stolen.serialize()));
        let message = scene.message(&changed);
        is_met_with_silence(&mut scene, &message);
    });
}

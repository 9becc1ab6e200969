//! A request that waits for the merchant's button holds nobody up, and gets what was shown.

use countersign_crypto::Curve;
use countersign_link::{Bytes, Code, PairRequest, Reply, Request};
use countersign_tests::onion::with_curve;
use countersign_tests::payer::{self, Wish};
use countersign_tests::scene::{Scene, code, donation, need};
use countersign_tests::shop::{Button, NOW, Said};

/// Amounts above this take a button.
const UNATTENDED: u64 = 1_000;

fn scene<'c>(curve: &'c Curve<'c>) -> Scene<'c> {
    let mut scene = Scene::with(curve, &donation());
    scene.shop.set(&[(12, UNATTENDED)]);
    scene
}

fn wish(amount: u64, metadata: &[u8]) -> Wish<'_> {
    Wish { amount: Some(amount), metadata, ..Wish::default() }
}

/// A request that takes a button, left with the merchant.
fn parked(scene: &mut Scene<'_>) -> Vec<u8> {
    let request = scene.request(&wish(UNATTENDED + 1, &[1; 16]));
    scene.shop.button = Button::Later;
    let said = hear(scene, &request);
    assert_eq!(code(&said), Code::WITH_MERCHANT.0);
    request
}

fn hear(scene: &mut Scene<'_>, request: &[u8]) -> Said {
    scene.hear(&scene.message(request)).1
}

#[test]
fn others_are_answered_while_the_merchant_thinks() {
    with_curve(|curve| {
        let mut scene = scene(curve);
        let request = parked(&mut scene);
        let asked = scene.shop.prompts.len();
        for number in 2..7 {
            let quick = scene.request(&wish(UNATTENDED, &[number; 16]));
            scene.buy(&quick);
        }
        assert_eq!(scene.shop.call(&Request::Ping).reply(), Reply::Pong);
        scene.shop.press(Button::Confirm);
        let bought = scene.buy(&request);
        assert_eq!(payer::verify(curve, &request, &bought.invoice).1, UNATTENDED + 1);
        assert_eq!(scene.shop.prompts.len(), asked, "one prompt for one request");
    });
}

#[test]
fn one_button_is_enough_for_every_copy_and_for_no_other_request() {
    with_curve(|curve| {
        let mut scene = scene(curve);
        let request = parked(&mut scene);
        let other = scene.request(&wish(UNATTENDED + 1, &[2; 16]));
        scene.shop.press(Button::Confirm);
        let hashes = [scene.buy(&request).payment_hash, scene.buy(&request).payment_hash];
        assert_eq!(hashes[0], hashes[1]);
        let asked = scene.shop.prompts.len();
        assert_eq!(code(&hear(&mut scene, &other)), Code::WITH_MERCHANT.0);
        assert_eq!(scene.shop.prompts.len(), asked + 1);
    });
}

#[test]
fn what_was_declined_is_ignored_without_another_prompt() {
    with_curve(|curve| {
        let mut scene = scene(curve);
        let request = parked(&mut scene);
        scene.shop.press(Button::Cancel);
        let asked = scene.shop.prompts.len();
        assert_eq!(hear(&mut scene, &request).reply(), Reply::Ignored);
        assert_eq!(scene.shop.prompts.len(), asked);
    });
}

#[test]
fn a_second_customer_waits_two_minutes_at_most() {
    with_curve(|curve| {
        let mut scene = scene(curve);
        let first = parked(&mut scene);
        let second = scene.request(&wish(UNATTENDED + 2, &[2; 16]));
        let asked = scene.shop.prompts.len();
        scene.shop.uptime += 119;
        assert_eq!(code(&hear(&mut scene, &second)), Code::WITH_MERCHANT.0);
        assert_eq!(scene.shop.prompts.len(), asked, "the first one's prompt is on the screen");
        scene.shop.uptime += 1;
        assert_eq!(code(&hear(&mut scene, &second)), Code::WITH_MERCHANT.0);
        assert_eq!(scene.shop.prompts.len(), asked + 1);
        scene.shop.press(Button::Confirm);
        scene.buy(&second);
        assert_eq!(code(&hear(&mut scene, &first)), Code::WITH_MERCHANT.0, "nobody approved it");
    });
}

#[test]
fn a_button_for_another_matter_is_no_yes_to_a_request() {
    with_curve(|curve| {
        let mut scene = scene(curve);
        let request = parked(&mut scene);
        scene.shop.button = Button::Confirm;
        let pin = PairRequest::Recipient { node: Bytes(scene.payer_id()), receive_auth_key: None };
        assert_eq!(scene.shop.call(&Request::Pair(pin)).reply(), Reply::Done);
        scene.shop.press(Button::Confirm);
        scene.shop.button = Button::Later;
        assert_eq!(code(&hear(&mut scene, &request)), Code::WITH_MERCHANT.0);
    });
}

#[test]
fn a_yes_does_not_outlive_stricter_rules_nor_the_power() {
    with_curve(|curve| {
        let mut scene = scene(curve);
        let request = parked(&mut scene);
        scene.shop.press(Button::Confirm);
        scene.shop.button = Button::Confirm;
        scene.shop.set(&[(13, UNATTENDED)]);
        let (id, said) = scene.hear(&scene.message(&request));
        assert_eq!(scene.deliver(id, &said).0, 68, "an invoice_error");
        scene.shop.set(&[(13, UNATTENDED + 1)]);
        scene.shop.button = Button::Later;
        assert_eq!(need(&hear(&mut scene, &request)).amount_msat, UNATTENDED + 1);
        scene.shop = scene.shop.reboot();
        scene.shop.call(&Request::Time { claim: NOW });
        scene.shop.button = Button::Later;
        assert_eq!(code(&hear(&mut scene, &request)), Code::WITH_MERCHANT.0);
    });
}

#[test]
fn only_a_request_that_waits_for_the_merchant_can_be_left_with_them() {
    with_curve(|curve| {
        let mut scene = scene(curve);
        assert_eq!(code(&scene.shop.call(&Request::Park { request: 1 })), 305);
        let quick = scene.request(&wish(UNATTENDED, &[2; 16]));
        let (id, said) = scene.hear(&scene.message(&quick));
        let _ = need(&said);
        assert_eq!(code(&scene.shop.call(&Request::Park { request: id })), 305);
        assert!(matches!(scene.honest_paths(id).reply(), Reply::Outgoing(_)), "nothing was lost");
    });
}

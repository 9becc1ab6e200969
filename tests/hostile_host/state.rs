//! The time, the rules, the seed and its exports.

use countersign_link::{Network, OfferRequest, Provision, Reply, Request, Secret};
use countersign_tests::onion::with_curve;
use countersign_tests::payer::Wish;
use countersign_tests::scene::{Scene, code};
use countersign_tests::shop::{Button, NOW, OTHER_WORDS, Said, Shop, WORDS};

use super::{NOT_APPROVED, NOT_OURS, PROVISIONED};

#[test]
fn claims_about_the_time_do_not_jump() {
    // #17
    with_curve(|curve| {
        let mut scene = Scene::open(curve);
        scene.shop.button = Button::Cancel;
        let mut say = |claim| scene.shop.call(&Request::Time { claim });
        for claim in [0, NOW - 601, NOW + 86_401, u64::MAX] {
            assert_eq!(code(&say(claim)), NOT_APPROVED, "{claim}");
        }
        assert!(matches!(say(NOW - 600).reply(), Reply::Time { now: NOW }), "it never goes back");
        let day = NOW + 86_400;
        assert!(matches!(say(day).reply(), Reply::Time { now } if now == day));
        assert_eq!(code(&say(day + 1)), NOT_APPROVED, "however many claims it takes");
    });
}

#[test]
fn a_restart_gives_no_second_margin_to_claims_about_the_time() {
    with_curve(|curve| {
        let mut scene = Scene::open(curve);
        let day = NOW + 86_400;
        let said = scene.shop.call(&Request::Time { claim: day });
        assert!(matches!(said.reply(), Reply::Time { now } if now == day));
        let request = scene.request(&Wish::default());
        scene.buy(&request);
        for _ in 0..3 {
            let mut shop = scene.shop.reboot();
            shop.button = Button::Cancel;
            assert_eq!(code(&shop.call(&Request::Time { claim: day + 1 })), NOT_APPROVED);
            scene.shop = shop;
        }
    });
}

#[test]
fn a_change_of_rules_that_is_refused_leaves_everything_as_it_was() {
    // #16
    with_curve(|curve| {
        let mut scene = Scene::open(curve);
        let (flash, rules) = (scene.shop.flash.clone(), scene.shop.rules());
        let broken: [&[(u8, Option<u64>)]; 5] = [
            &[(2, Some(2)), (12, Some(20_000_000_000))],
            &[(2, Some(2)), (6, Some(0))],
            &[(2, Some(2)), (99, Some(1))],
            &[(2, Some(2)), (20, Some(7))],
            &[(2, Some(2)), (1, Some(1))],
        ];
        for changes in broken {
            assert!(code(&scene.shop.propose(changes)) >= 312, "{changes:?}");
        }
        scene.shop.button = Button::Cancel;
        assert_eq!(code(&scene.shop.propose(&[(2, Some(2))])), NOT_APPROVED);
        assert_eq!(scene.shop.rules(), rules);
        assert_eq!(scene.shop.flash, flash);
        scene.shop = scene.shop.reboot();
        assert_eq!(scene.shop.rules(), rules);
    });
}

#[test]
fn after_provisioning_the_commands_for_seeds_do_not_exist() {
    with_curve(|curve| {
        let mut scene = Scene::open(curve);
        let network = Network::Regtest;
        let secret = Secret::new(&[7; 32]);
        for request in [
            Provision::Generate { entropy: secret, network },
            Provision::Import { words: secret, network },
            Provision::ShowWords,
        ] {
            assert_eq!(code(&scene.shop.call(&Request::Provision(request))), PROVISIONED);
        }
    });
}

#[test]
fn an_export_of_another_seed_is_refused() {
    with_curve(|curve| {
        let mut scene = Scene::open(curve);
        let export = scene.shop.export();
        let mut other = Shop::of(OTHER_WORDS, Network::Regtest);
        let flash = other.flash.clone();
        assert_eq!(code(&other.import(&export)), NOT_OURS);
        for at in (0..export.len()).step_by(37) {
            let mut changed = export.clone();
            changed[at] ^= 1;
            assert_eq!(code(&scene.shop.import(&changed)), NOT_OURS, "byte {at}");
        }
        assert_eq!(other.flash, flash);
        assert_eq!(scene.shop.import(&export).reply(), Reply::Done);
    });
}

#[test]
fn an_older_export_takes_back_no_revocation_and_no_count() {
    with_curve(|curve| {
        let mut scene = Scene::open(curve);
        let old = scene.shop.export();
        let request = scene.request(&Wish::default());
        let message = scene.message(&request);
        scene.buy(&request);
        let before = scene.shop.signed();
        let end = Request::Offer(OfferRequest::RevokeEpoch);
        assert_eq!(scene.shop.call(&end).reply(), Reply::Done);
        assert_eq!(scene.shop.import(&old).reply(), Reply::Done);
        assert!(scene.shop.signed() >= before);
        let (_, said) = scene.hear(&message);
        assert_eq!(said, Said::silence(), "the epoch is still ended");
    });
}

#[test]
fn words_and_export_on_a_new_board_serve_the_old_offer() {
    with_curve(|curve| {
        let mut scene = Scene::open(curve);
        let request = scene.request(&Wish::default());
        let bought = scene.buy(&request);
        let export = scene.shop.export();
        let counted = scene.shop.signed();
        let mut shop = Shop::of(WORDS, Network::Regtest);
        assert_eq!(shop.import(&export).reply(), Reply::Done);
        scene.shop = shop.reboot();
        assert!(scene.shop.signed() >= counted);
        assert_eq!(scene.buy(&request).payment_hash, bought.payment_hash);
    });
}

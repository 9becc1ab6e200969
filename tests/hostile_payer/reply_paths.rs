//! Reply paths that lead nowhere good.

use countersign_crypto::PublicKey;
use countersign_link::Reply;
use countersign_tests::onion::with_curve;
use countersign_tests::payer::{self, Wish};
use countersign_tests::scene::{Cargo, Scene, need};
use countersign_tests::shop::Said;

use super::{coffee_is_still_sold, is_met_with_silence, own_path};

#[test]
fn a_reply_path_of_one_hop_that_is_the_device_is_met_with_silence() {
    // LDK panicked here once (#4850).
    with_curve(|curve| {
        let mut scene = Scene::open(curve);
        let node = scene.shop.node();
        let mut buffer = [0; 512];
        let reply_path = own_path(curve, &node, &[1; 16], &mut buffer);
        let request = scene.request(&Wish::default());
        let message = scene.message_with(&request, reply_path);
        let (id, said) = scene.hear(&message);
        let said = if said == Said::silence() { said } else { scene.honest_paths(id) };
        assert_eq!(said, Said::silence());
        coffee_is_still_sold(&mut scene);
    });
}

#[test]
fn a_reply_path_that_starts_at_the_device_is_passed_by_it() {
    with_curve(|curve| {
        let mut scene = Scene::open(curve);
        let node = scene.shop.node();
        let device = PublicKey::parse(&node).unwrap();
        let payer = payer::payer().public_key(curve);
        let reply_path = payer::reply_path(curve, &[device, scene.relay, payer], 0);
        let request = scene.request(&Wish::default());
        let message = scene.message_with(&request, &reply_path);
        let (id, said) = scene.hear(&message);
        assert_eq!(need(&said).amount_msat, 10_000);
        let said = scene.honest_paths(id);
        let (_, invoice) = scene.deliver(id, &said);
        assert_eq!(payer::verify(curve, &request, &invoice).1, 10_000);
    });
}

#[test]
fn a_reply_path_that_starts_at_a_channel_is_left_to_the_host() {
    with_curve(|curve| {
        let mut scene = Scene::open(curve);
        // The same path, but its beginning named by a channel: direction byte and id in place of
        // the point.
        let path = scene.reply_path();
        let named = [&[1][..], &77_u64.to_be_bytes(), &path[33..]].concat();
        let request = scene.request(&Wish::default());
        let message = scene.message_with(&request, &named);
        let (id, said) = scene.hear(&message);
        assert_eq!(need(&said).amount_msat, 10_000);
        let said = scene.honest_paths(id);
        let Reply::Outgoing(outgoing) = said.reply() else { panic!("{:?}", said.reply()) };
        assert_eq!(
            outgoing.destination,
            countersign_link::Destination::Channel { direction: 1, short_channel_id: 77 }
        );
        let (_, invoice) = scene.deliver(id, &said);
        assert_eq!(payer::verify(curve, &request, &invoice).1, 10_000);
    });
}

#[test]
fn a_request_without_a_reply_path_is_met_with_silence() {
    with_curve(|curve| {
        let mut scene = Scene::open(curve);
        let request = scene.request(&Wish::default());
        let cargo = Cargo { reply_path: None, ..scene.cargo(&request, &[]) };
        let message = scene.ship(&scene.offer, &cargo);
        is_met_with_silence(&mut scene, &message);
        let truncated = &scene.reply_path()[..60];
        let message = scene.ship(&scene.offer, &scene.cargo(&request, truncated));
        is_met_with_silence(&mut scene, &message);
    });
}

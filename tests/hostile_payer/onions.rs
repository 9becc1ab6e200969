//! Onion messages that no honest payer sends.

use countersign_onion::ContentType;
use countersign_tests::onion::with_curve;
use countersign_tests::payer::{self, InFlight, Wish};
use countersign_tests::scene::{Cargo, Scene};

use super::{coffee_is_still_sold, is_met_with_silence, over, own_path};

#[test]
fn a_request_over_another_path_than_the_offers_is_met_with_silence() {
    with_curve(|curve| {
        let mut scene = Scene::open(curve);
        let request = scene.request(&Wish::default());
        let reply_path = scene.reply_path();
        // Straight to the node id, with data that the device did not encrypt.
        let cargo = Cargo { recipient_data: Some(&[]), ..scene.cargo(&request, &reply_path) };
        let message = scene.ship(&scene.offer, &cargo);
        is_met_with_silence(&mut scene, &message);
        // Over a path to the device of the payer's own making.
        let node = scene.shop.node();
        let mut buffer = [0; 512];
        let path = own_path(curve, &node, &[1; 48], &mut buffer);
        let message = over(curve, path, &scene.cargo(&request, &reply_path));
        is_met_with_silence(&mut scene, &message);
        coffee_is_still_sold(&mut scene);
    });
}

#[test]
fn a_forged_context_is_met_with_silence() {
    with_curve(|curve| {
        let mut scene = Scene::open(curve);
        let request = scene.request(&Wish::default());
        let reply_path = scene.reply_path();
        let honest = scene.message(&request);
        for at in [0, 20, 40, 70] {
            let mut forged = vec![7; 80];
            forged[at] ^= 1;
            let cargo =
                Cargo { recipient_data: Some(&forged), ..scene.cargo(&request, &reply_path) };
            let message = scene.ship(&scene.offer, &cargo);
            is_met_with_silence(&mut scene, &message);
        }
        let other_path_key = InFlight { path_key: scene.payer_id(), ..honest };
        is_met_with_silence(&mut scene, &other_path_key);
    });
}

#[test]
fn a_message_with_any_bit_changed_is_met_with_silence() {
    with_curve(|curve| {
        let mut scene = Scene::open(curve);
        let honest = scene.message(&scene.request(&Wish::default()));
        for at in (0..honest.packet.len()).step_by(61) {
            let mut changed = honest.clone();
            changed.packet[at] ^= 0x10;
            is_met_with_silence(&mut scene, &changed);
        }
    });
}

#[test]
fn keys_that_are_no_points_are_met_with_silence() {
    with_curve(|curve| {
        let mut scene = Scene::open(curve);
        let honest = scene.message(&scene.request(&Wish::default()));
        let mut hybrid = honest.path_key;
        hybrid[0] += 4;
        for path_key in [[0; 33], [0xff; 33], [2; 33].map(|_: u8| 5), hybrid] {
            let message = InFlight { path_key, ..honest.clone() };
            is_met_with_silence(&mut scene, &message);
            let mut message = honest.clone();
            message.packet[1..34].copy_from_slice(&path_key);
            is_met_with_silence(&mut scene, &message);
        }
    });
}

#[test]
fn contents_of_another_type_are_met_with_silence() {
    with_curve(|curve| {
        let mut scene = Scene::open(curve);
        let request = scene.request(&Wish::default());
        let reply_path = scene.reply_path();
        let honest = scene.cargo(&request, &reply_path);
        let types = [ContentType::INVOICE, ContentType::INVOICE_ERROR];
        let unknown = [70, 72, 65, 1_000_001].into_iter().filter_map(ContentType::new);
        for content_type in types.into_iter().chain(unknown) {
            let message = scene.ship(&scene.offer, &Cargo { content_type, ..honest.clone() });
            is_met_with_silence(&mut scene, &message);
        }
    });
}

#[test]
fn packets_of_a_length_that_no_onion_has_are_met_with_silence() {
    with_curve(|curve| {
        let mut scene = Scene::open(curve);
        let honest = scene.message(&scene.request(&Wish::default()));
        for len in [0, 1, 33, 65, 66, 32_835, 65_535] {
            let mut packet = honest.packet.clone();
            packet.resize(len, 0);
            let message = InFlight { packet, ..honest.clone() };
            is_met_with_silence(&mut scene, &message);
        }
    });
}

#[test]
fn a_message_for_another_node_is_met_with_silence() {
    with_curve(|curve| {
        let mut scene = Scene::open(curve);
        let request = scene.request(&Wish::default());
        let for_relay = payer::send(curve, &scene.offer, &request, &scene.reply_path());
        is_met_with_silence(&mut scene, &for_relay);
    });
}

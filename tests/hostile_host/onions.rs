//! An onion message's chunks and its id.

use countersign_link::{Part, PathsRequest, PaymentHop, Reply, Request};
use countersign_tests::onion::with_curve;
use countersign_tests::payer::Wish;
use countersign_tests::scene::{Scene, code, need};
use countersign_tests::shop::{NOW, Said};

use super::{BUSY, CHUNK_ORDER, END, ID_REUSED, NOT_OPEN, begin, chunk};

#[test]
fn a_chunk_changed_on_its_way_gets_no_invoice() {
    // #12: the device keeps no bytes that could be changed after it has looked at them.
    with_curve(|curve| {
        let mut scene = Scene::open(curve);
        let message = scene.message(&scene.request(&Wish::default()));
        for (number, _) in message.packet.chunks(600).enumerate() {
            let mut changed = message.packet.clone();
            changed[number * 600 + 100] ^= 1;
            let id = scene.shop.id();
            assert_eq!(scene.shop.onion(id, message.path_key, &changed).unwrap(), Said::silence());
        }
    });
}

#[test]
fn a_repeated_chunk_with_other_bytes_is_passed_over() {
    with_curve(|curve| {
        let mut scene = Scene::open(curve);
        let message = scene.message(&scene.request(&Wish::default()));
        let id = scene.shop.id();
        scene.shop.ask(id, &begin(message.path_key, message.packet.len()));
        let (first, second) = message.packet.split_at(600);
        scene.shop.say(id, &chunk(0, first)).unwrap();
        scene.shop.say(id, &chunk(0, &[9; 600])).unwrap();
        scene.shop.say(id, &chunk(600, second)).unwrap();
        assert_eq!(need(&scene.shop.ask(id, &END)).amount_msat, 10_000);
    });
}

#[test]
fn missing_and_reordered_chunks_are_told_apart_from_nothing_else() {
    with_curve(|curve| {
        let mut scene = Scene::open(curve);
        let message = scene.message(&scene.request(&Wish::default()));
        let (first, second) = message.packet.split_at(600);
        let id = scene.shop.id();
        scene.shop.ask(id, &begin(message.path_key, message.packet.len()));
        assert_eq!(code(&scene.shop.ask(id, &chunk(600, second))), CHUNK_ORDER);
        assert_eq!(code(&scene.shop.ask(id, &chunk(1, first))), CHUNK_ORDER);
        scene.shop.say(id, &chunk(0, first)).unwrap();
        assert_eq!(code(&scene.shop.ask(id, &chunk(500, second))), CHUNK_ORDER, "overlapping");
        assert_eq!(code(&scene.shop.ask(id, &chunk(600, &[]))), CHUNK_ORDER, "empty");
        assert_eq!(code(&scene.shop.ask(id, &chunk(600, &[0; 900]))), CHUNK_ORDER, "past the end");
        assert_eq!(code(&scene.shop.ask(id, &END)), CHUNK_ORDER);
        assert_eq!(code(&scene.shop.ask(id, &END)), NOT_OPEN);
    });
}

#[test]
fn chunks_of_any_size_get_their_credits_and_the_same_answer() {
    // #28
    with_curve(|curve| {
        let mut scene = Scene::open(curve);
        let message = scene.message(&scene.request(&Wish::default()));
        let mut hashes = Vec::new();
        for size in [1, 7, 33, 34, 64, 100, 599, 600] {
            let id = scene.shop.id();
            scene.shop.ask(id, &begin(message.path_key, message.packet.len()));
            let mut credits = 4;
            for (number, part) in message.packet.chunks(size).enumerate() {
                assert!(credits > 0, "the host is starved at chunk {number} of {size} bytes");
                credits -= 1;
                if let Some(said) = scene.shop.say(id, &chunk(number * size, part)).unwrap() {
                    let Reply::Credits { window } = said.reply() else { panic!("{said:?}") };
                    credits += window;
                }
                assert!(credits <= 4, "never more than the window");
            }
            hashes.push(need(&scene.shop.ask(id, &END)).payment_hash);
            scene.shop.ask(id, &Request::Paths(PathsRequest::None));
        }
        hashes.dedup();
        assert_eq!(hashes.len(), 1);
    });
}

#[test]
fn a_second_id_while_busy_changes_nothing() {
    // #27
    with_curve(|curve| {
        let mut scene = Scene::open(curve);
        let message = scene.message(&scene.request(&Wish::default()));
        let (id, other) = (scene.shop.id(), scene.shop.id());
        scene.shop.ask(id, &begin(message.path_key, message.packet.len()));
        let (first, second) = message.packet.split_at(600);
        scene.shop.say(id, &chunk(0, first)).unwrap();
        assert_eq!(code(&scene.shop.ask(other, &begin(message.path_key, 1_366))), BUSY);
        assert_eq!(code(&scene.shop.ask(other, &chunk(600, &[1; 10]))), NOT_OPEN);
        assert_eq!(code(&scene.shop.ask(other, &END)), NOT_OPEN);
        assert_eq!(code(&scene.shop.ask(other, &Request::Export)), BUSY);
        assert_eq!(code(&scene.shop.ask(other, &Request::GetInfo)), BUSY);
        assert_eq!(scene.shop.ask(other, &Request::Ping).reply(), Reply::Pong);
        scene.shop.say(id, &chunk(600, second)).unwrap();
        assert_eq!(need(&scene.shop.ask(id, &END)).amount_msat, 10_000);
        let pull = Request::Pull { part: Part::Onion, offset: 0, length: 600 };
        assert_eq!(code(&scene.shop.ask(other, &pull)), NOT_OPEN);
        assert_eq!(code(&scene.shop.ask(other, &begin(message.path_key, 1_366))), BUSY);
        let said = scene.honest_paths(id);
        assert_eq!(scene.deliver(id, &said).0, 66);
    });
}

#[test]
fn a_host_that_pauses_loses_its_place_to_the_next_request_only() {
    with_curve(|curve| {
        let mut scene = Scene::open(curve);
        let message = scene.message(&scene.request(&Wish::default()));
        let (id, other) = (scene.shop.id(), scene.shop.id());
        scene.shop.ask(id, &begin(message.path_key, message.packet.len()));
        scene.shop.uptime += 1;
        assert_eq!(code(&scene.shop.ask(other, &begin(message.path_key, 1_366))), BUSY);
        scene.shop.uptime += 1;
        let begun = scene.shop.ask(other, &begin(message.path_key, 1_366));
        assert!(matches!(begun.reply(), Reply::Credits { .. }));
        assert_eq!(code(&scene.shop.ask(id, &END)), NOT_OPEN);
    });
}

#[test]
fn a_repeated_request_gets_the_same_bytes_and_is_counted_once() {
    with_curve(|curve| {
        let mut scene = Scene::open(curve);
        let mut answers = Vec::new();
        for metadata in [[1; 16], [2; 16], [3; 16], [4; 16]] {
            let request = scene.request(&Wish { metadata: &metadata, ..Wish::default() });
            let message = scene.message(&request);
            let (id, _) = scene.hear(&message);
            let said = scene.honest_paths(id);
            let Reply::Outgoing(outgoing) = said.reply() else { panic!("{said:?}") };
            let packet = scene.shop.pull(id, Part::Onion, outgoing.length.into());
            answers.push((id, message, said.clone(), packet));
        }
        let signed = scene.shop.signed();
        scene.shop.uptime += 3;
        scene.shop.call(&Request::Time { claim: NOW + 60 });
        scene.shop.hello();
        for (id, message, first, packet) in &answers {
            let again = scene.shop.onion(*id, message.path_key, &message.packet).unwrap();
            assert_eq!(need(&again).amount_msat, 10_000);
            let said = scene.honest_paths(*id);
            assert_eq!(said, *first);
            let Reply::Outgoing(outgoing) = said.reply() else { panic!("{said:?}") };
            assert_eq!(scene.shop.pull(*id, Part::Onion, outgoing.length.into()), *packet);
        }
        assert_eq!(scene.shop.signed(), signed);
        let (id, ..) = answers[0];
        let other = scene.message(&scene.request(&Wish { metadata: &[9; 16], ..Wish::default() }));
        let reused = scene.shop.onion(id, other.path_key, &other.packet).unwrap();
        assert_eq!(code(&reused), ID_REUSED);
    });
}

#[test]
fn a_repeated_request_with_other_paths_gets_other_keys() {
    // Two payment paths under one set of keys would be a keystream used twice.
    with_curve(|curve| {
        let mut scene = Scene::open(curve);
        let message = scene.message(&scene.request(&Wish::default()));
        let (id, _) = scene.hear(&message);
        let node = scene.recipient.serialize();
        let mut seen = Vec::new();
        for fee in [10, 11] {
            let hop = PaymentHop { fee_base_msat: fee, ..scene.hop() };
            let said = scene.shop.paths(id, &[hop], node).unwrap();
            let (_, invoice) = scene.deliver(id, &said);
            seen.push(scene.arriving_path_key(&invoice));
            scene.shop.onion(id, message.path_key, &message.packet).unwrap();
        }
        assert_ne!(seen[0], seen[1]);
    });
}

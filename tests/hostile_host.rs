//! P1, P2 and P3 against a host that is taken over: one test an attack.

use countersign_link::{
    Bytes, Chunk, ErrorForm, NewOffer, OfferRequest, OnionRequest, PROTOCOL, Packer, PairRequest,
    Part, PathsRequest, PaymentHop, Provision, Reply, Request, RuleValue, RulesRequest, Seal,
};
use countersign_offers::Invoice;
use countersign_tests::onion::with_curve;
use countersign_tests::payer::{self, Wish};
use countersign_tests::scene::{Scene, code, coffee, donation, need};
use countersign_tests::shop::{Button, NOW, Said, Shop};

const BUSY: u16 = 301;
const PROVISIONED: u16 = 303;
const ID_REUSED: u16 = 304;
const NOT_OPEN: u16 = 305;
const CHUNK_ORDER: u16 = 306;
const NOT_APPROVED: u16 = 309;
const NOT_DISCLOSED: u16 = 310;
const TOO_LONG: u16 = 402;
const UNREADABLE: u16 = 401;
const NOT_OURS: u16 = 602;
/// An error of rule `n` of the merchant's.
const fn rule(n: u16) -> u16 {
    500 + n
}

fn silence() -> Said {
    Said(postcard::to_stdvec(&Reply::Ignored).unwrap())
}

fn chunk(offset: usize, data: &[u8]) -> Request<'_> {
    let offset = u32::try_from(offset).unwrap();
    Request::Onion(OnionRequest::Chunk(Chunk { offset, data }))
}

const END: Request<'static> =
    Request::Onion(OnionRequest::End { invoice_error: ErrorForm::Specification });

fn begin(path_key: [u8; 33], len: usize) -> Request<'static> {
    let length = u16::try_from(len).unwrap();
    Request::Onion(OnionRequest::Begin { path_key: Bytes(path_key), length })
}

fn path<'a>(hops: &[PaymentHop], buffer: &'a mut [u8]) -> Request<'a> {
    let mut list = Packer::new(buffer);
    for hop in hops {
        list.push(hop).unwrap();
    }
    Request::Paths(PathsRequest::Path { hops: list.finish() })
}

const fn recipient(node: [u8; 33], records: &[u8]) -> PathsRequest<'_> {
    PathsRequest::Recipient {
        node: Bytes(node),
        records,
        seal: Seal::Plain,
        min_final_cltv_expiry_delta: 18,
        max_cltv_expiry: 900_000,
        htlc_minimum_msat: 1,
        htlc_maximum_msat: 10_000_000_000,
    }
}

/// The device waits for payment paths for a cup of coffee under the id that is returned.
fn awaiting_paths<'c>(curve: &'c countersign_crypto::Curve<'c>) -> (Scene<'c>, u32) {
    let mut scene = Scene::open(curve);
    let request = scene.request(&Wish::default());
    let (id, said) = scene.hear(&scene.message(&request));
    assert_eq!(need(&said).amount_msat, 10_000);
    (scene, id)
}

/// Proposes one payment path over `hops` with that end: the error, or nothing.
fn propose(
    scene: &mut Scene<'_>,
    id: u32,
    hops: &[PaymentHop],
    end: PathsRequest<'_>,
) -> Option<Said> {
    let mut buffer = [0; 900];
    if let Some(refused) = scene.shop.say(id, &path(hops, &mut buffer)).unwrap() {
        return Some(refused);
    }
    scene.shop.say(id, &Request::Paths(end)).unwrap()
}

fn refused_path(change: impl Fn(&mut PaymentHop)) -> u16 {
    with_curve(|curve| {
        let (mut scene, id) = awaiting_paths(curve);
        let mut hop = scene.hop();
        change(&mut hop);
        let node = scene.recipient.serialize();
        let refused = propose(&mut scene, id, &[hop], recipient(node, &[]));
        let code = code(&refused.expect("the path is refused"));
        // Nothing of the refused path is left: an honest one is signed as if it had never been.
        let said = scene.honest_paths(id);
        let (_, invoice) = scene.deliver(id, &said);
        let invoice = Invoice::parse(&invoice).unwrap();
        assert_eq!(invoice.fields().paths.len(), 1);
        code
    })
}

#[test]
fn a_path_to_a_recipient_that_the_merchant_did_not_pin_is_refused() {
    with_curve(|curve| {
        let (mut scene, id) = awaiting_paths(curve);
        let hop = scene.hop();
        let thief = scene.payer_id();
        let refused = propose(&mut scene, id, &[hop], recipient(thief, &[])).unwrap();
        assert_eq!(code(&refused), rule(40));
        let none = scene.shop.ask(id, &Request::Paths(PathsRequest::End { multipart: false }));
        assert_eq!(code(&none), rule(47), "no path carries the amount: there is no invoice");
    });
}

#[test]
fn without_a_pinned_recipient_no_path_is_accepted() {
    with_curve(|curve| {
        let mut scene = Scene::open(curve);
        scene.shop.flash.remove("settings");
        let request = Request::Provision(Provision::Wipe);
        assert_eq!(scene.shop.call(&request).reply(), Reply::Done);
        let words = countersign_link::Secret::new(countersign_tests::shop::WORDS.as_bytes());
        let network = countersign_link::Network::Regtest;
        scene.shop.call(&Request::Provision(Provision::Import { words, network }));
        scene.shop.call(&Request::Time { claim: NOW });
        let request = scene.request(&Wish::default());
        let (id, said) = scene.hear(&scene.message(&request));
        assert_eq!(need(&said).amount_msat, 10_000);
        let hop = scene.hop();
        let node = scene.recipient.serialize();
        let refused = propose(&mut scene, id, &[hop], recipient(node, &[])).unwrap();
        assert_eq!(code(&refused), rule(40));
    });
}

#[test]
fn a_path_over_an_introduction_node_that_is_not_listed_is_refused() {
    with_curve(|curve| {
        let (mut scene, id) = awaiting_paths(curve);
        scene.honest_paths(id);
        scene.shop.set(&[(41, 0)]);
        let request = scene.request(&Wish { metadata: &[5; 16], ..Wish::default() });
        let (id, _) = scene.hear(&scene.message(&request));
        let hop = scene.hop();
        let node = scene.recipient.serialize();
        let refused = propose(&mut scene, id, &[hop], recipient(node, &[])).unwrap();
        assert_eq!(code(&refused), rule(41));
        scene.shop.hello();
        let mut buffer = [0; 64];
        let mut list = Packer::new(&mut buffer);
        list.push(&Bytes(scene.relay.serialize())).unwrap();
        let pin = PairRequest::IntroductionNodes(list.finish());
        assert_eq!(scene.shop.call(&Request::Pair(pin)).reply(), Reply::Done);
        scene.buy(&request);
    });
}

#[test]
fn fees_beyond_the_caps_are_refused() {
    assert_eq!(refused_path(|hop| hop.fee_base_msat = 10_001), rule(42));
    assert_eq!(refused_path(|hop| hop.fee_proportional_millionths = 50_001), rule(43));
    assert_eq!(refused_path(|hop| hop.fee_base_msat = u32::MAX), rule(42));
    assert_eq!(refused_path(|hop| hop.fee_proportional_millionths = u32::MAX), rule(43));
}

#[test]
fn a_delta_beyond_the_cap_is_refused() {
    assert_eq!(refused_path(|hop| hop.cltv_expiry_delta = 487), rule(45));
    assert_eq!(refused_path(|hop| hop.cltv_expiry_delta = u16::MAX), rule(42), "it overflows");
}

#[test]
fn htlc_bounds_that_exclude_the_amount_are_refused() {
    assert_eq!(refused_path(|hop| hop.htlc_minimum_msat = 10_001), rule(46));
    assert_eq!(refused_path(|hop| hop.htlc_maximum_msat = 9_999), rule(47));
    assert_eq!(refused_path(|hop| hop.htlc_maximum_msat = 0), rule(47));
    assert_eq!(refused_path(|hop| hop.htlc_minimum_msat = u64::MAX), rule(46));
}

#[test]
fn a_path_of_one_hop_is_refused_while_the_path_key_is_the_evidence() {
    with_curve(|curve| {
        let (mut scene, id) = awaiting_paths(curve);
        let node = scene.recipient.serialize();
        let refused = propose(&mut scene, id, &[], recipient(node, &[])).unwrap();
        assert_eq!(code(&refused), rule(51));
    });
}

#[test]
fn the_smallest_htlc_of_a_payment_in_one_part_is_its_amount() {
    with_curve(|curve| {
        let mut scene = Scene::open(curve);
        let request = scene.request(&Wish::default());
        let bought = scene.buy(&request);
        let invoice = Invoice::parse(&bought.invoice).unwrap();
        let payinfo = invoice.fields().blindedpay.iter().next().unwrap();
        assert_eq!(payinfo.htlc_minimum_msat, 10_000);
    });
}

#[test]
fn records_that_would_send_the_payment_on_are_refused() {
    with_curve(|curve| {
        let (mut scene, id) = awaiting_paths(curve);
        let node = scene.recipient.serialize();
        let hop = scene.hop();
        let forwarding: [&[u8]; 5] = [
            &[2, 8, 0, 0, 0, 0, 0, 0, 0, 1],
            &[&[4, 33][..], &node].concat(),
            &[&[8, 33][..], &node].concat(),
            &[10, 6, 0, 40, 0, 0, 0, 1],
            &[14, 0],
        ];
        for records in forwarding {
            let refused = propose(&mut scene, id, &[hop], recipient(node, records)).unwrap();
            assert_eq!(code(&refused), UNREADABLE, "{records:?}");
        }
        let dear = [12, 6, 0, 13, 0xbb, 0xa0, 0x27, 0x11];
        let refused = propose(&mut scene, id, &[hop], recipient(node, &dear)).unwrap();
        assert_eq!(code(&refused), rule(46), "constraints that the amount does not meet");
        let fits = [6, 2, 1, 2, 12, 6, 0, 13, 0xbb, 0xa0, 0x27, 0x10];
        assert_eq!(propose(&mut scene, id, &[hop], recipient(node, &fits)), None);
    });
}

#[test]
fn records_of_the_recipients_are_taken_up_to_512_bytes_and_its_path_id_up_to_64() {
    with_curve(|curve| {
        let (mut scene, id) = awaiting_paths(curve);
        let node = scene.recipient.serialize();
        let hop = scene.hop();
        let unknown = |len: usize| {
            let value = vec![7; len - 6];
            let high = u8::try_from(value.len() >> 8).unwrap();
            let low = u8::try_from(value.len() & 0xff).unwrap();
            [&[0xfd, 1, 1, 0xfd, high, low][..], &value].concat()
        };
        assert_eq!(propose(&mut scene, id, &[hop], recipient(node, &unknown(512))), None);
        let refused = propose(&mut scene, id, &[hop], recipient(node, &unknown(513))).unwrap();
        assert_eq!(code(&refused), TOO_LONG);
        let path_id = |len: u8| [&[6, len][..], &vec![1; len.into()]].concat();
        assert_eq!(propose(&mut scene, id, &[hop], recipient(node, &path_id(64))), None);
        let refused = propose(&mut scene, id, &[hop], recipient(node, &path_id(65))).unwrap();
        assert_eq!(code(&refused), TOO_LONG);
    });
}

#[test]
fn more_paths_or_hops_than_the_limits_are_refused() {
    with_curve(|curve| {
        let (mut scene, id) = awaiting_paths(curve);
        let node = scene.recipient.serialize();
        let hop = scene.hop();
        let refused = propose(&mut scene, id, &[hop; 9], recipient(node, &[])).unwrap();
        assert_eq!(code(&refused), rule(49));
        for _ in 0..4 {
            assert_eq!(propose(&mut scene, id, &[hop], recipient(node, &[])), None);
        }
        let refused = propose(&mut scene, id, &[hop], recipient(node, &[])).unwrap();
        assert_eq!(code(&refused), rule(48));
    });
}

#[test]
fn a_payment_in_several_parts_is_not_offered_against_the_rules() {
    with_curve(|curve| {
        let (mut scene, id) = awaiting_paths(curve);
        let node = scene.recipient.serialize();
        let hop = scene.hop();
        assert_eq!(propose(&mut scene, id, &[hop], recipient(node, &[])), None);
        let said = scene.shop.ask(id, &Request::Paths(PathsRequest::End { multipart: true }));
        let (_, invoice) = scene.deliver(id, &said);
        let invoice = Invoice::parse(&invoice).unwrap();
        assert!(invoice.records().find(174).is_none(), "no basic_mpp");
    });
}

#[test]
fn the_amount_and_the_payment_hash_are_the_devices() {
    // #9: nothing that a host says about them reaches the invoice.
    with_curve(|curve| {
        let mut scene = Scene::with(curve, &donation());
        let request = scene.request(&Wish { amount: Some(12_345), ..Wish::default() });
        let bought = scene.buy(&request);
        let (hash, amount) = payer::verify(curve, &request, &bought.invoice);
        assert_eq!((hash, amount), (bought.payment_hash, 12_345));
    });
}

#[test]
fn a_chunk_changed_on_its_way_gets_no_invoice() {
    // #12: the device keeps no bytes that could be changed after it has looked at them.
    with_curve(|curve| {
        let mut scene = Scene::open(curve);
        let message = scene.message(&scene.request(&Wish::default()));
        for (number, _) in message.packet.chunks(960).enumerate() {
            let mut changed = message.packet.clone();
            changed[number * 960 + 200] ^= 1;
            let id = scene.shop.id();
            assert_eq!(scene.shop.onion(id, message.path_key, &changed).unwrap(), silence());
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
        let (first, second) = message.packet.split_at(960);
        scene.shop.say(id, &chunk(0, first)).unwrap();
        scene.shop.say(id, &chunk(0, &[9; 960])).unwrap();
        scene.shop.say(id, &chunk(960, second)).unwrap();
        assert_eq!(need(&scene.shop.ask(id, &END)).amount_msat, 10_000);
    });
}

#[test]
fn missing_and_reordered_chunks_are_told_apart_from_nothing_else() {
    with_curve(|curve| {
        let mut scene = Scene::open(curve);
        let message = scene.message(&scene.request(&Wish::default()));
        let (first, second) = message.packet.split_at(960);
        let id = scene.shop.id();
        scene.shop.ask(id, &begin(message.path_key, message.packet.len()));
        assert_eq!(code(&scene.shop.ask(id, &chunk(960, second))), CHUNK_ORDER);
        assert_eq!(code(&scene.shop.ask(id, &chunk(1, first))), CHUNK_ORDER);
        scene.shop.say(id, &chunk(0, first)).unwrap();
        assert_eq!(code(&scene.shop.ask(id, &chunk(700, second))), CHUNK_ORDER, "overlapping");
        assert_eq!(code(&scene.shop.ask(id, &chunk(960, &[]))), CHUNK_ORDER, "empty");
        assert_eq!(code(&scene.shop.ask(id, &chunk(960, &[0; 900]))), CHUNK_ORDER, "past the end");
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
        for size in [1, 7, 33, 34, 64, 100, 959, 960] {
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
        let (first, second) = message.packet.split_at(960);
        scene.shop.say(id, &chunk(0, first)).unwrap();
        assert_eq!(code(&scene.shop.ask(other, &begin(message.path_key, 1_366))), BUSY);
        assert_eq!(code(&scene.shop.ask(other, &chunk(960, &[1; 10]))), NOT_OPEN);
        assert_eq!(code(&scene.shop.ask(other, &END)), NOT_OPEN);
        assert_eq!(code(&scene.shop.ask(other, &Request::Export)), BUSY);
        assert_eq!(code(&scene.shop.ask(other, &Request::GetInfo)), BUSY);
        assert_eq!(scene.shop.ask(other, &Request::Ping).reply(), Reply::Pong);
        scene.shop.say(id, &chunk(960, second)).unwrap();
        assert_eq!(need(&scene.shop.ask(id, &END)).amount_msat, 10_000);
        let pull = Request::Pull { part: Part::Onion, offset: 0, length: 960 };
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
        let signed = signed_so_far(&mut scene.shop);
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
        assert_eq!(signed_so_far(&mut scene.shop), signed);
        let (id, ..) = answers[0];
        let other = scene.message(&scene.request(&Wish { metadata: &[9; 16], ..Wish::default() }));
        let reused = scene.shop.onion(id, other.path_key, &other.packet).unwrap();
        assert_eq!(code(&reused), ID_REUSED);
    });
}

fn signed_so_far(shop: &mut Shop) -> u64 {
    let said = shop.call(&Request::GetInfo);
    let Reply::Info(info) = said.reply() else { panic!("{said:?}") };
    info.signed
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
        let (flash, rules) = (scene.shop.flash.clone(), rules(&mut scene.shop));
        let propose = |shop: &mut Shop, changes: &[(u8, Option<u64>)]| {
            let mut buffer = [0; 256];
            let mut list = Packer::new(&mut buffer);
            for &(rule, value) in changes {
                list.push(&RuleValue { rule, value }).unwrap();
            }
            shop.call(&Request::Rules(RulesRequest::Propose(list.finish())))
        };
        let broken: [&[(u8, Option<u64>)]; 5] = [
            &[(2, Some(2)), (12, Some(20_000_000_000))],
            &[(2, Some(2)), (6, Some(0))],
            &[(2, Some(2)), (99, Some(1))],
            &[(2, Some(2)), (20, Some(7))],
            &[(2, Some(2)), (1, Some(1))],
        ];
        for changes in broken {
            assert!(code(&propose(&mut scene.shop, changes)) >= 312, "{changes:?}");
        }
        scene.shop.button = Button::Cancel;
        assert_eq!(code(&propose(&mut scene.shop, &[(2, Some(2))])), NOT_APPROVED);
        assert_eq!(self::rules(&mut scene.shop), rules);
        assert_eq!(scene.shop.flash, flash);
        scene.shop = scene.shop.reboot();
        assert_eq!(self::rules(&mut scene.shop), rules);
    });
}

fn rules(shop: &mut Shop) -> Said {
    shop.call(&Request::Rules(RulesRequest::Get))
}

#[test]
fn requests_out_of_their_order_do_nothing() {
    with_curve(|curve| {
        let mut scene = Scene::open(curve);
        let out_of_order = [
            END,
            chunk(0, &[1]),
            Request::Paths(PathsRequest::End { multipart: false }),
            Request::Paths(PathsRequest::None),
            Request::Paths(recipient(scene.recipient.serialize(), &[])),
            Request::Offer(OfferRequest::End),
            Request::Pull { part: Part::Onion, offset: 0, length: 960 },
            Request::Pull { part: Part::Export, offset: 0, length: 960 },
            Request::Route { destination: None, via: countersign_tests::shop::nothing() },
        ];
        for request in &out_of_order {
            assert_eq!(code(&scene.shop.call(request)), NOT_OPEN, "{request:?}");
        }
        scene.shop.hang_up();
        for request in &out_of_order {
            assert_eq!(code(&scene.shop.call(request)), 201, "{request:?}");
        }
    });
}

#[test]
fn after_provisioning_the_commands_for_seeds_do_not_exist() {
    with_curve(|curve| {
        let mut scene = Scene::open(curve);
        let network = countersign_link::Network::Regtest;
        let secret = countersign_link::Secret::new(&[7; 32]);
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
fn hanging_up_at_every_frame_leaves_a_device_that_sells() {
    with_curve(|curve| {
        let mut scene = Scene::open(curve);
        let mut after = 0;
        loop {
            let metadata = [u8::try_from(after).unwrap(); 16];
            let request = scene.request(&Wish { metadata: &metadata, ..Wish::default() });
            let done = play(&mut scene, &request, after);
            scene.shop.hang_up();
            let said = scene.shop.call(&Request::Ping);
            assert_eq!(said.reply(), Reply::Pong);
            scene.shop.hello();
            let status = scene.shop.call(&Request::Status);
            let Reply::Status(status) = status.reply() else { panic!("{status:?}") };
            assert_eq!(status.working_on, None);
            scene.buy(&request);
            if done {
                break;
            }
            after += 1;
        }
        assert!(after > 5, "{after} frames");
    });
}

/// The frames of a request and its answer, up to the frame of number `after`.
fn play(scene: &mut Scene<'_>, request: &[u8], after: usize) -> bool {
    let message = scene.message(request);
    let id = scene.shop.id();
    let hop = scene.hop();
    let node = scene.recipient.serialize();
    let mut buffer = [0; 900];
    let mut frames = vec![begin(message.path_key, message.packet.len())];
    for (number, part) in message.packet.chunks(960).enumerate() {
        frames.push(chunk(number * 960, part));
    }
    frames.push(END);
    frames.push(path(&[hop], &mut buffer));
    frames.push(Request::Paths(recipient(node, &[])));
    frames.push(Request::Paths(PathsRequest::End { multipart: false }));
    frames.push(Request::Pull { part: Part::Onion, offset: 0, length: 960 });
    for frame in frames.iter().take(after) {
        scene.shop.say(id, frame).unwrap();
    }
    after >= frames.len()
}

#[test]
fn nothing_of_an_earlier_conversation_can_be_pulled() {
    // #13
    with_curve(|curve| {
        let mut scene = Scene::open(curve);
        let request = scene.request(&Wish::default());
        let bought = scene.buy(&request);
        scene.shop.hello();
        for part in [Part::Onion, Part::Invoice, Part::InvoiceRequest, Part::Text, Part::Export] {
            let pull = Request::Pull { part, offset: 0, length: 960 };
            assert_eq!(code(&scene.shop.ask(bought.id, &pull)), NOT_OPEN);
        }
    });
}

#[test]
fn the_request_and_the_invoice_are_the_hosts_only_if_the_merchant_says_so() {
    with_curve(|curve| {
        let mut scene = Scene::open(curve);
        let request = scene.request(&Wish::default());
        let bought = scene.buy(&request);
        for part in [Part::Invoice, Part::InvoiceRequest] {
            let pull = Request::Pull { part, offset: 0, length: 960 };
            assert_eq!(code(&scene.shop.ask(bought.id, &pull)), NOT_DISCLOSED);
        }
        scene.shop.set(&[(90, 2)]);
        let bought = scene.buy(&request);
        let len = bought.invoice.len();
        assert_eq!(scene.shop.pull(bought.id, Part::Invoice, len), bought.invoice);
        assert_eq!(scene.shop.pull(bought.id, Part::InvoiceRequest, request.len()), request);
    });
}

#[test]
fn an_export_of_another_seed_is_refused() {
    with_curve(|curve| {
        let mut scene = Scene::open(curve);
        let export = export(&mut scene.shop);
        let mut other = Shop::boot(std::collections::HashMap::new());
        other.hello();
        let words =
            countersign_link::Secret::new(b"zoo zoo zoo zoo zoo zoo zoo zoo zoo zoo zoo wrong");
        let network = countersign_link::Network::Regtest;
        other.call(&Request::Provision(Provision::Import { words, network }));
        let flash = other.flash.clone();
        assert_eq!(code(&import(&mut other, &export)), NOT_OURS);
        for at in (0..export.len()).step_by(37) {
            let mut changed = export.clone();
            changed[at] ^= 1;
            assert_eq!(code(&import(&mut scene.shop, &changed)), NOT_OURS, "byte {at}");
        }
        assert_eq!(other.flash, flash);
        assert_eq!(import(&mut scene.shop, &export).reply(), Reply::Done);
    });
}

fn export(shop: &mut Shop) -> Vec<u8> {
    let id = shop.id();
    let said = shop.ask(id, &Request::Export);
    let Reply::Exported { length } = said.reply() else { panic!("{said:?}") };
    shop.pull(id, Part::Export, length.try_into().unwrap())
}

fn import(shop: &mut Shop, export: &[u8]) -> Said {
    let id = shop.id();
    let total = u32::try_from(export.len()).unwrap();
    for (number, data) in export.chunks(960).enumerate() {
        let chunk = Chunk { offset: u32::try_from(number * 960).unwrap(), data };
        shop.ask(id, &Request::Import { total, chunk });
    }
    let chunk = Chunk { offset: total, data: &[] };
    shop.ask(id, &Request::Import { total, chunk })
}

#[test]
fn an_older_export_takes_back_no_revocation_and_no_count() {
    with_curve(|curve| {
        let mut scene = Scene::open(curve);
        let old = export(&mut scene.shop);
        let request = scene.request(&Wish::default());
        let message = scene.message(&request);
        scene.buy(&request);
        let before = signed_so_far(&mut scene.shop);
        let end = Request::Offer(OfferRequest::RevokeEpoch);
        assert_eq!(scene.shop.call(&end).reply(), Reply::Done);
        assert_eq!(import(&mut scene.shop, &old).reply(), Reply::Done);
        assert!(signed_so_far(&mut scene.shop) >= before);
        let (_, said) = scene.hear(&message);
        assert_eq!(said, silence(), "the epoch is still ended");
    });
}

#[test]
fn words_and_export_on_a_new_board_serve_the_old_offer() {
    with_curve(|curve| {
        let mut scene = Scene::open(curve);
        let request = scene.request(&Wish::default());
        let bought = scene.buy(&request);
        let export = export(&mut scene.shop);
        let counted = signed_so_far(&mut scene.shop);
        let mut shop = Shop::boot(std::collections::HashMap::new());
        shop.hello();
        let words = countersign_link::Secret::new(countersign_tests::shop::WORDS.as_bytes());
        let network = countersign_link::Network::Regtest;
        shop.call(&Request::Provision(Provision::Import { words, network }));
        assert_eq!(import(&mut shop, &export).reply(), Reply::Done);
        scene.shop = shop.reboot();
        assert!(signed_so_far(&mut scene.shop) >= counted);
        assert_eq!(scene.buy(&request).payment_hash, bought.payment_hash);
    });
}

#[test]
fn huge_and_empty_lengths_are_bounded() {
    with_curve(|curve| {
        let mut scene = Scene::open(curve);
        let chunk = Chunk { offset: 0, data: &[1] };
        for total in [1_601, u32::MAX] {
            let import = Request::Import { total, chunk };
            assert_eq!(code(&scene.shop.call(&import)), TOO_LONG);
        }
        let empty = Request::Import { total: 0, chunk: Chunk { offset: 0, data: &[] } };
        assert_eq!(code(&scene.shop.call(&empty)), NOT_OURS);
        let long = "x".repeat(257);
        let new = NewOffer { description: Some(&long), ..coffee() };
        let create = Request::Offer(OfferRequest::Create(new));
        assert_eq!(code(&scene.shop.call(&create)), TOO_LONG);
        let request = scene.request(&Wish::default());
        let bought = scene.buy(&request);
        for (offset, length) in [(u32::MAX, 960), (0, u16::MAX), (0, 0), (5_000, 960)] {
            let pull = Request::Pull { part: Part::Onion, offset, length };
            let said = scene.shop.ask(bought.id, &pull);
            match said.reply() {
                Reply::Chunk(chunk) => assert!(chunk.data.len() <= 960),
                other => assert_eq!(code(&said), CHUNK_ORDER, "{other:?}"),
            }
        }
    });
}

#[test]
fn another_protocol_version_is_greeted_and_served_nothing() {
    with_curve(|curve| {
        let mut scene = Scene::open(curve);
        let hello = Request::Hello { nonce: Bytes([9; 8]), protocol: PROTOCOL + 1 };
        let said = scene.shop.call(&hello);
        assert!(matches!(said.reply(), Reply::Hello(hello) if hello.nonce.0 == [9; 8]));
        assert_eq!(code(&scene.shop.call(&Request::GetInfo)), 201);
    });
}

#[test]
fn a_cancelled_request_is_gone() {
    with_curve(|curve| {
        let (mut scene, id) = awaiting_paths(curve);
        assert_eq!(scene.shop.call(&Request::Cancel { request: id + 1 }).reply(), Reply::Done);
        let hop = scene.hop();
        let node = scene.recipient.serialize();
        assert_eq!(propose(&mut scene, id, &[hop], recipient(node, &[])), None);
        assert_eq!(scene.shop.call(&Request::Cancel { request: id }).reply(), Reply::Done);
        let end = Request::Paths(PathsRequest::End { multipart: false });
        assert_eq!(code(&scene.shop.ask(id, &end)), NOT_OPEN);
    });
}

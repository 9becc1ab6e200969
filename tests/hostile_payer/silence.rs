//! All causes of silence look alike: whoever could tell two of them apart, by the device's replies
//! or by its work, would learn about its keys and offers.
//!
//! Work is compared in what the device is given and what it wants: inputs, of which each is one
//! portion of work that is bounded (`WORK.md`), writes of flash, and questions to the merchant. The
//! instructions within the one portion that judges a message are not: they end at its cause.
//!
//! What is not here is answered: a request that is proved to be for an offer of ours gets an
//! `invoice_error` when the offer is expired or revoked, or when a rule of the merchant's is broken.

use countersign_crypto::{Curve, PublicKey, Secret, SecretKey};
use countersign_link::{NewOffer, OfferRequest, Reply, Request, WINDOW};
use countersign_offers::{Field, Offer};
use countersign_onion::{ContentType, Payload};
use countersign_tests::onion::with_curve;
use countersign_tests::payer::{self, InFlight, Wish};
use countersign_tests::records::Records;
use countersign_tests::scene::{Cargo, Scene, coffee, need};
use countersign_tests::shop::Said;
use countersign_tlv::TlvStream;

use super::{over, own_path};

/// Why a message is met with silence, and the message.
type Cause = (&'static str, InFlight);

/// What the host sees of a message, and what can be counted of the device's work.
#[derive(Debug, PartialEq, Eq)]
struct Seen {
    /// Every reply, to the byte.
    replies: Vec<Said>,
    /// What was given to the device, each for one bounded portion of work.
    inputs: usize,
    /// Writes of flash.
    writes: usize,
    /// Questions to the merchant.
    prompts: usize,
}

/// Takes down what comes of `act`.
fn watch(scene: &mut Scene<'_>, act: impl FnOnce(&mut Scene<'_>)) -> Seen {
    let shop = &mut scene.shop;
    let (replies, writes, prompts) = (shop.said.len(), shop.writes, shop.prompts.len());
    shop.steps = 0;
    act(scene);
    let shop = &mut scene.shop;
    Seen {
        replies: shop.said.split_off(replies),
        inputs: shop.steps,
        writes: shop.writes - writes,
        prompts: shop.prompts.len() - prompts,
    }
}

/// Silence before the first byte of a packet.
fn at_the_beginning() -> Seen {
    Seen { replies: vec![Said::silence()], inputs: 1, writes: 0, prompts: 0 }
}

/// Silence after the last byte of a packet of `len` bytes: it is taken to its end whatever is wrong
/// with it, and judged in one more step.
fn at_the_end(len: usize) -> Seen {
    let chunks = len.div_ceil(600);
    let credits = Said(postcard::to_stdvec(&Reply::Credits { window: WINDOW }).unwrap());
    let mut replies = vec![credits; 1 + chunks / usize::from(WINDOW)];
    replies.push(Said::silence());
    Seen { replies, inputs: 1 + chunks + 1, writes: 0, prompts: 0 }
}

/// What the device says of itself: its status, its log and its counters.
fn account(scene: &mut Scene<'_>) -> [Said; 3] {
    [Request::Status, Request::Log { from: 0 }, Request::GetInfo].map(|ask| scene.shop.call(&ask))
}

/// Every one of `causes` is seen as `expected` of its packet's length, and leaves nothing behind.
fn look_alike(scene: &mut Scene<'_>, causes: &[Cause], expected: impl Fn(usize) -> Seen) {
    let honest = scene.request(&wish());
    scene.buy(&honest);
    scene.shop.hello();
    let before = account(scene);
    for (why, message) in causes {
        let seen = watch(scene, |scene| {
            scene.hear(message);
        });
        assert_eq!(seen, expected(message.packet.len()), "{why}");
        assert_eq!(account(scene), before, "{why}");
    }
    scene.buy(&honest);
}

/// An offer that has all that a payer could change.
fn cups() -> NewOffer<'static> {
    NewOffer { issuer: Some("shop"), quantity_max: Some(3), ..coffee() }
}

/// What an honest payer wants of it.
fn wish() -> Wish<'static> {
    Wish { quantity: Some(1), ..Wish::default() }
}

#[test]
fn what_is_wrong_before_the_first_byte_gets_one_reply_in_one_step() {
    with_curve(|curve| {
        let mut scene = Scene::with(curve, &cups());
        let honest = scene.message(&scene.request(&wish()));
        let with_key = |path_key| InFlight { path_key, ..honest.clone() };
        let of_len = |len| InFlight { packet: vec![0; len], ..honest.clone() };
        let mut hybrid = honest.path_key;
        hybrid[0] += 4;
        let causes = [
            ("a path key of zeros", with_key([0; 33])),
            ("a path key of an unknown form", with_key([5; 33])),
            ("a path key that is not on the curve", with_key(off_the_curve())),
            ("a path key in another form", with_key(hybrid)),
            ("an empty packet", of_len(0)),
            ("a packet too short for an onion", of_len(66)),
            ("a packet too long for an onion", of_len(65_535)),
        ];
        look_alike(&mut scene, &causes, |_| at_the_beginning());
    });
}

/// An x coordinate beyond the field, in compressed form.
fn off_the_curve() -> [u8; 33] {
    let mut point = [0xff; 33];
    point[0] = 2;
    point
}

#[test]
fn what_is_wrong_with_a_whole_packet_shows_in_one_reply_and_one_step_after_its_last_byte() {
    with_curve(|curve| {
        let mut scene = Scene::with(curve, &cups());
        // First, because it ends the epoch of the offer that the others are about.
        let mut causes = offers(&mut scene);
        causes.extend(packets(&mut scene));
        causes.extend(payloads(&mut scene));
        causes.extend(reply_paths(&scene));
        causes.extend(offer_fields(&scene));
        causes.extend(request_fields(&scene));
        look_alike(&mut scene, &causes, at_the_end);
    });
}

#[test]
fn what_is_wrong_with_a_way_back_through_us_shows_in_one_reply_after_the_payment_paths() {
    with_curve(|curve| {
        let mut scene = Scene::with(curve, &cups());
        let request = scene.request(&wish());
        for (why, reply_path) in ways_back(curve, &scene.shop.node()) {
            let (id, said) = scene.hear(&scene.message_with(&request, &reply_path));
            assert_eq!(need(&said).amount_msat, 10_000, "{why}");
            let seen = watch(&mut scene, |scene| {
                scene.honest_paths(id);
            });
            // A path, its end, and the end of the paths.
            let silence = Seen { inputs: 3, ..at_the_beginning() };
            assert_eq!(seen, silence, "{why}");
        }
        scene.buy(&request);
    });
}

/// Reply paths whose first hop is the device, and which it cannot follow.
fn ways_back(curve: &Curve<'_>, node: &[u8; 33]) -> [(&'static str, Vec<u8>); 4] {
    let mut buffer = [0; 512];
    let nowhere = own_path(curve, node, &[1; 16], &mut buffer).to_vec();
    let device = PublicKey::parse(node).unwrap();
    let good = payer::reply_path(curve, &[device, payer::payer().public_key(curve)], 0);
    let mut no_key = good.clone();
    no_key[33..66].copy_from_slice(&off_the_curve());
    let mut other_key = good.clone();
    other_key[33..66].copy_from_slice(node);
    let mut forged = good;
    // Behind two keys, the number of hops, a key and a length.
    forged[33 + 33 + 1 + 33 + 2] ^= 1;
    [
        ("no hop after us", nowhere),
        ("a path key that is not on the curve", no_key),
        ("another path key", other_key),
        ("forged data for us", forged),
    ]
}

/// Packets that are not for us, or that nobody could have made for us.
fn packets(scene: &mut Scene<'_>) -> Vec<Cause> {
    let honest = scene.message(&scene.request(&wish()));
    let changed = |at: usize| {
        let mut message = honest.clone();
        message.packet[at] ^= 1;
        message
    };
    let mut not_a_point = honest.clone();
    not_a_point.packet[1..34].copy_from_slice(&off_the_curve());
    let other_path_key = InFlight { path_key: scene.payer_id(), ..honest.clone() };
    let device = PublicKey::parse(&scene.shop.node()).unwrap();
    let payer = payer::payer().public_key(scene.curve);
    let onwards = payer::reply_path(scene.curve, &[device, payer], 0);
    let request = scene.request(&wish());
    let reply_path = scene.reply_path();
    vec![
        ("an unknown version", changed(0)),
        ("a key that is not on the curve", not_a_point),
        ("another key", changed(10)),
        ("a changed payload", changed(100)),
        ("a changed filler", changed(honest.packet.len() - 40)),
        ("a wrong HMAC", changed(honest.packet.len() - 1)),
        ("another path key", other_path_key),
        (
            "a packet for another node",
            payer::send(scene.curve, &scene.offer, &request, &reply_path),
        ),
        ("a packet that goes on", over(scene.curve, &onwards, &scene.cargo(&request, &reply_path))),
    ]
}

/// Payloads that are no request, or did not come over the path of an offer of ours.
fn payloads(scene: &mut Scene<'_>) -> Vec<Cause> {
    let (request, reply_path) = (scene.request(&wish()), scene.reply_path());
    let honest = scene.cargo(&request, &reply_path);
    let of_type = |number| {
        let content_type = ContentType::new(number).unwrap();
        scene.ship(&scene.offer, &Cargo { content_type, ..honest.clone() })
    };
    let with_data =
        |data| scene.ship(&scene.offer, &Cargo { recipient_data: Some(data), ..honest.clone() });
    let raw = |payload: &[u8]| {
        let offer = Offer::parse(&scene.offer).unwrap();
        let path = offer.fields().paths.unwrap().iter().next().unwrap();
        let sent = payer::send_over(scene.curve, &path, Payload::Pieces(&[payload]));
        payer::pass(scene.curve, &payer::relay(), &sent)
    };
    let mut causes = vec![
        ("a payload that is no stream of records", raw(&[0xff; 40])),
        ("a payload of nothing that is known", raw(&[1, 0])),
        ("an invoice", of_type(66)),
        ("an invoice_error", of_type(68)),
        ("a content of an unknown even type", of_type(70)),
        ("a content of an unknown odd type", of_type(65)),
        ("no encrypted data", with_data(&[])),
        ("a forged context", with_data(&[7; 80])),
    ];
    let node = scene.shop.node();
    for (why, path_id) in
        [("no path id", &[][..]), ("a forged path id", &[1; 48]), ("a short path id", &[1])]
    {
        let mut buffer = [0; 512];
        let path = own_path(scene.curve, &node, path_id, &mut buffer);
        let cargo = scene.cargo(&request, &reply_path);
        causes.push((why, over(scene.curve, path, &cargo)));
    }
    causes
}

/// Reply paths along which nothing can be answered.
fn reply_paths(scene: &Scene<'_>) -> Vec<Cause> {
    let request = scene.request(&wish());
    let good = scene.reply_path();
    let payer = payer::payer().public_key(scene.curve);
    let mut nodes = [scene.relay; 13];
    nodes[12] = payer;
    let too_many = payer::reply_path(scene.curve, &nodes, 0);
    let too_long = payer::reply_path(scene.curve, &nodes[11..], 1_200);
    let no_hops = [&good[..66], &[0]].concat();
    let two = [&good[..], &good].concat();
    let none = Cargo { reply_path: None, ..scene.cargo(&request, &[]) };
    vec![
        ("no reply path", scene.ship(&scene.offer, &none)),
        ("half a reply path", scene.message_with(&request, &good[..60])),
        ("a reply path without hops", scene.message_with(&request, &no_hops)),
        ("two reply paths", scene.message_with(&request, &two)),
        ("a reply path of too many hops", scene.message_with(&request, &too_many)),
        ("a reply path of too many bytes", scene.message_with(&request, &too_long)),
    ]
}

/// Requests that repeat another offer than ours.
fn offer_fields(scene: &Scene<'_>) -> Vec<Cause> {
    let (with, without) = changes(scene);
    let stolen = SecretKey::parse(&Secret::new([42; 32])).unwrap().public_key(scene.curve);
    vec![
        ("a changed price", with(Field::OFFER_AMOUNT, &[1])),
        ("a changed description", with(Field::OFFER_DESCRIPTION, b"coffeE")),
        ("a changed issuer", with(Field::OFFER_ISSUER, b"shoq")),
        ("a larger quantity_max", with(Field::OFFER_QUANTITY_MAX, &[4])),
        ("an added expiry", with(Field::OFFER_ABSOLUTE_EXPIRY, &[0x77, 0x35, 0x94, 0])),
        ("an added record of the offer's", with(Field(1_000_000_001), b"odd")),
        ("a dropped issuer", without(Field::OFFER_ISSUER)),
        ("a dropped quantity_max", without(Field::OFFER_QUANTITY_MAX)),
        ("a dropped issuer id", without(Field::OFFER_ISSUER_ID)),
        ("a dropped path", without(Field::OFFER_PATHS)),
        ("an issuer id of the payer's", with(Field::OFFER_ISSUER_ID, &stolen.serialize())),
    ]
}

/// Requests that break a rule of their own form, whatever the offer.
fn request_fields(scene: &Scene<'_>) -> Vec<Cause> {
    let (with, without) = changes(scene);
    let request = scene.request(&wish());
    let mut forged = request.clone();
    *forged.last_mut().unwrap() ^= 1;
    let unsigned = TlvStream::parse(&request).unwrap().range(0, 239).bytes().to_vec();
    vec![
        ("a request that is no stream of records", scene.message(&[0xff; 40])),
        ("an empty request", scene.message(&[])),
        ("an unknown even record", with(Field(94), &[1])),
        ("an unknown even record beside the signature", with(Field(1_000), &[1])),
        ("an unknown even record of the experiments", with(Field(2_000_000_002), &[1])),
        ("an amount below the price", with(Field::INVREQ_AMOUNT, &[1])),
        ("an amount of nothing", with(Field::INVREQ_AMOUNT, &[])),
        ("an amount in too many bytes", with(Field::INVREQ_AMOUNT, &[0, 0x27, 0x10])),
        ("a quantity of nothing", with(Field::INVREQ_QUANTITY, &[])),
        ("a quantity beyond the offer's", with(Field::INVREQ_QUANTITY, &[4])),
        ("no quantity", without(Field::INVREQ_QUANTITY)),
        ("an unknown chain", with(Field::INVREQ_CHAIN, &[9; 32])),
        ("a chain of half a name", with(Field::INVREQ_CHAIN, &[9; 16])),
        ("no metadata", without(Field::INVREQ_METADATA)),
        ("no payer id", without(Field::INVREQ_PAYER_ID)),
        ("a payer id that is not on the curve", with(Field::INVREQ_PAYER_ID, &off_the_curve())),
        ("a payer's note that is no text", with(Field::INVREQ_PAYER_NOTE, &[0xff])),
        ("a request longer than the limit", with(Field(2_000_000_001), &[7; 4_096])),
        ("a wrong signature", scene.message(&forged)),
        ("no signature", scene.message(&unsigned)),
    ]
}

/// The honest request with a record changed or dropped, signed by the payer and on its way.
fn changes<'s>(
    scene: &'s Scene<'_>,
) -> (impl Fn(Field, &[u8]) -> InFlight + 's, impl Fn(Field) -> InFlight + 's) {
    let change = |change: &dyn Fn(Records) -> Records| {
        scene.message(&scene.changed(&scene.request(&wish()), change))
    };
    let with = move |field, value: &[u8]| change(&|records| records.with(field, value));
    (with, move |field| change(&|records| records.without(field)))
}

/// Good requests that came over the path of another offer, or for an offer of an ended epoch.
fn offers(scene: &mut Scene<'_>) -> Vec<Cause> {
    let old = scene.message(&scene.request(&wish()));
    let end = Request::Offer(OfferRequest::RevokeEpoch);
    assert_eq!(scene.shop.call(&end).reply(), Reply::Done);
    scene.offer = scene.another_offer(&cups());
    let other = scene.another_offer(&cups());
    let request = scene.request(&wish());
    let reply_path = scene.reply_path();
    let crossed = scene.ship(&other, &scene.cargo(&request, &reply_path));
    vec![("an offer of an ended epoch", old), ("the path of another offer", crossed)]
}

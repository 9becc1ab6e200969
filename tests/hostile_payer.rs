//! P1, P2 and P4 against a stranger who sends onions: one test an attack.

use countersign_blinding::{EncryptedDataTlv, Hop, Padding, Purpose, Route, Start};
use countersign_crypto::{PublicKey, Secret, SecretKey};
use countersign_link::{Network, NewOffer, Price, Provision, Reply, Request};
use countersign_offers::{ChainHash, Field};
use countersign_onion::ContentType;
use countersign_tests::onion::with_curve;
use countersign_tests::payer::{self, InFlight, Wish};
use countersign_tests::scene::{Cargo, Scene, code, coffee, donation, need};
use countersign_tests::shop::{NOW, Said};
use countersign_tlv::Writer;

/// What an `invoice_error` has for a type.
const INVOICE_ERROR: u64 = 68;

/// The bytes of the one reply for every cause of silence.
fn silence() -> Said {
    Said(postcard::to_stdvec(&Reply::Ignored).unwrap())
}

fn is_met_with_silence(scene: &mut Scene<'_>, message: &InFlight) {
    let (id, said) = scene.hear(message);
    assert_eq!(said, silence());
    let status = scene.shop.call(&Request::Status);
    let Reply::Status(status) = status.reply() else { panic!("{status:?}") };
    assert_eq!(status.working_on, None, "nothing is left of request {id}");
}

/// The request is ours and gets an `invoice_error`: no invoice, and no word about a rule.
fn is_refused(scene: &mut Scene<'_>, request: &[u8]) -> Vec<u8> {
    let (id, said) = scene.hear(&scene.message(request));
    let Reply::Outgoing(outgoing) = said.reply() else { panic!("{:?}", said.reply()) };
    assert_eq!((outgoing.receipt, outgoing.summary), (None, None));
    let (number, error) = scene.deliver(id, &said);
    assert_eq!(number, INVOICE_ERROR);
    error
}

/// There is no invoice: an `invoice_error` or, where the request is not even a well-formed one, silence.
fn gets_no_invoice(scene: &mut Scene<'_>, request: &[u8]) {
    let (id, said) = scene.hear(&scene.message(request));
    if said != silence() {
        assert_eq!(scene.deliver(id, &said).0, INVOICE_ERROR);
    }
}

fn coffee_is_still_sold(scene: &mut Scene<'_>) {
    let request = scene.request(&Wish { metadata: &[77; 16], ..Wish::default() });
    scene.buy(&request);
}

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
        let info = scene.shop.call(&Request::Hello {
            nonce: countersign_link::Bytes([3; 8]),
            protocol: countersign_link::PROTOCOL,
        });
        let Reply::Hello(hello) = info.reply() else { panic!("{info:?}") };
        let node = hello.node.unwrap().0;
        let mut buffer = [0; 512];
        let path = own_path(curve, &node, &[1; 48], &mut buffer);
        let message = over(curve, path, &request, &reply_path);
        is_met_with_silence(&mut scene, &message);
        coffee_is_still_sold(&mut scene);
    });
}

/// A path of one hop to `node`, with `path_id`.
fn own_path<'b>(
    curve: &countersign_crypto::Curve<'_>,
    node: &[u8; 33],
    path_id: &[u8],
    buffer: &'b mut [u8],
) -> &'b [u8] {
    let mut writer = Writer::new(buffer);
    let data = EncryptedDataTlv { path_id: Some(path_id), ..EncryptedDataTlv::default() };
    let route = Route {
        purpose: Purpose::Message,
        start: Start::NodeId,
        hops: [Hop::plain(PublicKey::parse(node).unwrap(), data)].into_iter(),
        dummy_hops: 0,
        padding: Padding::None,
    };
    route.blind(curve, &Secret::new([0x55; 32]), &mut writer).unwrap();
    writer.finish()
}

/// `request` over a path of one hop.
fn over(
    curve: &countersign_crypto::Curve<'_>,
    path: &[u8],
    request: &[u8],
    reply_path: &[u8],
) -> InFlight {
    use countersign_onion::{AssociatedData, FinalMessage, Pad, Payload, PayloadsLen, Plan};
    let mut reader = countersign_tlv::Reader::new(path);
    let paths = countersign_blinding::BlindedPaths::frame(&mut reader).unwrap();
    let path = paths.iter().next().unwrap();
    let hop = path.hops().next().unwrap();
    let content = [request];
    let payloads = [Payload::Final(FinalMessage {
        reply_path: Some(reply_path),
        encrypted_recipient_data: hop.encrypted_recipient_data,
        content_type: ContentType::INVOICE_REQUEST,
        content: &content,
    })];
    let payloads_len = PayloadsLen::smallest_for(&payloads).unwrap();
    let associated = AssociatedData::None;
    let plan = Plan { payloads: &payloads, payloads_len, associated, pad: Pad::Middle };
    let node = PublicKey::parse(hop.blinded_node_id).unwrap();
    let packet = countersign_tests::onion::build(curve, &Secret::new([0x56; 32]), &[node], &plan);
    InFlight { path_key: *path.first_path_key(), packet }
}

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
fn a_reply_path_of_one_hop_that_is_the_device_is_met_with_silence() {
    // LDK panicked here once (#4850).
    with_curve(|curve| {
        let mut scene = Scene::open(curve);
        let hello = scene.shop.call(&Request::Hello {
            nonce: countersign_link::Bytes([3; 8]),
            protocol: countersign_link::PROTOCOL,
        });
        let Reply::Hello(hello) = hello.reply() else { panic!("{hello:?}") };
        let mut buffer = [0; 512];
        let reply_path = own_path(curve, &hello.node.unwrap().0, &[1; 16], &mut buffer);
        let request = scene.request(&Wish::default());
        let message = scene.message_with(&request, reply_path);
        let (id, said) = scene.hear(&message);
        let said = if said == silence() { said } else { scene.honest_paths(id) };
        assert_eq!(said, silence());
        coffee_is_still_sold(&mut scene);
    });
}

#[test]
fn a_reply_path_that_starts_at_the_device_is_passed_by_it() {
    with_curve(|curve| {
        let mut scene = Scene::open(curve);
        let hello = scene.shop.call(&Request::Hello {
            nonce: countersign_link::Bytes([3; 8]),
            protocol: countersign_link::PROTOCOL,
        });
        let Reply::Hello(hello) = hello.reply() else { panic!("{hello:?}") };
        let device = PublicKey::parse(&hello.node.unwrap().0).unwrap();
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
            let list =
                scene.shop.call(&Request::Offer(countersign_link::OfferRequest::List { from: 0 }));
            let Reply::Offers(offers) = list.reply() else { panic!("{list:?}") };
            offers.iter().next().unwrap().unwrap().offer
        };
        let revoke = Request::Offer(countersign_link::OfferRequest::Revoke { offer });
        assert_eq!(scene.shop.call(&revoke).reply(), Reply::Done);
        assert_eq!(is_refused(&mut scene, &request), too_much, "one text for every rule");
    });
}

#[test]
fn offers_of_an_ended_epoch_are_met_with_silence() {
    with_curve(|curve| {
        let mut scene = Scene::open(curve);
        let message = scene.message(&scene.request(&Wish::default()));
        let end = Request::Offer(countersign_link::OfferRequest::RevokeEpoch);
        assert_eq!(scene.shop.call(&end).reply(), Reply::Done);
        is_met_with_silence(&mut scene, &message);
        scene.offer = scene.another_offer(&coffee());
        coffee_is_still_sold(&mut scene);
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

#[test]
fn another_device_of_other_words_does_not_know_the_offer() {
    with_curve(|curve| {
        let scene = Scene::open(curve);
        let message = scene.message(&scene.request(&Wish::default()));
        let mut other = countersign_tests::shop::Shop::boot(std::collections::HashMap::new());
        other.hello();
        let words = "zoo zoo zoo zoo zoo zoo zoo zoo zoo zoo zoo wrong".as_bytes();
        let words = countersign_link::Secret::new(words);
        let import = Provision::Import { words, network: Network::Regtest };
        assert_eq!(other.call(&Request::Provision(import)).reply(), Reply::Done);
        other.call(&Request::Time { claim: NOW });
        let id = other.id();
        assert_eq!(other.onion(id, message.path_key, &message.packet).unwrap(), silence());
    });
}

#[test]
fn a_device_of_the_same_words_for_another_network_does_not_know_the_offer() {
    with_curve(|curve| {
        let scene = Scene::open(curve);
        let message = scene.message(&scene.request(&Wish::default()));
        let recipient = scene.recipient.serialize();
        let mut other = countersign_tests::shop::Shop::open(Network::Signet, recipient);
        let id = other.id();
        assert_eq!(other.onion(id, message.path_key, &message.packet).unwrap(), silence());
    });
}

#[test]
fn without_the_time_no_request_is_heard() {
    with_curve(|curve| {
        let scene = Scene::open(curve);
        let message = scene.message(&scene.request(&Wish::default()));
        let mut other = countersign_tests::shop::Shop::boot(std::collections::HashMap::new());
        other.hello();
        let words = countersign_link::Secret::new(countersign_tests::shop::WORDS.as_bytes());
        let import = Provision::Import { words, network: Network::Regtest };
        assert_eq!(other.call(&Request::Provision(import)).reply(), Reply::Done);
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

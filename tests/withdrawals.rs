//! P1 for money that somebody offers to the merchant: an invoice for an `lnr…` that is not ours.

use countersign_crypto::sha256;
use countersign_link::{Chunk, Part, PathsRequest, RefundRequest, Reply, Request};
use countersign_offers::{ChainHash, Field};
use countersign_tests::onion::with_curve;
use countersign_tests::payer;
use countersign_tests::records::{self, Records};
use countersign_tests::scene::{Scene, code, need};
use countersign_tests::shop::{Button, NOW, Said};

const ID_REUSED: u16 = 304;
const CHUNK_ORDER: u16 = 306;
const NOT_APPROVED: u16 = 309;
const WITH_MERCHANT: u16 = 314;
const UNREADABLE: u16 = 401;
const TOO_LONG: u16 = 402;
const OTHER_NETWORK: u16 = 405;
const INVALID_FIELD: u16 = 406;

const INVOICE: u64 = 66;

/// Somebody's refund of ten satoshi, with a path over the relay.
fn offered(scene: &Scene<'_>) -> Records {
    records::refund()
        .with(Field::INVREQ_CHAIN, ChainHash::REGTEST.0)
        .with(Field::INVREQ_AMOUNT, [0x27, 0x10])
        .with(Field::OFFER_ISSUER, "a\u{202e}friend")
        .with(Field::INVREQ_PAYER_NOTE, "with love")
        .with(Field::INVREQ_PATHS, scene.reply_path())
}

fn answer(total: usize, offset: usize, data: &[u8]) -> Request<'_> {
    let (total, offset) = (total.try_into().unwrap(), offset.try_into().unwrap());
    Request::Refund(RefundRequest::Answer { total, chunk: Chunk { offset, data } })
}

/// The host hands the refund over under `id`; the last reply.
fn hand_over(scene: &mut Scene<'_>, id: u32, refund: &[u8]) -> Said {
    for (number, data) in refund.chunks(600).enumerate() {
        let said = scene.shop.ask(id, &answer(refund.len(), number * 600, data));
        if !matches!(said.reply(), Reply::Credits { .. }) {
            return said;
        }
    }
    scene.shop.ask(id, &Request::Refund(RefundRequest::AnswerEnd))
}

fn refused(change: impl FnOnce(&Scene<'_>, Records) -> Records) -> (u16, usize) {
    with_curve(|curve| {
        let mut scene = Scene::open(curve);
        let asked = scene.shop.prompts.len();
        let refund = change(&scene, offered(&scene)).bytes();
        let id = scene.shop.id();
        let said = hand_over(&mut scene, id, &refund);
        (code(&said), scene.shop.prompts.len() - asked)
    })
}

#[test]
fn an_invoice_for_a_refund_is_signed_after_a_button_and_sent_over_the_refunds_path() {
    with_curve(|curve| {
        let mut scene = Scene::open(curve);
        let refund = offered(&scene).bytes();
        let id = scene.shop.id();
        let said = hand_over(&mut scene, id, &refund);
        let need = need(&said);
        assert_eq!((need.amount_msat, need.created_at), (10_000, NOW));
        assert_eq!(
            scene.shop.prompts.last().unwrap()[..],
            [
                "Take the money: 10 sat",
                "For: refund",
                "The payer calls itself: a\\u{202e}friend",
                "The payer writes: with love",
            ]
        );
        let said = scene.honest_paths(id);
        let Reply::Outgoing(outgoing) = said.reply() else { panic!("{said:?}") };
        let summary = outgoing.summary.unwrap();
        assert_eq!(summary.offer.0, sha256(&[&refund]));
        assert_eq!(summary.payment_hash, need.payment_hash);
        assert!(outgoing.receipt.is_some());
        let (number, invoice) = scene.deliver(id, &said);
        assert_eq!(number, INVOICE);
        assert_eq!(
            payer::verify(curve, &refund, &invoice),
            (need.payment_hash.0, need.amount_msat)
        );
    });
}

#[test]
fn the_preimage_of_such_an_invoice_is_claimed_like_any_other() {
    with_curve(|curve| {
        let mut scene = Scene::open(curve);
        let refund = offered(&scene).bytes();
        let id = scene.shop.id();
        let hash = need(&hand_over(&mut scene, id, &refund)).payment_hash.0;
        let said = scene.honest_paths(id);
        let Reply::Outgoing(outgoing) = said.reply() else { panic!("{said:?}") };
        let receipt = outgoing.receipt.unwrap().to_vec();
        let (_, invoice) = scene.deliver(id, &said);
        let path_key = countersign_link::Bytes(scene.arriving_path_key(&invoice));
        let claim = countersign_link::ClaimRequest::PathKey { receipt: &receipt, path_key };
        let said = scene.shop.call(&Request::Claim(claim));
        let Reply::Claimed { preimage } = said.reply() else { panic!("{said:?}") };
        assert_eq!(sha256(&[preimage.reveal()]), hash);
    });
}

#[test]
fn without_paths_the_invoice_goes_to_the_payers_node() {
    // R-RF-03
    with_curve(|curve| {
        let mut scene = Scene::open(curve);
        let payer_id = payer::payer().public_key(curve).serialize();
        let refund = offered(&scene)
            .without(Field::INVREQ_PATHS)
            .with(Field::INVREQ_PAYER_ID, payer_id)
            .bytes();
        let id = scene.shop.id();
        assert_eq!(need(&hand_over(&mut scene, id, &refund)).amount_msat, 10_000);
        let said = scene.honest_paths(id);
        let Reply::Outgoing(outgoing) = said.reply() else { panic!("{said:?}") };
        let to = countersign_link::Destination::Node(countersign_link::Bytes(payer_id));
        assert_eq!(outgoing.destination, to);
        let packet = scene.shop.pull(id, Part::Onion, outgoing.length.into());
        let sent = payer::InFlight { path_key: outgoing.path_key.0, packet };
        let (number, invoice) = payer::receive(curve, &payer::payer(), &sent);
        assert_eq!(number, INVOICE);
        assert_eq!(payer::verify(curve, &refund, &invoice).1, 10_000);
    });
}

#[test]
fn the_same_refund_gets_the_same_payment_hash_whenever_it_is_handed_over() {
    with_curve(|curve| {
        let mut scene = Scene::open(curve);
        let refund = offered(&scene).bytes();
        let id = scene.shop.id();
        let first = need(&hand_over(&mut scene, id, &refund));
        let signed = scene.honest_paths(id);
        let asked = scene.shop.prompts.len();
        assert_eq!(need(&hand_over(&mut scene, id, &refund)), first, "the same request");
        assert_eq!(scene.honest_paths(id), signed);
        assert_eq!(scene.shop.prompts.len(), asked, "nobody is asked twice for one request");
        let other = scene.shop.id();
        scene.shop.uptime += 100;
        let again = need(&hand_over(&mut scene, other, &refund));
        assert_eq!(again.payment_hash, first.payment_hash);
        scene.honest_paths(other);
        assert_eq!(scene.shop.prompts.len(), asked, "nor about one refund twice in ten minutes");
        let another = offered(&scene).with(Field::INVREQ_METADATA, [8; 16]).bytes();
        let reused = hand_over(&mut scene, id, &another);
        assert_eq!(code(&reused), ID_REUSED);
        let fresh = scene.shop.id();
        let hash = need(&hand_over(&mut scene, fresh, &another)).payment_hash;
        assert_ne!(hash, first.payment_hash);
    });
}

#[test]
fn a_refund_that_waits_for_the_merchant_holds_nobody_up() {
    for (button, outcome) in [(Button::Confirm, None), (Button::Cancel, Some(NOT_APPROVED))] {
        with_curve(|curve| {
            let mut scene = Scene::open(curve);
            scene.shop.button = Button::Later;
            let refund = offered(&scene).bytes();
            let id = scene.shop.id();
            let said = hand_over(&mut scene, id, &refund);
            assert_eq!(code(&said), WITH_MERCHANT);
            assert_eq!(scene.shop.call(&Request::Ping).reply(), Reply::Pong);
            let id = scene.shop.id();
            let said = hand_over(&mut scene, id, &refund);
            assert_eq!(code(&said), WITH_MERCHANT);
            let asked = scene.shop.prompts.len();
            scene.shop.press(button);
            let id = scene.shop.id();
            let said = hand_over(&mut scene, id, &refund);
            match outcome {
                None => assert_eq!(need(&said).amount_msat, 10_000),
                Some(refused) => assert_eq!(code(&said), refused),
            }
            assert_eq!(scene.shop.prompts.len(), asked, "one prompt for one refund");
        });
    }
}

#[test]
fn the_invoice_goes_over_another_path_when_the_host_cannot_reach_the_first() {
    with_curve(|curve| {
        let mut scene = Scene::open(curve);
        let paths = [records::path(1), scene.reply_path()].concat();
        let refund = offered(&scene).with(Field::INVREQ_PATHS, paths).bytes();
        let destination = |scene: &mut Scene<'_>, skip| {
            let id = scene.shop.id();
            scene.shop.ask(id, &answer(refund.len(), 0, &refund));
            let via = Request::Refund(RefundRequest::AnswerVia { skip });
            let said = scene.shop.ask(id, &via);
            if skip == 2 {
                assert_eq!(code(&said), TOO_LONG);
                return None;
            }
            assert_eq!(need(&said).amount_msat, 10_000);
            let said = scene.honest_paths(id);
            let Reply::Outgoing(outgoing) = said.reply() else { panic!("{said:?}") };
            Some((id, said.clone(), outgoing.destination))
        };
        let (_, _, first) = destination(&mut scene, 0).unwrap();
        let (id, said, second) = destination(&mut scene, 1).unwrap();
        assert_ne!(first, second);
        let (number, invoice) = scene.deliver(id, &said);
        assert_eq!((number, payer::verify(curve, &refund, &invoice).1), (INVOICE, 10_000));
        assert!(destination(&mut scene, 2).is_none(), "there is no third");
    });
}

#[test]
fn the_device_says_who_signs_invoices_for_a_refund() {
    with_curve(|curve| {
        let mut scene = Scene::open(curve);
        let refund = offered(&scene).bytes();
        let digest = countersign_link::Bytes(sha256(&[&refund]));
        let said = scene.shop.call(&Request::Refund(RefundRequest::Signer { refund: digest }));
        let Reply::Signer { node } = said.reply() else { panic!("{said:?}") };
        let id = scene.shop.id();
        assert_eq!(need(&hand_over(&mut scene, id, &refund)).amount_msat, 10_000);
        let said = scene.honest_paths(id);
        let (_, invoice) = scene.deliver(id, &said);
        let signer = Field::INVOICE_NODE_ID.number();
        let read = countersign_tlv::TlvStream::parse(&invoice).unwrap();
        assert_eq!(read.find(signer).unwrap().value, node.0);
    });
}

#[test]
fn a_no_of_the_merchants_is_a_no() {
    with_curve(|curve| {
        let mut scene = Scene::open(curve);
        scene.shop.button = Button::Cancel;
        let refund = offered(&scene).bytes();
        let id = scene.shop.id();
        let said = hand_over(&mut scene, id, &refund);
        assert_eq!(code(&said), NOT_APPROVED);
    });
}

#[test]
fn a_refund_for_another_chain_is_refused_unasked() {
    let foreign =
        |_: &Scene<'_>, refund: Records| refund.with(Field::INVREQ_CHAIN, ChainHash::SIGNET.0);
    assert_eq!(refused(foreign), (OTHER_NETWORK, 0));
    let bitcoin = |_: &Scene<'_>, refund: Records| refund.without(Field::INVREQ_CHAIN);
    assert_eq!(refused(bitcoin), (OTHER_NETWORK, 0));
}

#[test]
fn an_expired_refund_is_refused_unasked() {
    let until = |moment: u64| {
        move |_: &Scene<'_>, refund: Records| {
            refund.with(Field::OFFER_ABSOLUTE_EXPIRY, &moment.to_be_bytes()[4..])
        }
    };
    assert_eq!(refused(until(NOW - 1)), (INVALID_FIELD, 0));
}

#[test]
fn nothing_and_more_than_the_largest_amount_are_refused_unasked() {
    let nothing = |_: &Scene<'_>, refund: Records| refund.with(Field::INVREQ_AMOUNT, []);
    assert_eq!(refused(nothing), (514, 0));
    let most = 10_000_000_001_u64;
    let most = move |_: &Scene<'_>, refund: Records| {
        refund.with(Field::INVREQ_AMOUNT, &most.to_be_bytes()[3..])
    };
    assert_eq!(refused(most), (513, 0));
}

#[test]
fn what_a_refund_cannot_have_is_refused_unasked() {
    let signature = |_: &Scene<'_>, refund: Records| refund.with(Field::SIGNATURE, [1; 64]);
    assert_eq!(refused(signature), (INVALID_FIELD, 0));
    let unknown = |_: &Scene<'_>, refund: Records| refund.with(Field(94), []);
    assert_eq!(refused(unknown), (INVALID_FIELD, 0));
    let no_path =
        |_: &Scene<'_>, refund: Records| refund.with(Field::INVREQ_PATHS, records::path(0));
    assert_eq!(refused(no_path), (INVALID_FIELD, 0));
    let offer = |_: &Scene<'_>, refund: Records| {
        refund.with(Field::OFFER_ISSUER_ID, records::point(records::MERCHANT))
    };
    assert_eq!(refused(offer), (INVALID_FIELD, 0));
}

#[test]
fn the_merchant_can_refuse_all_refunds() {
    with_curve(|curve| {
        let mut scene = Scene::open(curve);
        scene.shop.set(&[(5, 0)]);
        let refund = offered(&scene).bytes();
        let id = scene.shop.id();
        let said = hand_over(&mut scene, id, &refund);
        assert_eq!(code(&said), 505);
    });
}

#[test]
fn a_changed_bit_is_another_refund_or_none_and_never_the_same_invoice() {
    with_curve(|curve| {
        let mut scene = Scene::open(curve);
        let refund = offered(&scene).bytes();
        let id = scene.shop.id();
        let honest = need(&hand_over(&mut scene, id, &refund)).payment_hash;
        for at in (0..refund.len()).step_by(7) {
            let mut changed = refund.clone();
            changed[at] ^= 1;
            let id = scene.shop.id();
            scene.shop.uptime += 3;
            let said = hand_over(&mut scene, id, &changed);
            if let Reply::NeedPaymentPaths(other) = said.reply() {
                assert_ne!(other.payment_hash, honest, "byte {at}");
            } else {
                assert!((401..600).contains(&code(&said)), "byte {at}: {said:?}");
            }
        }
    });
}

#[test]
fn a_payment_path_to_somebody_else_is_refused_and_nothing_is_signed() {
    with_curve(|curve| {
        let mut scene = Scene::open(curve);
        let refund = offered(&scene).bytes();
        let id = scene.shop.id();
        assert_eq!(need(&hand_over(&mut scene, id, &refund)).amount_msat, 10_000);
        let (hop, thief) = (scene.hop(), scene.payer_id());
        let said = scene.shop.paths(id, &[hop], thief).unwrap();
        assert_eq!(code(&said), 540);
        let none = scene.shop.ask(id, &Request::Paths(PathsRequest::None));
        assert_eq!(code(&none), 548, "there is nobody to be sent an invoice_error");
        let none = scene.shop.ask(id, &Request::Paths(PathsRequest::None));
        assert_eq!(code(&none), 305);
    });
}

#[test]
fn an_upload_with_a_gap_or_too_long_is_no_refund() {
    with_curve(|curve| {
        let mut scene = Scene::open(curve);
        let refund = offered(&scene).bytes();
        let id = scene.shop.id();
        let end = Request::Refund(RefundRequest::AnswerEnd);
        assert_eq!(code(&scene.shop.ask(id, &end)), 305);
        scene.shop.ask(id, &answer(refund.len(), 0, &refund[..10]));
        let gap = scene.shop.ask(id, &answer(refund.len(), 11, &refund[11..]));
        assert_eq!(code(&gap), CHUNK_ORDER);
        assert_eq!(code(&scene.shop.ask(id, &end)), CHUNK_ORDER);
        let id = scene.shop.id();
        assert_eq!(code(&scene.shop.ask(id, &answer(4_097, 0, &refund))), TOO_LONG);
        let id = scene.shop.id();
        let said = hand_over(&mut scene, id, &refund[..refund.len() - 1]);
        assert_eq!(code(&said), UNREADABLE);
    });
}

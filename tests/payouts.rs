//! Money that the merchant pays: a refund of their own is paid once, and only for an invoice that
//! the device has read and the merchant has seen.

use countersign_blinding::BlindedPayInfo;
use countersign_crypto::{Curve, KeyPair, PublicKey, Secret, SecretKey, sha256};
use countersign_link::{
    Bytes, Code, Destination, MessageHop, NextHop, Packer, Padding, Part, RefundRequest, Reply,
    Request,
};
use countersign_offers::text::{self, Prefix};
use countersign_offers::{
    ChainHash, Here, InvoiceTerms, InvoiceWriter, PaymentParts, Refund, Signed,
};
use countersign_onion::{
    AssociatedData, ContentType, FinalMessage, Pad, Payload, PayloadsLen, Plan,
};
use countersign_tests::onion::{build, with_curve};
use countersign_tests::payer::{self, InFlight};
use countersign_tests::records::{self, Records};
use countersign_tests::scene::{Scene, code};
use countersign_tests::shop::{Button, Cut, NOW, PowerCut, Said};
use countersign_tlv::TlvStream;
use countersign_units::{Seconds, UnixTime};

const AMOUNT: u64 = 7_000;

/// The user to whom the merchant owes money.
const USER: u8 = 0x55;

fn create(scene: &mut Scene<'_>, amount_msat: u64, expiry: Option<u64>) -> (u32, Said) {
    let id = scene.shop.id();
    let description = "too much was paid";
    let begin = RefundRequest::Create { amount_msat, description, issuer: None, expiry };
    if let Some(refused) = scene.shop.say(id, &Request::Refund(begin)).unwrap() {
        return (id, refused);
    }
    let node = Bytes(scene.relay.serialize());
    let hop = MessageHop { node, named: Destination::Node(node), next: NextHop::NodeId };
    let mut buffer = [0; 200];
    let mut hops = Packer::new(&mut buffer);
    hops.push(&hop).unwrap();
    let path = RefundRequest::Path { hops: hops.finish(), padding: Padding::None };
    assert_eq!(scene.shop.say(id, &Request::Refund(path)).unwrap(), None);
    let said = scene.shop.ask(id, &Request::Refund(RefundRequest::End));
    (id, said)
}

/// A refund of the merchant's, as the user reads it.
fn offered(scene: &mut Scene<'_>) -> Vec<u8> {
    let (id, said) = create(scene, AMOUNT, None);
    let Reply::Created { offer, length } = said.reply() else { panic!("{said:?}") };
    let text = String::from_utf8(scene.shop.pull(id, Part::Text, length.into())).unwrap();
    let mut buffer = vec![0; text.len()];
    let (prefix, bytes) = text::decode(&text, &mut buffer).unwrap();
    assert_eq!(prefix, Prefix::InvoiceRequest);
    assert_eq!(sha256(&[bytes]), offer.0);
    bytes.to_vec()
}

/// The user's invoice for `refund`; its payment hash is made of `number`.
fn invoice(curve: &Curve<'_>, refund: &[u8], number: u8) -> Vec<u8> {
    let refund = Refund::parse(refund).unwrap();
    let here = Here { now: UnixTime(NOW), chain: ChainHash::REGTEST, rate: None };
    let checked = refund.check(&here).unwrap();
    let key = SecretKey::parse(&Secret::new([USER; 32])).unwrap();
    let key = KeyPair::new(curve, &key);
    let mut buffer = [0; 4_096];
    let mut writer = InvoiceWriter::new(&mut buffer).unwrap();
    writer.paths().bytes(&records::path(1)).unwrap();
    let terms = InvoiceTerms {
        created_at: UnixTime(NOW),
        relative_expiry: Seconds(3_600),
        payment_hash: [number; 32],
        payment_parts: PaymentParts::One,
    };
    let payinfo = BlindedPayInfo {
        fee_base_msat: 0,
        fee_proportional_millionths: 0,
        cltv_expiry_delta: 18,
        htlc_minimum_msat: 1,
        htlc_maximum_msat: 1_000_000,
        features: &[],
    };
    let unsigned = writer.finish(&checked.answerable(&key), &terms, &[payinfo]).unwrap();
    unsigned.sign(curve, &[0; 32]).unwrap().segments().concat()
}

/// `invoice` with other records, signed again by the user.
fn changed(invoice: &[u8], change: impl FnOnce(Records) -> Records) -> Vec<u8> {
    let stream = TlvStream::parse(invoice).unwrap();
    let all = stream.records().map(|record| (record.number, record.value.to_vec())).collect();
    let unsigned = Records::of(&all).without(countersign_offers::Field::SIGNATURE);
    change(unsigned).signed(USER, Signed::Invoice)
}

/// `content` as it reaches the device over the path of `refund`.
fn sent(curve: &Curve<'_>, refund: &[u8], content: &[u8]) -> InFlight {
    let refund = Refund::parse(refund).unwrap();
    let path = refund.fields().paths.unwrap().iter().next().unwrap();
    let hops: Vec<_> = path.hops().collect();
    let nodes: Vec<_> =
        hops.iter().map(|hop| PublicKey::parse(hop.blinded_node_id).unwrap()).collect();
    let content = [content];
    let last = FinalMessage {
        reply_path: None,
        encrypted_recipient_data: hops[1].encrypted_recipient_data,
        content_type: ContentType::INVOICE,
        content: &content,
    };
    let payloads = [Payload::Forward(hops[0].encrypted_recipient_data), Payload::Final(last)];
    let payloads_len = PayloadsLen::smallest_for(&payloads).unwrap();
    let associated = AssociatedData::None;
    let plan = Plan { payloads: &payloads, payloads_len, associated, pad: Pad::Middle };
    let packet = build(curve, &Secret::new([0x74; 32]), &nodes, &plan);
    let sent = InFlight { path_key: *path.first_path_key(), packet };
    payer::pass(curve, &payer::relay(), &sent)
}

/// The device hears `content` over the path of `refund`.
fn hear(scene: &mut Scene<'_>, refund: &[u8], content: &[u8]) -> (u32, Said) {
    let message = sent(scene.curve, refund, content);
    scene.hear(&message)
}

fn is_silence(said: &Said) {
    assert_eq!(said.reply(), Reply::Ignored);
}

fn is_paid(said: &Said, number: u8) {
    let Reply::Pay(pay) = said.reply() else { panic!("{said:?}") };
    assert_eq!((pay.payment_hash.0, pay.amount_msat), ([number; 32], AMOUNT));
}

#[test]
fn an_invoice_for_our_refund_is_authorised_as_shown_and_pulled_as_received() {
    with_curve(|curve| {
        let mut scene = Scene::open(curve);
        let refund = offered(&mut scene);
        let shown = &scene.shop.prompts.last().unwrap()[..2];
        assert_eq!(shown, ["Offer to pay, once: 7 sat", "Description: too much was paid"]);
        let invoice = invoice(curve, &refund, 1);
        let (id, said) = hear(&mut scene, &refund, &invoice);
        is_paid(&said, 1);
        let user: String = records::point(USER).iter().map(|byte| format!("{byte:02x}")).collect();
        assert_eq!(
            scene.shop.prompts.last().unwrap()[..],
            [
                "Pay: 7 sat".to_owned(),
                "For: too much was paid".to_owned(),
                format!("To the node: {user}"),
                format!("Payment hash: {}", "01".repeat(32)),
            ]
        );
        let Reply::Pay(pay) = said.reply() else { panic!("{said:?}") };
        assert_eq!(scene.shop.pull(id, Part::Invoice, pay.length.into()), invoice);
    });
}

#[test]
fn a_second_invoice_is_met_with_silence_and_the_same_one_gets_the_same_answer() {
    with_curve(|curve| {
        let mut scene = Scene::open(curve);
        let refund = offered(&mut scene);
        let first = invoice(curve, &refund, 1);
        is_paid(&hear(&mut scene, &refund, &first).1, 1);
        let asked = scene.shop.prompts.len();
        is_silence(&hear(&mut scene, &refund, &invoice(curve, &refund, 2)).1);
        is_paid(&hear(&mut scene, &refund, &first).1, 1);
        scene.shop = scene.shop.reboot();
        scene.shop.call(&Request::Time { claim: NOW });
        is_silence(&hear(&mut scene, &refund, &invoice(curve, &refund, 3)).1);
        is_paid(&hear(&mut scene, &refund, &first).1, 1);
        assert!(scene.shop.prompts.len() <= asked, "nobody is asked twice for one payment");
    });
}

#[test]
fn a_no_of_the_merchants_pays_nothing_and_they_may_say_yes_later() {
    with_curve(|curve| {
        let mut scene = Scene::open(curve);
        let refund = offered(&mut scene);
        let invoice = invoice(curve, &refund, 1);
        scene.shop.button = Button::Cancel;
        is_silence(&hear(&mut scene, &refund, &invoice).1);
        scene.shop.button = Button::Confirm;
        is_paid(&hear(&mut scene, &refund, &invoice).1, 1);
    });
}

#[test]
fn a_payment_that_waits_for_the_merchant_holds_nobody_up() {
    with_curve(|curve| {
        let mut scene = Scene::open(curve);
        let refund = offered(&mut scene);
        let [first, second] = [1, 2].map(|number| invoice(curve, &refund, number));
        scene.shop.button = Button::Later;
        assert_eq!(code(&hear(&mut scene, &refund, &first).1), Code::WITH_MERCHANT.0);
        assert_eq!(scene.shop.call(&Request::Ping).reply(), Reply::Pong);
        scene.shop.press(Button::Confirm);
        assert_eq!(code(&hear(&mut scene, &refund, &second).1), Code::WITH_MERCHANT.0);
        scene.shop.press(Button::Cancel);
        let asked = scene.shop.prompts.len();
        is_silence(&hear(&mut scene, &refund, &second).1);
        is_paid(&hear(&mut scene, &refund, &first).1, 1);
        assert_eq!(scene.shop.prompts.len(), asked, "one prompt for one invoice");
    });
}

#[test]
fn a_refund_that_was_taken_back_is_not_paid() {
    with_curve(|curve| {
        let mut scene = Scene::open(curve);
        let refund = offered(&mut scene);
        let revoke = |scene: &mut Scene<'_>| {
            let refund = Bytes(sha256(&[&refund]));
            scene.shop.call(&Request::Refund(RefundRequest::Revoke { refund }))
        };
        assert_eq!(revoke(&mut scene).reply(), Reply::Done);
        is_silence(&hear(&mut scene, &refund, &invoice(curve, &refund, 1)).1);
        scene.shop = scene.shop.reboot();
        scene.shop.call(&Request::Time { claim: NOW });
        is_silence(&hear(&mut scene, &refund, &invoice(curve, &refund, 1)).1);
        assert_eq!(code(&revoke(&mut scene)), Code::NOT_FOUND.0);
    });
}

#[test]
fn an_invoice_that_is_not_what_was_offered_is_met_with_silence() {
    use countersign_offers::Field;
    with_curve(|curve| {
        let mut scene = Scene::open(curve);
        let refund = offered(&mut scene);
        let honest = invoice(curve, &refund, 1);
        let asked = scene.shop.prompts.len();
        let more = changed(&honest, |it| it.with(Field::INVOICE_AMOUNT, [0x1b, 0x59]));
        let asked_more = changed(&more, |it| it.with(Field::INVREQ_AMOUNT, [0x1b, 0x59]));
        let expired = changed(&honest, |it| it.with(Field::INVOICE_CREATED_AT, [1]));
        let noted = changed(&honest, |it| it.with(Field::INVREQ_PAYER_NOTE, "mine"));
        let beyond = changed(&honest, |it| it.with(Field(2_000_000_001), "mine"));
        let pathless = changed(&honest, |it| it.without(Field::INVOICE_PATHS));
        let mut forged = honest.clone();
        *forged.last_mut().unwrap() ^= 1;
        for wrong in [more, asked_more, expired, noted, beyond, pathless, forged, refund.clone()] {
            is_silence(&hear(&mut scene, &refund, &wrong).1);
        }
        assert_eq!(scene.shop.prompts.len(), asked, "and nobody is asked");
        is_paid(&hear(&mut scene, &refund, &honest).1, 1);
    });
}

#[test]
fn an_invoice_over_another_refunds_path_or_an_offers_is_met_with_silence() {
    with_curve(|curve| {
        let mut scene = Scene::open(curve);
        let (refund, other) = (offered(&mut scene), offered(&mut scene));
        let invoice = invoice(curve, &refund, 1);
        is_silence(&hear(&mut scene, &other, &invoice).1);
        let mut cargo = scene.cargo(&invoice, &[]);
        cargo.content_type = ContentType::INVOICE;
        cargo.reply_path = None;
        let over_the_offer = scene.ship(&scene.offer, &cargo);
        is_silence(&scene.hear(&over_the_offer).1);
        is_paid(&hear(&mut scene, &refund, &invoice).1, 1);
    });
}

#[test]
fn a_refund_that_expired_or_that_the_words_alone_brought_back_is_not_paid() {
    with_curve(|curve| {
        let mut scene = Scene::open(curve);
        let refund = offered(&mut scene);
        let invoice = invoice(curve, &refund, 1);
        scene.shop.flash.remove("payouts");
        scene.shop = scene.shop.reboot();
        scene.shop.call(&Request::Time { claim: NOW });
        is_silence(&hear(&mut scene, &refund, &invoice).1);
    });
}

#[test]
fn the_rules_bound_what_is_offered_and_what_is_paid() {
    with_curve(|curve| {
        let mut scene = Scene::open(curve);
        assert_eq!(code(&create(&mut scene, 0, None).1), 514);
        assert_eq!(code(&create(&mut scene, 1_000_000_001, None).1), 580);
        let refund = offered(&mut scene);
        scene.shop.set(&[(80, AMOUNT - 1)]);
        is_silence(&hear(&mut scene, &refund, &invoice(curve, &refund, 1)).1);
        scene.shop.set(&[(80, AMOUNT)]);
        is_paid(&hear(&mut scene, &refund, &invoice(curve, &refund, 1)).1, 1);
    });
}

#[test]
fn eight_refunds_may_be_open_and_one_that_was_paid_makes_room() {
    with_curve(|curve| {
        let mut scene = Scene::open(curve);
        let refunds: Vec<_> = (0..8).map(|_| offered(&mut scene)).collect();
        assert_eq!(code(&create(&mut scene, AMOUNT, None).1), 311);
        let first = invoice(curve, &refunds[0], 1);
        is_paid(&hear(&mut scene, &refunds[0], &first).1, 1);
        let ninth = offered(&mut scene);
        is_silence(&hear(&mut scene, &refunds[0], &first).1);
        is_paid(&hear(&mut scene, &ninth, &invoice(curve, &ninth, 2)).1, 2);
    });
}

#[test]
fn power_that_fails_at_any_write_authorises_one_invoice_at_most() {
    for how in [Cut::BeforeStore, Cut::AfterStore] {
        let mut cuts = 0;
        for left in 0..8 {
            with_curve(|curve| {
                let mut scene = Scene::open(curve);
                let refund = offered(&mut scene);
                let [first, second] = [1, 2].map(|number| invoice(curve, &refund, number));
                let message = sent(curve, &refund, &first);
                let id = scene.shop.id();
                scene.shop.power = Some((left, how));
                let heard = scene.shop.onion(id, message.path_key, &message.packet);
                cuts += usize::from(heard == Err(PowerCut));
                scene.shop = scene.shop.reboot();
                scene.shop.call(&Request::Time { claim: NOW });
                let is_known = scene.shop.flash["payouts"]
                    .windows(16)
                    .any(|window| sha256(&[&first]).starts_with(window));
                let (_, said) = hear(&mut scene, &refund, &second);
                if is_known {
                    is_silence(&said);
                    is_paid(&hear(&mut scene, &refund, &first).1, 1);
                } else {
                    is_paid(&said, 2);
                    is_silence(&hear(&mut scene, &refund, &first).1);
                }
            });
        }
        assert!((1..8).contains(&cuts), "{cuts} cuts: the script ran to its end too");
    }
}

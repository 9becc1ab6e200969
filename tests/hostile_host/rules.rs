//! Every rule of the merchant's by its number: what breaks it, and what the device does then.

use countersign_crypto::Curve;
use countersign_link::{
    Bytes, Chunk, ClaimRequest, Destination, MessageHop, Network, NewOffer, NextHop, OfferRequest,
    Padding, Part, PathsRequest, PaymentHop, Price, RefundRequest, Reply, Request,
};
use countersign_offers::{ChainHash, Field, Invoice};
use countersign_policy::Rule;
use countersign_tests::htlc::{self, Sent};
use countersign_tests::onion::with_curve;
use countersign_tests::payer::Wish;
use countersign_tests::records;
use countersign_tests::scene::{Scene, code, coffee, donation, need};
use countersign_tests::shop::{Button, LIST, NOW, Said, Shop, WORDS, list, recipient};

use super::{NOT_APPROVED, NOT_DISCLOSED, awaiting_paths, honest_rest};

const INVALID_FIELD: u16 = 406;

/// One euro is a thousand satoshi.
const EURO: u64 = 1_000_000_000_000;
const EUR: u64 = 0x45_55_52;

/// What becomes of what breaks a rule.
enum Breach {
    /// The device refuses and names the rule: to the host, or in its log where the payer is told
    /// that there is no invoice.
    Refused(fn(&Curve<'_>) -> u16),
    /// The merchant is asked, and without their button nothing comes of it.
    Asked(fn(&mut Scene<'_>), fn(&mut Scene<'_>) -> Said),
    /// It does not get so far: BOLT 12 has the device refuse this request, too.
    Invalid(fn(&mut Scene<'_>) -> Vec<u8>),
    /// It does not come about: the device does as the rule says, whatever the host wants.
    Kept(fn(&Curve<'_>)),
    /// It says how another rule is meant. A value that says nothing is refused by its number.
    Measures(Rule, u64),
}

#[test]
fn every_rule_is_refused_asked_or_kept_by_its_number() {
    for rule in Rule::ALL {
        let number = super::rule(rule.number().into());
        match breach(rule) {
            Breach::Refused(act) => with_curve(|curve| assert_eq!(act(curve), number, "{rule}")),
            Breach::Invalid(request) => with_curve(|curve| {
                let mut scene = Scene::open(curve);
                let request = request(&mut scene);
                let (_, said) = scene.hear(&scene.message(&request));
                assert!(said == Said::silence() || last_logged(&mut scene) == INVALID_FIELD);
            }),
            Breach::Asked(prepare, act) => with_curve(|curve| {
                let mut scene = Scene::open(curve);
                prepare(&mut scene);
                scene.shop.button = Button::Cancel;
                let asked = scene.shop.prompts.len();
                let said = act(&mut scene);
                assert_eq!(scene.shop.prompts.len(), asked + 1, "{rule}: one prompt");
                let is_refused = said == Said::silence() || code(&said) == NOT_APPROVED;
                assert!(is_refused, "{rule}: {said:?}");
            }),
            Breach::Kept(act) => with_curve(act),
            Breach::Measures(other, nonsense) => with_curve(|curve| {
                assert_ne!(other, rule);
                let mut scene = Scene::open(curve);
                let said = scene.shop.propose(&[(rule.number(), Some(nonsense))]);
                assert_eq!(code(&said), number, "{rule}");
            }),
        }
    }
}

/// What breaks each of them.
fn breach(rule: Rule) -> Breach {
    use Breach::{Asked, Invalid, Kept, Measures, Refused};
    match rule {
        Rule::Network => Invalid(|scene| changed(scene, Field::INVREQ_CHAIN, &ChainHash::SIGNET.0)),
        Rule::OffersAllowed => Refused(|curve| requested(curve, &[(2, 0)], &Wish::default())),
        Rule::OfferRevoked => Refused(revoked),
        Rule::OfferExpired => Invalid(|scene| {
            *scene = Scene::with(scene.curve, &NewOffer { expiry: Some(NOW), ..coffee() });
            scene.shop.call(&Request::Time { claim: NOW + 1 });
            scene.request(&Wish::default())
        }),
        Rule::WithoutOffer => Refused(for_a_refund),
        Rule::Quantity => Refused(|curve| {
            let mut scene = Scene::with(curve, &NewOffer { quantity_max: Some(0), ..coffee() });
            scene.shop.set(&[(6, 2)]);
            logged(&mut scene, &Wish { quantity: Some(3), ..Wish::default() })
        }),
        Rule::PayerNote => Refused(|curve| requested(curve, &[(7, 0)], &note())),
        Rule::PayerNoteLength => Refused(|curve| requested(curve, &[(8, 2)], &note())),
        Rule::Underpaid => Invalid(|scene| changed(scene, Field::INVREQ_AMOUNT, &[0x27, 0x0f])),
        Rule::Overpaid => Refused(|curve| {
            requested(curve, &[], &Wish { amount: Some(20_001), ..Wish::default() })
        }),
        Rule::LargestUnattended => Asked(
            |scene| scene.shop.set(&[(12, 9_999)]),
            |scene| {
                let request = scene.request(&Wish::default());
                scene.hear(&scene.message(&request)).1
            },
        ),
        Rule::LargestAtAll => {
            Refused(|curve| requested(curve, &[(12, 9_999), (13, 9_999)], &Wish::default()))
        }
        Rule::ZeroAmount => Refused(|curve| code(&owe(&mut Scene::open(curve), 0))),
        Rule::Currency => Refused(|curve| stated(curve, *b"USD", EURO)),
        Rule::Rate => Refused(|curve| code(&Scene::open(curve).shop.propose(&[(20, Some(EUR))]))),
        Rule::RateTolerance => Refused(|curve| stated(curve, *b"EUR", EURO * 2)),
        Rule::RateAge => Refused(|curve| {
            let mut scene = euros(curve);
            scene.shop.set(&[(23, 100)]);
            scene.shop.call(&Request::Time { claim: NOW + 101 });
            state(&mut scene, *b"EUR", EURO)
        }),
        Rule::RateSetAt => Kept(set_later),
        Rule::Conversion => Refused(|curve| {
            let mut scene = euros(curve);
            let price = Price::Currency { code: Bytes(*b"EUR"), exponent: 0, minor_units: 450 };
            let new = NewOffer { price, ..coffee() };
            code(&scene.shop.call(&Request::Offer(OfferRequest::Create(new))))
        }),
        Rule::PaidWindow => Refused(paid_twice),
        Rule::PaidWindowPeriod => Measures(Rule::PaidWindow, 0),
        Rule::PaidWindowAction => Measures(Rule::PaidWindow, 3),
        Rule::UnpaidWindow => Kept(many_unpaid),
        Rule::UnpaidWindowPeriod => Measures(Rule::UnpaidWindow, 0),
        Rule::Recipient => Refused(|curve| {
            let (mut scene, id) = awaiting_paths(curve);
            let (hop, thief) = (scene.hop(), scene.payer_id());
            code(&scene.shop.paths(id, &[hop], thief).unwrap())
        }),
        Rule::IntroductionNode => Refused(|curve| over(curve, &[(41, 0)], |_| {})),
        Rule::FeeBase => Refused(|curve| over(curve, &[], |hop| hop.fee_base_msat = 10_001)),
        Rule::FeeProportional => {
            Refused(|curve| over(curve, &[], |hop| hop.fee_proportional_millionths = 50_001))
        }
        Rule::FeeShare => {
            Refused(|curve| over(curve, &[(44, 100_000)], |hop| hop.fee_base_msat = 1_001))
        }
        Rule::CltvDelta => Refused(|curve| over(curve, &[], |hop| hop.cltv_expiry_delta = 487)),
        Rule::HtlcMinimum => {
            Refused(|curve| over(curve, &[], |hop| hop.htlc_minimum_msat = 10_001))
        }
        Rule::HtlcMaximum => Refused(|curve| over(curve, &[], |hop| hop.htlc_maximum_msat = 9_999)),
        Rule::Paths => Refused(|curve| {
            let (mut scene, id) = awaiting_paths_under(curve, &[(48, 1)]);
            let (hop, node) = (scene.hop(), scene.recipient.serialize());
            assert_eq!(scene.shop.path(id, &[hop], recipient(node, &[])), Ok(None));
            code(&scene.shop.paths(id, &[hop], node).unwrap())
        }),
        Rule::Hops => Refused(|curve| {
            let (mut scene, id) = awaiting_paths_under(curve, &[(49, 2)]);
            let (hop, node) = (scene.hop(), scene.recipient.serialize());
            code(&scene.shop.paths(id, &[hop; 2], node).unwrap())
        }),
        Rule::Multipart => Kept(in_several_parts),
        Rule::OneHopPath => Refused(|curve| {
            let (mut scene, id) = awaiting_paths(curve);
            let node = scene.recipient.serialize();
            code(&scene.shop.paths(id, &[], node).unwrap())
        }),
        Rule::ClockBack => Asked(|_| {}, |scene| claim_time(scene, NOW - 601)),
        Rule::ClockAhead => Asked(|_| {}, |scene| claim_time(scene, NOW + 86_401)),
        Rule::ClockUnset => Asked(
            |scene| scene.shop = Shop::of(WORDS, Network::Regtest),
            |scene| claim_time(scene, NOW),
        ),
        Rule::Release => Refused(|curve| claimed(curve, Some((70, 2)))),
        Rule::ReleaseEvidence => Refused(|curve| claimed(curve, None)),
        Rule::ReleaseAmount => Refused(|curve| {
            let mut scene = htlc::open(curve);
            let bought = htlc::buy(&mut scene, &Wish::default(), 1);
            let sent = Sent { total: htlc::AMOUNT - 1, ..Sent::all(&bought) };
            let htlc = sent.over(curve, &bought.invoice, 0);
            code(&htlc.claim(&mut scene.shop, &bought.receipt))
        }),
        Rule::LargestPayout => Refused(|curve| code(&owe(&mut Scene::open(curve), 1_000_000_001))),
        Rule::Payout => Asked(|_| {}, |scene| owe(scene, 1_000)),
        Rule::Disclosure => Kept(undisclosed),
        Rule::Prompts => Refused(|_| {
            let mut shop = Shop::boot_without_screen(std::collections::HashMap::new());
            shop.hello();
            assert_eq!(shop.take_words(WORDS, Network::Regtest).reply(), Reply::Done);
            code(&shop.call(&Request::Time { claim: NOW }))
        }),
    }
}

fn note() -> Wish<'static> {
    Wish { note: Some("for you"), ..Wish::default() }
}

/// The refusal of a request for a coffee, under rules that are set before.
fn requested(curve: &Curve<'_>, rules: &[(u8, u64)], wish: &Wish<'_>) -> u16 {
    let mut scene = Scene::open(curve);
    scene.shop.set(rules);
    logged(&mut scene, wish)
}

/// A request for a coffee in which a field was changed.
fn changed(scene: &Scene<'_>, field: Field, value: &[u8]) -> Vec<u8> {
    scene.changed(&scene.request(&Wish::default()), |records| records.with(field, value))
}

/// The payer is told that there is no invoice, and the merchant's log why.
fn logged(scene: &mut Scene<'_>, wish: &Wish<'_>) -> u16 {
    let request = scene.request(wish);
    let (id, said) = scene.hear(&scene.message(&request));
    assert_eq!(scene.deliver(id, &said).0, 68, "an invoice_error");
    last_logged(scene)
}

fn last_logged(scene: &mut Scene<'_>) -> u16 {
    let log = scene.shop.call(&Request::Log { from: 0 });
    let Reply::Log(entries) = log.reply() else { panic!("{log:?}") };
    entries.iter().last().unwrap().unwrap().code.0
}

fn revoked(curve: &Curve<'_>) -> u16 {
    let mut scene = Scene::with(curve, &donation());
    let list = scene.shop.call(&Request::Offer(OfferRequest::List { from: 0 }));
    let Reply::Offers(offers) = list.reply() else { panic!("{list:?}") };
    let offer = offers.iter().next().unwrap().unwrap().offer;
    let revoke = Request::Offer(OfferRequest::Revoke { offer });
    assert_eq!(scene.shop.call(&revoke).reply(), Reply::Done);
    logged(&mut scene, &Wish { amount: Some(1_000), ..Wish::default() })
}

fn for_a_refund(curve: &Curve<'_>) -> u16 {
    let mut scene = Scene::open(curve);
    scene.shop.set(&[(5, 0)]);
    let refund = records::refund()
        .with(Field::INVREQ_CHAIN, ChainHash::REGTEST.0)
        .with(Field::INVREQ_PATHS, scene.reply_path())
        .bytes();
    let (id, total) = (scene.shop.id(), u32::try_from(refund.len()).unwrap());
    let chunk = Chunk { offset: 0, data: &refund };
    scene.shop.ask(id, &Request::Refund(RefundRequest::Answer { total, chunk }));
    code(&scene.shop.ask(id, &Request::Refund(RefundRequest::AnswerEnd)))
}

/// The merchant offers a refund of so much.
fn owe(scene: &mut Scene<'_>, amount_msat: u64) -> Said {
    let id = scene.shop.id();
    let description = "a gift";
    let begin = RefundRequest::Create { amount_msat, description, issuer: None, expiry: None };
    if let Some(refused) = scene.shop.say(id, &Request::Refund(begin)).unwrap() {
        return refused;
    }
    let node = Bytes(scene.relay.serialize());
    let hop = MessageHop { node, named: Destination::Node(node), next: NextHop::NodeId };
    let hops = &mut [0; LIST];
    let path = RefundRequest::Path { hops: list(&[hop], hops), padding: Padding::None };
    assert_eq!(scene.shop.say(id, &Request::Refund(path)), Ok(None));
    scene.shop.ask(id, &Request::Refund(RefundRequest::End))
}

/// A shop whose merchant takes euros.
fn euros<'c>(curve: &'c Curve<'c>) -> Scene<'c> {
    let mut scene = Scene::open(curve);
    scene.shop.set(&[(20, EUR), (21, EURO)]);
    scene
}

/// The host would have the rate hold longer: the device writes its own time.
fn set_later(curve: &Curve<'_>) {
    let mut scene = euros(curve);
    for later in [NOW + 1_000_000, u64::MAX, 0] {
        scene.shop.propose(&[(24, Some(later)), (21, Some(EURO + later % 7))]);
        let said = scene.shop.rules();
        let Reply::Rules(rules) = said.reply() else { panic!("{said:?}") };
        let set_at = rules.iter().map(Result::unwrap).find(|value| value.rule == 24).unwrap();
        assert_eq!(set_at.value, Some(NOW), "not {later}");
    }
}

fn stated(curve: &Curve<'_>, currency: [u8; 3], msat_per_million: u64) -> u16 {
    state(&mut euros(curve), currency, msat_per_million)
}

fn state(scene: &mut Scene<'_>, currency: [u8; 3], msat_per_million: u64) -> u16 {
    code(&scene.shop.call(&Request::Rate { currency: Bytes(currency), msat_per_million }))
}

fn claim_time(scene: &mut Scene<'_>, claim: u64) -> Said {
    scene.shop.call(&Request::Time { claim })
}

/// The window has room for one coffee: the second is refused.
fn paid_twice(curve: &Curve<'_>) -> u16 {
    let mut scene = Scene::open(curve);
    scene.shop.set(&[(30, 10_000), (32, 0)]);
    let request = scene.request(&Wish::default());
    let bought = scene.buy(&request);
    let path_key = Bytes(scene.arriving_path_key(&bought.invoice));
    let claim = ClaimRequest::PathKey { receipt: &bought.receipt, path_key };
    let said = scene.shop.call(&Request::Claim(claim));
    assert!(matches!(said.reply(), Reply::Claimed { .. }), "{said:?}");
    logged(&mut scene, &Wish { metadata: &[1; 16], ..Wish::default() })
}

/// Requests cost nothing, so they stop no sale: the merchant is alarmed.
fn many_unpaid(curve: &Curve<'_>) {
    let mut scene = Scene::open(curve);
    scene.shop.set(&[(33, 1)]);
    for (metadata, alarm) in [([1; 16], None), ([2; 16], Some(33))] {
        let request = scene.request(&Wish { metadata: &metadata, ..Wish::default() });
        scene.buy(&request);
        let said = scene.shop.call(&Request::Status);
        let Reply::Status(status) = said.reply() else { panic!("{said:?}") };
        assert_eq!(status.alarm, alarm);
    }
}

fn awaiting_paths_under<'c>(curve: &'c Curve<'c>, rules: &[(u8, u64)]) -> (Scene<'c>, u32) {
    let mut scene = Scene::open(curve);
    scene.shop.set(rules);
    let request = scene.request(&Wish::default());
    let (id, said) = scene.hear(&scene.message(&request));
    assert_eq!(need(&said).amount_msat, 10_000);
    (scene, id)
}

/// The refusal of a path that is honest but for its hop.
fn over(curve: &Curve<'_>, rules: &[(u8, u64)], change: fn(&mut PaymentHop)) -> u16 {
    let (mut scene, id) = awaiting_paths_under(curve, rules);
    let (mut hop, node) = (scene.hop(), scene.recipient.serialize());
    change(&mut hop);
    code(&scene.shop.paths(id, &[hop], node).unwrap())
}

/// The host wants several parts, and the invoice has no `basic_mpp`.
fn in_several_parts(curve: &Curve<'_>) {
    let (mut scene, id) = awaiting_paths(curve);
    let (hop, node) = (scene.hop(), scene.recipient.serialize());
    assert_eq!(scene.shop.path(id, &[hop], recipient(node, &[])), Ok(None));
    let said = scene.shop.ask(id, &Request::Paths(PathsRequest::End { multipart: true }));
    let (_, invoice) = scene.deliver(id, &said);
    assert!(Invoice::parse(&invoice).unwrap().records().find(174).is_none());
}

/// The refusal of the recipient's own key as evidence, under that rule.
fn claimed(curve: &Curve<'_>, release: Option<(u8, u64)>) -> u16 {
    let (mut scene, id) = awaiting_paths(curve);
    let bought = honest_rest(&mut scene, id);
    if let Some(release) = release {
        scene.shop.set(&[release]);
    }
    let path_key = Bytes(scene.recipient.serialize());
    let claim = ClaimRequest::PathKey { receipt: &bought.receipt, path_key };
    code(&scene.shop.call(&Request::Claim(claim)))
}

/// The host gets no summary of the invoice, nor the invoice itself.
fn undisclosed(curve: &Curve<'_>) {
    let (mut scene, id) = awaiting_paths_under(curve, &[(90, 0)]);
    let said = scene.honest_paths(id);
    let Reply::Outgoing(outgoing) = said.reply() else { panic!("{said:?}") };
    assert_eq!(outgoing.summary, None);
    for part in [Part::Invoice, Part::InvoiceRequest] {
        let pull = Request::Pull { part, offset: 0, length: 600 };
        assert_eq!(code(&scene.shop.ask(id, &pull)), NOT_DISCLOSED);
    }
}

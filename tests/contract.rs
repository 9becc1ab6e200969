//! What others rely on and must never change: error numbers, and what the words bring back.

use countersign_link::{
    Bytes, Chunk, Code, NewOffer, OfferRequest, PROTOCOL, Packer, PairRequest, PathsRequest, Price,
    Provision, RefundRequest, Reply, Request, RuleValue, RulesRequest,
};
use countersign_tests::onion::with_curve;
use countersign_tests::payer::Wish;
use countersign_tests::scene::{Scene, code, coffee};
use countersign_tests::shop::{NOW, Shop, WORDS};

fn provision(words: &[u8]) -> Request<'_> {
    let words = countersign_link::Secret::new(words);
    let network = countersign_link::Network::Regtest;
    Request::Provision(Provision::Import { words, network })
}

#[test]
fn an_unprovisioned_device_answers_302_to_whatever_needs_a_seed() {
    let mut shop = Shop::unprovisioned();
    for request in [
        Request::Export,
        Request::Time { claim: NOW },
        Request::Rules(RulesRequest::Get),
        Request::Pair(PairRequest::Get),
        Request::Offer(OfferRequest::List { from: 0 }),
        Request::Offer(OfferRequest::Create(coffee())),
        Request::Onion(countersign_link::OnionRequest::Begin {
            path_key: Bytes([2; 33]),
            length: 1_366,
        }),
        Request::Import { total: 1, chunk: Chunk { offset: 0, data: &[1] } },
    ] {
        assert_eq!(code(&shop.call(&request)), 302, "{request:?}");
    }
}

#[test]
fn words_that_are_none_are_error_404() {
    let mut shop = Shop::unprovisioned();
    let words = [
        "abandon".to_owned(),
        WORDS.replace("about", "abandon"),
        WORDS.replace("about", "aboutt"),
        String::new(),
    ];
    for words in &words {
        assert_eq!(code(&shop.call(&provision(words.as_bytes()))), 404, "{words:?}");
    }
    assert_eq!(code(&shop.call(&provision(&[0xff, 0xfe]))), 404);
}

#[test]
fn little_randomness_is_error_603() {
    let mut shop = Shop::unprovisioned();
    let network = countersign_link::Network::Regtest;
    let generate = |entropy| {
        let entropy = countersign_link::Secret::new(entropy);
        Request::Provision(Provision::Generate { entropy, network })
    };
    assert_eq!(code(&shop.call(&generate(&[7; 15]))), 603, "of the host's");
    shop.stuck_entropy = Some([0; 32]);
    assert_eq!(code(&shop.call(&generate(&[7; 32]))), 603, "a dead source");
    let mut mostly = [9; 32];
    mostly[..6].copy_from_slice(&[1, 2, 3, 4, 5, 6]);
    shop.stuck_entropy = Some(mostly);
    assert_eq!(code(&shop.call(&generate(&[7; 32]))), 603, "seven different bytes");
    let lively: [u8; 32] = core::array::from_fn(|at| u8::try_from(at).unwrap());
    shop.stuck_entropy = Some(lively);
    shop.call(&Request::Ping);
    assert_eq!(code(&shop.call(&generate(&[7; 32]))), 603, "the same twice");
}

#[test]
fn every_other_error_has_its_number() {
    with_curve(|curve| {
        let mut scene = Scene::open(curve);
        let point = [7; 33];
        let long_offer = "x".repeat(300);
        let mut buffer = [0; 16];
        let mut list = Packer::new(&mut buffer);
        list.push(&RuleValue { rule: 250, value: None }).unwrap();
        let unknown_rule = RulesRequest::Propose(list.finish());
        let pin = PairRequest::Recipient { node: Bytes(point), receive_auth_key: None };
        let dear = NewOffer { price: Price::Msat(u64::MAX), ..coffee() };
        let euro = Bytes(*b"EUR");
        let fiat = Price::Currency { code: euro, exponent: 2, minor_units: 350 };
        let quantity = NewOffer { quantity_max: None, description: None, ..coffee() };
        let cases = [
            (305, Request::Refund(RefundRequest::End)),
            (520, Request::Rate { currency: Bytes(*b"EUR"), msat_per_million: 1 }),
            (305, Request::Paths(PathsRequest::None)),
            (303, Request::Provision(Provision::ShowWords)),
            (312, Request::Offer(OfferRequest::Show { offer: Bytes([1; 32]) })),
            (520, Request::Offer(OfferRequest::Create(NewOffer { price: fiat, ..coffee() }))),
            (312, Request::Prompt { prompt: 9, from: 0 }),
            (312, Request::Rules(unknown_rule)),
            (403, Request::Pair(pin)),
            (406, Request::Offer(OfferRequest::Create(dear))),
            (
                402,
                Request::Offer(OfferRequest::Create(NewOffer {
                    issuer: Some(&long_offer),
                    ..coffee()
                })),
            ),
        ];
        for (number, request) in cases {
            assert_eq!(code(&scene.shop.call(&request)), number, "{request:?}");
        }
        let id = scene.shop.id();
        let create = Request::Offer(OfferRequest::Create(quantity));
        assert_eq!(scene.shop.say(id, &create).unwrap(), None);
        let end = Request::Offer(OfferRequest::End);
        assert_eq!(code(&scene.shop.ask(id, &end)), 406, "an offer without a path");
    });
}

#[test]
fn a_list_that_is_full_is_error_311() {
    with_curve(|curve| {
        let mut scene = Scene::open(curve);
        for number in 0..32 {
            let revoke = OfferRequest::Revoke { offer: Bytes([number; 32]) };
            assert_eq!(scene.shop.call(&Request::Offer(revoke)).reply(), Reply::Done);
        }
        let revoke = OfferRequest::Revoke { offer: Bytes([99; 32]) };
        assert_eq!(code(&scene.shop.call(&Request::Offer(revoke))), 311);
        let end = Request::Offer(OfferRequest::RevokeEpoch);
        assert_eq!(scene.shop.call(&end).reply(), Reply::Done);
        let revoke = OfferRequest::Revoke { offer: Bytes([99; 32]) };
        assert_eq!(scene.shop.call(&Request::Offer(revoke)).reply(), Reply::Done);
    });
}

#[test]
fn state_of_newer_firmware_is_error_703() {
    with_curve(|curve| {
        let mut flash = Scene::open(curve).shop.flash.clone();
        // An even record that this firmware does not know, before the last one.
        let settings = flash["settings"].clone();
        let (records, last) = settings.split_at(settings.len() - 4);
        flash.insert("settings", [records, &[0xfd, 7, 0xce, 0], last].concat());
        let mut shop = Shop::boot(flash);
        shop.hello();
        assert_eq!(code(&shop.call(&Request::Export)), 703);
    });
}

#[test]
fn every_error_number_has_a_meaning() {
    for number in [
        104, 201, 301, 302, 303, 304, 305, 306, 309, 310, 311, 312, 313, 401, 402, 403, 404, 406,
        602, 603, 701, 702, 703, 901,
    ] {
        assert!(!Code(number).meaning().is_empty(), "{number}");
    }
}

#[test]
fn the_words_bring_back_the_same_node_for_ever() {
    // A printed offer leads to this node: if it changes, every code on every wall is dead.
    let mut shop = Shop::unprovisioned();
    assert_eq!(shop.call(&provision(WORDS.as_bytes())).reply(), Reply::Done);
    let said = shop.call(&Request::Hello { nonce: Bytes([1; 8]), protocol: PROTOCOL });
    let Reply::Hello(hello) = said.reply() else { panic!("{said:?}") };
    assert_eq!(
        hex(&hello.node.unwrap().0),
        "03c82ad0fe1570c3fb5b5771e62c0397e94e10efe655f6f2397a95b2e3a5ac173c"
    );
    let said = shop.call(&Request::Pair(PairRequest::BridgeKey));
    let Reply::BridgeKey { key } = said.reply() else { panic!("{said:?}") };
    assert_eq!(
        hex(key.reveal()),
        "99d5c97416b3fe2ea3551bf0c963671652d0f83dbaef61a7f57b7ba226492a0a"
    );
}

#[test]
fn the_same_request_gets_the_same_payment_hash_for_ever() {
    with_curve(|curve| {
        let mut scene = Scene::open(curve);
        let request = scene.request(&Wish::default());
        let first = scene.buy(&request).payment_hash;
        scene.shop = scene.shop.reboot();
        assert_eq!(scene.buy(&request).payment_hash, first);
    });
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

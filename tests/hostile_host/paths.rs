//! Payment paths that no honest host proposes.

use countersign_crypto::Curve;
use countersign_link::{
    Bytes, ClaimRequest, Code, Network, PairRequest, PathsRequest, PaymentHop, Provision, Reply,
    Request,
};
use countersign_offers::Invoice;
use countersign_tests::onion::with_curve;
use countersign_tests::payer::{self, Wish};
use countersign_tests::scene::{Bought, Scene, code, donation, need};
use countersign_tests::shop::{Button, LIST, NOW, WORDS, list, recipient};

use super::{TOO_LONG, UNREADABLE, awaiting_paths, honest_rest, no_preimage_has_left, rule};

fn refused_path(change: impl Fn(&mut PaymentHop)) -> u16 {
    with_curve(|curve| {
        let (mut scene, id) = awaiting_paths(curve);
        let mut hop = scene.hop();
        change(&mut hop);
        let node = scene.recipient.serialize();
        let refused = scene.shop.path(id, &[hop], recipient(node, &[])).unwrap();
        let code = code(&refused.expect("the path is refused"));
        // Nothing of the refused path is left: an honest one is signed as if it had never been.
        let bought = honest_rest(&mut scene, id);
        let invoice = Invoice::parse(&bought.invoice).unwrap();
        assert_eq!(invoice.fields().paths.len(), 1);
        no_preimage_has_left(&mut scene, &[bought]);
        code
    })
}

#[test]
fn a_path_to_a_recipient_that_the_merchant_did_not_pin_is_refused() {
    with_curve(|curve| {
        let (mut scene, id) = awaiting_paths(curve);
        let hop = scene.hop();
        let thief = scene.payer_id();
        let refused = scene.shop.path(id, &[hop], recipient(thief, &[])).unwrap().unwrap();
        assert_eq!(code(&refused), rule(40));
        let none = scene.shop.ask(id, &Request::Paths(PathsRequest::End { multipart: false }));
        assert_eq!(code(&none), rule(47), "no path carries the amount: there is no invoice");
        let request = scene.request(&Wish::default());
        let bought = scene.buy(&request);
        no_preimage_has_left(&mut scene, &[bought]);
    });
}

#[test]
fn without_a_pinned_recipient_no_path_is_accepted() {
    with_curve(|curve| {
        let mut scene = Scene::open(curve);
        scene.shop.flash.remove("settings");
        let request = Request::Provision(Provision::Wipe);
        assert_eq!(scene.shop.call(&request).reply(), Reply::Done);
        scene.shop.take_words(WORDS, Network::Regtest);
        scene.shop.call(&Request::Time { claim: NOW });
        let request = scene.request(&Wish::default());
        let (id, said) = scene.hear(&scene.message(&request));
        assert_eq!(need(&said).amount_msat, 10_000);
        let hop = scene.hop();
        let node = scene.recipient.serialize();
        let refused = scene.shop.path(id, &[hop], recipient(node, &[])).unwrap().unwrap();
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
        let refused = scene.shop.path(id, &[hop], recipient(node, &[])).unwrap().unwrap();
        assert_eq!(code(&refused), rule(41));
        scene.shop.hello();
        let mut buffer = [0; LIST];
        let nodes = list(&[Bytes(scene.relay.serialize())], &mut buffer);
        let pin = PairRequest::IntroductionNodes(nodes);
        assert_eq!(scene.shop.call(&Request::Pair(pin)).reply(), Reply::Done);
        let bought = scene.buy(&request);
        no_preimage_has_left(&mut scene, &[bought]);
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
fn fees_that_eat_the_amount_are_refused() {
    with_curve(|curve| {
        let (mut scene, id) = awaiting_paths(curve);
        let node = scene.recipient.serialize();
        let refusal = |scene: &mut Scene<'_>, id, fees: &[(u32, u32)]| {
            let hops: Vec<_> = fees
                .iter()
                .map(|&(fee_base_msat, fee_proportional_millionths)| PaymentHop {
                    fee_base_msat,
                    fee_proportional_millionths,
                    ..scene.hop()
                })
                .collect();
            let refused = scene.shop.path(id, &hops, recipient(node, &[])).unwrap();
            refused.map(|refused| code(&refused))
        };
        let all_of_it = [(10_000, 0)];
        assert_eq!(refusal(&mut scene, id, &all_of_it), None, "the caps know no amount");
        scene.shop.hello();
        // A tenth of ten satoshi.
        scene.shop.set(&[(44, 100_000)]);
        let request = scene.request(&Wish::default());
        let (id, said) = scene.hear(&scene.message(&request));
        assert_eq!(need(&said).amount_msat, 10_000);
        let too_much: [&[(u32, u32)]; 5] = [
            &all_of_it,
            &[(1_001, 0)],
            &[(501, 50_000)],
            // What the nodes of a path charge together is what counts.
            &[(500, 0), (501, 0)],
            &[(333, 0), (333, 0), (335, 0)],
        ];
        for fees in too_much {
            assert_eq!(refusal(&mut scene, id, fees), Some(rule(44)), "{fees:?}");
        }
        let fair: [&[(u32, u32)]; 3] = [&[(1_000, 0)], &[(500, 50_000)], &[(500, 0), (500, 0)]];
        for fees in fair {
            assert_eq!(refusal(&mut scene, id, fees), None, "{fees:?}");
        }
        let bought = honest_rest(&mut scene, id);
        let invoice = Invoice::parse(&bought.invoice).unwrap();
        for payinfo in invoice.fields().blindedpay.iter() {
            let proportional = u64::from(payinfo.fee_proportional_millionths) * 10_000 / 1_000_000;
            assert!(u64::from(payinfo.fee_base_msat) + proportional <= 1_000, "{payinfo:?}");
        }
        no_preimage_has_left(&mut scene, &[bought]);
    });
}

#[test]
fn fees_and_blocks_that_overflow_are_refused_by_their_own_rules() {
    let refused = |change: fn(&mut PaymentHop)| {
        with_curve(|curve| {
            let (mut scene, id) = awaiting_paths(curve);
            let mut hop = scene.hop();
            change(&mut hop);
            let node = scene.recipient.serialize();
            let refused = scene.shop.path(id, &[hop; 7], recipient(node, &[])).unwrap();
            let bought = honest_rest(&mut scene, id);
            no_preimage_has_left(&mut scene, &[bought]);
            code(&refused.expect("refused"))
        })
    };
    assert_eq!(refused(|hop| hop.fee_base_msat = u32::MAX), rule(42));
    assert_eq!(refused(|hop| hop.fee_proportional_millionths = u32::MAX), rule(43));
    assert_eq!(refused(|hop| hop.cltv_expiry_delta = u16::MAX), rule(45));
}

#[test]
fn a_delta_beyond_the_cap_is_refused() {
    assert_eq!(refused_path(|hop| hop.cltv_expiry_delta = 487), rule(45));
    assert_eq!(refused_path(|hop| hop.cltv_expiry_delta = u16::MAX), rule(45), "it overflows");
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
        let refused = scene.shop.path(id, &[], recipient(node, &[])).unwrap().unwrap();
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
            let refused = scene.shop.path(id, &[hop], recipient(node, records)).unwrap().unwrap();
            assert_eq!(code(&refused), UNREADABLE, "{records:?}");
        }
        let dear = [12, 6, 0, 13, 0xbb, 0xa0, 0x27, 0x11];
        let refused = scene.shop.path(id, &[hop], recipient(node, &dear)).unwrap().unwrap();
        assert_eq!(code(&refused), rule(46), "constraints that the amount does not meet");
        let fits = [6, 2, 1, 2, 12, 6, 0, 13, 0xbb, 0xa0, 0x27, 0x10];
        assert_eq!(scene.shop.path(id, &[hop], recipient(node, &fits)).unwrap(), None);
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
        assert_eq!(scene.shop.path(id, &[hop], recipient(node, &unknown(512))).unwrap(), None);
        let refused = scene.shop.path(id, &[hop], recipient(node, &unknown(513))).unwrap().unwrap();
        assert_eq!(code(&refused), TOO_LONG);
        let path_id = |len: u8| [&[6, len][..], &vec![1; len.into()]].concat();
        assert_eq!(scene.shop.path(id, &[hop], recipient(node, &path_id(64))).unwrap(), None);
        let refused = scene.shop.path(id, &[hop], recipient(node, &path_id(65))).unwrap().unwrap();
        assert_eq!(code(&refused), TOO_LONG);
    });
}

#[test]
fn more_paths_or_hops_than_the_limits_are_refused() {
    with_curve(|curve| {
        let (mut scene, id) = awaiting_paths(curve);
        let node = scene.recipient.serialize();
        let hop = scene.hop();
        let refused = scene.shop.path(id, &[hop; 9], recipient(node, &[])).unwrap().unwrap();
        assert_eq!(code(&refused), rule(49));
        for _ in 0..4 {
            assert_eq!(scene.shop.path(id, &[hop], recipient(node, &[])).unwrap(), None);
        }
        let refused = scene.shop.path(id, &[hop], recipient(node, &[])).unwrap().unwrap();
        assert_eq!(code(&refused), rule(48));
    });
}

#[test]
fn paths_beyond_what_the_memory_behind_the_request_holds_are_refused_and_an_honest_one_is_not() {
    with_curve(|curve| {
        let (mut scene, id) = awaiting_paths(curve);
        let node = scene.recipient.serialize();
        let hop = scene.hop();
        let unknown = [&[0xfd, 1, 1, 0xfd, 1, 0xfa][..], &[7; 506]].concat();
        // Eight hops, each as long as the recipient's own: 4.6 KB. Two of them are more than there is.
        let mut said = scene.shop.path(id, &[hop; 7], recipient(node, &unknown)).unwrap();
        assert_eq!(said, None);
        said = scene.shop.path(id, &[hop; 7], recipient(node, &unknown)).unwrap();
        assert_eq!(code(&said.expect("the path is refused")), TOO_LONG);
        let bought = honest_rest(&mut scene, id);
        let invoice = Invoice::parse(&bought.invoice).unwrap();
        assert_eq!(invoice.fields().paths.len(), 2);
    });
}

#[test]
fn a_payment_in_several_parts_is_not_offered_against_the_rules() {
    with_curve(|curve| {
        let (mut scene, id) = awaiting_paths(curve);
        let node = scene.recipient.serialize();
        let hop = scene.hop();
        assert_eq!(scene.shop.path(id, &[hop], recipient(node, &[])).unwrap(), None);
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

/// A payment over a listed introduction node that the merchant has approved by button: the scene,
/// and the request for it.
fn approved<'c>(curve: &'c Curve<'c>) -> (Scene<'c>, Vec<u8>) {
    let mut scene = Scene::open(curve);
    scene.shop.set(&[(12, 9_999), (41, 0)]);
    let nodes = &mut [0; LIST];
    let nodes = list(&[Bytes(scene.relay.serialize())], nodes);
    let pin = Request::Pair(PairRequest::IntroductionNodes(nodes));
    assert_eq!(scene.shop.call(&pin).reply(), Reply::Done);
    scene.shop.button = Button::Later;
    let request = scene.request(&Wish::default());
    let (_, said) = scene.hear(&scene.message(&request));
    assert_eq!(code(&said), Code::WITH_MERCHANT.0, "it takes a button");
    scene.shop.press(Button::Confirm);
    // From here on whatever asks for a button again is left without one.
    (scene, request)
}

/// A way of a host's to name other hops, or another end, than the honest ones.
type Swap = fn(&Scene<'_>, &mut PaymentHop, &mut [u8; 33]);

#[test]
fn hops_swapped_after_the_merchants_approval_are_judged_like_any_and_sign_nothing() {
    let swaps: [(Swap, u16); 5] = [
        (|scene, _, end| *end = scene.payer_id(), 40),
        (|scene, hop, _| hop.node = Bytes(scene.payer_id()), 41),
        (|_, hop, _| hop.fee_base_msat = 10_001, 42),
        (|_, hop, _| hop.cltv_expiry_delta = 487, 45),
        (|_, hop, _| hop.htlc_maximum_msat = 9_999, 47),
    ];
    for (swap, number) in swaps {
        with_curve(|curve| {
            let (mut scene, request) = approved(curve);
            let (id, said) = scene.hear(&scene.message(&request));
            assert_eq!(need(&said).amount_msat, 10_000, "what was approved");
            let (mut hop, mut end) = (scene.hop(), scene.recipient.serialize());
            swap(&scene, &mut hop, &mut end);
            let refused = scene.shop.path(id, &[hop], recipient(end, &[])).unwrap().unwrap();
            assert_eq!(code(&refused), rule(number));
            let none = scene.shop.ask(id, &Request::Paths(PathsRequest::End { multipart: false }));
            assert_eq!(code(&none), rule(47), "there is no invoice");
            let bought = scene.buy(&request);
            no_preimage_has_left(&mut scene, &[bought]);
        });
    }
}

#[test]
fn hops_swapped_behind_a_path_that_was_judged_do_not_reach_the_invoice() {
    with_curve(|curve| {
        let (mut scene, request) = approved(curve);
        let (id, _) = scene.hear(&scene.message(&request));
        let node = scene.recipient.serialize();
        let honest = scene.hop();
        assert_eq!(scene.shop.path(id, &[honest], recipient(node, &[])).unwrap(), None);
        let dear = PaymentHop { fee_base_msat: u32::MAX, short_channel_id: 666, ..honest };
        let hops = &mut [0; LIST];
        let swapped = Request::Paths(PathsRequest::Path { hops: list(&[dear], hops) });
        assert_eq!(scene.shop.say(id, &swapped).unwrap(), None, "no end yet: nothing to judge");
        let said = scene.shop.ask(id, &Request::Paths(PathsRequest::End { multipart: false }));
        let (_, invoice) = scene.deliver(id, &said);
        let fields = Invoice::parse(&invoice).unwrap();
        let payinfos: Vec<_> = fields.fields().blindedpay.iter().collect();
        assert_eq!(payinfos.len(), 1);
        assert_eq!(payinfos[0].fee_base_msat, honest.fee_base_msat);
    });
}

#[test]
fn a_channel_swapped_within_the_rules_is_another_way_to_the_approved_payment_alone() {
    with_curve(|curve| {
        let (mut scene, request) = approved(curve);
        let [first, second] = [1, 2].map(|short_channel_id| {
            let (id, said) = scene.hear(&scene.message(&request));
            let payment_hash = need(&said).payment_hash.0;
            let hop = PaymentHop { short_channel_id, ..scene.hop() };
            let said = scene.shop.paths(id, &[hop], scene.recipient.serialize()).unwrap();
            let Reply::Outgoing(outgoing) = said.reply() else { panic!("{said:?}") };
            let receipt = outgoing.receipt.unwrap().to_vec();
            let (_, invoice) = scene.deliver(id, &said);
            assert_eq!(payer::verify(curve, &request, &invoice), (payment_hash, 10_000));
            Bought { id, request: request.clone(), payment_hash, invoice, receipt }
        });
        assert_eq!(first.payment_hash, second.payment_hash, "one payment, which the merchant saw");
        // The session key follows from what the device has heard: no two paths share one.
        let keys = [&first, &second].map(|bought| scene.arriving_path_key(&bought.invoice));
        assert_ne!(keys[0], keys[1]);
        let (receipt, path_key) = (&second.receipt, Bytes(keys[0]));
        let claim = Request::Claim(ClaimRequest::PathKey { receipt, path_key });
        assert_eq!(code(&scene.shop.call(&claim)), rule(71), "evidence of the other path");
    });
}

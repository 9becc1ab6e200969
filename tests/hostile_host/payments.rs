//! Payment onions that prove no payment of this invoice: no preimage leaves for any of them.

use countersign_crypto::Curve;
use countersign_link::{
    Bytes, Chunk, ClaimRequest, Network, PairRequest, PathsRequest, PaymentHop, Reply, Request,
    Seal,
};
use countersign_tests::htlc::{self, AMOUNT, EXPIRY, Htlc, Sent};
use countersign_tests::onion::with_curve;
use countersign_tests::payer::Wish;
use countersign_tests::scene::{Bought, Scene, code, need};
use countersign_tests::shop::{OTHER_WORDS, Said, Shop, recipient};

use super::{CHUNK_ORDER, NOT_OPEN, NOT_OURS, UNREADABLE, is_first_to_say_the_preimage, rule};

/// What a host tries with the invoice and a payment of it; what the device says to each attempt.
type Attack = fn(&Curve<'_>, &mut Scene<'_>, &Bought, &Bought) -> Vec<(Said, Outcome)>;

#[derive(Debug, PartialEq, Eq)]
enum Outcome {
    Refused(u16),
    Missing(u64),
}

/// Plays `attack`, finds every reply as it should be and none with the preimage in it, and lets the
/// honest payment through afterwards.
fn gets_nothing(attack: Attack) {
    with_curve(|curve| {
        let mut scene = htlc::open(curve);
        let bought = htlc::buy(&mut scene, &Wish::default(), 2);
        let wish = Wish { metadata: &[9; 16], ..Wish::default() };
        let other = htlc::buy(&mut scene, &wish, 2);
        for (number, (said, outcome)) in
            attack(curve, &mut scene, &bought, &other).into_iter().enumerate()
        {
            let found = match said.reply() {
                Reply::PartClaimed { missing_msat } => Outcome::Missing(missing_msat),
                _ => Outcome::Refused(code(&said)),
            };
            assert_eq!(found, outcome, "attempt {number}");
        }
        let before: Vec<Said> = core::mem::take(&mut scene.shop.said);
        scene.shop.uptime += 60;
        for bought in [&bought, &other] {
            let htlc = Sent { session: 200, ..Sent::all(bought) }.over(curve, &bought.invoice, 0);
            let said = htlc.claim(&mut scene.shop, &bought.receipt);
            is_first_to_say_the_preimage(&said, &before, &bought.payment_hash);
        }
    });
}

const FOREIGN: Outcome = Outcome::Refused(rule(71));
const TOO_LITTLE: Outcome = Outcome::Refused(rule(72));

#[test]
fn an_onion_of_another_payment_gets_nothing() {
    gets_nothing(|curve, scene, bought, other| {
        let htlc = Sent::all(other).over(curve, &other.invoice, 0);
        let mine = Sent::all(bought).over(curve, &bought.invoice, 0);
        // As it is, and with everything but the onion from this payment.
        let dressed = Htlc { onion: htlc.onion.clone(), ..mine };
        [htlc, dressed].map(|it| (it.claim(&mut scene.shop, &bought.receipt), FOREIGN)).into()
    });
}

#[test]
fn an_onion_of_another_path_of_the_same_invoice_gets_nothing_under_this_ones_path_key() {
    gets_nothing(|curve, scene, bought, _| {
        let [first, second] = [0, 1].map(|at| Sent::all(bought).over(curve, &bought.invoice, at));
        assert_ne!(first.path_key, second.path_key);
        let mixed = Htlc { onion: second.onion, ..first };
        vec![(mixed.claim(&mut scene.shop, &bought.receipt), FOREIGN)]
    });
}

#[test]
fn an_onion_that_is_bound_to_another_payment_hash_gets_nothing() {
    gets_nothing(|curve, scene, bought, other| {
        let sent = Sent { payment_hash: other.payment_hash, ..Sent::all(bought) };
        let htlc = sent.over(curve, &bought.invoice, 0);
        vec![(htlc.claim(&mut scene.shop, &bought.receipt), FOREIGN)]
    });
}

#[test]
fn a_changed_onion_gets_nothing() {
    gets_nothing(|curve, scene, bought, _| {
        let htlc = Sent::all(bought).over(curve, &bought.invoice, 0);
        let changed = (0..htlc.onion.len()).step_by(61).chain([htlc.onion.len() - 1]).map(|at| {
            let mut changed = htlc.clone();
            changed.onion[at] ^= 1;
            (changed.claim(&mut scene.shop, &bought.receipt), FOREIGN)
        });
        changed.collect()
    });
}

#[test]
fn parts_that_do_not_make_up_the_total_get_nothing() {
    gets_nothing(|curve, scene, bought, _| {
        let mut claim = |amount, session| {
            let part = Sent::part(bought, amount, session).over(curve, &bought.invoice, 0);
            part.claim(&mut scene.shop, &bought.receipt)
        };
        vec![
            (claim(1, 1), Outcome::Missing(AMOUNT - 1)),
            (claim(AMOUNT - 2, 2), Outcome::Missing(1)),
            (claim(AMOUNT - 2, 2), Outcome::Missing(1)),
            (claim(0, 3), FOREIGN),
        ]
    });
}

#[test]
fn a_total_that_is_not_the_invoices_gets_nothing() {
    gets_nothing(|curve, scene, bought, _| {
        [(AMOUNT - 1, AMOUNT - 1), (AMOUNT, AMOUNT - 1), (AMOUNT, 0), (AMOUNT, 2 * AMOUNT + 1)]
            .map(|(amount, total)| {
                let sent = Sent { total, ..Sent::part(bought, amount, 1) };
                let htlc = sent.over(curve, &bought.invoice, 0);
                (htlc.claim(&mut scene.shop, &bought.receipt), TOO_LITTLE)
            })
            .into()
    });
}

#[test]
fn an_htlc_that_carries_less_than_its_onion_says_gets_nothing() {
    gets_nothing(|curve, scene, bought, _| {
        let htlc = Sent::all(bought).over(curve, &bought.invoice, 0);
        [0, 1, AMOUNT - 1]
            .map(|amount| {
                let poor = Htlc { amount, ..htlc.clone() };
                (poor.claim(&mut scene.shop, &bought.receipt), TOO_LITTLE)
            })
            .into()
    });
}

#[test]
fn an_htlc_that_expires_before_its_onion_says_or_after_its_path_gets_nothing() {
    gets_nothing(|curve, scene, bought, _| {
        let htlc = Sent::all(bought).over(curve, &bought.invoice, 0);
        // The path is good up to height 900,000.
        [0, 1, EXPIRY - 1, 900_001, u32::MAX]
            .map(|expiry| {
                let expired = Htlc { expiry, ..htlc.clone() };
                (expired.claim(&mut scene.shop, &bought.receipt), FOREIGN)
            })
            .into()
    });
}

#[test]
fn parts_of_two_payments_never_make_up_one() {
    gets_nothing(|curve, scene, bought, other| {
        let half =
            |of: &Bought, session| Sent::part(of, AMOUNT / 2, session).over(curve, &of.invoice, 0);
        let (mine, others) = (half(bought, 1), half(other, 2));
        let mut claim = |part: &Htlc, receipt: &[u8]| part.claim(&mut scene.shop, receipt);
        vec![
            (claim(&mine, &bought.receipt), Outcome::Missing(AMOUNT / 2)),
            (claim(&others, &other.receipt), Outcome::Missing(AMOUNT / 2)),
            (claim(&others, &bought.receipt), FOREIGN),
            (claim(&mine, &other.receipt), FOREIGN),
        ]
    });
}

#[test]
fn parts_of_two_totals_never_make_up_one() {
    gets_nothing(|curve, scene, bought, _| {
        let mut claim = |amount, total, session| {
            let sent = Sent { total, ..Sent::part(bought, amount, session) };
            sent.over(curve, &bought.invoice, 0).claim(&mut scene.shop, &bought.receipt)
        };
        vec![
            (claim(9_000, 10_000, 1), Outcome::Missing(1_000)),
            (claim(9_000, 10_001, 2), Outcome::Missing(1_001)),
        ]
    });
}

#[test]
fn one_part_again_and_again_gets_nothing() {
    gets_nothing(|curve, scene, bought, _| {
        let part = Sent::part(bought, AMOUNT / 2, 1).over(curve, &bought.invoice, 0);
        let again =
            |_| (part.claim(&mut scene.shop, &bought.receipt), Outcome::Missing(AMOUNT / 2));
        (0..5).map(again).collect()
    });
}

#[test]
fn a_guessed_path_key_or_the_recipients_own_gets_nothing() {
    gets_nothing(|curve, scene, bought, _| {
        let htlc = Sent::all(bought).over(curve, &bought.invoice, 0);
        let known = [
            scene.relay.serialize(),
            scene.recipient.serialize(),
            scene.shop.node(),
            scene.payer_id(),
        ];
        let guess = |path_key| {
            let guess = Htlc { path_key, ..htlc.clone() };
            (guess.claim(&mut scene.shop, &bought.receipt), FOREIGN)
        };
        known.map(guess).into()
    });
}

#[test]
fn a_receipt_of_another_device_gets_nothing() {
    gets_nothing(|curve, scene, bought, _| {
        let mut theirs = htlc::open(curve);
        theirs.shop = Shop::of(OTHER_WORDS, Network::Regtest);
        let htlc = Sent::all(bought).over(curve, &bought.invoice, 0);
        let stranger = htlc.claim(&mut theirs.shop, &bought.receipt);
        let mut changed = bought.receipt.clone();
        changed[40] ^= 1;
        vec![
            (stranger, Outcome::Refused(NOT_OURS)),
            (htlc.claim(&mut scene.shop, &changed), Outcome::Refused(NOT_OURS)),
        ]
    });
}

#[test]
fn a_path_whose_money_stays_elsewhere_than_at_the_pinned_node_is_refused() {
    with_curve(|curve| {
        let mut scene = htlc::open(curve);
        let device = scene.shop.node();
        let request = scene.request(&Wish::default());
        let (id, said) = scene.hear(&scene.message(&request));
        assert_eq!(need(&said).amount_msat, AMOUNT);
        let [relay, paid] = htlc::hops(&scene);
        let thief = PaymentHop { node: Bytes(scene.payer_id()), ..paid };
        // The pinned node would pass the payment on to whoever has this channel with it.
        let passed_on = PaymentHop { short_channel_id: 666, ..paid };
        let pinned = scene.recipient.serialize();
        for (hops, end) in [
            // The thief before the device, nobody before it, and another end than the device.
            (&[relay, passed_on][..], device),
            (&[relay, thief], device),
            (&[paid, thief], device),
            (&[], device),
            (&[relay], pinned),
            (&[relay, paid], scene.payer_id()),
        ] {
            let refused = scene.shop.path(id, hops, recipient(end, &[])).unwrap();
            assert_eq!(code(&refused.expect("refused")), rule(40), "{hops:?}");
        }
        assert_eq!(scene.shop.path(id, &[relay, paid], recipient(device, &[])), Ok(None));
    });
}

#[test]
fn what_the_devices_own_hop_says_is_not_the_hosts_to_say() {
    with_curve(|curve| {
        let mut scene = htlc::open(curve);
        let device = scene.shop.node();
        let pin = PairRequest::Recipient {
            node: Bytes(scene.recipient.serialize()),
            receive_auth_key: Some(Bytes([5; 32])),
        };
        assert_eq!(scene.shop.call(&Request::Pair(pin)).reply(), Reply::Done);
        let request = scene.request(&Wish::default());
        let (id, said) = scene.hear(&scene.message(&request));
        assert_eq!(need(&said).amount_msat, AMOUNT);
        let hops = htlc::hops(&scene);
        let dictated = scene.shop.path(id, &hops, recipient(device, &[6, 1, 7])).unwrap();
        assert_eq!(code(&dictated.expect("refused")), UNREADABLE);
        let PathsRequest::Recipient { node, records, max_cltv_expiry, .. } = recipient(device, &[])
        else {
            unreachable!("it is one")
        };
        let sealed = PathsRequest::Recipient {
            node,
            records,
            seal: Seal::ReceiveAuth,
            min_final_cltv_expiry_delta: 18,
            max_cltv_expiry,
            htlc_minimum_msat: 1,
            htlc_maximum_msat: 10_000_000_000,
        };
        let refused = scene.shop.path(id, &hops, sealed).unwrap();
        assert_eq!(code(&refused.expect("refused")), UNREADABLE);
    });
}

#[test]
fn an_invoice_in_one_part_takes_none_that_is_smaller() {
    with_curve(|curve| {
        let mut scene = htlc::open(curve);
        scene.shop.set(&[(50, 0)]);
        let bought = htlc::buy(&mut scene, &Wish::default(), 1);
        let part = Sent::part(&bought, AMOUNT / 2, 1).over(curve, &bought.invoice, 0);
        assert_eq!(code(&part.claim(&mut scene.shop, &bought.receipt)), rule(72));
    });
}

#[test]
fn an_onion_in_the_wrong_order_or_of_another_length_gets_nothing() {
    with_curve(|curve| {
        let mut scene = htlc::open(curve);
        let bought = htlc::buy(&mut scene, &Wish::default(), 1);
        let Htlc { onion, path_key, .. } = Sent::all(&bought).over(curve, &bought.invoice, 0);
        let begin = Request::Claim(ClaimRequest::Onion {
            receipt: &bought.receipt,
            path_key: Bytes(path_key),
            amount_msat: AMOUNT,
            cltv_expiry: EXPIRY,
        });
        let end = Request::Claim(ClaimRequest::OnionEnd);
        let chunk = |offset, data| Request::Claim(ClaimRequest::OnionChunk(Chunk { offset, data }));
        let shop = &mut scene.shop;
        for loose in [&end, &chunk(0, &onion[..600])] {
            assert_eq!(code(&shop.call(loose)), NOT_OPEN);
        }
        let id = shop.id();
        shop.ask(id, &begin);
        assert_eq!(shop.say(id, &chunk(0, &onion[..600])), Ok(None));
        assert_eq!(code(&shop.ask(id, &end)), CHUNK_ORDER, "its end is missing");
        assert_eq!(code(&shop.ask(id, &end)), NOT_OPEN);
        shop.ask(id, &begin);
        assert_eq!(code(&shop.ask(id, &chunk(600, &onion[600..]))), CHUNK_ORDER, "a gap");
        shop.ask(id, &begin);
        assert_eq!(shop.say(id, &chunk(0, &onion[..600])), Ok(None));
        let longer = [&onion[600..], &[0]].concat();
        assert_eq!(code(&shop.ask(id, &chunk(600, &longer))), CHUNK_ORDER, "past the end");
        assert_eq!(code(&shop.ask(id, &super::END)), NOT_OPEN, "the end of another kind");
    });
}

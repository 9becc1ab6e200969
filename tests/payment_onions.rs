//! P2 under the onion rule: the device is the last hop behind the node that is paid, opens the
//! payment onions itself, and lets go of the preimage when all parts of a payment are there.

use countersign_crypto::sha256;
use countersign_link::{Reply, Request};
use countersign_tests::htlc::{self, AMOUNT, Sent};
use countersign_tests::onion::with_curve;
use countersign_tests::payer::Wish;
use countersign_tests::scene::{Bought, code};
use countersign_tests::shop::{Cut, PowerCut, Said, Shop};

/// Rule 71, as an error.
const EVIDENCE: u16 = 571;
/// The table of parts is full.
const FULL: u16 = 311;
/// Parts that the device holds, and the seconds for which it does.
const HELD_PARTS: u8 = 12;
const PART_SECONDS: u64 = 50;

fn is_preimage_of(said: &Said, bought: &Bought) {
    let Reply::Claimed { preimage } = said.reply() else { panic!("{:?}", said.reply()) };
    assert_eq!(sha256(&[preimage.reveal()]), bought.payment_hash);
}

fn missing(said: &Said) -> u64 {
    let Reply::PartClaimed { missing_msat } = said.reply() else { panic!("{:?}", said.reply()) };
    missing_msat
}

fn released(shop: &mut Shop) -> u64 {
    let said = shop.call(&Request::GetInfo);
    let Reply::Info(info) = said.reply() else { panic!("{said:?}") };
    info.released
}

#[test]
fn a_payment_in_one_part_gets_the_preimage() {
    with_curve(|curve| {
        let mut scene = htlc::open(curve);
        let bought = htlc::buy(&mut scene, &Wish::default(), 1);
        let htlc = Sent::all(&bought).over(curve, &bought.invoice, 0);
        is_preimage_of(&htlc.claim(&mut scene.shop, &bought.receipt), &bought);
    });
}

#[test]
fn parts_over_several_paths_are_collected_before_the_release() {
    with_curve(|curve| {
        let mut scene = htlc::open(curve);
        let bought = htlc::buy(&mut scene, &Wish::default(), 3);
        let parts = [(5_000, 0), (3_000, 1), (1_500, 2), (500, 0)];
        let mut session = 0;
        let mut left = AMOUNT;
        for (amount, path) in parts {
            session += 1;
            let part = Sent::part(&bought, amount, session).over(curve, &bought.invoice, path);
            let said = part.claim(&mut scene.shop, &bought.receipt);
            left -= amount;
            match left {
                0 => is_preimage_of(&said, &bought),
                left => assert_eq!(missing(&said), left),
            }
        }
    });
}

#[test]
fn the_same_part_again_counts_once() {
    with_curve(|curve| {
        let mut scene = htlc::open(curve);
        let bought = htlc::buy(&mut scene, &Wish::default(), 1);
        let half = Sent::part(&bought, AMOUNT / 2, 1).over(curve, &bought.invoice, 0);
        for _ in 0..4 {
            assert_eq!(missing(&half.claim(&mut scene.shop, &bought.receipt)), AMOUNT / 2);
        }
    });
}

#[test]
fn the_same_claim_gets_the_same_bytes_and_is_counted_once() {
    with_curve(|curve| {
        let mut scene = htlc::open(curve);
        let bought = htlc::buy(&mut scene, &Wish::default(), 1);
        let before = released(&mut scene.shop);
        let parts = [1, 2].map(|session| {
            Sent::part(&bought, AMOUNT / 2, session).over(curve, &bought.invoice, 0)
        });
        assert_eq!(missing(&parts[0].claim(&mut scene.shop, &bought.receipt)), AMOUNT / 2);
        let claimed = parts[1].claim(&mut scene.shop, &bought.receipt);
        is_preimage_of(&claimed, &bought);
        for part in parts.iter().chain(&parts) {
            scene.shop.hello();
            assert_eq!(part.claim(&mut scene.shop, &bought.receipt), claimed);
        }
        assert_eq!(released(&mut scene.shop), before + 1);
    });
}

#[test]
fn after_a_loss_of_power_the_parts_are_handed_in_again() {
    with_curve(|curve| {
        let mut scene = htlc::open(curve);
        let bought = htlc::buy(&mut scene, &Wish::default(), 1);
        let parts = [1, 2].map(|session| {
            Sent::part(&bought, AMOUNT / 2, session).over(curve, &bought.invoice, 0)
        });
        let mut claimed = None;
        // Once between the parts, once after the release.
        for _ in 0..2 {
            assert_eq!(missing(&parts[0].claim(&mut scene.shop, &bought.receipt)), AMOUNT / 2);
            scene.shop = scene.shop.reboot();
            assert_eq!(missing(&parts[1].claim(&mut scene.shop, &bought.receipt)), AMOUNT / 2);
            let said = parts[0].claim(&mut scene.shop, &bought.receipt);
            is_preimage_of(&said, &bought);
            assert_eq!(*claimed.get_or_insert_with(|| said.clone()), said);
            scene.shop = scene.shop.reboot();
        }
    });
}

#[test]
fn power_that_fails_around_a_release_loses_no_count() {
    with_curve(|curve| {
        // The fourth output is the end's, which is stored; the preimage is the fifth.
        let cuts = [Cut::BeforeStore, Cut::AfterStore];
        for (cut, outputs) in cuts.into_iter().flat_map(|cut| [(cut, 3), (cut, 4)]) {
            let mut scene = htlc::open(curve);
            scene.shop.set(&[(30, 20_000), (32, 0)]);
            let bought = htlc::buy(&mut scene, &Wish::default(), 1);
            let before = released(&mut scene.shop);
            let htlc = Sent::all(&bought).over(curve, &bought.invoice, 0);
            scene.shop.power = Some((outputs, cut));
            let outcome = htlc.try_claim(&mut scene.shop, &bought.receipt);
            assert!(matches!(outcome, Ok(_) | Err(PowerCut)));
            let was_released = outcome.is_ok();
            scene.shop = scene.shop.reboot();
            assert!(released(&mut scene.shop) >= before + u64::from(was_released), "{cut:?}");
            is_preimage_of(&htlc.claim(&mut scene.shop, &bought.receipt), &bought);
        }
    });
}

#[test]
fn parts_that_wait_too_long_are_forgotten_together() {
    with_curve(|curve| {
        let mut scene = htlc::open(curve);
        let bought = htlc::buy(&mut scene, &Wish::default(), 1);
        let parts = [1, 2, 3]
            .map(|session| Sent::part(&bought, 4_000, session).over(curve, &bought.invoice, 0));
        assert_eq!(missing(&parts[0].claim(&mut scene.shop, &bought.receipt)), 6_000);
        scene.shop.uptime += PART_SECONDS - 1;
        assert_eq!(missing(&parts[1].claim(&mut scene.shop, &bought.receipt)), 2_000);
        scene.shop.uptime += 1;
        let last = parts[2].claim(&mut scene.shop, &bought.receipt);
        assert_eq!(missing(&last), 6_000, "the node has given the others back by now");
    });
}

#[test]
fn the_table_of_parts_is_bounded_and_a_whole_payment_needs_no_place_in_it() {
    with_curve(|curve| {
        let mut scene = htlc::open(curve);
        let bought = htlc::buy(&mut scene, &Wish::default(), 1);
        let part = |session| Sent::part(&bought, 100, session).over(curve, &bought.invoice, 0);
        for session in 1..=HELD_PARTS {
            let said = part(session).claim(&mut scene.shop, &bought.receipt);
            assert_eq!(missing(&said), AMOUNT - 100 * u64::from(session));
        }
        let one_more = part(HELD_PARTS + 1).claim(&mut scene.shop, &bought.receipt);
        assert_eq!(code(&one_more), FULL);
        let wish = Wish { metadata: &[9; 16], ..Wish::default() };
        let other = htlc::buy(&mut scene, &wish, 1);
        let whole = Sent::all(&other).over(curve, &other.invoice, 0);
        is_preimage_of(&whole.claim(&mut scene.shop, &other.receipt), &other);
        scene.shop.uptime += PART_SECONDS;
        let said = part(HELD_PARTS + 1).claim(&mut scene.shop, &bought.receipt);
        assert_eq!(missing(&said), AMOUNT - 100, "time has made room");
    });
}

#[test]
fn a_payer_may_send_up_to_twice_the_amount_and_other_totals_are_other_claims() {
    with_curve(|curve| {
        let mut scene = htlc::open(curve);
        let bought = htlc::buy(&mut scene, &Wish::default(), 1);
        let sent = |amount, total, session| {
            let sent = Sent { total, ..Sent::part(&bought, amount, session) };
            sent.over(curve, &bought.invoice, 0)
        };
        let parts = [sent(12_000, 20_000, 1), sent(8_000, 20_000, 2)];
        assert_eq!(missing(&parts[0].claim(&mut scene.shop, &bought.receipt)), 8_000);
        is_preimage_of(&parts[1].claim(&mut scene.shop, &bought.receipt), &bought);
        let other = sent(10_000, 10_000, 3).claim(&mut scene.shop, &bought.receipt);
        assert_eq!(code(&other), EVIDENCE, "other facts for a released hash");
    });
}

//! Each limit at the limit and one past it.
#![expect(
    clippy::unwrap_used,
    clippy::tests_outside_test_module,
    reason = "an integration test is a test from its first line"
)]

use std::sync::LazyLock;

use countersign_policy::Match::{Different, Same};
use countersign_policy::{
    Epoch, Judgement, Limits, Listing, OfferFacts, Origin, Parts, PathFacts, PathsFacts, Recipient,
    RequestFacts, Revocation, Rule, Rules, Uptime, Verdict, Windows, judge_path, judge_paths,
    judge_request,
};
use countersign_units::{Msat, UnixTime};

const NOW: UnixTime = UnixTime(1_700_000_000);
static WINDOWS: LazyLock<Windows> = LazyLock::new(Windows::default);

fn msat(amount: u64) -> Msat {
    Msat::new(amount).unwrap()
}

fn rules(settings: &[(Rule, Option<u64>)]) -> Rules {
    let mut limits = Limits::default();
    for (rule, value) in settings {
        limits.set(*rule, *value).unwrap();
    }
    Rules::new(limits).unwrap()
}

fn standing() -> OfferFacts {
    OfferFacts { epoch: Epoch::Current, revocation: Revocation::Standing, expiry: None }
}

fn request() -> RequestFacts<'static> {
    RequestFacts {
        chain: Same,
        origin: Origin::Offer(standing()),
        amount: msat(1_000),
        expected: Some(msat(1_000)),
        quantity: None,
        payer_note: None,
        windows: &WINDOWS,
        now: NOW,
        uptime: Uptime(0),
    }
}

fn of_offer(offer: OfferFacts) -> RequestFacts<'static> {
    RequestFacts { origin: Origin::Offer(offer), ..request() }
}

fn amount(amount: u64, expected: Option<u64>) -> RequestFacts<'static> {
    RequestFacts { amount: msat(amount), expected: expected.map(msat), ..request() }
}

#[track_caller]
fn judged(rules: &Rules, facts: &RequestFacts<'_>, verdict: Verdict) {
    assert_eq!(judge_request(rules, facts), Judgement { verdict, alarm: None });
}

#[test]
fn an_ordinary_request_is_signed() {
    judged(&Rules::default(), &request(), Verdict::Sign);
}

#[test]
fn a_request_for_another_network_is_refused() {
    let facts = RequestFacts { chain: Different, ..request() };
    judged(&Rules::default(), &facts, Verdict::Refuse(Rule::Network));
}

#[test]
fn an_offer_of_an_earlier_epoch_is_answered_only_where_all_are() {
    let earlier = of_offer(OfferFacts { epoch: Epoch::Earlier, ..standing() });
    let refused = Verdict::Refuse(Rule::OffersAllowed);
    judged(&rules(&[(Rule::OffersAllowed, Some(0))]), &request(), refused);
    judged(&rules(&[(Rule::OffersAllowed, Some(1))]), &request(), Verdict::Sign);
    judged(&rules(&[(Rule::OffersAllowed, Some(1))]), &earlier, refused);
    judged(&rules(&[(Rule::OffersAllowed, Some(2))]), &earlier, Verdict::Sign);
}

#[test]
fn a_revoked_offer_is_refused_even_where_all_are_allowed() {
    let revoked = of_offer(OfferFacts { revocation: Revocation::Revoked, ..standing() });
    let all = rules(&[(Rule::OffersAllowed, Some(2))]);
    judged(&all, &revoked, Verdict::Refuse(Rule::OfferRevoked));
}

#[test]
fn an_offer_is_answered_up_to_its_expiry() {
    let at = |expiry| of_offer(OfferFacts { expiry: Some(UnixTime(expiry)), ..standing() });
    judged(&Rules::default(), &at(NOW.0), Verdict::Sign);
    judged(&Rules::default(), &at(NOW.0 - 1), Verdict::Refuse(Rule::OfferExpired));
}

#[test]
fn a_refund_of_somebody_is_asked_or_refused_and_never_just_signed() {
    let refund = RequestFacts { origin: Origin::Refund, expected: None, ..request() };
    judged(&Rules::default(), &refund, Verdict::Ask(Rule::WithoutOffer));
    let refuse = rules(&[(Rule::WithoutOffer, Some(0))]);
    judged(&refuse, &refund, Verdict::Refuse(Rule::WithoutOffer));
}

#[test]
fn the_quantity_is_capped() {
    let cap = rules(&[(Rule::Quantity, Some(10))]);
    let of = |quantity| RequestFacts { quantity: Some(quantity), ..request() };
    judged(&cap, &of(10), Verdict::Sign);
    judged(&cap, &of(11), Verdict::Refuse(Rule::Quantity));
    judged(&Rules::default(), &of(u64::MAX), Verdict::Sign);
}

#[test]
fn a_payers_note_is_allowed_asked_or_refused() {
    let note = |length| RequestFacts { payer_note: Some(length), ..request() };
    judged(&Rules::default(), &note(512), Verdict::Sign);
    judged(&Rules::default(), &note(513), Verdict::Refuse(Rule::PayerNoteLength));
    let ask = rules(&[(Rule::PayerNote, Some(1))]);
    judged(&ask, &note(0), Verdict::Ask(Rule::PayerNote));
    judged(&ask, &note(513), Verdict::Refuse(Rule::PayerNoteLength));
    let refuse = rules(&[(Rule::PayerNote, Some(0))]);
    judged(&refuse, &note(0), Verdict::Refuse(Rule::PayerNote));
    judged(&refuse, &request(), Verdict::Sign);
}

#[test]
fn less_than_the_price_is_refused() {
    judged(&Rules::default(), &amount(1_000, Some(1_000)), Verdict::Sign);
    judged(&Rules::default(), &amount(999, Some(1_000)), Verdict::Refuse(Rule::Underpaid));
}

#[test]
fn much_more_than_the_price_is_refused() {
    judged(&Rules::default(), &amount(2_000, Some(1_000)), Verdict::Sign);
    judged(&Rules::default(), &amount(2_001, Some(1_000)), Verdict::Refuse(Rule::Overpaid));
    judged(&rules(&[(Rule::Overpaid, None)]), &amount(2_001, Some(1_000)), Verdict::Sign);
    judged(&Rules::default(), &amount(2_001, None), Verdict::Sign);
}

#[test]
fn the_largest_amounts_are_asked_and_refused() {
    let ask = Verdict::Ask(Rule::LargestUnattended);
    judged(&Rules::default(), &amount(1_000_000_000, None), Verdict::Sign);
    judged(&Rules::default(), &amount(1_000_000_001, None), ask);
    judged(&Rules::default(), &amount(10_000_000_000, None), ask);
    let refused = Verdict::Refuse(Rule::LargestAtAll);
    judged(&Rules::default(), &amount(10_000_000_001, None), refused);
    judged(&Rules::default(), &amount(0, None), Verdict::Refuse(Rule::ZeroAmount));
}

#[test]
fn of_several_broken_rules_the_smallest_number_is_named() {
    let facts = RequestFacts { quantity: Some(11), ..amount(10_000_000_001, Some(1)) };
    let cap = rules(&[(Rule::Quantity, Some(10))]);
    judged(&cap, &facts, Verdict::Refuse(Rule::Quantity));
}

fn path() -> PathFacts {
    PathFacts {
        recipient: Recipient::Pinned,
        introduction_node: Listing::Listed,
        hops: 2,
        amount: msat(100_000),
        fee_base_msat: 1_000,
        fee_proportional_millionths: 100,
        cltv_expiry_delta: 80,
        htlc_minimum_msat: 100_000,
        htlc_maximum_msat: 100_000,
        parts: Parts::Single,
    }
}

#[track_caller]
fn judged_path(rules: &Rules, facts: &PathFacts, verdict: Verdict) {
    assert_eq!(judge_path(rules, facts), verdict);
}

#[test]
fn a_path_ends_at_the_pinned_recipient() {
    judged_path(&Rules::default(), &path(), Verdict::Sign);
    for recipient in [Recipient::Other, Recipient::NonePinned] {
        let facts = PathFacts { recipient, ..path() };
        judged_path(&Rules::default(), &facts, Verdict::Refuse(Rule::Recipient));
    }
}

#[test]
fn a_path_starts_at_a_listed_node_unless_any_will_do() {
    let facts = PathFacts { introduction_node: Listing::Unlisted, ..path() };
    judged_path(&Rules::default(), &facts, Verdict::Refuse(Rule::IntroductionNode));
    judged_path(&rules(&[(Rule::IntroductionNode, Some(1))]), &facts, Verdict::Sign);
}

#[test]
fn what_a_path_charges_is_capped() {
    let of = |fee_base_msat, fee_proportional_millionths| PathFacts {
        fee_base_msat,
        fee_proportional_millionths,
        ..path()
    };
    judged_path(&Rules::default(), &of(10_000, 50_000), Verdict::Sign);
    judged_path(&Rules::default(), &of(10_001, 0), Verdict::Refuse(Rule::FeeBase));
    judged_path(&Rules::default(), &of(0, 50_001), Verdict::Refuse(Rule::FeeProportional));

    // A tenth of 100,000 msat, half of it each way.
    let tenth = rules(&[(Rule::FeeShare, Some(100_000))]);
    judged_path(&tenth, &of(5_000, 50_000), Verdict::Sign);
    judged_path(&tenth, &of(5_001, 50_000), Verdict::Refuse(Rule::FeeShare));
    judged_path(&tenth, &of(5_001, 49_990), Verdict::Sign);
}

#[test]
fn how_long_a_path_may_hold_the_money_is_capped() {
    let of = |cltv_expiry_delta| PathFacts { cltv_expiry_delta, ..path() };
    judged_path(&Rules::default(), &of(504), Verdict::Sign);
    judged_path(&Rules::default(), &of(505), Verdict::Refuse(Rule::CltvDelta));
}

#[test]
fn a_path_carries_the_amount() {
    let of = |htlc_minimum_msat, htlc_maximum_msat, parts| PathFacts {
        htlc_minimum_msat,
        htlc_maximum_msat,
        parts,
        ..path()
    };
    let (single, several) = (Parts::Single, Parts::Several);
    let too_small = Verdict::Refuse(Rule::HtlcMaximum);
    judged_path(&Rules::default(), &of(100_000, 100_000, single), Verdict::Sign);
    let refused = Verdict::Refuse(Rule::HtlcMinimum);
    judged_path(&Rules::default(), &of(100_001, u64::MAX, single), refused);
    judged_path(&Rules::default(), &of(0, 99_999, single), too_small);
    judged_path(&Rules::default(), &of(0, 99_999, several), Verdict::Sign);
    judged_path(&Rules::default(), &of(0, 0, several), too_small);
}

#[test]
fn a_path_has_from_two_hops_to_the_limit_under_the_path_key_rule() {
    let of = |hops| PathFacts { hops, ..path() };
    judged_path(&Rules::default(), &of(8), Verdict::Sign);
    judged_path(&Rules::default(), &of(9), Verdict::Refuse(Rule::Hops));
    judged_path(&Rules::default(), &of(1), Verdict::Refuse(Rule::OneHopPath));
    let facts = rules(&[(Rule::Release, Some(2))]);
    judged_path(&facts, &of(1), Verdict::Sign);
    judged_path(&facts, &of(0), Verdict::Refuse(Rule::Hops));
}

#[test]
fn the_paths_of_an_invoice_are_counted_and_carry_the_amount_together() {
    let of = |count, parts, htlc_maximum_total_msat| PathsFacts {
        count,
        parts,
        amount: msat(100_000),
        htlc_maximum_total_msat,
    };
    let (single, several) = (Parts::Single, Parts::Several);
    let multipart = rules(&[(Rule::Multipart, Some(1))]);
    let judge = |facts| judge_paths(&Rules::default(), &facts);
    assert_eq!(judge(of(4, single, 400_000)), Verdict::Sign);
    assert_eq!(judge(of(5, single, 500_000)), Verdict::Refuse(Rule::Paths));
    assert_eq!(judge(of(0, single, u64::MAX)), Verdict::Refuse(Rule::Paths));
    assert_eq!(judge(of(2, single, 99_999)), Verdict::Refuse(Rule::HtlcMaximum));
    assert_eq!(judge(of(2, several, 100_000)), Verdict::Refuse(Rule::Multipart));
    assert_eq!(judge_paths(&multipart, &of(2, several, 100_000)), Verdict::Sign);
}

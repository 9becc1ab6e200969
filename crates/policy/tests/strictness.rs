//! A stricter rule never allows more.
#![expect(
    clippy::unwrap_used,
    clippy::tests_outside_test_module,
    reason = "an integration test is a test from its first line"
)]

use countersign_policy::{
    ClaimFacts, Clock, Currency, Epoch, Evidence, Limits, Listing, Match, OfferFacts, Origin,
    Parts, PathFacts, PathsFacts, PayoutFacts, RateFacts, Recipient, RequestFacts, Revocation,
    Rule, Rules, TimeVerdict, Uptime, Verdict, Windows, judge_claim, judge_path, judge_paths,
    judge_payout, judge_rate, judge_request, judge_time,
};
use countersign_units::{Msat, UnixTime};
use proptest::prelude::*;

/// Rules of which a smaller number is stricter, and "off" the loosest of all.
const SMALLER_IS_STRICTER: [Rule; 23] = [
    Rule::OffersAllowed,
    Rule::WithoutOffer,
    Rule::Quantity,
    Rule::PayerNote,
    Rule::PayerNoteLength,
    Rule::Overpaid,
    Rule::LargestUnattended,
    Rule::LargestAtAll,
    Rule::RateTolerance,
    Rule::RateAge,
    Rule::PaidWindow,
    Rule::PaidWindowAction,
    Rule::UnpaidWindow,
    Rule::IntroductionNode,
    Rule::FeeBase,
    Rule::FeeProportional,
    Rule::FeeShare,
    Rule::CltvDelta,
    Rule::Paths,
    Rule::Hops,
    Rule::Multipart,
    Rule::ClockBack,
    Rule::LargestPayout,
];

fn strictness(verdict: Verdict) -> u8 {
    match verdict {
        Verdict::Sign => 0,
        Verdict::Ask(_) => 1,
        Verdict::Refuse(_) => 2,
    }
}

/// Numbers near each other, so that facts fall on both sides of a limit.
fn small() -> impl Strategy<Value = u64> {
    prop_oneof![0..12_u64, 0..3_000_u64]
}

fn amount() -> impl Strategy<Value = Msat> {
    small().prop_map(|amount| Msat::new(amount).unwrap())
}

fn same() -> impl Strategy<Value = Match> {
    prop_oneof![9 => Just(Match::Same), 1 => Just(Match::Different)]
}

prop_compose! {
    fn request()(
        chain in same(),
        origin in prop_oneof![
            8 => (any::<bool>(), any::<bool>(), prop::option::of(0..100_u64)).prop_map(
                |(current, standing, expiry)| Origin::Offer(OfferFacts {
                    epoch: if current { Epoch::Current } else { Epoch::Earlier },
                    revocation: if standing { Revocation::Standing } else { Revocation::Revoked },
                    expiry: expiry.map(UnixTime),
                })
            ),
            1 => Just(Origin::Refund),
        ],
        amount in amount(),
        expected in prop::option::of(amount()),
        quantity in prop::option::of(0..12_u64),
        payer_note in prop::option::of(0..12_usize),
        now in 0..100_u64,
        uptime in 0..100_u64,
    ) -> RequestFacts<'static> {
        static WINDOWS: std::sync::OnceLock<Windows> = std::sync::OnceLock::new();
        RequestFacts {
            chain, origin, amount, expected, quantity, payer_note,
            windows: WINDOWS.get_or_init(Windows::default),
            now: UnixTime(now),
            uptime: Uptime(uptime),
        }
    }
}

prop_compose! {
    fn path()(
        pinned in prop_oneof![9 => Just(Recipient::Pinned), 1 => Just(Recipient::Other)],
        listed in any::<bool>(),
        hops in 0..10_u8,
        amount in amount(),
        fee_base in small(),
        fee_proportional in small(),
        delta in small(),
        htlc_minimum_msat in 0..20_u64,
        htlc_maximum_msat in small(),
        single in any::<bool>(),
    ) -> PathFacts {
        PathFacts {
            recipient: pinned,
            introduction_node: if listed { Listing::Listed } else { Listing::Unlisted },
            hops,
            amount,
            fee_base_msat: fee_base.try_into().unwrap(),
            fee_proportional_millionths: fee_proportional.try_into().unwrap(),
            cltv_expiry_delta: delta.try_into().unwrap(),
            htlc_minimum_msat,
            htlc_maximum_msat,
            parts: if single { Parts::Single } else { Parts::Several },
        }
    }
}

fn evidence() -> impl Strategy<Value = Evidence> {
    prop_oneof![
        same().prop_map(Evidence::PathKey),
        (same(), same(), amount()).prop_map(|(context, expiry, received)| Evidence::Facts {
            context,
            expiry,
            received
        }),
        (same(), same(), amount(), amount()).prop_map(|(path_id, expiry, received, total)| {
            Evidence::Onion { path_id, expiry, received, total }
        }),
    ]
}

prop_compose! {
    fn rate()(
        euros in prop_oneof![9 => Just(*b"EUR"), 1 => Just(*b"USD")],
        claimed_rate in prop::option::of(0..3_000_000_u64),
        now in 0..3_000_u64,
    ) -> RateFacts {
        RateFacts { currency: Currency::new(euros).unwrap(), claimed_rate, now: UnixTime(now) }
    }
}

/// The verdict of every judge about facts that concern it.
#[derive(Clone, Debug)]
struct Case {
    request: RequestFacts<'static>,
    path: PathFacts,
    paths: PathsFacts,
    claim: ClaimFacts,
    rate: RateFacts,
    time: (u64, u64),
}

prop_compose! {
    fn case()(
        request in request(),
        path in path(),
        count in 0..6_u8,
        total in small(),
        evidence in evidence(),
        invoice in same(),
        rate in rate(),
        time in (0..3_000_u64, 0..3_000_u64),
    ) -> Case {
        let paths = PathsFacts {
            count,
            parts: path.parts,
            amount: path.amount,
            htlc_maximum_total_msat: total,
        };
        let claim = ClaimFacts { invoice, owed: path.amount, evidence };
        Case { request, path, paths, claim, rate, time }
    }
}

impl Case {
    fn judge(&self, rules: &Rules) -> [u8; 7] {
        let payout = PayoutFacts { chain: self.request.chain, amount: self.request.amount };
        let mut windows = Windows::default();
        windows.invoice_paid(rules, self.path.amount, Uptime(0));
        let request = RequestFacts { windows: &windows, ..self.request.clone() };
        let clock = Clock::confirmed(UnixTime(1_000), Uptime(0));
        let (claim, uptime) = self.time;
        let time = match judge_time(rules, Some(&clock), UnixTime(claim), Uptime(uptime)) {
            TimeVerdict::Hold(_) => 0,
            TimeVerdict::Ask(_) => 1,
        };
        [
            strictness(judge_request(rules, &request).verdict),
            strictness(judge_path(rules, &self.path)),
            strictness(judge_paths(rules, &self.paths)),
            strictness(judge_claim(rules, &self.claim)),
            strictness(judge_payout(rules, &payout)),
            u8::from(judge_rate(rules, &self.rate).is_err()),
            time,
        ]
    }
}

/// Rules that small numbers collide with.
fn close_rules() -> impl Strategy<Value = Limits> {
    let setting = (prop::sample::select(&SMALLER_IS_STRICTER[..]), prop::option::of(small()));
    prop::collection::vec(setting, 0..30).prop_map(|settings| {
        let mut limits = Limits::default();
        limits.fiat.currency = Currency::new(*b"EUR");
        limits.fiat.msat_per_million = 1_000_000;
        for (rule, value) in settings {
            let mut next = limits.clone();
            if next.set(rule, value).is_ok() && Rules::new(next.clone()).is_ok() {
                limits = next;
            }
        }
        limits
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(20_000))]

    #[test]
    fn a_stricter_rule_never_allows_more(
        loose in close_rules(),
        rule in prop::sample::select(&SMALLER_IS_STRICTER[..]),
        value in small(),
        case in case(),
    ) {
        let mut strict = loose.clone();
        let stricter = loose.get(rule).is_none_or(|old| value < old);
        let set = strict.set(rule, Some(value));
        let (true, Ok(()), Ok(strict)) = (stricter, set, Rules::new(strict)) else { return Ok(()) };
        let loose = Rules::new(loose).unwrap();
        for (loose, strict) in case.judge(&loose).into_iter().zip(case.judge(&strict)) {
            prop_assert!(strict >= loose, "{rule}");
        }
    }
}

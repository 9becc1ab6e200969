//! Rules without contradictions.

use core::fmt;

use countersign_units::Msat;

use crate::Rule;
use crate::limits::{
    AmountLimits, ClockLimits, Disclosure, FiatLimits, Limits, OfferLimits, OffersAllowed,
    PathLimits, PromptScreen, ReleaseRule, Window, WindowLimits,
};

/// A [`Limits`] that makes sense as a whole. The judges take nothing else.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Rules(Limits);

impl Rules {
    /// Takes `limits` when none of them is out of range and no two contradict each other.
    ///
    /// # Errors
    ///
    /// The first rule that cannot hold.
    pub fn new(limits: Limits) -> Result<Self, RuleError> {
        check(&limits)?;
        Ok(Self(limits))
    }

    /// What is set.
    #[must_use]
    pub const fn limits(&self) -> &Limits {
        &self.0
    }
}

/// Why a set of rules was not taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RuleError {
    /// The rule that cannot hold.
    pub rule: Rule,
    /// What is wrong with it.
    pub why: Why,
}

/// What is wrong with a rule.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Why {
    /// It always holds; there is nothing to set.
    Fixed,
    /// The number does not say anything for this rule.
    Unreadable,
    /// It is too small, too large or zero.
    OutOfRange,
    /// It contradicts the other rule.
    Contradicts(Rule),
}

impl fmt::Display for RuleError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} ", self.rule)?;
        match self.why {
            Why::Fixed => f.write_str("always holds"),
            Why::Unreadable => f.write_str("cannot be set to that"),
            Why::OutOfRange => f.write_str("is out of range"),
            Why::Contradicts(other) => write!(f, "contradicts {other}"),
        }
    }
}

impl core::error::Error for RuleError {}

const ONE_MILLION: u32 = 1_000_000;

fn check(limits: &Limits) -> Result<(), RuleError> {
    let Limits { offers, amounts, fiat, windows, paths, clock, release, disclosure, prompts } =
        limits;
    check_offers(offers)?;
    check_amounts(amounts)?;
    check_fiat(fiat)?;
    let WindowLimits { paid, when_paid_full: _, unpaid } = windows;
    check_window(paid, Msat::MAX.get(), [Rule::PaidWindow, Rule::PaidWindowPeriod])?;
    check_window(unpaid, u32::MAX.into(), [Rule::UnpaidWindow, Rule::UnpaidWindowPeriod])?;
    check_paths(paths)?;
    let ClockLimits { back: _, ahead: _ } = clock;
    match (disclosure, prompts) {
        (
            Disclosure::Nothing | Disclosure::Summary | Disclosure::Everything,
            PromptScreen::Device | PromptScreen::HostTerminal,
        ) => {}
    }
    match release {
        ReleaseRule::PathKey if paths.hops < 2 => contradiction(Rule::Hops, Rule::Release),
        ReleaseRule::PathKey | ReleaseRule::Facts | ReleaseRule::Onion => Ok(()),
    }
}

fn check_offers(offers: &OfferLimits) -> Result<(), RuleError> {
    let OfferLimits { allowed, without_offer: _, quantity, payer_note: _, payer_note_length: _ } =
        offers;
    match allowed {
        OffersAllowed::None | OffersAllowed::CurrentEpoch | OffersAllowed::All => {}
    }
    (*quantity != Some(0)).then_some(()).ok_or(out_of_range(Rule::Quantity))
}

fn check_amounts(amounts: &AmountLimits) -> Result<(), RuleError> {
    let AmountLimits { overpaid_percent, largest_unattended, largest_at_all, largest_payout: _ } =
        amounts;
    overpaid_percent
        .is_none_or(|percent| percent >= 100)
        .then_some(())
        .ok_or(out_of_range(Rule::Overpaid))?;
    (!largest_at_all.is_zero()).then_some(()).ok_or(out_of_range(Rule::LargestAtAll))?;
    if largest_unattended > largest_at_all {
        return contradiction(Rule::LargestUnattended, Rule::LargestAtAll);
    }
    Ok(())
}

fn check_fiat(fiat: &FiatLimits) -> Result<(), RuleError> {
    let FiatLimits { currency, msat_per_million, tolerance_ppm, max_age: _, set_at: _ } = fiat;
    (*tolerance_ppm < ONE_MILLION).then_some(()).ok_or(out_of_range(Rule::RateTolerance))?;
    if currency.is_some() && *msat_per_million == 0 {
        return contradiction(Rule::Rate, Rule::Currency);
    }
    Ok(())
}

fn check_window(window: &Window, most: u64, rules: [Rule; 2]) -> Result<(), RuleError> {
    let [amount, period] = rules;
    window
        .most
        .is_none_or(|set| set > 0 && set <= most)
        .then_some(())
        .ok_or(out_of_range(amount))?;
    (window.period.0 > 0).then_some(()).ok_or(out_of_range(period))
}

fn check_paths(paths: &PathLimits) -> Result<(), RuleError> {
    let PathLimits {
        introduction_nodes: _,
        fee_base: _,
        fee_proportional_ppm,
        fee_share_ppm,
        cltv_delta: _,
        count,
        hops,
        multipart: _,
    } = paths;
    (*fee_proportional_ppm <= ONE_MILLION)
        .then_some(())
        .ok_or(out_of_range(Rule::FeeProportional))?;
    fee_share_ppm
        .is_none_or(|share| share <= ONE_MILLION)
        .then_some(())
        .ok_or(out_of_range(Rule::FeeShare))?;
    (1..=PathLimits::MAX_COUNT).contains(count).then_some(()).ok_or(out_of_range(Rule::Paths))?;
    (1..=PathLimits::MAX_HOPS).contains(hops).then_some(()).ok_or(out_of_range(Rule::Hops))
}

const fn out_of_range(rule: Rule) -> RuleError {
    RuleError { rule, why: Why::OutOfRange }
}

const fn contradiction(rule: Rule, other: Rule) -> Result<(), RuleError> {
    Err(RuleError { rule, why: Why::Contradicts(other) })
}

#[cfg(test)]
pub(crate) mod tests {
    extern crate alloc;

    use alloc::vec::Vec;

    use countersign_units::Msat;
    use proptest::prelude::*;

    use super::{RuleError, Rules, Why};
    use crate::{Limits, Rule, Unit};

    /// Sensible numbers of every size, "off" among them.
    fn any_value(rule: Rule) -> BoxedStrategy<Option<u64>> {
        match rule.unit().unwrap() {
            Unit::Choice => (0..3_u64).prop_map(Some).boxed(),
            Unit::Msat => prop_oneof![0..2_000_u64, 0..=Msat::MAX.get()].prop_map(Some).boxed(),
            Unit::Count | Unit::Bytes | Unit::Blocks => (0..12_u64).prop_map(Some).boxed(),
            Unit::Seconds | Unit::Moment | Unit::MsatPerMillion => {
                prop_oneof![0..100_u64, 0..=u64::from(u32::MAX)].prop_map(Some).boxed()
            }
            Unit::PerCent => prop_oneof![Just(None), (90..400_u64).prop_map(Some)].boxed(),
            Unit::PerMillion => (0..1_200_000_u64).prop_map(Some).boxed(),
            Unit::Letters => prop_oneof![Just(None), Just(Some(0x45_55_52))].boxed(),
        }
    }

    /// A rule that can be set, and a number for it.
    pub(crate) fn any_setting() -> impl Strategy<Value = (Rule, Option<u64>)> {
        let settable: Vec<Rule> =
            Rule::ALL.into_iter().filter(|rule| rule.unit().is_some()).collect();
        prop::sample::select(settable)
            .prop_flat_map(|rule| (Just(rule), prop_oneof![any_value(rule), Just(None)]))
    }

    /// Limits that [`Rules::new`] takes, built one accepted setting at a time.
    pub(crate) fn any_limits() -> impl Strategy<Value = Limits> {
        prop::collection::vec(any_setting(), 0..60).prop_map(|settings| {
            let mut limits = Limits::default();
            for (rule, value) in settings {
                let mut next = limits.clone();
                if next.set(rule, value).is_ok() && Rules::new(next.clone()).is_ok() {
                    limits = next;
                }
            }
            limits
        })
    }

    fn set(rule: Rule, value: Option<u64>) -> Result<Rules, RuleError> {
        let mut limits = Limits::default();
        limits.set(rule, value)?;
        Rules::new(limits)
    }

    #[test]
    fn the_defaults_do_not_contradict_each_other() {
        assert_eq!(Rules::new(Limits::default()), Ok(Rules::default()));
    }

    #[test]
    fn every_range_ends_where_the_document_says() {
        let ranges = [
            (Rule::Quantity, 1, u64::MAX),
            (Rule::PayerNoteLength, 0, 65_535),
            (Rule::Overpaid, 100, u32::MAX.into()),
            (Rule::LargestUnattended, 0, 10_000_000_000),
            (Rule::LargestPayout, 0, Msat::MAX.get()),
            (Rule::RateTolerance, 0, 999_999),
            (Rule::PaidWindow, 1, Msat::MAX.get()),
            (Rule::PaidWindowPeriod, 1, u32::MAX.into()),
            (Rule::UnpaidWindow, 1, u32::MAX.into()),
            (Rule::UnpaidWindowPeriod, 1, u32::MAX.into()),
            (Rule::FeeBase, 0, Msat::MAX.get()),
            (Rule::FeeProportional, 0, 1_000_000),
            (Rule::FeeShare, 0, 1_000_000),
            (Rule::CltvDelta, 0, 65_535),
            (Rule::Paths, 1, 4),
            (Rule::Hops, 2, 8),
            (Rule::ClockBack, 0, u32::MAX.into()),
            (Rule::ClockAhead, 0, u32::MAX.into()),
        ];
        for (rule, least, most) in ranges {
            assert!(set(rule, Some(least)).is_ok(), "{rule} at {least}");
            assert!(set(rule, Some(most)).is_ok(), "{rule} at {most}");
            if let Some(below) = least.checked_sub(1) {
                assert_eq!(set(rule, Some(below)).unwrap_err().rule, rule, "{rule} at {below}");
            }
            if let Some(above) = most.checked_add(1) {
                assert_eq!(set(rule, Some(above)).unwrap_err().rule, rule, "{rule} at {above}");
            }
        }
    }

    #[test]
    fn a_device_that_may_sign_nothing_is_not_a_rule() {
        let mut limits = Limits::default();
        limits.set(Rule::LargestUnattended, Some(0)).unwrap();
        limits.set(Rule::LargestAtAll, Some(1)).unwrap();
        assert!(Rules::new(limits.clone()).is_ok());
        limits.set(Rule::LargestAtAll, Some(0)).unwrap();
        let error = RuleError { rule: Rule::LargestAtAll, why: Why::OutOfRange };
        assert_eq!(Rules::new(limits), Err(error));
    }

    #[test]
    fn rules_that_contradict_each_other_are_not_taken() {
        let mut no_rate = Limits::default();
        no_rate.set(Rule::Currency, Some(0x45_55_52)).unwrap();
        let error = RuleError { rule: Rule::Rate, why: Why::Contradicts(Rule::Currency) };
        assert_eq!(Rules::new(no_rate), Err(error));

        let mut one_hop = Limits::default();
        one_hop.set(Rule::Hops, Some(1)).unwrap();
        let error = RuleError { rule: Rule::Hops, why: Why::Contradicts(Rule::Release) };
        assert_eq!(Rules::new(one_hop.clone()), Err(error));
        one_hop.set(Rule::Release, Some(2)).unwrap();
        assert!(Rules::new(one_hop).is_ok());
    }
}

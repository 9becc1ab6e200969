//! The settings as a list of numbers, for storage, for the link and for comparing two of them.
//!
//! A setting is an `Option<u64>`: `None` is "off", for the rules that can be off.

use countersign_units::{Msat, Seconds, UnixTime};

use crate::Rule;
use crate::limits::{Choice, Currency, Limits};
use crate::rules::{RuleError, Why};

impl Limits {
    /// What is set for a rule; `None` when it is off, or when there is nothing to set
    /// ([`Rule::unit`]).
    #[must_use]
    pub fn get(&self, rule: Rule) -> Option<u64> {
        self.clone().setting(rule).and_then(|setting| setting.get())
    }

    /// Sets one rule; `None` switches it off. Whether the whole still makes sense is for
    /// [`Rules::new`](crate::Rules::new) to say.
    ///
    /// # Errors
    ///
    /// [`Why::Fixed`] when there is nothing to set, [`Why::Unreadable`] when the number is none of
    /// the rule's; nothing is changed then.
    pub fn set(&mut self, rule: Rule, value: Option<u64>) -> Result<(), RuleError> {
        let setting = self.setting(rule).ok_or(RuleError { rule, why: Why::Fixed })?;
        setting.set(value).ok_or(RuleError { rule, why: Why::Unreadable })
    }

    /// Every rule that can be set, with what is set, by ascending number.
    pub fn fields(&self) -> impl Iterator<Item = (Rule, Option<u64>)> + use<> {
        let mut copy = self.clone();
        Rule::ALL
            .into_iter()
            .filter_map(move |rule| copy.setting(rule).map(|setting| (rule, setting.get())))
    }

    /// The one list of what belongs to which rule; readers use it on a copy.
    fn setting(&mut self, rule: Rule) -> Option<&mut dyn Setting> {
        Some(match rule {
            Rule::OffersAllowed => &mut self.offers.allowed,
            Rule::WithoutOffer => &mut self.offers.without_offer,
            Rule::Quantity => &mut self.offers.quantity,
            Rule::PayerNote => &mut self.offers.payer_note,
            Rule::PayerNoteLength => &mut self.offers.payer_note_length,
            Rule::Overpaid => &mut self.amounts.overpaid_percent,
            Rule::LargestUnattended => &mut self.amounts.largest_unattended,
            Rule::LargestAtAll => &mut self.amounts.largest_at_all,
            Rule::Currency => &mut self.fiat.currency,
            Rule::Rate => &mut self.fiat.msat_per_million,
            Rule::RateTolerance => &mut self.fiat.tolerance_ppm,
            Rule::RateAge => &mut self.fiat.max_age,
            Rule::RateSetAt => &mut self.fiat.set_at,
            Rule::PaidWindow => &mut self.windows.paid.most,
            Rule::PaidWindowPeriod => &mut self.windows.paid.period,
            Rule::PaidWindowAction => &mut self.windows.when_paid_full,
            Rule::UnpaidWindow => &mut self.windows.unpaid.most,
            Rule::UnpaidWindowPeriod => &mut self.windows.unpaid.period,
            Rule::IntroductionNode => &mut self.paths.introduction_nodes,
            Rule::FeeBase => &mut self.paths.fee_base,
            Rule::FeeProportional => &mut self.paths.fee_proportional_ppm,
            Rule::FeeShare => &mut self.paths.fee_share_ppm,
            Rule::CltvDelta => &mut self.paths.cltv_delta,
            Rule::Paths => &mut self.paths.count,
            Rule::Hops => &mut self.paths.hops,
            Rule::Multipart => &mut self.paths.multipart,
            Rule::ClockBack => &mut self.clock.back,
            Rule::ClockAhead => &mut self.clock.ahead,
            Rule::Release => &mut self.release,
            Rule::LargestPayout => &mut self.amounts.largest_payout,
            Rule::Disclosure => &mut self.disclosure,
            Rule::Prompts => &mut self.prompts,
            Rule::Network
            | Rule::OfferRevoked
            | Rule::OfferExpired
            | Rule::Underpaid
            | Rule::ZeroAmount
            | Rule::Conversion
            | Rule::Recipient
            | Rule::HtlcMinimum
            | Rule::HtlcMaximum
            | Rule::OneHopPath
            | Rule::ClockUnset
            | Rule::ReleaseEvidence
            | Rule::ReleaseAmount
            | Rule::Payout => return None,
        })
    }
}

/// A field of [`Limits`] as a number.
trait Setting {
    fn get(&self) -> Option<u64>;

    /// `None`, and nothing changed, when `value` is not one of the field's.
    fn set(&mut self, value: Option<u64>) -> Option<()>;
}

/// How one type of field is written as a number.
trait Plain: Sized {
    fn to_plain(&self) -> Option<u64>;
    fn from_plain(value: Option<u64>) -> Option<Self>;
}

impl<T: Plain> Setting for T {
    fn get(&self) -> Option<u64> {
        self.to_plain()
    }

    fn set(&mut self, value: Option<u64>) -> Option<()> {
        *self = T::from_plain(value)?;
        Some(())
    }
}

impl Plain for u64 {
    fn to_plain(&self) -> Option<u64> {
        Some(*self)
    }

    fn from_plain(value: Option<u64>) -> Option<Self> {
        value
    }
}

impl Plain for u32 {
    fn to_plain(&self) -> Option<u64> {
        Some((*self).into())
    }

    fn from_plain(value: Option<u64>) -> Option<Self> {
        value?.try_into().ok()
    }
}

impl Plain for u16 {
    fn to_plain(&self) -> Option<u64> {
        Some((*self).into())
    }

    fn from_plain(value: Option<u64>) -> Option<Self> {
        value?.try_into().ok()
    }
}

impl Plain for u8 {
    fn to_plain(&self) -> Option<u64> {
        Some((*self).into())
    }

    fn from_plain(value: Option<u64>) -> Option<Self> {
        value?.try_into().ok()
    }
}

impl Plain for Msat {
    fn to_plain(&self) -> Option<u64> {
        Some((*self).get())
    }

    fn from_plain(value: Option<u64>) -> Option<Self> {
        Self::new(value?)
    }
}

impl Plain for Seconds {
    fn to_plain(&self) -> Option<u64> {
        Some(self.0.into())
    }

    fn from_plain(value: Option<u64>) -> Option<Self> {
        u32::from_plain(value).map(Self)
    }
}

impl Plain for UnixTime {
    fn to_plain(&self) -> Option<u64> {
        Some(self.0)
    }

    fn from_plain(value: Option<u64>) -> Option<Self> {
        value.map(Self)
    }
}

impl Plain for Currency {
    fn to_plain(&self) -> Option<u64> {
        let [first, second, third] = self.letters();
        Some(u32::from_be_bytes([0, first, second, third]).into())
    }

    fn from_plain(value: Option<u64>) -> Option<Self> {
        match u32::try_from(value?).ok()?.to_be_bytes() {
            [0, letters @ ..] => Self::new(letters),
            _ => None,
        }
    }
}

impl<T: Choice> Plain for T {
    fn to_plain(&self) -> Option<u64> {
        self.number()
    }

    fn from_plain(value: Option<u64>) -> Option<Self> {
        Self::from_number(value?)
    }
}

impl<T: Plain> Plain for Option<T> {
    fn to_plain(&self) -> Option<u64> {
        self.as_ref().and_then(T::to_plain)
    }

    fn from_plain(value: Option<u64>) -> Option<Self> {
        match value {
            None => Some(None),
            Some(_) => T::from_plain(value).map(Some),
        }
    }
}

#[cfg(test)]
mod tests {
    extern crate alloc;

    use alloc::vec::Vec;

    use proptest::prelude::*;

    use crate::{Limits, Rule, RuleError, Why};

    #[test]
    fn a_rule_is_a_field_exactly_when_it_has_a_unit() {
        let limits = Limits::default();
        let fields: Vec<Rule> = limits.fields().map(|(rule, _)| rule).collect();
        for rule in Rule::ALL {
            assert_eq!(fields.contains(&rule), rule.unit().is_some(), "{rule}");
        }
    }

    #[test]
    fn a_rule_that_always_holds_cannot_be_set() {
        for rule in Rule::ALL.into_iter().filter(|rule| rule.unit().is_none()) {
            let mut limits = Limits::default();
            assert_eq!(limits.set(rule, Some(0)), Err(RuleError { rule, why: Why::Fixed }));
            assert_eq!(limits.get(rule), None);
        }
    }

    #[test]
    fn only_three_capital_letters_are_a_currency() {
        let mut limits = Limits::default();
        assert_eq!(limits.set(Rule::Currency, Some(0x45_55_52)), Ok(()));
        assert_eq!(limits.fiat.currency.unwrap().letters(), *b"EUR");
        for wrong in [0x65_75_72, 0x45_55, 0x01_45_55_52, u64::MAX] {
            assert!(limits.set(Rule::Currency, Some(wrong)).is_err(), "{wrong:x}");
        }
        assert_eq!(limits.fiat.currency.unwrap().letters(), *b"EUR");
    }

    proptest! {
        #[test]
        fn what_is_set_is_what_is_got_and_nothing_else_moves(
            rule in prop::sample::select(&Rule::ALL[..]),
            value in prop_oneof![
                Just(None),
                (0..5_u64).prop_map(Some),
                (0..100_000_u64).prop_map(Some),
                any::<u64>().prop_map(Some),
            ],
        ) {
            let before = Limits::default();
            let mut after = before.clone();
            match after.set(rule, value) {
                Ok(()) => prop_assert_eq!(after.get(rule), value),
                Err(error) => {
                    prop_assert_eq!(error.rule, rule);
                    prop_assert_eq!(&after, &before);
                }
            }
            for other in Rule::ALL.into_iter().filter(|other| *other != rule) {
                prop_assert_eq!(after.get(other), before.get(other));
            }
        }

        #[test]
        #[cfg_attr(miri, ignore = "generated limits take Miri minutes")]
        fn a_list_of_fields_is_the_whole(limits in crate::rules::tests::any_limits()) {
            let mut copy = Limits::default();
            for (rule, value) in limits.fields() {
                prop_assert_eq!(copy.set(rule, value), Ok(()));
            }
            prop_assert_eq!(copy, limits);
        }
    }
}

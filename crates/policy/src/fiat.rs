//! Prices in a currency other than bitcoin.

use countersign_units::UnixTime;
use countersign_units::wide::{MILLION, product};

use crate::{Currency, FiatLimits, Rule, Rules};

/// The currency of a price, and what the host says it is worth.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RateFacts {
    /// `offer_currency`.
    pub currency: Currency,
    /// The host's rate, in msat for a million major units; `None` takes the merchant's own.
    pub claimed_rate: Option<u64>,
    /// The device's time.
    pub now: UnixTime,
}

/// The rate that a price is converted by, in msat for a million major units: the host's, if the
/// merchant's own bears it out.
///
/// # Errors
///
/// The rule that refuses it.
pub fn judge_rate(rules: &Rules, facts: &RateFacts) -> Result<u64, Rule> {
    let RateFacts { currency, claimed_rate, now } = facts;
    let fiat = &rules.limits().fiat;
    if fiat.currency != Some(*currency) {
        return Err(Rule::Currency);
    }
    if now.since(fiat.set_at) > fiat.max_age.0.into() {
        return Err(Rule::RateAge);
    }
    match claimed_rate {
        Some(claimed) => judge_claimed(fiat, *claimed),
        None => Ok(fiat.msat_per_million),
    }
}

fn judge_claimed(fiat: &FiatLimits, claimed: u64) -> Result<u64, Rule> {
    let off = product(claimed.abs_diff(fiat.msat_per_million).into(), MILLION);
    let allowed = product(fiat.msat_per_million.into(), fiat.tolerance_ppm.into());
    if off <= allowed { Ok(claimed) } else { Err(Rule::RateTolerance) }
}

impl Currency {
    /// The place of the minor unit by ISO 4217, in which `offer_amount` counts: 2 when a hundred of
    /// them make a major one. A currency that is newer than this list has two, like most.
    #[must_use]
    pub const fn exponent(self) -> u8 {
        match &self.letters() {
            b"BIF" | b"CLP" | b"DJF" | b"GNF" | b"ISK" | b"JPY" | b"KMF" | b"KRW" | b"PYG"
            | b"RWF" | b"UGX" | b"UYI" | b"VND" | b"VUV" | b"XAF" | b"XOF" | b"XPF" => 0,
            b"BHD" | b"IQD" | b"JOD" | b"KWD" | b"LYD" | b"OMR" | b"TND" => 3,
            b"CLF" | b"UYW" => 4,
            _ => 2,
        }
    }
}

#[cfg(test)]
mod tests {
    use countersign_units::{Seconds, UnixTime};

    use super::{RateFacts, judge_rate};
    use crate::{Currency, FiatLimits, Limits, Rule, Rules};

    const SET_AT: u64 = 1_700_000_000;
    const MONTH: u64 = 2_592_000;

    /// One euro is a thousand satoshi.
    const RATE: u64 = 1_000_000_000_000;

    fn currency(letters: [u8; 3]) -> Currency {
        Currency::new(letters).unwrap()
    }

    fn rules() -> Rules {
        let fiat = FiatLimits {
            currency: Some(currency(*b"EUR")),
            msat_per_million: RATE,
            tolerance_ppm: 200_000,
            max_age: Seconds(2_592_000),
            set_at: UnixTime(SET_AT),
        };
        Rules::new(Limits { fiat, ..Limits::default() }).unwrap()
    }

    fn euros() -> RateFacts {
        RateFacts { currency: currency(*b"EUR"), claimed_rate: None, now: UnixTime(SET_AT) }
    }

    #[test]
    fn another_currency_is_refused() {
        let dollars = RateFacts { currency: currency(*b"USD"), ..euros() };
        assert_eq!(judge_rate(&rules(), &dollars), Err(Rule::Currency));
        assert_eq!(judge_rate(&Rules::default(), &euros()), Err(Rule::Currency));
    }

    #[test]
    fn the_merchants_rate_holds_for_its_age_and_no_second_longer() {
        let last = RateFacts { now: UnixTime(SET_AT + MONTH), ..euros() };
        assert_eq!(judge_rate(&rules(), &last), Ok(RATE));
        let late = RateFacts { now: UnixTime(SET_AT + MONTH + 1), ..euros() };
        assert_eq!(judge_rate(&rules(), &late), Err(Rule::RateAge));
        let claimed = RateFacts { claimed_rate: Some(RATE), ..late };
        assert_eq!(judge_rate(&rules(), &claimed), Err(Rule::RateAge), "nothing bears it out");
    }

    #[test]
    fn the_hosts_rate_is_taken_within_the_tolerance_both_ways() {
        let claim = |rate| judge_rate(&rules(), &RateFacts { claimed_rate: Some(rate), ..euros() });
        assert_eq!(claim(RATE / 10 * 8), Ok(RATE / 10 * 8));
        assert_eq!(claim(RATE / 10 * 8 - 1), Err(Rule::RateTolerance));
        assert_eq!(claim(RATE / 10 * 12), Ok(RATE / 10 * 12));
        assert_eq!(claim(RATE / 10 * 12 + 1), Err(Rule::RateTolerance));
        assert_eq!(claim(0), Err(Rule::RateTolerance));
        assert_eq!(claim(u64::MAX), Err(Rule::RateTolerance));
    }

    #[test]
    fn minor_units_are_those_of_iso_4217() {
        for (letters, exponent) in [(*b"EUR", 2), (*b"JPY", 0), (*b"KWD", 3), (*b"CLF", 4)] {
            assert_eq!(currency(letters).exponent(), exponent);
        }
    }
}

//! Prices in a currency other than bitcoin.

use countersign_units::{Msat, UnixTime};

use crate::{Currency, FiatLimits, Rule, Rules};

/// The price of a fiat offer, and what the host says it is worth.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PriceFacts {
    /// `offer_currency`.
    pub currency: Currency,
    /// `offer_amount`, for one item, in the currency's minor unit.
    pub minor_units: u64,
    /// `invreq_quantity`, or 1.
    pub quantity: u64,
    /// The currency's exponent in ISO 4217: 2 when a hundred minor units make a major one.
    pub exponent: u8,
    /// The host's rate, in msat for a million major units; `None` takes the merchant's own.
    pub claimed_rate: Option<u64>,
    /// The device's time.
    pub now: UnixTime,
}

/// A million, since a rate is for a million major units.
const RATE_UNITS: u128 = 1_000_000;
const PPM: u128 = 1_000_000;
/// ISO 4217 knows exponents from 0 to 4.
const MAX_EXPONENT: u8 = 4;

/// What a fiat price comes to, rounded up (R-IR-11).
///
/// # Errors
///
/// The rule that refuses the conversion.
pub fn expected_amount(rules: &Rules, facts: &PriceFacts) -> Result<Msat, Rule> {
    let PriceFacts { currency, minor_units, quantity, exponent, claimed_rate, now } = facts;
    let fiat = &rules.limits().fiat;
    if fiat.currency != Some(*currency) {
        return Err(Rule::Currency);
    }
    if now.since(fiat.set_at) > fiat.max_age.0.into() {
        return Err(Rule::RateAge);
    }
    let rate = match claimed_rate {
        Some(claimed) => judged_rate(fiat, *claimed)?,
        None => fiat.msat_per_million,
    };
    convert(*minor_units, *quantity, *exponent, rate).ok_or(Rule::Conversion)
}

fn judged_rate(fiat: &FiatLimits, claimed: u64) -> Result<u64, Rule> {
    let off = u128::from(claimed.abs_diff(fiat.msat_per_million));
    let allowed = u128::from(fiat.msat_per_million).saturating_mul(fiat.tolerance_ppm.into());
    if off.saturating_mul(PPM) <= allowed { Ok(claimed) } else { Err(Rule::RateTolerance) }
}

fn convert(minor_units: u64, quantity: u64, exponent: u8, rate: u64) -> Option<Msat> {
    if exponent > MAX_EXPONENT {
        return None;
    }
    let divisor = 10_u128.checked_pow(exponent.into())?.checked_mul(RATE_UNITS)?;
    let total = u128::from(minor_units.checked_mul(quantity)?).checked_mul(rate.into())?;
    let msat = total.checked_add(divisor.checked_sub(1)?)?.checked_div(divisor)?;
    Msat::new(u64::try_from(msat).ok()?)
}

#[cfg(test)]
mod tests {
    use countersign_units::{Msat, Seconds, UnixTime};

    use super::{PriceFacts, expected_amount};
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

    fn five_euros() -> PriceFacts {
        PriceFacts {
            currency: currency(*b"EUR"),
            minor_units: 500,
            quantity: 1,
            exponent: 2,
            claimed_rate: None,
            now: UnixTime(SET_AT),
        }
    }

    fn expect(facts: &PriceFacts) -> Result<u64, Rule> {
        expected_amount(&rules(), facts).map(Msat::get)
    }

    #[test]
    fn a_price_is_converted_and_rounded_up() {
        assert_eq!(expect(&five_euros()), Ok(5_000_000));
        assert_eq!(expect(&PriceFacts { quantity: 3, ..five_euros() }), Ok(15_000_000));
        assert_eq!(expect(&PriceFacts { exponent: 0, ..five_euros() }), Ok(500_000_000));
        // 1/100 of 1.000001 msat
        let slightly_more = PriceFacts { claimed_rate: Some(RATE + 1), ..five_euros() };
        assert_eq!(expect(&slightly_more), Ok(5_000_001));
    }

    #[test]
    fn another_currency_is_refused() {
        let dollars = PriceFacts { currency: currency(*b"USD"), ..five_euros() };
        assert_eq!(expect(&dollars), Err(Rule::Currency));
        assert_eq!(expected_amount(&Rules::default(), &five_euros()), Err(Rule::Currency));
    }

    #[test]
    fn the_merchants_rate_holds_for_its_age_and_no_second_longer() {
        let last = PriceFacts { now: UnixTime(SET_AT + MONTH), ..five_euros() };
        assert_eq!(expect(&last), Ok(5_000_000));
        let late = PriceFacts { now: UnixTime(SET_AT + MONTH + 1), ..five_euros() };
        assert_eq!(expect(&late), Err(Rule::RateAge));
    }

    #[test]
    fn the_hosts_rate_is_taken_within_the_tolerance_both_ways() {
        let claim = |rate| expect(&PriceFacts { claimed_rate: Some(rate), ..five_euros() });
        assert_eq!(claim(RATE / 10 * 8), Ok(4_000_000));
        assert_eq!(claim(RATE / 10 * 8 - 1), Err(Rule::RateTolerance));
        assert_eq!(claim(RATE / 10 * 12), Ok(6_000_000));
        assert_eq!(claim(RATE / 10 * 12 + 1), Err(Rule::RateTolerance));
        assert_eq!(claim(0), Err(Rule::RateTolerance));
        assert_eq!(claim(u64::MAX), Err(Rule::RateTolerance));
    }

    #[test]
    fn a_price_that_bitcoin_cannot_pay_is_refused() {
        let dear = PriceFacts { minor_units: u64::MAX, ..five_euros() };
        assert_eq!(expect(&dear), Err(Rule::Conversion));
        assert_eq!(expect(&PriceFacts { quantity: 2, ..dear }), Err(Rule::Conversion));
        assert!(expect(&PriceFacts { exponent: 4, ..five_euros() }).is_ok());
        assert_eq!(expect(&PriceFacts { exponent: 5, ..five_euros() }), Err(Rule::Conversion));
        assert_eq!(
            expect(&PriceFacts { exponent: u8::MAX, ..five_euros() }),
            Err(Rule::Conversion)
        );
    }
}

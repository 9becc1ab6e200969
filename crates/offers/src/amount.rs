use core::fmt;
use core::num::NonZeroU64;

use countersign_tlv::{DecodeError, Reader};
use countersign_units::Msat;
use countersign_units::wide::{product, quotient_up};

use crate::{Field, Invalid, Rejected};

/// The price of one item of an offer: `offer_amount`, in the unit that `offer_currency` names.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Amount {
    /// In millisatoshi.
    Bitcoin(Msat),
    /// In another currency.
    Currency {
        /// Which one.
        currency: Currency,
        /// How many of its smallest units, such as cents.
        amount: u64,
    },
}

/// An ISO 4217 currency code: three capital letters.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Currency([u8; 3]);

/// What a currency is worth: `msat` millisatoshi for `units` of its smallest units.
///
/// A signer cannot know this: every rate is somebody's claim.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rate {
    /// The currency.
    pub currency: Currency,
    /// How many of its smallest units, such as cents.
    pub units: NonZeroU64,
    /// What these units are worth together.
    pub msat: Msat,
}

impl Amount {
    /// Whether the price is zero, which BOLT 12 wants refused.
    #[must_use]
    pub const fn is_zero(self) -> bool {
        match self {
            Self::Bitcoin(amount) => amount.is_zero(),
            Self::Currency { amount, .. } => amount == 0,
        }
    }

    /// What `quantity` items cost, converted and then rounded up to a whole millisatoshi
    /// (R-IR-11).
    ///
    /// # Errors
    /// [`Invalid::Missing`] `offer_currency` without the `rate` of the price's currency,
    /// [`Invalid::TooMuch`] `offer_amount` for more than 21 million bitcoin.
    pub fn times(self, quantity: u64, rate: Option<&Rate>) -> Result<Msat, Invalid> {
        match self {
            Self::Bitcoin(amount) => amount.times(quantity),
            Self::Currency { currency, amount } => rate
                .filter(|rate| rate.currency == currency)
                .ok_or(Invalid::Missing { field: Field::OFFER_CURRENCY })?
                .convert(amount, quantity),
        }
        .ok_or(Invalid::TooMuch { field: Field::OFFER_AMOUNT })
    }
}

impl Currency {
    /// Takes a code; `None` unless it is of capital letters only.
    #[must_use]
    pub fn new(code: [u8; 3]) -> Option<Self> {
        code.iter().all(u8::is_ascii_uppercase).then_some(Self(code))
    }

    /// The three letters.
    #[must_use]
    pub const fn code(&self) -> &[u8; 3] {
        &self.0
    }

    /// Reads the value of `offer_currency`.
    pub(crate) fn parse(reader: &mut Reader<'_>) -> Result<Self, Rejected> {
        let mut text = *reader;
        text.utf8()?;
        let code = three(reader)?;
        Ok(Self::new(code).ok_or(Invalid::Alphabet { field: Field::OFFER_CURRENCY })?)
    }
}

impl fmt::Display for Currency {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|&letter| write!(f, "{}", char::from(letter)))
    }
}

impl fmt::Debug for Currency {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl Rate {
    /// `amount` smallest units `quantity` times, rounded up; `None` above [`Msat::MAX`].
    fn convert(&self, amount: u64, quantity: u64) -> Option<Msat> {
        // What does not fit is above 64 bits after any division, too.
        let rated = product(product(amount.into(), quantity), self.msat.get());
        let msat = quotient_up(rated, self.units.get())?;
        Msat::new(u64::try_from(msat).ok()?)
    }
}

fn three(reader: &mut Reader<'_>) -> Result<[u8; 3], DecodeError> {
    let code = *reader.array()?;
    reader.end()?;
    Ok(code)
}

#[cfg(test)]
mod tests {
    use core::num::NonZeroU64;

    use countersign_tlv::{DecodeError, Malformed, Reader};
    use countersign_units::Msat;

    use super::{Amount, Currency, Rate};
    use crate::{Field, Invalid, Rejected};

    fn msat(amount: u64) -> Msat {
        Msat::new(amount).unwrap()
    }

    fn currency(code: [u8; 3]) -> Currency {
        Currency::new(code).unwrap()
    }

    #[test]
    fn a_price_is_multiplied_before_it_is_rounded() {
        // R-IR-11: 3 cents at 100 msat for 7 cents are 42.86 msat, and three of them 128.57.
        let price = Amount::Currency { currency: currency(*b"EUR"), amount: 3 };
        let rate = Rate {
            currency: currency(*b"EUR"),
            units: NonZeroU64::new(7).unwrap(),
            msat: msat(100),
        };
        assert_eq!(price.times(1, Some(&rate)), Ok(msat(43)));
        assert_eq!(price.times(3, Some(&rate)), Ok(msat(129)));
        assert_eq!(price.times(7, Some(&rate)), Ok(msat(300)));
    }

    #[test]
    fn a_rate_is_of_one_currency() {
        let price = Amount::Currency { currency: currency(*b"EUR"), amount: 3 };
        let rate = Rate { currency: currency(*b"USD"), units: NonZeroU64::MIN, msat: msat(1) };
        let missing = Err(Invalid::Missing { field: Field::OFFER_CURRENCY });
        assert_eq!(price.times(1, Some(&rate)), missing);
        assert_eq!(price.times(1, None), missing);
        assert_eq!(Amount::Bitcoin(msat(5)).times(2, None), Ok(msat(10)));
    }

    #[test]
    fn no_multiplication_wraps() {
        // R-IR-11
        let too_much = Err(Invalid::TooMuch { field: Field::OFFER_AMOUNT });
        assert_eq!(Amount::Bitcoin(msat(2)).times(u64::MAX, None), too_much);
        assert_eq!(Amount::Bitcoin(Msat::MAX).times(2, None), too_much);
        let price = Amount::Currency { currency: currency(*b"EUR"), amount: u64::MAX };
        let rate = Rate { currency: currency(*b"EUR"), units: NonZeroU64::MAX, msat: Msat::MAX };
        assert_eq!(price.times(1, Some(&rate)), Ok(Msat::MAX));
        assert_eq!(price.times(2, Some(&rate)), too_much);
        assert_eq!(price.times(u64::MAX, Some(&rate)), too_much);
    }

    #[test]
    fn a_currency_is_three_capital_letters() {
        // R-OW-03
        let read = |code: &[u8]| Currency::parse(&mut Reader::new(code));
        let malformed = |rule| Err(Rejected::Malformed(DecodeError { offset: 0, rule }));
        assert_eq!(read(b"EUR"), Ok(currency(*b"EUR")));
        assert_eq!(
            read(b"eUR"),
            Err(Rejected::Invalid(Invalid::Alphabet { field: Field::OFFER_CURRENCY }))
        );
        assert_eq!(read(b"EU"), malformed(Malformed::Truncated));
        assert_eq!(read(&[b'E', b'U', 0xff]), malformed(Malformed::NotUtf8));
        assert!(read(b"EURO").is_err());
    }
}

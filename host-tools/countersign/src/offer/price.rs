use core::str::FromStr;

use countersign_client::decimal;
use countersign_link::{Bytes, Price};
use countersign_policy::Currency;

/// A price as people write it: `10sat`, `1000msat` or `12.50EUR`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct TypedPrice(pub(crate) Price);

impl FromStr for TypedPrice {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let wrong = || format!("{text:?} is no price such as 10sat, 1000msat or 12.50EUR");
        let unit_at = text.find(|letter: char| letter.is_ascii_alphabetic()).ok_or_else(wrong)?;
        let (number, unit) = text.split_at_checked(unit_at).ok_or_else(wrong)?;
        let price = match unit {
            "msat" => decimal(number, 0).map(Price::Msat),
            "sat" => decimal(number, 3).map(Price::Msat),
            _ => currency(unit).and_then(|currency| {
                let (code, exponent) = (Bytes(currency.letters()), currency.exponent());
                let minor_units = decimal(number, exponent)?;
                Some(Price::Currency { code, exponent, minor_units })
            }),
        };
        price.filter(|price| !is_zero(*price)).map(Self).ok_or_else(wrong)
    }
}

const fn is_zero(price: Price) -> bool {
    match price {
        Price::Any => false,
        Price::Msat(amount) | Price::Currency { minor_units: amount, .. } => amount == 0,
    }
}

fn currency(letters: &str) -> Option<Currency> {
    Currency::new(letters.as_bytes().try_into().ok()?)
}

#[cfg(test)]
mod tests {
    use super::{Bytes, Price, TypedPrice};

    #[test]
    fn a_price_is_read_as_people_write_it() {
        let currency = |code, exponent, minor_units| Price::Currency {
            code: Bytes(code),
            exponent,
            minor_units,
        };
        for (text, price) in [
            ("10sat", Price::Msat(10_000)),
            ("0.001sat", Price::Msat(1)),
            ("1000msat", Price::Msat(1_000)),
            ("12.50EUR", currency(*b"EUR", 2, 1_250)),
            ("12.5EUR", currency(*b"EUR", 2, 1_250)),
            ("500JPY", currency(*b"JPY", 0, 500)),
            ("1.234KWD", currency(*b"KWD", 3, 1_234)),
        ] {
            assert_eq!(text.parse(), Ok(TypedPrice(price)), "{text}");
        }
    }

    #[test]
    fn what_is_no_price_is_refused() {
        for text in [
            "",
            "10",
            "sat",
            "0sat",
            "-1sat",
            "1.5msat",
            "1.2345sat",
            "12.345EUR",
            "5eur",
            "5EURO",
            "1e3sat",
            "1,5EUR",
            "99999999999999999999sat",
            "5 EUR",
        ] {
            assert!(text.parse::<TypedPrice>().is_err(), "{text}");
        }
    }
}

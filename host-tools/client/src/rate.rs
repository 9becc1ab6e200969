use core::fmt;
use core::str::FromStr;

/// What a currency is worth, as people write it: `EUR=1050sat`, `USD=950.5sat` or `EUR=0.00001BTC`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rate {
    /// ISO 4217.
    pub currency: [u8; 3],
    /// In msat for a million of its major units.
    pub msat_per_million: u64,
}

/// The units that a rate can be in, and the decimals that make it msat for a million.
const UNITS: [(&str, u8); 3] = [("msat", 6), ("sat", 9), ("BTC", 17)];

impl FromStr for Rate {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let wrong = || format!("{text:?} is no rate such as EUR=1050sat or USD=0.00001BTC");
        let (code, worth) = text.trim().split_once('=').ok_or_else(wrong)?;
        let currency: [u8; 3] = code.as_bytes().try_into().map_err(|_length| wrong())?;
        let mut read = UNITS.iter().filter_map(|(unit, places)| {
            let number = worth.strip_suffix(unit)?;
            decimal(number, *places)
        });
        let msat_per_million = read.next().filter(|rate| *rate > 0).ok_or_else(wrong)?;
        if !currency.iter().all(u8::is_ascii_uppercase) {
            return Err(wrong());
        }
        Ok(Self { currency, msat_per_million })
    }
}

impl fmt::Display for Rate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let code: String = self.currency.into_iter().map(char::from).collect();
        write!(f, "{code}: {} msat for a million", self.msat_per_million)
    }
}

/// A number with at most `places` decimals, as a whole number of its last place.
#[must_use]
pub fn decimal(number: &str, places: u8) -> Option<u64> {
    let (whole, decimals) = number.split_once('.').unwrap_or((number, ""));
    let has_digits = |text: &str| text.bytes().all(|digit| digit.is_ascii_digit());
    let places = usize::from(places);
    if whole.is_empty() || !has_digits(whole) || !has_digits(decimals) || decimals.len() > places {
        return None;
    }
    format!("{whole}{decimals:0<places$}").parse().ok()
}

#[cfg(test)]
mod tests {
    use super::Rate;

    #[test]
    fn a_rate_is_read_as_people_write_it() {
        for (text, rate) in [
            ("EUR=1000sat", 1_000_000_000_000),
            ("EUR=950.5sat\n", 950_500_000_000),
            ("EUR=1000000msat", 1_000_000_000_000),
            ("EUR=0.00001BTC", 1_000_000_000_000),
        ] {
            let read = Ok(Rate { currency: *b"EUR", msat_per_million: rate });
            assert_eq!(text.parse(), read, "{text}");
        }
    }

    #[test]
    fn what_is_no_rate_is_refused() {
        for text in ["", "EUR", "EUR=", "EUR=5", "eur=5sat", "EURO=5sat", "EUR=0sat", "EUR=-5sat"] {
            assert!(text.parse::<Rate>().is_err(), "{text}");
        }
    }
}

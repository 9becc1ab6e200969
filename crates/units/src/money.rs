use core::fmt;

/// An amount in thousandths of a satoshi, at most [`Msat::MAX`].
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Msat(u64);

impl Msat {
    /// Nothing.
    pub const ZERO: Self = Self(0);

    /// 21 million bitcoin, the most that BOLT 12 lets a writer name (R-TLV-06).
    pub const MAX: Self = Self(0x1d24_b2df_ac52_0000);

    /// Takes `msat` thousandths of a satoshi; `None` above [`Msat::MAX`].
    #[must_use]
    pub const fn new(msat: u64) -> Option<Self> {
        if msat > Self::MAX.0 { None } else { Some(Self(msat)) }
    }

    /// The number of thousandths of a satoshi.
    #[must_use]
    pub const fn get(self) -> u64 {
        self.0
    }

    /// Whether the amount is zero.
    #[must_use]
    pub const fn is_zero(self) -> bool {
        self.0 == 0
    }

    /// The sum, or `None` above [`Msat::MAX`].
    #[must_use]
    pub const fn plus(self, other: Self) -> Option<Self> {
        match self.0.checked_add(other.0) {
            Some(total) => Self::new(total),
            None => None,
        }
    }

    /// The difference, or `None` when `other` is the larger.
    #[must_use]
    pub const fn minus(self, other: Self) -> Option<Self> {
        match self.0.checked_sub(other.0) {
            Some(rest) => Some(Self(rest)),
            None => None,
        }
    }

    /// This amount `quantity` times, or `None` above [`Msat::MAX`].
    #[must_use]
    pub const fn times(self, quantity: u64) -> Option<Self> {
        match self.0.checked_mul(quantity) {
            Some(total) => Self::new(total),
            None => None,
        }
    }
}

impl fmt::Display for Msat {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} msat", self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::Msat;

    fn msat(value: u64) -> Msat {
        Msat::new(value).unwrap()
    }

    #[test]
    fn twenty_one_million_bitcoin_is_the_last_amount() {
        let most = 21_000_000 * 100_000_000 * 1_000;
        assert_eq!(Msat::new(most), Some(Msat::MAX));
        assert_eq!(Msat::new(most.checked_add(1).unwrap()), None);
        assert_eq!(Msat::new(u64::MAX), None);
    }

    #[test]
    fn no_operation_leaves_the_range() {
        assert_eq!(Msat::MAX.plus(msat(1)), None);
        assert_eq!(Msat::MAX.plus(Msat::ZERO), Some(Msat::MAX));
        assert_eq!(Msat::ZERO.minus(msat(1)), None);
        assert_eq!(Msat::MAX.times(2), None);
        assert_eq!(msat(2).times(u64::MAX), None);
        assert_eq!(msat(7).times(3), Some(msat(21)));
        assert_eq!(msat(7).times(0), Some(Msat::ZERO));
    }
}

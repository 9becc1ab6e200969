//! What a judge says.

use crate::Rule;

/// A judge's word, from the merchant's rules.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// Go ahead without asking.
    Sign,
    /// Only if the merchant approves, and this rule is why.
    Ask(Rule),
    /// Not even then, and this rule is why.
    Refuse(Rule),
}

impl Verdict {
    /// The stricter of both; of two equally strict ones the first.
    #[must_use]
    pub const fn and(self, other: Self) -> Self {
        match (self, other) {
            (Self::Refuse(_), _) | (Self::Ask(_), Self::Ask(_) | Self::Sign) => self,
            (Self::Sign, _) | (Self::Ask(_), Self::Refuse(_)) => other,
        }
    }

    /// [`Verdict::Sign`] up to and including `most`, `otherwise` above it.
    pub(crate) fn at_most<T: PartialOrd + Copy>(value: T, most: T, otherwise: Self) -> Self {
        if value <= most { Self::Sign } else { otherwise }
    }

    /// [`Verdict::Sign`] from `least` on, `otherwise` below it.
    pub(crate) fn at_least<T: PartialOrd + Copy>(value: T, least: T, otherwise: Self) -> Self {
        if value >= least { Self::Sign } else { otherwise }
    }
}

/// Whether something equals what it has to equal. The comparison is the caller's, since this crate
/// sees neither bytes nor keys.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Match {
    /// It does.
    Same,
    /// It does not.
    Different,
}

impl Match {
    /// The outcome of a comparison.
    #[must_use]
    pub fn of<T: PartialEq + ?Sized>(one: &T, other: &T) -> Self {
        if one == other { Self::Same } else { Self::Different }
    }

    /// [`Verdict::Sign`] when it does, `otherwise` when it does not.
    pub(crate) const fn or(self, otherwise: Verdict) -> Verdict {
        match self {
            Self::Same => Verdict::Sign,
            Self::Different => otherwise,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Verdict::{Ask, Refuse, Sign};
    use crate::Rule;

    #[test]
    fn the_stricter_verdict_wins_and_the_first_of_two_equals() {
        let (one, two) = (Rule::Network, Rule::Underpaid);
        assert_eq!(Sign.and(Ask(one)), Ask(one));
        assert_eq!(Ask(one).and(Sign), Ask(one));
        assert_eq!(Ask(one).and(Ask(two)), Ask(one));
        assert_eq!(Ask(one).and(Refuse(two)), Refuse(two));
        assert_eq!(Refuse(one).and(Refuse(two)), Refuse(one));
        assert_eq!(Refuse(one).and(Sign), Refuse(one));
        assert_eq!(Sign.and(Sign), Sign);
    }
}

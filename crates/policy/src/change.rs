//! A change of the rules: proposed, shown, and then taken whole or not at all.

use countersign_units::UnixTime;

use crate::{Limits, Rule, RuleError, Rules};

/// A set of rules that does not hold yet.
///
/// What [`Proposal::changes`] lists is what the merchant is shown, and what they approve is what
/// [`Proposal::commit`] returns: both are made from the same value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Proposal<'a> {
    current: &'a Rules,
    wanted: Rules,
}

/// One rule that a [`Proposal`] changes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Change {
    /// The rule.
    pub rule: Rule,
    /// What holds now.
    pub old: Option<u64>,
    /// What will hold.
    pub new: Option<u64>,
}

impl<'a> Proposal<'a> {
    /// Proposes that `wanted` holds instead of `current`.
    ///
    /// A changed rate counts as set at `now`, the device's own time, whatever `wanted` says. To
    /// confirm the same rate again, `wanted` names any other moment for
    /// [`Rule::RateSetAt`].
    ///
    /// # Errors
    ///
    /// The first rule that cannot hold; nothing has changed then.
    pub fn new(current: &'a Rules, mut wanted: Limits, now: UnixTime) -> Result<Self, RuleError> {
        if wanted.fiat != current.limits().fiat {
            wanted.fiat.set_at = now;
        }
        Ok(Self { current, wanted: Rules::new(wanted)? })
    }

    /// Every rule that would change, by ascending number.
    pub fn changes(&self) -> impl Iterator<Item = Change> + '_ {
        let (old, new) = (self.current.limits(), self.wanted.limits());
        old.fields()
            .zip(new.fields())
            .map(|((rule, old), (_, new))| Change { rule, old, new })
            .filter(|change| change.old != change.new)
    }

    /// The rules as they hold once the merchant has approved.
    #[must_use]
    pub fn commit(self) -> Rules {
        self.wanted
    }
}

#[cfg(test)]
mod tests {
    extern crate alloc;

    use alloc::vec::Vec;

    use countersign_units::{Msat, UnixTime};
    use proptest::prelude::*;

    use super::{Change, Proposal};
    use crate::rules::tests::any_limits;
    use crate::{Currency, Limits, Rule, RuleError, Rules, Why};

    const NOW: UnixTime = UnixTime(1_700_000_000);

    fn with(change: impl FnOnce(&mut Limits)) -> Limits {
        let mut limits = Limits::default();
        change(&mut limits);
        limits
    }

    #[test]
    fn a_change_is_listed_with_old_and_new() {
        let current = Rules::default();
        let wanted = with(|limits| limits.offers.quantity = Some(12));
        let proposal = Proposal::new(&current, wanted.clone(), NOW).unwrap();
        let changes: Vec<Change> = proposal.changes().collect();
        assert_eq!(changes, [Change { rule: Rule::Quantity, old: None, new: Some(12) }]);
        assert_eq!(proposal.commit().limits(), &wanted);
    }

    #[test]
    fn one_rule_that_cannot_hold_stops_the_whole_change() {
        let current = Rules::default();
        let wanted = with(|limits| {
            limits.offers.quantity = Some(12);
            limits.amounts.largest_unattended = Msat::MAX;
        });
        let error =
            RuleError { rule: Rule::LargestUnattended, why: Why::Contradicts(Rule::LargestAtAll) };
        assert_eq!(Proposal::new(&current, wanted, NOW), Err(error));
    }

    #[test]
    fn the_device_says_when_a_rate_was_set() {
        let current = Rules::default();
        let wanted = with(|limits| {
            limits.fiat.currency = Currency::new(*b"EUR");
            limits.fiat.msat_per_million = 1;
            limits.fiat.set_at = UnixTime(u64::MAX);
        });
        let once = Proposal::new(&current, wanted, NOW).unwrap().commit();
        assert_eq!(once.limits().fiat.set_at, NOW);

        let mut again = once.limits().clone();
        let later = UnixTime(NOW.0 + 1);
        assert_eq!(Proposal::new(&once, again.clone(), later).unwrap().changes().count(), 0);
        again.fiat.set_at = UnixTime(0);
        let confirmed = Proposal::new(&once, again, later).unwrap().commit();
        assert_eq!(confirmed.limits().fiat.set_at, later);
    }

    proptest! {
        #[test]
        #[cfg_attr(miri, ignore = "generated limits take Miri minutes")]
        fn the_list_of_changes_applied_to_the_old_rules_is_the_new_rules(
            old in any_limits(),
            new in any_limits(),
        ) {
            let current = Rules::new(old.clone()).unwrap();
            let proposal = Proposal::new(&current, new, NOW).unwrap();
            let mut applied = old;
            for change in proposal.changes() {
                prop_assert_eq!(applied.get(change.rule), change.old);
                applied.set(change.rule, change.new).unwrap();
            }
            let committed = proposal.commit();
            prop_assert_eq!(&applied, committed.limits());
        }
    }
}

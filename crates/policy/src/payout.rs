//! Money that the merchant pays: a refund or withdrawal that they offer, and the invoice that comes
//! back for it.

use countersign_units::Msat;

use crate::verdict::Match;
use crate::{Rule, Rules, Verdict};

/// A payment by the merchant.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PayoutFacts {
    /// The network that it is for, beside that of the device.
    pub chain: Match,
    /// How much.
    pub amount: Msat,
}

/// Judges a payment by the merchant: refused or asked, never made unattended.
#[must_use]
pub fn judge_payout(rules: &Rules, facts: &PayoutFacts) -> Verdict {
    let PayoutFacts { chain, amount } = facts;
    let most = rules.limits().amounts.largest_payout;
    let nothing = if amount.is_zero() { Verdict::Refuse(Rule::ZeroAmount) } else { Verdict::Sign };
    chain
        .or(Verdict::Refuse(Rule::Network))
        .and(nothing)
        .and(Verdict::at_most(*amount, most, Verdict::Refuse(Rule::LargestPayout)))
        .and(Verdict::Ask(Rule::Payout))
}

#[cfg(test)]
mod tests {
    use countersign_units::Msat;

    use super::{PayoutFacts, judge_payout};
    use crate::Match::{Different, Same};
    use crate::{Match, Rule, Rules, Verdict};

    fn judge(chain: Match, amount: u64) -> Verdict {
        let amount = Msat::new(amount).unwrap();
        judge_payout(&Rules::default(), &PayoutFacts { chain, amount })
    }

    #[test]
    fn a_payout_is_always_asked_up_to_its_limit_and_refused_past_it() {
        assert_eq!(judge(Same, 0), Verdict::Refuse(Rule::ZeroAmount));
        assert_eq!(judge(Same, 1), Verdict::Ask(Rule::Payout));
        assert_eq!(judge(Same, 1_000_000_000), Verdict::Ask(Rule::Payout));
        assert_eq!(judge(Same, 1_000_000_001), Verdict::Refuse(Rule::LargestPayout));
        assert_eq!(judge(Different, 1), Verdict::Refuse(Rule::Network));
    }
}

//! A claim for a preimage: does the evidence fit the invoice and the merchant's rule?

use countersign_units::Msat;

use crate::{Match, ReleaseRule, Rule, Rules, Verdict};

/// What the device found in a claim for an invoice that it signed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ClaimFacts {
    /// What the invoice said when it was signed, beside what the claim would make of it: for an
    /// invoice with its preimage out already, the claim that it went out for.
    pub invoice: Match,
    /// What the invoice says.
    pub owed: Msat,
    /// What the claim shows.
    pub evidence: Evidence,
}

/// What a claim shows for a payment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Evidence {
    /// A path key, beside the one that the recipient's HTLC has to carry.
    PathKey(Match),
    /// The host's word.
    Facts {
        /// The payment context, beside the invoice's.
        context: Match,
        /// The expiry, beside the invoice's.
        expiry: Match,
        /// The amount.
        received: Msat,
    },
    /// Payment onions that the device opened itself.
    Onion {
        /// The `path_id`, beside the invoice's.
        path_id: Match,
        /// The HTLC's `cltv_expiry`, beside what the payer asked for and the path allows.
        expiry: Match,
        /// The sum of the parts.
        received: Msat,
        /// `total_amount_msat`.
        total: Msat,
    },
}

/// Judges a claim: [`Verdict::Sign`] releases the preimage. Nobody is asked.
#[must_use]
pub fn judge_claim(rules: &Rules, facts: &ClaimFacts) -> Verdict {
    let ClaimFacts { invoice, owed, evidence } = facts;
    let foreign = Verdict::Refuse(Rule::ReleaseEvidence);
    let judged = match (rules.limits().release, evidence) {
        (ReleaseRule::PathKey, Evidence::PathKey(path_key)) => path_key.or(foreign),
        (ReleaseRule::Facts, Evidence::Facts { context, expiry, received }) => {
            context.or(foreign).and(expiry.or(foreign)).and(judge_amount(*owed, *received))
        }
        (ReleaseRule::Onion, Evidence::Onion { path_id, expiry, received, total }) => path_id
            .or(foreign)
            .and(expiry.or(foreign))
            .and(judge_amount(*owed, *total))
            .and(Verdict::at_least(received, total, Verdict::Refuse(Rule::ReleaseAmount))),
        (ReleaseRule::PathKey | ReleaseRule::Facts | ReleaseRule::Onion, _) => {
            return Verdict::Refuse(Rule::Release);
        }
    };
    invoice.or(foreign).and(judged)
}

/// BOLT 4 lets a payer send up to twice what the invoice asks for.
fn judge_amount(owed: Msat, received: Msat) -> Verdict {
    let broken = Verdict::Refuse(Rule::ReleaseAmount);
    let most = owed.get().saturating_mul(2);
    Verdict::at_least(received, owed, broken).and(Verdict::at_most(received.get(), most, broken))
}

#[cfg(test)]
mod tests {
    use countersign_units::Msat;

    use super::{ClaimFacts, Evidence, judge_claim};
    use crate::Match::{Different, Same};
    use crate::{Limits, Match, ReleaseRule, Rule, Rules, Verdict};

    fn msat(amount: u64) -> Msat {
        Msat::new(amount).unwrap()
    }

    fn judge(release: ReleaseRule, evidence: Evidence) -> Verdict {
        let rules = Rules::new(Limits { release, ..Limits::default() }).unwrap();
        judge_claim(&rules, &ClaimFacts { invoice: Same, owed: msat(1_000), evidence })
    }

    fn facts(context: Match, expiry: Match, received: u64) -> Evidence {
        Evidence::Facts { context, expiry, received: msat(received) }
    }

    fn onion(path_id: Match, received: u64, total: u64) -> Evidence {
        let expiry = Same;
        Evidence::Onion { path_id, expiry, received: msat(received), total: msat(total) }
    }

    const RELEASED: Verdict = Verdict::Sign;
    const FOREIGN: Verdict = Verdict::Refuse(Rule::ReleaseEvidence);
    const AMOUNT: Verdict = Verdict::Refuse(Rule::ReleaseAmount);

    #[test]
    fn only_the_evidence_that_the_merchant_chose_counts() {
        let kinds = [
            (ReleaseRule::Onion, onion(Same, 1_000, 1_000)),
            (ReleaseRule::PathKey, Evidence::PathKey(Same)),
            (ReleaseRule::Facts, facts(Same, Same, 1_000)),
        ];
        for (rule, _) in &kinds {
            for (kind, evidence) in &kinds {
                let verdict = if rule == kind { RELEASED } else { Verdict::Refuse(Rule::Release) };
                assert_eq!(judge(*rule, evidence.clone()), verdict);
            }
        }
    }

    #[test]
    fn evidence_of_another_payment_releases_nothing() {
        assert_eq!(judge(ReleaseRule::PathKey, Evidence::PathKey(Different)), FOREIGN);
        assert_eq!(judge(ReleaseRule::Facts, facts(Different, Same, 1_000)), FOREIGN);
        assert_eq!(judge(ReleaseRule::Facts, facts(Same, Different, 1_000)), FOREIGN);
        assert_eq!(judge(ReleaseRule::Onion, onion(Different, 1_000, 1_000)), FOREIGN);
        let (received, total) = (msat(1_000), msat(1_000));
        let late = Evidence::Onion { path_id: Same, expiry: Different, received, total };
        assert_eq!(judge(ReleaseRule::Onion, late), FOREIGN);
    }

    #[test]
    fn from_the_amount_to_twice_the_amount_is_paid() {
        for (received, verdict) in
            [(999, AMOUNT), (1_000, RELEASED), (2_000, RELEASED), (2_001, AMOUNT)]
        {
            assert_eq!(judge(ReleaseRule::Facts, facts(Same, Same, received)), verdict);
            assert_eq!(judge(ReleaseRule::Onion, onion(Same, received, received)), verdict);
        }
    }

    #[test]
    fn parts_that_do_not_make_up_the_total_release_nothing() {
        assert_eq!(judge(ReleaseRule::Onion, onion(Same, 999, 1_000)), AMOUNT);
        assert_eq!(judge(ReleaseRule::Onion, onion(Same, 1_001, 1_000)), RELEASED);
    }

    #[test]
    fn other_facts_for_a_released_hash_are_refused() {
        let facts =
            ClaimFacts { invoice: Different, owed: msat(1_000), evidence: Evidence::PathKey(Same) };
        assert_eq!(judge_claim(&Rules::default(), &facts), FOREIGN);
    }
}

//! Payment paths that the host proposes.
//!
//! The device blinds the hops itself and aggregates what they charge (R-BPP-04); these are the
//! results, and the outcome of its comparisons with what the merchant pinned.

use countersign_units::Msat;
use countersign_units::wide::{MILLION, product};

use crate::{IntroductionNodes, Multipart, PathLimits, ReleaseRule, Rule, Rules, Verdict};

/// One payment path.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PathFacts {
    /// Where it ends.
    pub recipient: Recipient,
    /// Where it starts.
    pub introduction_node: Listing,
    /// Nodes in it, the recipient included.
    pub hops: u8,
    /// What the invoice says.
    pub amount: Msat,
    /// The aggregated base fee in msat.
    pub fee_base_msat: u32,
    /// The aggregated proportional fee in millionths.
    pub fee_proportional_millionths: u32,
    /// The aggregated CLTV delta in blocks.
    pub cltv_expiry_delta: u16,
    /// The smallest HTLC in msat.
    pub htlc_minimum_msat: u64,
    /// The largest HTLC in msat.
    pub htlc_maximum_msat: u64,
    /// Whether the invoice allows several parts.
    pub parts: Parts,
}

/// The node that a path ends at, beside the one that the merchant pinned.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Recipient {
    /// The same.
    Pinned,
    /// Another.
    Other,
    /// None is pinned.
    NonePinned,
}

/// Whether the merchant listed a node.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Listing {
    /// They did.
    Listed,
    /// They did not.
    Unlisted,
}

/// In how many parts a payment may come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Parts {
    /// In one.
    Single,
    /// In several (`basic_mpp`).
    Several,
}

/// All payment paths of one invoice.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PathsFacts {
    /// How many.
    pub count: u8,
    /// Whether the invoice allows several parts.
    pub parts: Parts,
    /// What the invoice says.
    pub amount: Msat,
    /// The sum of the paths' largest HTLCs in msat, at most `u64::MAX`.
    pub htlc_maximum_total_msat: u64,
}

/// Judges one payment path. It is never asked: a path can be proposed anew.
#[must_use]
pub fn judge_path(rules: &Rules, facts: &PathFacts) -> Verdict {
    let PathFacts {
        recipient,
        introduction_node,
        hops,
        amount,
        fee_base_msat,
        fee_proportional_millionths,
        cltv_expiry_delta,
        htlc_minimum_msat,
        htlc_maximum_msat,
        parts,
    } = facts;
    let limits = &rules.limits().paths;
    let least_carried = match parts {
        Parts::Single => amount.get(),
        Parts::Several => 1,
    };
    judge_ends(limits.introduction_nodes, *recipient, *introduction_node)
        .and(judge_fee(limits, *amount, *fee_base_msat, *fee_proportional_millionths))
        .and(Verdict::at_most(
            *cltv_expiry_delta,
            limits.cltv_delta,
            Verdict::Refuse(Rule::CltvDelta),
        ))
        .and(Verdict::at_most(*htlc_minimum_msat, amount.get(), Verdict::Refuse(Rule::HtlcMinimum)))
        .and(Verdict::at_least(
            *htlc_maximum_msat,
            least_carried,
            Verdict::Refuse(Rule::HtlcMaximum),
        ))
        .and(judge_hops(limits.hops, rules.limits().release, *hops))
}

fn judge_ends(allowed: IntroductionNodes, recipient: Recipient, first: Listing) -> Verdict {
    let recipient = match recipient {
        Recipient::Pinned => Verdict::Sign,
        Recipient::Other | Recipient::NonePinned => Verdict::Refuse(Rule::Recipient),
    };
    recipient.and(match (allowed, first) {
        (IntroductionNodes::Any, _) | (IntroductionNodes::Listed, Listing::Listed) => Verdict::Sign,
        (IntroductionNodes::Listed, Listing::Unlisted) => Verdict::Refuse(Rule::IntroductionNode),
    })
}

fn judge_fee(limits: &PathLimits, amount: Msat, base: u32, proportional: u32) -> Verdict {
    let amount = u128::from(amount.get());
    let fee = product(amount, proportional.into()).saturating_add(product(base.into(), MILLION));
    Verdict::at_most(u64::from(base), limits.fee_base.get(), Verdict::Refuse(Rule::FeeBase))
        .and(Verdict::at_most(
            proportional,
            limits.fee_proportional_ppm,
            Verdict::Refuse(Rule::FeeProportional),
        ))
        .and(limits.fee_share_ppm.map_or(Verdict::Sign, |share| {
            let most = product(amount, share.into());
            Verdict::at_most(fee, most, Verdict::Refuse(Rule::FeeShare))
        }))
}

fn judge_hops(most: u8, release: ReleaseRule, hops: u8) -> Verdict {
    let least = match release {
        ReleaseRule::PathKey => 2,
        ReleaseRule::Facts | ReleaseRule::Onion => 1,
    };
    Verdict::at_most(hops, most, Verdict::Refuse(Rule::Hops))
        .and(Verdict::at_least(hops, 1, Verdict::Refuse(Rule::Hops)))
        .and(Verdict::at_least(hops, least, Verdict::Refuse(Rule::OneHopPath)))
}

/// Judges the payment paths of one invoice together.
#[must_use]
pub fn judge_paths(rules: &Rules, facts: &PathsFacts) -> Verdict {
    let PathsFacts { count, parts, amount, htlc_maximum_total_msat } = facts;
    let limits = &rules.limits().paths;
    let parts = match (limits.multipart, parts) {
        (Multipart::Allow, _) | (Multipart::Refuse, Parts::Single) => Verdict::Sign,
        (Multipart::Refuse, Parts::Several) => Verdict::Refuse(Rule::Multipart),
    };
    Verdict::at_least(*htlc_maximum_total_msat, amount.get(), Verdict::Refuse(Rule::HtlcMaximum))
        .and(Verdict::at_most(*count, limits.count, Verdict::Refuse(Rule::Paths)))
        .and(Verdict::at_least(*count, 1, Verdict::Refuse(Rule::Paths)))
        .and(parts)
}

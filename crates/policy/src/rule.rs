//! The rules' names and numbers.

use core::fmt;

/// One of the merchant's rules, by its stable number (see `RULES.md`).
///
/// A number is never used for another rule, since shops' software and people's notes name it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[repr(u8)]
pub enum Rule {
    /// The request is for the network that the device was provisioned for.
    Network = 1,
    /// Which epochs' offers are answered.
    OffersAllowed = 2,
    /// A revoked offer is not answered.
    OfferRevoked = 3,
    /// An expired offer is not answered.
    OfferExpired = 4,
    /// Whether an invoice may be signed for somebody's refund or withdrawal (`lnr…`).
    WithoutOffer = 5,
    /// The largest quantity.
    Quantity = 6,
    /// Whether a payer's note is accepted.
    PayerNote = 7,
    /// The longest payer's note in bytes.
    PayerNoteLength = 8,
    /// At least the price.
    Underpaid = 10,
    /// At most so many percent of the price.
    Overpaid = 11,
    /// The largest amount signed without asking.
    LargestUnattended = 12,
    /// The largest amount signed at all.
    LargestAtAll = 13,
    /// Nothing is not an amount.
    ZeroAmount = 14,
    /// The currency that fiat offers may name.
    Currency = 20,
    /// The merchant's exchange rate.
    Rate = 21,
    /// How far the host's rate may be from the merchant's.
    RateTolerance = 22,
    /// How long the merchant's rate holds.
    RateAge = 23,
    /// When the merchant's rate was set; the device writes it.
    RateSetAt = 24,
    /// The conversion has a result.
    Conversion = 25,
    /// The most money received in a period.
    PaidWindow = 30,
    /// The period of [`Rule::PaidWindow`].
    PaidWindowPeriod = 31,
    /// What happens when [`Rule::PaidWindow`] is full.
    PaidWindowAction = 32,
    /// So many unpaid invoices in a period raise an alarm.
    UnpaidWindow = 33,
    /// The period of [`Rule::UnpaidWindow`].
    UnpaidWindowPeriod = 34,
    /// A payment path ends at the pinned recipient.
    Recipient = 40,
    /// Which introduction nodes a payment path may start at.
    IntroductionNode = 41,
    /// The largest base fee of a payment path.
    FeeBase = 42,
    /// The largest proportional fee of a payment path.
    FeeProportional = 43,
    /// The largest fee of a payment path as a share of the amount.
    FeeShare = 44,
    /// The largest CLTV delta of a payment path.
    CltvDelta = 45,
    /// A path's smallest HTLC is not larger than the amount.
    HtlcMinimum = 46,
    /// The paths' largest HTLCs carry the amount.
    HtlcMaximum = 47,
    /// The largest number of payment paths.
    Paths = 48,
    /// The largest number of hops of a payment path.
    Hops = 49,
    /// Whether a payment may come in several parts.
    Multipart = 50,
    /// Under the path-key rule a path has at least two hops.
    OneHopPath = 51,
    /// How far behind the device's time a claim may be.
    ClockBack = 60,
    /// How far ahead of the device's own ticks the time may get.
    ClockAhead = 61,
    /// The first time is set with a button.
    ClockUnset = 62,
    /// The evidence for which a preimage is released.
    Release = 70,
    /// The evidence belongs to the invoice.
    ReleaseEvidence = 71,
    /// The amount received fits the invoice.
    ReleaseAmount = 72,
    /// The largest refund or withdrawal that the merchant pays.
    LargestPayout = 80,
    /// Every payment by the merchant is asked.
    Payout = 81,
    /// What the bridge is told for its records.
    Disclosure = 90,
    /// Where prompts may be read.
    Prompts = 91,
}

/// What the number of a settable rule counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unit {
    /// Thousandths of a satoshi.
    Msat,
    /// Things.
    Count,
    /// Bytes.
    Bytes,
    /// Seconds.
    Seconds,
    /// Seconds since 1970-01-01 00:00 UTC.
    Moment,
    /// Hundredths.
    PerCent,
    /// Millionths.
    PerMillion,
    /// Blocks.
    Blocks,
    /// Three capital letters of ISO 4217, the first in bits 16 to 23.
    Letters,
    /// Thousandths of a satoshi for a million of the currency's major units.
    MsatPerMillion,
    /// A choice by its number; a smaller number is never less strict.
    Choice,
}

impl Rule {
    /// Every rule, by ascending number.
    pub const ALL: [Self; 46] = [
        Self::Network,
        Self::OffersAllowed,
        Self::OfferRevoked,
        Self::OfferExpired,
        Self::WithoutOffer,
        Self::Quantity,
        Self::PayerNote,
        Self::PayerNoteLength,
        Self::Underpaid,
        Self::Overpaid,
        Self::LargestUnattended,
        Self::LargestAtAll,
        Self::ZeroAmount,
        Self::Currency,
        Self::Rate,
        Self::RateTolerance,
        Self::RateAge,
        Self::RateSetAt,
        Self::Conversion,
        Self::PaidWindow,
        Self::PaidWindowPeriod,
        Self::PaidWindowAction,
        Self::UnpaidWindow,
        Self::UnpaidWindowPeriod,
        Self::Recipient,
        Self::IntroductionNode,
        Self::FeeBase,
        Self::FeeProportional,
        Self::FeeShare,
        Self::CltvDelta,
        Self::HtlcMinimum,
        Self::HtlcMaximum,
        Self::Paths,
        Self::Hops,
        Self::Multipart,
        Self::OneHopPath,
        Self::ClockBack,
        Self::ClockAhead,
        Self::ClockUnset,
        Self::Release,
        Self::ReleaseEvidence,
        Self::ReleaseAmount,
        Self::LargestPayout,
        Self::Payout,
        Self::Disclosure,
        Self::Prompts,
    ];

    /// The stable number, below 100.
    #[must_use]
    pub const fn number(self) -> u8 {
        #[expect(clippy::as_conversions, reason = "the discriminant is the number")]
        {
            self as u8
        }
    }

    /// The rule of that number, if there is one.
    #[must_use]
    pub fn from_number(number: u8) -> Option<Self> {
        Self::ALL.into_iter().find(|rule| rule.number() == number)
    }

    /// The name that people type and read, as in `RULES.md`.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Network => "network",
            Self::OffersAllowed => "offers-allowed",
            Self::OfferRevoked => "offer-revoked",
            Self::OfferExpired => "offer-expired",
            Self::WithoutOffer => "without-offer",
            Self::Quantity => "quantity",
            Self::PayerNote => "payer-note",
            Self::PayerNoteLength => "payer-note-length",
            Self::Underpaid => "underpaid",
            Self::Overpaid => "overpaid",
            Self::LargestUnattended => "largest-unattended",
            Self::LargestAtAll => "largest-at-all",
            Self::ZeroAmount => "zero-amount",
            Self::Currency => "currency",
            Self::Rate => "rate",
            Self::RateTolerance => "rate-tolerance",
            Self::RateAge => "rate-age",
            Self::RateSetAt => "rate-set-at",
            Self::Conversion => "conversion",
            Self::PaidWindow => "paid-window",
            Self::PaidWindowPeriod => "paid-window-period",
            Self::PaidWindowAction => "paid-window-action",
            Self::UnpaidWindow => "unpaid-window",
            Self::UnpaidWindowPeriod => "unpaid-window-period",
            Self::Recipient => "recipient",
            Self::IntroductionNode => "introduction-node",
            Self::FeeBase => "fee-base",
            Self::FeeProportional => "fee-proportional",
            Self::FeeShare => "fee-share",
            Self::CltvDelta => "cltv-delta",
            Self::HtlcMinimum => "htlc-minimum",
            Self::HtlcMaximum => "htlc-maximum",
            Self::Paths => "paths",
            Self::Hops => "hops",
            Self::Multipart => "multipart",
            Self::OneHopPath => "one-hop-path",
            Self::ClockBack => "clock-back",
            Self::ClockAhead => "clock-ahead",
            Self::ClockUnset => "clock-unset",
            Self::Release => "release",
            Self::ReleaseEvidence => "release-evidence",
            Self::ReleaseAmount => "release-amount",
            Self::LargestPayout => "largest-payout",
            Self::Payout => "payout",
            Self::Disclosure => "disclosure",
            Self::Prompts => "prompts",
        }
    }

    /// What a merchant sets; `None` for a rule that always holds.
    #[must_use]
    pub const fn unit(self) -> Option<Unit> {
        match self {
            Self::Network
            | Self::OfferRevoked
            | Self::OfferExpired
            | Self::Underpaid
            | Self::ZeroAmount
            | Self::Conversion
            | Self::Recipient
            | Self::HtlcMinimum
            | Self::HtlcMaximum
            | Self::OneHopPath
            | Self::ClockUnset
            | Self::ReleaseEvidence
            | Self::ReleaseAmount
            | Self::Payout => None,
            Self::OffersAllowed
            | Self::WithoutOffer
            | Self::PayerNote
            | Self::PaidWindowAction
            | Self::IntroductionNode
            | Self::Multipart
            | Self::Release
            | Self::Disclosure
            | Self::Prompts => Some(Unit::Choice),
            Self::LargestUnattended
            | Self::LargestAtAll
            | Self::PaidWindow
            | Self::FeeBase
            | Self::LargestPayout => Some(Unit::Msat),
            Self::Quantity | Self::UnpaidWindow | Self::Paths | Self::Hops => Some(Unit::Count),
            Self::PaidWindowPeriod
            | Self::UnpaidWindowPeriod
            | Self::RateAge
            | Self::ClockBack
            | Self::ClockAhead => Some(Unit::Seconds),
            Self::RateTolerance | Self::FeeProportional | Self::FeeShare => Some(Unit::PerMillion),
            Self::PayerNoteLength => Some(Unit::Bytes),
            Self::Overpaid => Some(Unit::PerCent),
            Self::Currency => Some(Unit::Letters),
            Self::Rate => Some(Unit::MsatPerMillion),
            Self::RateSetAt => Some(Unit::Moment),
            Self::CltvDelta => Some(Unit::Blocks),
        }
    }
}

impl fmt::Display for Rule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "rule {} ({})", self.number(), self.name())
    }
}

#[cfg(test)]
mod tests {
    extern crate alloc;

    use alloc::format;

    use super::Rule;

    #[test]
    fn numbers_ascend_and_fit_an_error_code() {
        assert!(Rule::ALL.is_sorted_by(|one, next| one.number() < next.number()));
        assert!(Rule::ALL.iter().all(|rule| rule.number() < 100));
    }

    #[test]
    fn every_number_leads_back_to_its_rule() {
        for number in 0..=u8::MAX {
            match Rule::from_number(number) {
                Some(rule) => assert_eq!(rule.number(), number),
                None => assert!(Rule::ALL.iter().all(|rule| rule.number() != number)),
            }
        }
    }

    #[test]
    fn every_rule_has_its_line_in_the_document() {
        let document = include_str!("../RULES.md");
        for rule in Rule::ALL {
            let start = format!("| {} | `{}` |", rule.number(), rule.name());
            assert_eq!(
                document.lines().filter(|line| line.starts_with(&start)).count(),
                1,
                "{rule}"
            );
        }
    }
}

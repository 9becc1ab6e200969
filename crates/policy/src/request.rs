//! An `invoice_request` that is ours, read and verified: may its invoice be signed?

use countersign_units::wide::product;
use countersign_units::{Msat, UnixTime};

use crate::verdict::Match;
use crate::{
    AmountLimits, NoteRule, OfferLimits, OffersAllowed, Rule, Rules, Uptime, Verdict, Windows,
    WithoutOffer,
};

/// What the device found in an `invoice_request`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RequestFacts<'a> {
    /// `invreq_chain`, or bitcoin, against the network of the device (R-IR-13).
    pub chain: Match,
    /// What the request answers.
    pub origin: Origin,
    /// What the invoice would say (R-IW-03).
    pub amount: Msat,
    /// Price times quantity in msat (R-IR-11); `None` when the offer names no price.
    pub expected: Option<Msat>,
    /// `invreq_quantity`.
    pub quantity: Option<u64>,
    /// Bytes of `invreq_payer_note`; `None` without one.
    pub payer_note: Option<usize>,
    /// What has been counted lately.
    pub windows: &'a Windows,
    /// The device's time.
    pub now: UnixTime,
    /// The device's ticks.
    pub uptime: Uptime,
}

/// What a request answers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Origin {
    /// An offer that this device made.
    Offer(OfferFacts),
    /// Nothing of ours: somebody's refund or withdrawal (`lnr…`).
    Refund,
}

/// How an offer of ours stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OfferFacts {
    /// The epoch that it was made in.
    pub epoch: Epoch,
    /// Whether it is on the list of revoked offers.
    pub revocation: Revocation,
    /// `offer_absolute_expiry`: the last moment that it is answered.
    pub expiry: Option<UnixTime>,
}

/// An offer's epoch beside the device's.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Epoch {
    /// The same.
    Current,
    /// An earlier one.
    Earlier,
}

/// Whether an offer was revoked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Revocation {
    /// It stands.
    Standing,
    /// The merchant revoked it.
    Revoked,
}

/// A verdict, and what the merchant hears of beside it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Judgement {
    /// Whether the invoice may be signed.
    pub verdict: Verdict,
    /// The window that is full, for the log and the merchant's eyes.
    pub alarm: Option<Rule>,
}

/// Judges a request. Of several rules that refuse, the verdict names the one with the smallest
/// number.
#[must_use]
pub fn judge_request(rules: &Rules, facts: &RequestFacts<'_>) -> Judgement {
    let RequestFacts {
        chain,
        origin,
        amount,
        expected,
        quantity,
        payer_note,
        windows,
        now,
        uptime,
    } = facts;
    let limits = rules.limits();
    let (window, alarm) = windows.judge(rules, *amount, *uptime);
    let verdict = chain
        .or(Verdict::Refuse(Rule::Network))
        .and(judge_origin(&limits.offers, origin, *now))
        .and(judge_quantity(&limits.offers, *quantity))
        .and(judge_note(&limits.offers, *payer_note))
        .and(judge_amount(&limits.amounts, *amount, *expected))
        .and(window);
    Judgement { verdict, alarm }
}

fn judge_origin(limits: &OfferLimits, origin: &Origin, now: UnixTime) -> Verdict {
    match (origin, limits.without_offer) {
        (Origin::Offer(offer), _) => judge_offer(limits.allowed, offer, now),
        (Origin::Refund, WithoutOffer::Ask) => Verdict::Ask(Rule::WithoutOffer),
        (Origin::Refund, WithoutOffer::Refuse) => Verdict::Refuse(Rule::WithoutOffer),
    }
}

fn judge_offer(allowed: OffersAllowed, offer: &OfferFacts, now: UnixTime) -> Verdict {
    let OfferFacts { epoch, revocation, expiry } = offer;
    let epoch = match (allowed, epoch) {
        (OffersAllowed::All, _) | (OffersAllowed::CurrentEpoch, Epoch::Current) => Verdict::Sign,
        (OffersAllowed::CurrentEpoch, Epoch::Earlier) | (OffersAllowed::None, _) => {
            Verdict::Refuse(Rule::OffersAllowed)
        }
    };
    let revocation = match revocation {
        Revocation::Standing => Verdict::Sign,
        Revocation::Revoked => Verdict::Refuse(Rule::OfferRevoked),
    };
    let expiry = expiry.map_or(Verdict::Sign, |last| {
        Verdict::at_most(now, last, Verdict::Refuse(Rule::OfferExpired))
    });
    epoch.and(revocation).and(expiry)
}

fn judge_quantity(limits: &OfferLimits, quantity: Option<u64>) -> Verdict {
    limits.quantity.map_or(Verdict::Sign, |most| {
        Verdict::at_most(quantity.unwrap_or(1), most, Verdict::Refuse(Rule::Quantity))
    })
}

fn judge_note(limits: &OfferLimits, note: Option<usize>) -> Verdict {
    let Some(length) = note else { return Verdict::Sign };
    let most = usize::from(limits.payer_note_length);
    let note = match limits.payer_note {
        NoteRule::Allow => Verdict::Sign,
        NoteRule::Ask => Verdict::Ask(Rule::PayerNote),
        NoteRule::Refuse => Verdict::Refuse(Rule::PayerNote),
    };
    note.and(Verdict::at_most(length, most, Verdict::Refuse(Rule::PayerNoteLength)))
}

fn judge_amount(limits: &AmountLimits, amount: Msat, expected: Option<Msat>) -> Verdict {
    let AmountLimits { overpaid_percent, largest_unattended, largest_at_all, largest_payout: _ } =
        limits;
    let price = expected.map_or(Verdict::Sign, |expected| {
        let least = Verdict::at_least(amount, expected, Verdict::Refuse(Rule::Underpaid));
        least.and(overpaid_percent.map_or(Verdict::Sign, |percent| {
            let most = product(expected.get().into(), percent.into());
            let paid = product(amount.get().into(), 100);
            Verdict::at_most(paid, most, Verdict::Refuse(Rule::Overpaid))
        }))
    });
    let nothing = if amount.is_zero() { Verdict::Refuse(Rule::ZeroAmount) } else { Verdict::Sign };
    price
        .and(Verdict::at_most(amount, *largest_at_all, Verdict::Refuse(Rule::LargestAtAll)))
        .and(nothing)
        .and(Verdict::at_most(amount, *largest_unattended, Verdict::Ask(Rule::LargestUnattended)))
}

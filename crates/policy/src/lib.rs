//! The merchant's rules, as pure functions over plain facts.
//!
//! The signer opens onions, parses, verifies and compares; what it found it hands to a judge here
//! as a structure of facts, and gets a [`Verdict`]: sign, ask the merchant, or refuse, with the
//! [`Rule`] that is the reason. No judge sees bytes, keys or hardware, and each takes its facts
//! apart field by field, so that a new fact does not compile until it is judged.
//!
//! | judge | of |
//! |---|---|
//! | [`judge_request`] | an `invoice_request`, before anything is signed |
//! | [`judge_rate`] | the rate of a fiat offer's currency: the host's, held against the merchant's |
//! | [`judge_path`], [`judge_paths`] | payment paths that the host proposes |
//! | [`judge_claim`] | a claim for a preimage |
//! | [`judge_payout`] | a refund or withdrawal that the merchant pays |
//! | [`judge_time`] | what the host says the time is |
//! | [`Proposal`] | a change of the rules themselves |
//!
//! What can be set is a [`Limits`]; a [`Rules`] is a `Limits` without contradictions. Every number
//! of a rule, its unit and its default are in `RULES.md`.

#![no_std]
#![forbid(unsafe_code)]

mod change;
mod claim;
mod clock;
mod fiat;
mod field;
mod limits;
mod path;
mod payout;
mod request;
mod rule;
mod rules;
mod verdict;
mod window;

pub use change::{Change, Proposal};
pub use claim::{ClaimFacts, Evidence, judge_claim};
pub use clock::{Clock, TimeVerdict, Uptime, judge_time};
pub use fiat::{RateFacts, judge_rate};
pub use limits::{
    AmountLimits, ClockLimits, Currency, Disclosure, FiatLimits, IntroductionNodes, Limits,
    Multipart, NoteRule, OfferLimits, OffersAllowed, PathLimits, PromptScreen, ReleaseRule,
    WhenFull, Window, WindowLimits, WithoutOffer,
};
pub use path::{Listing, Parts, PathFacts, PathsFacts, Recipient, judge_path, judge_paths};
pub use payout::{PayoutFacts, judge_payout};
pub use request::{Epoch, Judgement, OfferFacts, Origin, RequestFacts, Revocation, judge_request};
pub use rule::{Rule, Unit};
pub use rules::{RuleError, Rules, Why};
pub use verdict::{Match, Verdict};
pub use window::{Bucket, Windows};

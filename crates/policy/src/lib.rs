//! The merchant's rules, as pure functions over plain facts.
//!
//! The signer opens onions, parses, verifies and compares; what it found it hands to a judge here
//! as a structure of facts, and gets a verdict: sign, ask the merchant, or refuse, with the
//! [`Rule`] that is the reason. No judge sees bytes, keys or hardware, and each takes its facts
//! apart field by field, so that a new fact does not compile until it is judged.
//!
//! | judge | of |
//! |---|---|
//! | [`Proposal`] | a change of the rules themselves |
//!
//! What can be set is a [`Limits`]; a [`Rules`] is a `Limits` without contradictions. Every number
//! of a rule, its unit and its default are in `RULES.md`.

#![no_std]
#![forbid(unsafe_code)]

mod change;
mod field;
mod limits;
mod rule;
mod rules;

pub use change::{Change, Proposal};
pub use limits::{
    AmountLimits, ClockLimits, Currency, Disclosure, FiatLimits, IntroductionNodes, Limits,
    Multipart, NoteRule, OfferLimits, OffersAllowed, PathLimits, PromptScreen, ReleaseRule,
    WhenFull, Window, WindowLimits, WithoutOffer,
};
pub use rule::{Rule, Unit};
pub use rules::{RuleError, Rules, Why};

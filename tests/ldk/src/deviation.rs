//! Where we differ from LDK 0.2.7, and the sentence of the specification that decides it.

use crate::corpus::Kind;
use crate::records::Records;
use crate::text::{Padding, padding};

/// Whose verdict is the stricter one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stricter {
    /// LDK accepts what we reject.
    Ours,
    /// We accept what LDK rejects.
    Ldk,
}

/// What a case looks like to the one who decides whether a difference is a known one.
#[derive(Debug)]
pub struct Sample<'a> {
    /// Its records, when it is well-formed.
    pub records: Option<Records>,
    /// The text that it was given as.
    pub text: Option<&'a str>,
}

/// One known difference.
#[derive(Debug)]
pub struct Deviation {
    /// The requirement, as the project numbers them.
    pub rule: &'static str,
    /// The sentence of the specification that decides it, or what does where it is silent.
    pub sentence: &'static str,
    /// Whose verdict is the stricter one.
    pub stricter: Stricter,
    /// The messages that it is about.
    pub kinds: &'static [Kind],
    /// Whether it is about this case: then the stricter side rejects it, without exception.
    pub holds: fn(&Sample<'_>) -> bool,
}

/// Every known difference.
pub const DEVIATIONS: &[Deviation] = &[
    Deviation {
        rule: "R-ST-04",
        sentence: "MUST NOT use more than 4 bits of padding, which MUST be zero. (2026-03)",
        stricter: Stricter::Ours,
        kinds: &[Kind::OfferText, Kind::RefundText],
        holds: |sample| sample.text.is_some_and(|text| padding(text) == Padding::Wrong),
    },
    Deviation {
        rule: "R-OR-01",
        sentence: "offers-test.json, 'offer_chains with zero entries' (2026-01)",
        stricter: Stricter::Ours,
        kinds: &[Kind::Offer, Kind::OfferText],
        holds: |sample| sample.value(2).is_some_and(<[u8]>::is_empty),
    },
    Deviation {
        rule: "R-OR-01",
        sentence: "if `offer_features` contains unknown _even_ bits that are non-zero: MUST NOT \
                   respond to the offer. (LDK asks when it makes the request.)",
        stricter: Stricter::Ours,
        kinds: &[Kind::Offer, Kind::OfferText],
        holds: |sample| sample.requires(12, &[]),
    },
    Deviation {
        rule: "R-OR-01",
        sentence: "A writer: MUST include `offer_paths` containing one or more paths to the node. \
                   (LDK takes a list of none beside an `offer_issuer_id`.)",
        stricter: Stricter::Ours,
        kinds: &[Kind::Offer, Kind::OfferText],
        holds: |sample| sample.value(16).is_some_and(<[u8]>::is_empty),
    },
];

impl Sample<'_> {
    /// The value of a record.
    fn value(&self, number: u64) -> Option<&[u8]> {
        self.records.as_ref()?.get(number)
    }

    /// Whether a bitmap has an even bit that is not among `known`.
    fn requires(&self, number: u64, known: &[usize]) -> bool {
        let bitmap = self.value(number).unwrap_or_default().iter().rev();
        let mut bits = bitmap.enumerate().flat_map(|(place, byte)| {
            (0..8).filter(move |at| (byte >> at) & 1 == 1).map(move |at| place * 8 + at)
        });
        bits.any(|bit| bit % 2 == 0 && !known.contains(&bit))
    }
}

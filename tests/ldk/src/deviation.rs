//! Where we differ from LDK 0.2.7, and the sentence of the specification that decides it.

use crate::corpus::Kind::{self, Invoice, Offer, OfferText, Refund, RefundText, Request};
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
        kinds: &[OfferText, RefundText],
        holds: |sample| sample.text.is_some_and(|text| padding(text) == Padding::Wrong),
    },
    Deviation {
        rule: "R-OR-01, offer_chains",
        sentence: "offers-test.json, 'offer_chains with zero entries' (2026-01)",
        stricter: Stricter::Ours,
        kinds: &[Offer, OfferText],
        holds: |sample| sample.is_empty(2),
    },
    Deviation {
        rule: "R-OR-01, offer_features",
        sentence: "if `offer_features` contains unknown _even_ bits that are non-zero: MUST NOT \
                   respond to the offer. (LDK looks when it makes a request.)",
        stricter: Stricter::Ours,
        kinds: &[Offer, OfferText, Request, Invoice],
        holds: |sample| sample.requires(12, &[]),
    },
    Deviation {
        rule: "R-OW-08, offer_paths",
        sentence: "MUST include `offer_paths` containing one or more paths to the node from \
                   publicly reachable nodes. (LDK takes none, beside an `offer_issuer_id`.)",
        stricter: Stricter::Ours,
        kinds: &[Offer, OfferText, Request, Invoice],
        holds: |sample| sample.is_empty(16),
    },
    Deviation {
        rule: "R-IR-03, invreq_features",
        sentence: "if `invreq_features` contains unknown _even_ bits that are non-zero: MUST \
                   reject the invoice request. (LDK looks when it answers.)",
        stricter: Stricter::Ours,
        kinds: &[Request, Refund, RefundText, Invoice],
        holds: |sample| sample.requires(84, &[]),
    },
    Deviation {
        rule: "R-IR-11, offer_currency",
        sentence: "if `offer_currency` is not the `invreq_chain` currency, convert to the \
                   `invreq_chain` currency. (LDK supports no currency.)",
        stricter: Stricter::Ldk,
        kinds: &[Request, Invoice],
        holds: |sample| sample.has(6),
    },
    Deviation {
        rule: "R-RF-02, offer_amount",
        sentence: "MAY use `offer_amount` (or `offer_currency`) for informational display to \
                   user. (LDK refuses a refund that has one.)",
        stricter: Stricter::Ldk,
        kinds: &[Refund, RefundText, Invoice],
        holds: |sample| sample.is_without_offer() && (sample.has(6) || sample.has(8)),
    },
    Deviation {
        rule: "R-IR-14, invreq_bip_353_name",
        sentence: "MUST reject the invoice request if `name` or `domain` contain any bytes which \
                   are not `0`-`9`, `a`-`z`, `A`-`Z`, `-`, `_` or `.`. (LDK also refuses empty \
                   parts and what is too long for the DNS.)",
        stricter: Stricter::Ldk,
        kinds: &[Request, Invoice],
        holds: |sample| sample.value(91).is_some_and(is_no_name_to_ldk),
    },
    Deviation {
        rule: "R-IR-14, invreq_bip_353_name of a refund",
        sentence: "the same, which makes no difference between the two kinds of request. (LDK \
                   refuses a refund that has one.)",
        stricter: Stricter::Ldk,
        kinds: &[Refund, RefundText, Invoice],
        holds: |sample| sample.is_without_offer() && sample.has(91),
    },
    Deviation {
        rule: "R-IR-05, invreq_paths",
        sentence: "MUST set `invreq_paths` as it would set (or not set) `offer_paths` for an \
                   offer: one or more. (LDK takes none.)",
        stricter: Stricter::Ours,
        kinds: &[Refund, RefundText, Invoice],
        holds: |sample| sample.is_without_offer() && sample.is_empty(90),
    },
    Deviation {
        rule: "R-VR-03, invoice_amount",
        sentence: "otherwise: SHOULD confirm authorization if `invoice_amount`.`msat` is not \
                   within the amount range authorized. (LDK wants the price times the quantity.)",
        stricter: Stricter::Ldk,
        kinds: &[Invoice],
        holds: |sample| !sample.has(82) && sample.is_not_the_price(),
    },
    Deviation {
        rule: "R-VR-01, ranges",
        sentence: "invoice types are 160 to 239 and 3000000000 to 3999999999; what lies above \
                   has no meaning in any message of BOLT 12.",
        stricter: Stricter::Ours,
        kinds: &[Invoice],
        holds: |sample| sample.highest() > Some(3_999_999_999),
    },
    Deviation {
        rule: "R-VR-01, invoice_features",
        sentence: "if `invoice_features` contains unknown _even_ bits that are non-zero: MUST \
                   reject the invoice. (LDK looks when it pays.)",
        stricter: Stricter::Ours,
        kinds: &[Invoice],
        holds: |sample| sample.requires(174, &[16]),
    },
    Deviation {
        rule: "R-VR-02, invoice_blindedpay",
        sentence: "MUST reject the invoice if this leaves no usable paths. (LDK looks when it \
                   pays.)",
        stricter: Stricter::Ours,
        kinds: &[Invoice],
        holds: |sample| sample.value(162).is_some_and(leaves_no_usable_path),
    },
];

impl Sample<'_> {
    /// The value of a record.
    fn value(&self, number: u64) -> Option<&[u8]> {
        self.records.as_ref()?.get(number)
    }

    fn has(&self, number: u64) -> bool {
        self.value(number).is_some()
    }

    fn is_empty(&self, number: u64) -> bool {
        self.value(number).is_some_and(<[u8]>::is_empty)
    }

    /// Whether the request, or the one that is repeated, answers no offer.
    fn is_without_offer(&self) -> bool {
        !self.has(16) && !self.has(22)
    }

    /// The value of a record as an integer, when it is short enough for one.
    fn number(&self, number: u64) -> Option<u64> {
        let value = self.value(number).filter(|value| value.len() <= 8)?;
        Some(value.iter().fold(0, |sum, byte| (sum << 8) | u64::from(*byte)))
    }

    /// Whether an invoice is about another amount than its offer asks for.
    fn is_not_the_price(&self) -> bool {
        let price = self.number(8).filter(|_| !self.is_without_offer());
        price.is_some_and(|price| {
            price.checked_mul(self.number(86).unwrap_or(1)) != self.number(170)
        })
    }

    /// The highest type.
    fn highest(&self) -> Option<u64> {
        self.records.as_ref()?.0.iter().map(|record| record.number).max()
    }

    /// Whether a bitmap has an even bit that is not among `known`.
    fn requires(&self, number: u64, known: &[usize]) -> bool {
        self.value(number).is_some_and(|bitmap| requires(bitmap, known))
    }
}

fn requires(bitmap: &[u8], known: &[usize]) -> bool {
    let mut bits = bitmap.iter().rev().enumerate().flat_map(|(place, byte)| {
        (0..8).filter(move |at| (byte >> at) & 1 == 1).map(move |at| place * 8 + at)
    });
    bits.any(|bit| bit % 2 == 0 && !known.contains(&bit))
}

/// Whether LDK refuses a name whatever its characters are.
fn is_no_name_to_ldk(value: &[u8]) -> bool {
    let part = |value: &[u8]| -> Option<(usize, usize)> {
        let (&length, rest) = value.split_first()?;
        let part = rest.get(..length.into())?;
        Some((part.len(), part.len() - usize::from(part.last() == Some(&b'.'))))
    };
    let Some((user, _)) = part(value) else { return false };
    let Some((_, domain)) = part(&value[1 + user..]) else { return false };
    // In the DNS they are one name of at most 255 bytes, which ends with a dot.
    user == 0 || domain == 0 || user + domain + ".user._bitcoin-payment..".len() > 255
}

/// Whether every payinfo of an invoice requires a feature; there is none to know.
fn leaves_no_usable_path(mut infos: &[u8]) -> bool {
    let mut any = false;
    while let Some((_, rest)) = infos.split_first_chunk::<26>() {
        let Some((length, rest)) = rest.split_first_chunk() else { return false };
        let length = usize::from(u16::from_be_bytes(*length));
        let Some((features, rest)) = rest.split_at_checked(length) else { return false };
        if !requires(features, &[]) {
            return false;
        }
        any = true;
        infos = rest;
    }
    any
}

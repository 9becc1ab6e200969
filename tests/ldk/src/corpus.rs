//! The cases: valid messages, and what is one or two steps away from them.

use crate::dice::Dice;
use crate::keyring::Keyring;
use crate::mutation::{Signature, damage, mutate};
use crate::records::Records;
use crate::shape;

/// The seed when the environment names none.
const SEED: u64 = 0xb012;

/// What a case is meant to be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// `lno`
    Offer,
    /// An offer as a text.
    OfferText,
    /// A signed `invoice_request`.
    Request,
    /// `lnr`
    Refund,
    /// A refund as a text.
    RefundText,
    /// A signed `invoice`.
    Invoice,
    /// An `invoice_error`.
    InvoiceError,
}

/// The seed of this run: `COUNTERSIGN_SEED`, or always the same.
///
/// # Panics
///
/// When the environment's seed is no number.
#[must_use]
pub fn seed() -> u64 {
    std::env::var("COUNTERSIGN_SEED").map_or(SEED, |seed| seed.parse().expect("a number"))
}

/// A source of cases.
#[derive(Debug)]
pub struct Corpus {
    dice: Dice,
    keys: Keyring,
}

impl Corpus {
    /// The cases of `seed`.
    #[must_use]
    pub fn new(seed: u64) -> Self {
        Self { dice: Dice::new(seed), keys: Keyring::default() }
    }

    /// The choices that the cases are made with.
    pub fn dice(&mut self) -> &mut Dice {
        &mut self.dice
    }

    /// A valid message.
    pub fn valid(&mut self, kind: Kind) -> Records {
        let (dice, keys) = (&mut self.dice, &self.keys);
        match kind {
            Kind::Offer | Kind::OfferText => shape::offer(dice, keys),
            Kind::Request => {
                let offer = shape::offer(dice, keys);
                shape::request(dice, keys, &offer)
            }
            Kind::Refund | Kind::RefundText => shape::refund(dice, keys),
            Kind::Invoice => {
                let request = if dice.chance(75) {
                    let offer = shape::offer(dice, keys);
                    shape::request(dice, keys, &offer)
                } else {
                    shape::refund(dice, keys)
                };
                shape::invoice(dice, keys, &request)
            }
            Kind::InvoiceError => shape::invoice_error(dice),
        }
    }

    /// A message that is valid, or up to three steps away from it.
    pub fn case(&mut self, kind: Kind) -> Vec<u8> {
        let mut records = self.valid(kind);
        let steps = self.dice.pick(&[0, 0, 1, 1, 1, 1, 1, 1, 2, 3]);
        let mut signature = if steps == 0 { Signature::Leave } else { Signature::Renew };
        for _ in 0..steps {
            if records.0.is_empty() {
                break;
            }
            if mutate(&mut self.dice, &self.keys, &mut records) == Signature::Leave {
                signature = Signature::Leave;
            }
        }
        if signature == Signature::Renew {
            self.sign(kind, &mut records);
        }
        let mut bytes = records.encode();
        if self.dice.chance(4) && !bytes.is_empty() {
            damage(&mut self.dice, &mut bytes);
        }
        bytes
    }

    /// Signs a changed message again, when its kind is signed and it still was.
    fn sign(&self, kind: Kind, records: &mut Records) {
        let (message, signer) = match kind {
            Kind::Request => ("invoice_request", 88),
            Kind::Invoice => ("invoice", 176),
            Kind::Offer
            | Kind::OfferText
            | Kind::Refund
            | Kind::RefundText
            | Kind::InvoiceError => return,
        };
        if records.get(240).is_some_and(|value| value.len() == 64)
            && let Some(signer) = records.get(signer).map(<[u8]>::to_vec)
        {
            self.keys.sign(records, message, &signer);
        }
    }
}

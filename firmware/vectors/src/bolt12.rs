//! BOLT 12: strings, offers, Merkle roots and signatures.

use core::str;

use countersign_crypto::{KeyPair, Secret, SecretKey};
use countersign_offers::text::{self, Prefix};
use countersign_offers::{MerkleRoot, Offer, Signed};
use countersign_tlv::TlvStream;

use crate::Bench;
use crate::answer::Answer;
use crate::question::Question;

/// The prefix's last letter, and the bytes of a string.
pub(crate) fn decode(question: &Question, answer: &mut Answer) -> Option<()> {
    let mut buffer = [0; 2_000];
    let text = str::from_utf8(question.part(0)?).ok()?;
    let (prefix, bytes) = text::decode(text, &mut buffer).ok()?;
    let letter = match prefix {
        Prefix::Offer => b"o",
        Prefix::InvoiceRequest => b"r",
        Prefix::Invoice => b"i",
        Prefix::PayerProof => b"p",
    };
    answer.part(letter)?;
    answer.part(bytes)
}

/// Whether bytes are an offer.
pub(crate) fn offer(question: &Question) -> Option<()> {
    Offer::parse(question.part(0)?).ok().map(drop)
}

/// The Merkle root of a message.
pub(crate) fn merkle(question: &Question, answer: &mut Answer) -> Option<()> {
    answer.part(&root(question, 0)?.0)
}

/// An `invoice_request`'s signature by a key.
pub(crate) fn sign(bench: &Bench<'_>, question: &Question, answer: &mut Answer) -> Option<()> {
    let secret = SecretKey::parse(&Secret::new(*question.array(0)?)).ok()?;
    let digest = root(question, 1)?.digest(Signed::InvoiceRequest);
    let key = KeyPair::new(&bench.curve, &secret);
    answer.part(&key.sign(&bench.curve, &digest, &[0; 32]).0)
}

fn root(question: &Question, number: usize) -> Option<MerkleRoot> {
    MerkleRoot::of(&TlvStream::parse(question.part(number)?).ok()?)
}

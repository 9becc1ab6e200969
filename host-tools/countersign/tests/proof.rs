//! `countersign proof verify`: a payer's proof beside what the merchant has on record (R-PP).

#![expect(clippy::unwrap_used, reason = "a test that panics has failed, which is its purpose")]
#![expect(clippy::tests_outside_test_module, reason = "this file is nothing but tests")]

use std::path::PathBuf;
use std::process::Command;

use countersign_crypto::sha256;
use countersign_offers::Field;
use countersign_offers::text::{self, Case, Prefix};
use countersign_records::{Issued, Offer, Paid, Records};
use countersign_tests::onion::with_curve;
use countersign_tests::{prover, records};
use serde_json::Value;
use tempfile::TempDir;

/// The key with which the prover's payee signs.
const PAYEE: u8 = 0x33;
const OFFER: [u8; 32] = [7; 32];

/// A record of one invoice, for the hash that the prover's preimage is of.
struct Till {
    home: TempDir,
    records: Records,
}

impl Till {
    fn with_offer_of(key: u8) -> Self {
        let till = Self::with_invoice();
        let offer = records::offer().with(Field::OFFER_ISSUER_ID, records::point(key)).bytes();
        let text = written(Prefix::Offer, &offer);
        let offer = Offer { id: OFFER, text, description: None, created_at: 1, made_by: None };
        till.records.add_offer(&offer).unwrap();
        till
    }

    fn with_invoice() -> Self {
        let home = tempfile::tempdir().unwrap();
        let records = Records::open(&file(&home)).unwrap();
        let issued = Issued {
            payment_hash: hash(),
            offer: OFFER,
            amount_msat: 5_000,
            created_at: 1_000,
            expires_at: 2_000,
            receipt: Vec::new(),
        };
        records.add_invoice(&issued).unwrap();
        Self { home, records }
    }

    /// The exit code, and what was said.
    fn verify(&self, proof: &str, more: &[&str]) -> (i32, Value) {
        let mut command = Command::new(env!("CARGO_BIN_EXE_countersign"));
        command.args(["proof", "verify", "--json", proof]).args(more);
        let output = command.env("COUNTERSIGN_HOME", self.home.path()).output().unwrap();
        (output.status.code().unwrap(), serde_json::from_slice(&output.stdout).unwrap())
    }
}

fn file(home: &TempDir) -> PathBuf {
    home.path().join("records.sqlite")
}

fn hash() -> [u8; 32] {
    sha256(&[&[0x11; 32]])
}

fn written(prefix: Prefix, bytes: &[u8]) -> String {
    let mut text = String::new();
    text::encode(prefix, Case::Lower, bytes, &mut text).unwrap();
    text
}

fn proof(amount: u64) -> String {
    with_curve(|curve| {
        let amount = (Field::INVOICE_AMOUNT.number(), amount.to_be_bytes()[6..].to_vec());
        let bytes = prover::Invoice::new(&[amount], curve).prove(|_| true).sign(curve);
        written(Prefix::PayerProof, &bytes)
    })
}

#[test]
fn who_paid_is_believed_with_their_amount() {
    let till = Till::with_offer_of(PAYEE);
    let (code, said) = till.verify(&proof(5_000), &[]);
    assert_eq!((code, &said["verdict"]), (4, &"unrecorded".into()));
    till.records.mark_paid(&hash(), Paid { received_msat: 5_001, at: 1_500 }).unwrap();
    let (code, said) = till.verify(&proof(5_000), &["--note", "note"]);
    assert_eq!((code, &said["verdict"]), (0, &"paid".into()));
    assert_eq!((&said["received_msat"], &said["paid_at"]), (&5_001.into(), &1_500.into()));
    assert_eq!(said["payment_hash"], hex::encode(hash()));
}

#[test]
fn a_proof_that_was_made_for_somebody_else_is_refused() {
    let till = Till::with_offer_of(PAYEE);
    let (code, said) = till.verify(&proof(5_000), &["--note", "noted"]);
    assert_eq!((code, &said["verdict"]), (1, &"invalid".into()));
}

#[test]
fn an_invoice_that_another_key_signed_for_our_hash_is_not_ours() {
    let till = Till::with_offer_of(PAYEE + 1);
    till.records.mark_paid(&hash(), Paid { received_msat: 5_000, at: 1_500 }).unwrap();
    let (code, said) = till.verify(&proof(5_000), &[]);
    assert_eq!((code, &said["verdict"]), (3, &"foreign".into()));
}

#[test]
fn who_paid_for_a_refund_of_theirs_is_believed_if_our_key_signed_its_invoice() {
    for (key, expected) in [(PAYEE, (0, "paid")), (PAYEE + 1, (3, "foreign"))] {
        let till = Till::with_invoice();
        assert_eq!(till.verify(&proof(5_000), &[]).0, 3, "what it answers is not on record");
        till.records.add_signer(&OFFER, &records::point(key)).unwrap();
        till.records.mark_paid(&hash(), Paid { received_msat: 5_000, at: 1_500 }).unwrap();
        let (code, said) = till.verify(&proof(5_000), &[]);
        assert_eq!((code, said["verdict"].as_str().unwrap()), expected);
    }
}

#[test]
fn another_amount_or_an_unknown_hash_is_not_ours() {
    let till = Till::with_offer_of(PAYEE);
    assert_eq!(till.verify(&proof(5_001), &[]).0, 3);
    let empty = Till { home: tempfile::tempdir().unwrap(), records: Records::in_memory().unwrap() };
    let (code, said) = empty.verify(&proof(5_000), &[]);
    assert_eq!((code, &said["verdict"]), (3, &"foreign".into()));
}

#[test]
fn every_changed_character_makes_it_no_proof() {
    let till = Till::with_offer_of(PAYEE);
    let honest = proof(5_000);
    for at in (4..honest.len()).step_by(honest.len() / 9) {
        let mut changed: Vec<char> = honest.chars().collect();
        changed[at] = if changed[at] == 'q' { 'p' } else { 'q' };
        let (code, said) = till.verify(&changed.into_iter().collect::<String>(), &[]);
        assert_eq!((code, &said["verdict"]), (1, &"invalid".into()), "character {at}");
    }
    let offer = till.records.offer(&OFFER).unwrap().unwrap().text;
    assert_eq!(till.verify(&offer, &[]).0, 1);
}

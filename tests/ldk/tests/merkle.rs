//! Merkle roots and the digests that are signed: LDK's, ours, and those of a model that is written
//! as the specification's text reads.

use countersign_ldk_tests::corpus::{Corpus, Kind, seed};
use countersign_ldk_tests::verdict::hex;
use countersign_ldk_tests::{ldk, merkle, ours};
use countersign_offers::Signed;

/// Messages of each kind.
const CASES: usize = 20_000;

type Root = ([u8; 32], [u8; 32]);

fn roots_agree<E: core::fmt::Debug>(
    kind: Kind,
    name: &str,
    signed: Signed,
    ldk: fn(&[u8]) -> Result<Root, E>,
) {
    let mut corpus = Corpus::new(seed());
    let mut compared = 0;
    for _ in 0..CASES {
        let mut records = corpus.valid(kind);
        // LDK's oracle wants the message before it is signed.
        records.0.retain(|record| !(240..=1000).contains(&record.number));
        let bytes = records.encode();
        let root = merkle::root(&records);
        let expected = (root, merkle::digest(name, &root));
        assert_eq!(ours::root(&bytes, signed), Some(expected), "{}", hex(&bytes));
        if let Ok(theirs) = ldk(&bytes) {
            assert_eq!(theirs, expected, "{}", hex(&bytes));
            compared += 1;
        }
    }
    println!("{kind:?}: seed {}, {CASES} roots, of them {compared} compared with LDK", seed());
    assert!(compared * 10 >= CASES * 9, "LDK took too few");
}

#[test]
fn roots_of_invoice_requests_are_ldks() {
    roots_agree(Kind::Request, "invoice_request", Signed::InvoiceRequest, ldk::request_root);
}

#[test]
fn roots_of_invoices_are_ldks() {
    roots_agree(Kind::Invoice, "invoice", Signed::Invoice, ldk::invoice_root);
}

//! BOLT 12 §Payer Proofs: `bolt12/payer-proof-test.json`.

use countersign_crypto::{Curve, CurveMemory, Secret};
use countersign_offers::{Field, Invalid, MerkleRoot, PayerProof, Rejected, Signed, text};
use countersign_tests::prover::{Invoice, Records, bigsizes};
use countersign_tests::vectors::{hex, json, list, string};
use countersign_tlv::{Malformed, TlvStream};
use serde_json::Value;

fn proof(text: &Value) -> Vec<u8> {
    let text = string(text);
    let mut buffer = vec![0; text.len()];
    let (prefix, message) = text::decode(text, &mut buffer).unwrap();
    assert_eq!(prefix, text::Prefix::PayerProof);
    message.to_vec()
}

fn with_curve<T>(body: impl FnOnce(&Curve<'_>) -> T) -> T {
    let mut memory = CurveMemory::new();
    body(&Curve::new(&mut memory, &Secret::new([3; 32])).unwrap())
}

#[test]
fn every_valid_proof_proves_its_invoice() {
    // R-PP-01 to R-PP-03
    let Some(file) = json("bolt12/payer-proof-test.json") else { return };
    let cases = list(&file["valid_vectors"]);
    assert_eq!(cases.len(), 5);
    for case in cases {
        let name = &case["name"];
        let bytes = proof(&case["result"]["bech32"]);
        let read = with_curve(|curve| PayerProof::parse(&bytes, curve));
        let proof = read.unwrap_or_else(|error| panic!("{name}: {error}"));
        let working = &case["working"];
        assert_eq!(proof.invoice_root().0.to_vec(), hex(&working["invoice_merkle_root"]), "{name}");
        let digest = proof.invoice_root().digest(Signed::Invoice);
        assert_eq!(digest.to_vec(), hex(&working["invoice_sighash"]), "{name}");
        let proof_root = MerkleRoot::of(&proof.records()).unwrap();
        assert_eq!(proof_root.0.to_vec(), hex(&working["proof_merkle_root"]), "{name}");
        let fields = proof.fields();
        assert_eq!(fields.proof_preimage.to_vec(), hex(&case["input"]["preimage"]), "{name}");
        assert_eq!(fields.signature.0.to_vec(), hex(&working["invoice_signature"]), "{name}");
        let note = fields.proof_note.map(|note| note.to_string());
        assert_eq!(note.as_deref(), case["input"]["note"].as_str(), "{name}");

        // The invoice itself has the root that the proof reconstructs.
        let invoice = hex(&case["input"]["invoice_hex"]);
        let invoice = TlvStream::parse(&invoice).unwrap();
        assert_eq!(MerkleRoot::of(&invoice), Some(proof.invoice_root()), "{name}");
    }
}

#[test]
fn every_invalid_proof_is_refused_for_its_reason() {
    // R-PP-01 to R-PP-03
    let Some(file) = json("bolt12/payer-proof-test.json") else { return };
    let cases = list(&file["invalid_vectors"]);
    assert_eq!(cases.len(), 23);
    for case in cases {
        let bytes = proof(&case["bech32"]);
        let rejected = with_curve(|curve| PayerProof::parse(&bytes, curve).unwrap_err());
        let expected = reason(string(&case["reason"]));
        assert_eq!(rejected, Rejected::Invalid(expected), "{}", case["reason"]);
    }
}

fn reason(reason: &str) -> Invalid {
    let missing = |field| Invalid::Missing { field };
    let mismatch = |field| Invalid::Mismatch { field };
    match reason {
        "missing_invreq_payer_id" => missing(Field::INVREQ_PAYER_ID),
        "missing_invoice_payment_hash" => missing(Field::INVOICE_PAYMENT_HASH),
        "missing_invoice_node_id" => missing(Field::INVOICE_NODE_ID),
        "missing_signature" => missing(Field::SIGNATURE),
        "missing_proof_preimage" => missing(Field::PROOF_PREIMAGE),
        "missing_proof_missing_hashes" => missing(Field::PROOF_MISSING_HASHES),
        "missing_proof_leaf_hashes" => missing(Field::PROOF_LEAF_HASHES),
        "missing_proof_signature" => missing(Field::PROOF_SIGNATURE),
        "wrong_proof_preimage" => mismatch(Field::PROOF_PREIMAGE),
        "proof_leaf_hashes_too_few" | "proof_leaf_hashes_too_many" => {
            mismatch(Field::PROOF_LEAF_HASHES)
        }
        "proof_missing_hashes_too_few" | "proof_missing_hashes_too_many" => {
            mismatch(Field::PROOF_MISSING_HASHES)
        }
        "wrong_invoice_signature" => Invalid::Signature { field: Field::SIGNATURE },
        "wrong_proof_signature" => Invalid::Signature { field: Field::PROOF_SIGNATURE },
        "contains_invreq_metadata" => Invalid::Unexpected { field: Field::INVREQ_METADATA },
        markers if markers.starts_with("proof_omitted_tlvs_") => {
            mismatch(Field::PROOF_OMITTED_TLVS)
        }
        other => panic!("{other}"),
    }
}

/// What a proof is refused for after `change`, the payer having signed it as changed.
fn rejected(change: impl Fn(&mut Records)) -> Rejected {
    with_curve(|curve| {
        let odd = [(35, vec![1]), (89, b"hi".to_vec()), (237, vec![2]), (1_000_000_001, vec![3])];
        let mut proof = Invoice::new(&odd, curve).prove(|at| at == 1);
        assert!(PayerProof::parse(&proof.clone().sign(curve), curve).is_ok());
        change(&mut proof.records);
        PayerProof::parse(&proof.sign(curve), curve).unwrap_err()
    })
}

#[test]
fn a_proof_holds_no_record_that_its_reader_may_not_ignore() {
    // R-PP-01, R-TLV-04, where the official file is silent
    for number in [24, 178, 242, 1006, 1_000_000_000, 3_000_000_000] {
        let unknown = Invalid::UnknownEven { number: Field(number) };
        assert_eq!(rejected(|it| drop(it.insert(number, vec![]))), unknown.into());
    }
    for number in [4_000_000_000, 4_000_000_001, u64::MAX] {
        let out_of_range = Invalid::OutOfRange { number: Field(number) };
        assert_eq!(rejected(|it| drop(it.insert(number, vec![]))), out_of_range.into());
    }
}

#[test]
fn a_shown_record_is_one_that_the_payee_signed() {
    // R-PP-02, R-PP-03
    let leaf_hashes = Invalid::Mismatch { field: Field::PROOF_LEAF_HASHES };
    assert_eq!(rejected(|it| drop(it.insert(37, vec![9]))), leaf_hashes.into(), "one more");
    assert_eq!(rejected(|it| drop(it.remove(&35))), leaf_hashes.into(), "one less");
    let signature = Invalid::Signature { field: Field::SIGNATURE };
    assert_eq!(rejected(|it| drop(it.insert(35, vec![9]))), signature.into(), "another value");
}

#[test]
fn a_marker_is_the_next_number_and_no_other() {
    // R-PP-02: 89 is left out after 88, 237 and 1000000001 after 176.
    let field = Field::PROOF_OMITTED_TLVS;
    let with = |markers: &[u64]| rejected(|it| drop(it.insert(field.number(), bigsizes(markers))));
    let mismatch = Rejected::from(Invalid::Mismatch { field });
    for markers in [
        &[90, 177, 178][..],
        &[89, 177, 179],
        &[89, 178, 179],
        &[89, 89, 177, 178],
        &[177, 178, 89],
        &[0, 89, 177, 178],
        &[89, 177, 178, u64::MAX],
        &[89, 177, 178, 1_000_000_000],
        &[89, 177, 176],
    ] {
        assert_eq!(with(markers), mismatch, "{markers:?}");
    }
    // A tree of another shape wants another number of hashes, or has another root.
    let missing_hashes = Invalid::Mismatch { field: Field::PROOF_MISSING_HASHES };
    let signature = Invalid::Signature { field: Field::SIGNATURE };
    for markers in [&[89][..], &[89, 177, 178, 179]] {
        let rejected = with(markers);
        assert!(rejected == missing_hashes.into() || rejected == signature.into(), "{rejected}");
    }
    assert!(
        matches!(
            rejected(|it| drop(it.insert(field.number(), vec![0xfd, 0, 89]))),
            Rejected::Malformed(_)
        ),
        "a marker is a minimal BigSize"
    );
}

#[test]
fn markers_continue_in_the_experimental_range_and_end_with_it() {
    // R-PP-02
    with_curve(|curve| {
        let record = |number| (number, vec![1]);
        let jump = [record(239), record(1_000_000_005), record(1_000_000_007)];
        let proof = Invoice::new(&jump, curve).prove(|at| at == 4);
        let markers = bigsizes(&[1_000_000_000, 1_000_000_001]);
        assert_eq!(proof.records[&Field::PROOF_OMITTED_TLVS.number()], markers);
        assert!(PayerProof::parse(&proof.sign(curve), curve).is_ok());

        // The last number is shown, so nothing can come after it.
        let end = [record(3_999_999_999)];
        let mut proof = Invoice::new(&end, curve).prove(|_| true);
        assert!(PayerProof::parse(&proof.clone().sign(curve), curve).is_ok());
        let field = Field::PROOF_OMITTED_TLVS;
        proof.records.insert(field.number(), bigsizes(&[4_000_000_000]));
        let rejected = PayerProof::parse(&proof.sign(curve), curve).unwrap_err();
        assert_eq!(rejected, Invalid::Mismatch { field }.into());
    });
}

#[test]
fn hashes_are_32_bytes_each() {
    // R-TLV-02
    for field in [Field::PROOF_MISSING_HASHES, Field::PROOF_LEAF_HASHES] {
        let rejected = rejected(|it| it.get_mut(&field.number()).unwrap().push(0));
        let Rejected::Malformed(error) = rejected else { panic!("{field}: {rejected}") };
        assert_eq!(error.rule, Malformed::Truncated);
    }
}

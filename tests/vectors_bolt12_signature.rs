//! BOLT 12 §Signature Calculation: `bolt12/signature-test.json`.

use countersign_crypto::{Curve, CurveMemory, KeyPair, Secret, SecretKey};
use countersign_offers::{Field, MerkleRoot, Signed, text};
use countersign_tests::vectors::{hex, json, list, string};
use countersign_tlv::TlvStream;
use serde_json::Value;

/// The record in the name of a leaf's first entry, `` H(`LnLeaf`,<record>) ``.
fn record(leaf: &Value) -> Vec<u8> {
    let names = leaf.as_object().unwrap().keys();
    let name = names.into_iter().find_map(|name| name.strip_prefix("H(`LnLeaf`,")).unwrap();
    hex::decode(name.strip_suffix(')').unwrap()).unwrap()
}

fn root(records: &[u8]) -> Vec<u8> {
    MerkleRoot::of(&TlvStream::parse(records).unwrap()).unwrap().0.to_vec()
}

#[test]
fn every_root_is_the_published_one() {
    // R-SIG-02 to R-SIG-04
    let Some(file) = json("bolt12/signature-test.json") else { return };
    let cases = list(&file);
    assert_eq!(cases.len(), 4);
    let mut leaves = 0;
    for case in cases {
        let records: Vec<Vec<u8>> = list(&case["leaves"]).iter().map(record).collect();
        leaves += records.len();
        assert_eq!(records[0], hex(&case["first-tlv"]), "{}", case["comment"]);
        assert_eq!(root(&records.concat()), hex(&case["merkle"]), "{}", case["comment"]);
        // A message of the first record alone has that record's lowest branch for a root.
        assert_eq!(root(&records[0]), hex(&case["leaves"][0]["H(`LnBranch`,leaf+nonce)"]));
    }
    assert_eq!(leaves, 12);
}

#[test]
fn the_request_is_signed_as_published() {
    // R-SIG-01, R-SIG-06
    let Some(file) = json("bolt12/signature-test.json") else { return };
    let case = list(&file).last().unwrap();
    let mut buffer = [0; 300];
    let (prefix, message) = text::decode(string(&case["bolt12"]), &mut buffer).unwrap();
    assert_eq!(prefix, text::Prefix::InvoiceRequest);
    let stream = TlvStream::parse(message).unwrap();
    let root = MerkleRoot::of(&stream).unwrap();
    assert_eq!(root.0.to_vec(), hex(&case["merkle"]));

    let mut memory = CurveMemory::new();
    let curve = Curve::new(&mut memory, &Secret::new([1; 32])).unwrap();
    let bob = KeyPair::new(&curve, &SecretKey::parse(&Secret::new([0x42; 32])).unwrap());
    let payer_id = stream.find(Field::INVREQ_PAYER_ID.number()).unwrap();
    assert_eq!(payer_id.value, bob.public_key().serialize());

    let signature = stream.find(Field::SIGNATURE.number()).unwrap();
    let digest = root.digest(Signed::InvoiceRequest);
    assert_eq!(bob.sign(&curve, &digest, &[0; 32]).0, signature.value);
    for other in [Signed::Invoice, Signed::PayerProof] {
        assert_ne!(root.digest(other), digest, "each message signs for itself only");
    }
}

use countersign_crypto::{Curve, CurveMemory, Secret, sha256};
use countersign_offers::{PayerProof, Signed};

use crate::prover::Invoice;

/// What a naive prover shows of any invoice proves that invoice, and no longer does when a bit of it
/// is changed; other bytes prove nothing (R-PP-01 to R-PP-03).
pub fn payer_proof(data: &[u8]) {
    let mut memory = CurveMemory::new();
    let curve = Curve::new(&mut memory, &Secret::new([5; 32])).expect("the memory suffices");
    if let Ok(proof) = PayerProof::parse(data, &curve) {
        let fields = proof.fields();
        assert_eq!(sha256(&[fields.proof_preimage]), *fields.invoice_payment_hash);
        let digest = proof.invoice_root().digest(Signed::Invoice);
        assert!(fields.invoice_node_id.verifies(&curve, &digest, &fields.signature));
    }

    let bit = |at: usize| data.get(at / 8).is_some_and(|byte| byte >> (at % 8) & 1 == 1);
    let invoice = Invoice::new(&odd_records(data), &curve);
    let mut proof = invoice.prove(bit).sign(&curve);
    let root = PayerProof::parse(&proof, &curve).map(|proof| proof.invoice_root());
    assert_eq!(root, Ok(invoice.root()), "{}", hex::encode(&proof));

    let place = data
        .iter()
        .fold(0_usize, |place, &byte| place.wrapping_mul(31).wrapping_add(usize::from(byte)));
    let at = place % (proof.len() * 8);
    proof[at / 8] ^= 1 << (at % 8);
    assert!(PayerProof::parse(&proof, &curve).is_err(), "bit {at} of {}", hex::encode(&proof));
}

/// Half of them below 240, half in the experimental range, the last one at its very end.
fn odd_records(data: &[u8]) -> Vec<(u64, Vec<u8>)> {
    let of_pair = |[place, value]: &[u8; 2]| {
        let number = match u64::from(*place) {
            place @ 0..120 => place * 2 + 1,
            place @ 120..255 => 1_000_000_001 + (place - 120) * 2,
            _ => 3_999_999_999,
        };
        (number, vec![*place; usize::from(*value) % 40])
    };
    // Of the odd types, two have an encoding of their own.
    data.as_chunks().0.iter().map(of_pair).filter(|it| !matches!(it.0, 89 | 91)).collect()
}

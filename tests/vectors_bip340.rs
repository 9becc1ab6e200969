//! BIP 340: signing and verifying.

use countersign_crypto::{Curve, CurveMemory, KeyPair, PublicKey, Secret, SecretKey, Signature};
use countersign_tests::vectors::text;

/// BIP 340 also signs messages of other lengths. BOLT 12 signs 32-byte hashes only, so our types
/// cannot express those cases.
const CASES_OF_OTHER_LENGTHS: usize = 4;

#[test]
fn every_signature_is_made_and_verified_as_published() {
    let Some(text) = text("bip340/test-vectors.csv") else { return };
    let mut memory = CurveMemory::new();
    let curve = Curve::new(&mut memory, &Secret::new([7; 32])).unwrap();
    let (mut cases, mut signed, mut other_lengths) = (0, 0, 0);
    for line in text.lines().skip(1) {
        cases += 1;
        let fields: Vec<&str> = line.splitn(8, ',').collect();
        let [_, secret, public, aux, message, signature, verdict, _] = fields[..] else {
            panic!("{line}")
        };
        let Some(digest) = bytes::<32>(message) else {
            other_lengths += 1;
            continue;
        };
        let signature = Signature(bytes(signature).unwrap());
        let compressed: [u8; 33] = bytes(&format!("02{public}")).unwrap();
        let verified = PublicKey::parse(&compressed)
            .is_ok_and(|key| key.verifies(&curve, &digest, &signature));
        assert_eq!(verified, verdict == "TRUE", "{line}");
        if let Some(secret) = bytes(secret) {
            signed += 1;
            let pair = KeyPair::new(&curve, &SecretKey::parse(&Secret::new(secret)).unwrap());
            assert_eq!(pair.public_key().serialize()[1..], compressed[1..], "{line}");
            assert_eq!(pair.sign(&curve, &digest, &bytes(aux).unwrap()), signature, "{line}");
        }
    }
    assert_eq!((cases, signed, other_lengths), (19, 4, CASES_OF_OTHER_LENGTHS));
}

fn bytes<const N: usize>(hex: &str) -> Option<[u8; N]> {
    hex::decode(hex).ok()?.try_into().ok()
}

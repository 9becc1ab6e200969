//! The blinding of the curve's context has an effect: once it did not, in a `no_std` build of a
//! later secp256k1 crate, and nobody was told.
#![expect(unsafe_code, reason = "only the raw bytes of the context show whether it is blinded")]
#![expect(
    clippy::unwrap_used,
    clippy::tests_outside_test_module,
    reason = "an integration test is a test from its first line"
)]

use countersign_crypto::{Curve, CurveMemory, Secret, SecretKey};

const LEN: usize = size_of::<CurveMemory>();

/// The context's bytes after blinding with `seed`, and a public key computed in it.
fn context(memory: *mut CurveMemory, seed: u8) -> ([u8; LEN], [u8; 33]) {
    // SAFETY: the pointer comes from a live allocation that nothing else uses meanwhile.
    let curve = Curve::new(unsafe { &mut *memory }, &Secret::new([seed; 32])).unwrap();
    // SAFETY: as above; every byte of `CurveMemory` is initialised, and libsecp256k1 is not running.
    let bytes = unsafe { memory.cast::<[u8; LEN]>().read() };
    let key = SecretKey::parse(&Secret::new([7; 32])).unwrap().public_key(&curve);
    (bytes, key.serialize())
}

#[test]
fn another_seed_is_another_context_and_the_same_results() {
    let mut memory = CurveMemory::new();
    let memory = &raw mut memory;
    let (one, key) = context(memory, 1);
    let (again, same_key) = context(memory, 1);
    let (two, other_key) = context(memory, 2);
    assert_eq!(one, again);
    assert_ne!(one, two);
    assert_eq!((key, key), (same_key, other_key));
}
